//! Schedule and stopping on the command line: the options and their lines in the introduction and the summary.

use clap::{Args, ValueEnum};
use mnist_mlp::Real;
use mnist_mlp::report::epochs;
use mnist_mlp::trainer::{Ending, Keep, Schedule, Settings, Trained};

use crate::cli::args::one_of;
use crate::cli::idle::Purpose;

/// The default number of epochs to wait for a better accuracy before eta is halved.
const DEFAULT_PATIENCE: usize = 10;

/// The heading of these options in the help.
const HEADING: &str = "Schedule and stopping";

/// How eta goes, when training ends, which epoch is kept.
#[derive(Debug, Args)]
pub struct ScheduleArguments {
    /// How the learning rate changes over the epochs.
    #[arg(help_heading = HEADING, long, value_enum, default_value_t)]
    pub schedule: ScheduleName,

    /// Epochs in which the learning rate rises, such as 1 or 0.5 [default: none; for one-cycle 0.3 of the epochs].
    #[arg(help_heading = HEADING, long, value_name = "EPOCHS")]
    pub warmup: Option<f64>,

    /// For halve-on-plateau: epochs to wait for a better evaluation accuracy [default: 10].
    #[arg(help_heading = HEADING, long, value_name = "N")]
    pub patience: Option<usize>,

    /// Stop after N epochs without a better evaluation accuracy, and keep the best epoch.
    #[arg(help_heading = HEADING, long, value_name = "N")]
    pub early_stop: Option<usize>,

    /// Which epoch to save: the last, or the one with the best evaluation accuracy [default: last; with --early-stop
    /// best].
    #[arg(help_heading = HEADING, long, value_parser = one_of(Keep::ALL, Keep::name))]
    pub keep: Option<Keep>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ScheduleName {
    /// The same in every epoch
    #[default]
    Constant,
    /// Halved when the evaluation accuracy no longer improves, down to 1/128; then training stops
    HalveOnPlateau,
    /// Down to 0 along half a cosine
    Cosine,
    /// Up from 1/25, then down to nearly 0
    OneCycle,
}

impl ScheduleArguments {
    /// The options that have an effect only together with other settings.
    pub fn purposes(&self) -> [Purpose; 1] {
        [(&["patience"], "schedule halve-on-plateau", self.schedule == ScheduleName::HalveOnPlateau)]
    }

    /// The epochs of early stopping and the patience, if early stopping always comes before the first halving.
    pub fn never_halves(&self) -> Option<(usize, usize)> {
        let patience = self.patience.unwrap_or(DEFAULT_PATIENCE);
        let early_stop = self.early_stop.filter(|_| self.schedule == ScheduleName::HalveOnPlateau)?;
        (early_stop <= patience).then_some((early_stop, patience))
    }

    /// `settings` with the values of these options.
    pub fn apply(&self, settings: Settings) -> Settings {
        let schedule = match self.schedule {
            ScheduleName::Constant => Schedule::Constant,
            ScheduleName::HalveOnPlateau => {
                Schedule::HalveOnPlateau { patience: self.patience.unwrap_or(DEFAULT_PATIENCE) }
            }
            ScheduleName::Cosine => Schedule::Cosine,
            ScheduleName::OneCycle => Schedule::OneCycle,
        };
        Settings { schedule, warm_up: self.warmup, early_stop: self.early_stop, keep: self.keep, ..settings }
    }
}

/// The introduction's lines about schedule and stopping; empty for a plain training.
pub fn introduction(settings: &Settings) -> String {
    let mut text = String::new();
    if settings.eta_varies() {
        text += &format!("schedule  {}", settings.schedule.name());
        if let Schedule::HalveOnPlateau { patience } = settings.schedule {
            text += &format!(", patience {patience}");
        }
        if settings.warm_up_epochs() > 0.0 {
            text += &format!(", warm-up {}", epochs(settings.warm_up_epochs()));
        }
        text += "\n";
    }
    let stop = settings.early_stop.map(|n| format!("after {} without a better accuracy", epochs(n as f64)));
    let keep = (settings.kept() == Keep::Best).then(|| "the best epoch is kept".to_string());
    let stopping: Vec<_> = stop.into_iter().chain(keep).collect();
    if !stopping.is_empty() {
        text += &format!("stopping  {}\n", stopping.join("; "));
    }
    text
}

/// The summary's line about why the training stopped before its last epoch. Empty if it did not, or if it was
/// interrupted or diverged.
pub fn why_stopped<F: Real>(trained: &Trained<F>, settings: &Settings) -> String {
    let why = match trained.ending {
        Ending::EarlyStopped => {
            format!("no better accuracy in {}", epochs(settings.early_stop.unwrap_or_default() as f64))
        }
        Ending::Plateau => format!("no better accuracy, and eta would fall below 1/128 of {}", settings.eta),
        Ending::Completed | Ending::Stopped | Ending::Diverged(_) => return String::new(),
    };
    format!("stopped   after epoch {} of {}: {why}\n", trained.history.len(), settings.epochs)
}
