//! Regularization and optimizers on the command line: the options and their line in the introduction.

use clap::{Args, ValueEnum};
use mnist_mlp::network::Optimizer;
use mnist_mlp::trainer::Settings;

use crate::cli::idle::Purpose;

/// The heading of these options in the help.
const HEADING: &str = "Regularization and optimizers";

/// How a gradient becomes a step, and what keeps weights small.
#[derive(Debug, Args)]
pub struct DescentArguments {
    /// L1 regularization parameter; 0 for none.
    #[arg(help_heading = HEADING, long, value_name = "LAMBDA", default_value_t = 0.0)]
    pub l1: f64,

    /// Drop this share of the hidden neurons, chosen anew for every image in every epoch.
    #[arg(help_heading = HEADING, long, value_name = "P", default_value_t = 0.0)]
    pub dropout: f64,

    /// Drop this share of the inputs, chosen in the same way.
    #[arg(help_heading = HEADING, long, value_name = "P", default_value_t = 0.0)]
    pub input_dropout: f64,

    /// Shrink the weights into a hidden neuron to this norm whenever they exceed it, such as 3.
    #[arg(help_heading = HEADING, long, value_name = "NORM")]
    pub max_norm: Option<f64>,

    /// Learn only from images with an output further than this from its target, such as 0.1; 0 for all.
    ///
    /// The other images have next to nothing to teach. They still count in the mini-batch, so its step is smaller. Once
    /// most images are known, an epoch takes half the time, or a little more with adamw and --augment.
    #[arg(help_heading = HEADING, long, value_name = "DISTANCE", default_value_t = 0.0)]
    pub tolerance: f64,

    /// Save and monitor a running average of the weights; each mini-batch keeps this share of it, such as 0.999.
    ///
    /// At first it keeps less, t/(9 + t) at mini-batch t, so that the start weights are soon forgotten: 0.999 is
    /// reached after 9,000 mini-batches.
    #[arg(help_heading = HEADING, long, value_name = "SHARE")]
    pub ema: Option<f64>,

    /// How a gradient becomes a step; adamw takes lambda as weight decay, eta lambda/n of each weight at every step.
    #[arg(help_heading = HEADING, long, value_enum, default_value_t)]
    pub optimizer: OptimizerName,

    /// The share of the velocity that sgd keeps, such as 0.9.
    #[arg(help_heading = HEADING, long, value_name = "MU")]
    pub momentum: Option<f64>,

    /// Look ahead with the momentum.
    #[arg(help_heading = HEADING, long)]
    pub nesterov: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum OptimizerName {
    #[default]
    Sgd,
    Adamw,
}

impl DescentArguments {
    /// The options that have an effect only together with other settings.
    pub fn purposes(&self) -> [Purpose; 2] {
        let is_sgd = self.optimizer == OptimizerName::Sgd;
        [(&["momentum", "nesterov"], "optimizer sgd", is_sgd), (&["nesterov"], "momentum", self.momentum.is_some())]
    }

    /// The optimizer for which these options ask.
    pub fn optimizer(&self) -> Optimizer {
        match self.optimizer {
            OptimizerName::Sgd => {
                Optimizer::Sgd { momentum: self.momentum.unwrap_or_default(), nesterov: self.nesterov }
            }
            OptimizerName::Adamw => Optimizer::AdamW,
        }
    }

    /// `settings` with the values of these options.
    pub fn apply(&self, settings: Settings) -> Settings {
        Settings {
            l1: self.l1,
            optimizer: self.optimizer(),
            dropout: self.dropout,
            input_dropout: self.input_dropout,
            max_norm: self.max_norm,
            tolerance: self.tolerance,
            ema: self.ema,
            ..settings
        }
    }
}

/// The introduction's line about regularization and optimizer; empty for plain SGD without these options.
pub fn introduction(settings: &Settings) -> String {
    let is_plain = settings.optimizer.moments() == 0;
    let mut parts = if is_plain { Vec::new() } else { vec![settings.optimizer.to_string()] };
    let rates = [
        ("l1", settings.l1),
        ("dropout", settings.dropout),
        ("input dropout", settings.input_dropout),
        ("tolerance", settings.tolerance),
    ];
    parts.extend(rates.iter().filter(|(_, rate)| *rate > 0.0).map(|(what, rate)| format!("{what} {rate}")));
    parts.extend(settings.max_norm.map(|norm| format!("norms up to {norm}")));
    parts.extend(settings.ema.map(|share| format!("running average {share}")));
    if parts.is_empty() { String::new() } else { format!("with      {}\n", parts.join(", ")) }
}
