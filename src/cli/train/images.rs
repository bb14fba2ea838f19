//! Expansion and distortion of the images on the command line: the options and their line in the introduction.

use clap::{Args, ValueEnum};
use mnist_mlp::data::distort::{Affine, Distortion, Elastic};
use mnist_mlp::data::memory::TooMany;
use mnist_mlp::data::{Dataset, expand};
use mnist_mlp::trainer::Settings;

use crate::cli::idle::Purpose;
use crate::cli::output;

/// The heading of these options in the help.
const HEADING: &str = "Images";

/// What is made of the images.
#[derive(Debug, Args)]
pub struct ImageArguments {
    /// Deskew every image, also those that the model is asked about later: straighten it, bring it to one width.
    ///
    /// Small networks of digits gain the most. The model file says so, and every command that asks the model does the
    /// same. 'train --from' a model that was trained so turns it on.
    #[arg(help_heading = HEADING, long)]
    pub deskew: bool,

    /// Learn from more images: shift adds each one moved by a pixel down, up, right and left, as the book does.
    #[arg(help_heading = HEADING, long, value_enum)]
    pub expand: Option<ExpandName>,

    /// Distort every image anew in every epoch: affine, elastic, or both as in affine,elastic.
    #[arg(help_heading = HEADING, long, value_enum, value_name = "LIST", value_delimiter = ',')]
    pub augment: Vec<AugmentName>,

    /// Affine: rotate by up to this many degrees either way.
    #[arg(help_heading = HEADING, long, value_name = "DEGREES", default_value_t = Affine::default().rotation)]
    pub rotation: f64,

    /// Affine: stretch or shrink width and height, each by up to this share.
    #[arg(help_heading = HEADING, long, value_name = "SHARE", default_value_t = Affine::default().scale)]
    pub scale: f64,

    /// Affine: slant by up to this share of the height.
    #[arg(help_heading = HEADING, long, value_name = "SHARE", default_value_t = Affine::default().shear)]
    pub shear: f64,

    /// Affine: move by up to this share of the side.
    #[arg(help_heading = HEADING, long, value_name = "SHARE", default_value_t = Affine::default().translation)]
    pub translation: f64,

    /// Elastic: smoothness, the standard deviation of a Gaussian in pixels.
    #[arg(help_heading = HEADING, long, value_name = "PIXELS", default_value_t = Elastic::default().sigma)]
    pub sigma: f64,

    /// Elastic: strength, in pixels before smoothing.
    #[arg(help_heading = HEADING, long, value_name = "PIXELS", default_value_t = Elastic::default().alpha)]
    pub alpha: f64,

    /// Weaken the distortions evenly over the second half of the epochs, down to this share of their strengths, such as
    /// 0.25.
    #[arg(help_heading = HEADING, long, value_name = "SHARE", default_value_t = 1.0)]
    pub fade_to: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExpandName {
    Shift,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AugmentName {
    Affine,
    Elastic,
}

impl ImageArguments {
    /// `settings` with the values of these options.
    pub fn apply(&self, settings: Settings) -> Settings {
        Settings { augment: self.distortion(), ..settings }
    }

    /// The options that have an effect only together with other settings.
    pub fn purposes(&self) -> [Purpose; 3] {
        [
            (&["rotation", "scale", "shear", "translation"], "augment affine", self.has(AugmentName::Affine)),
            (&["sigma", "alpha"], "augment elastic", self.has(AugmentName::Elastic)),
            (&["fade-to"], "augment", !self.augment.is_empty()),
        ]
    }

    fn has(&self, kind: AugmentName) -> bool {
        self.augment.contains(&kind)
    }

    /// The distortion of images, or `None`; strengths are not checked.
    pub fn distortion(&self) -> Option<Distortion> {
        let ImageArguments { rotation, scale, shear, translation, sigma, alpha, fade_to, .. } = *self;
        let (affine, elastic) = (self.has(AugmentName::Affine), self.has(AugmentName::Elastic));
        (affine || elastic).then_some(Distortion {
            affine: affine.then_some(Affine { rotation, scale, shear, translation }),
            elastic: elastic.then_some(Elastic { sigma, alpha }),
            fade_to,
        })
    }

    /// The images, expanded as the options ask.
    pub fn expand(&self, images: Dataset, threads: usize) -> Result<Dataset, TooMany> {
        ExpandName::apply(self.expand, images, threads)
    }

    /// The expansion as the model file records it.
    pub fn expansion(&self) -> Option<String> {
        self.expand.map(|ExpandName::Shift| "shift".to_string())
    }
}

impl ExpandName {
    /// The images, expanded by `how` unless it is `None`.
    pub fn apply(how: Option<Self>, images: Dataset, threads: usize) -> Result<Dataset, TooMany> {
        match how {
            Some(ExpandName::Shift) => expand::shifts(&images, threads),
            None => Ok(images),
        }
    }
}

/// The sides in pixels of images for which the default strengths of elastic distortion were chosen, and the range that
/// they suit.
const USUAL_SIDE: f64 = 28.0;
const SIDES: std::ops::RangeInclusive<f64> = 20.0..=40.0;

/// Tells of the default strengths of elastic distortion, which are in pixels, if images of this size need others. The
/// displacements are as smooth and as large, measured by the image, if sigma grows with its side, and alpha with its
/// area: smoothing weakens noise in inverse proportion to sigma.
pub fn note_of_size(settings: &Settings, (rows, columns): (usize, usize)) {
    let usual = Elastic::default();
    let is_usual = settings.augment.and_then(|distortion| distortion.elastic) == Some(usual);
    let side = ((rows * columns) as f64).sqrt();
    if is_usual && !SIDES.contains(&side) {
        let share = side / USUAL_SIDE;
        let other = Elastic { sigma: usual.sigma * share, alpha: usual.alpha * share * share };
        let Elastic { sigma, alpha } = other;
        let distortion = Distortion { elastic: Some(other), ..Distortion::default() };
        let advice = if distortion.check().is_ok() {
            format!("try --sigma {sigma:.1} --alpha {alpha:.1}")
        } else {
            "leave it out, or make the images smaller".to_string()
        };
        output::note(format_args!(
            "elastic sigma {} and alpha {} suit images of {USUAL_SIDE} x {USUAL_SIDE} pixels; for these {advice}",
            usual.sigma, usual.alpha
        ));
    }
}

/// The introduction's line about distortions; empty if there are none.
pub fn introduction(settings: &Settings) -> String {
    settings.augment.map_or_else(String::new, |distortion| format!("distorted {distortion}\n"))
}
