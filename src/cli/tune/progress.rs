//! The progress display of a search on standard error, if that is a terminal: how far it is, and the best trial so far.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use mnist_mlp::report::thousands;
use mnist_mlp::tune::{Search, Trial};

use crate::cli::{bars, output};

/// The number of steps of the bar, more than a terminal has columns.
const STEPS: f64 = 1000.0;

/// A line with the progress of the search, and one with the best trial so far.
pub struct Progress {
    bar: ProgressBar,
    n_validation: usize,
}

impl Progress {
    /// Shows nothing if not `wanted`, or if standard error is not a terminal.
    pub fn new(wanted: bool, n_validation: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(STEPS as u64), ProgressDrawTarget::hidden());
        if wanted && std::io::stderr().is_terminal() {
            let style = ProgressStyle::with_template("searching [{wide_bar}] {percent:>3}%  {prefix}\n{wide_msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
            bar.set_draw_target(bars::screen());
        }
        Progress { bar, n_validation }
    }

    /// Shows the fraction of the search that is done, and the best trial.
    pub fn show(&self, search: &Search, share: f64) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position((share * STEPS) as u64);
        self.bar.set_prefix(format!("{} trials", thousands(search.trials().len())));
        if let Some(best) = search.best() {
            self.bar.set_message(self.line(search, best));
        }
    }

    /// Prints a warning above the lines.
    pub fn warning(&self, text: impl std::fmt::Display) {
        self.bar.suspend(|| output::warning(text));
    }

    fn line(&self, search: &Search, best: &Trial) -> String {
        let Some(score) = best.best else { return String::new() };
        let values = search.space().parameters.iter().zip(&best.values);
        let values: Vec<_> = values.map(|(parameter, value)| format!("{} {value}", parameter.name)).collect();
        let share = 100.0 * score.correct as f64 / self.n_validation as f64;
        let epochs = if score.epochs == 1 { "epoch" } else { "epochs" };
        format!("best {share:.2}% after {} {epochs}: {}", score.epochs, values.join(", "))
    }

    /// Removes the lines.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
