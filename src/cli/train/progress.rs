//! The progress display of a training: a table on standard output, and bars on standard error if there is room for
//! them.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{HumanDuration, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use mnist_mlp::model::EpochRecord;
use mnist_mlp::report::{EpochTable, thousands};

use crate::cli::{Failure, bars, output};

/// The number of times that the bars move per epoch, few enough to cost nothing.
const STEPS_PER_EPOCH: usize = 100;

/// The least number of columns for bars that say how many images are learned from in a second.
const WIDE: u16 = 66;

/// How long a training is watched before its speed is known.
const FIRST_LOOK: Duration = Duration::from_millis(200);

/// Shows the progress of the epochs.
pub struct Progress {
    /// The table; `None` to show nothing.
    table: Option<EpochTable>,
    /// Where the bars are drawn from the first mini-batch on; `None` for no bars, or once they are there.
    screen: Option<ProgressDrawTarget>,
    bars: Option<Bars>,
    n_train: usize,
    epochs: usize,
    /// The current epoch of the bars; 0 before the first.
    epoch: usize,
    /// The number of images of the epoch at which the bars move next.
    next_move: usize,
    /// The failure of standard output, if any. The training continues, since it is worth more than its table.
    pub failure: Option<Failure>,
}

struct Bars {
    both: MultiProgress,
    run: ProgressBar,
    epoch: ProgressBar,
}

impl Progress {
    /// Shows `epochs` epochs of `n_train` images in `table`. Without a table, nothing is shown.
    pub fn new(table: Option<EpochTable>, epochs: usize, n_train: usize) -> Self {
        let screen = (table.is_some() && output::has_room_for_bars()).then(bars::screen);
        Progress::on(screen, table, epochs, n_train)
    }

    /// As [`new`](Self::new), with the bars on `screen`; `None` for no bars.
    fn on(screen: Option<ProgressDrawTarget>, table: Option<EpochTable>, epochs: usize, n_train: usize) -> Self {
        Progress { table, screen, bars: None, n_train, epochs, epoch: 0, next_move: 0, failure: None }
    }

    /// Reports that `done` images of the epoch are done.
    pub fn images(&mut self, epoch: usize, done: usize) {
        if let Some(screen) = self.screen.take() {
            self.bars = Some(Bars::new(screen, self.epochs, self.n_train, (epoch - 1) * self.n_train + done));
        }
        let Some(bars) = &self.bars else { return };
        if epoch != self.epoch {
            bars.epoch.set_message("training");
            bars.epoch.reset();
            (self.epoch, self.next_move) = (epoch, 0);
        }
        if done >= self.next_move || done == self.n_train {
            bars.epoch.set_position(done as u64);
            bars.run.set_position(((epoch - 1) * self.n_train + done) as u64);
            self.next_move = done + self.n_train / STEPS_PER_EPOCH;
        }
    }

    /// Reports that the monitors are running.
    pub fn monitoring(&self) {
        if let Some(bars) = &self.bars {
            bars.epoch.set_message("monitoring");
        }
    }

    /// Reports the end of an epoch. The bars stay, because the next epoch may already be running.
    pub fn epoch(&mut self, record: &EpochRecord, training: Duration, patience: Option<usize>) {
        let Some(table) = &self.table else { return };
        let row = table.row(record, training, patience);
        self.print(&format!("{row}\n"));
    }

    /// Prints a result above the bars, unless nothing is to be shown.
    pub fn print(&mut self, text: &str) {
        if self.table.is_some() && self.failure.is_none() {
            self.failure = self.above_the_bars(|| output::result(text)).err();
        }
    }

    /// Prints a warning above the bars.
    pub fn warning(&self, warning: impl std::fmt::Display) {
        self.above_the_bars(|| output::warning(warning));
    }

    /// Hides the bars while `print` runs.
    fn above_the_bars<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bars {
            Some(bars) => bars.both.suspend(print),
            None => print(),
        }
    }

    /// Removes the bars.
    pub fn finish(&self) {
        if let Some(bars) = &self.bars {
            bars.epoch.finish_and_clear();
            bars.run.finish_and_clear();
        }
    }
}

impl Bars {
    /// The bars of a training in which `done` images, those of earlier epochs included, have been learned from.
    fn new(screen: ProgressDrawTarget, epochs: usize, n_train: usize, done: usize) -> Self {
        let style = |template| ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let is_wide = terminal_size::terminal_size_of(std::io::stderr()).is_none_or(|(width, _)| width.0 >= WIDE);
        let both = MultiProgress::with_draw_target(screen);
        let total = (epochs as u64).saturating_mul(n_train as u64);
        let template = if is_wide {
            "all epochs [{wide_bar}] {percent:>3}%  {speed}  {rest} left"
        } else {
            "all epochs [{wide_bar}] {percent:>3}%  {rest} left"
        };
        // What was done before a training was resumed says nothing of its speed.
        let speed = move |state: &ProgressState| {
            let known = state.elapsed() >= FIRST_LOOK && state.pos() > done as u64;
            known.then(|| (state.pos() - done as u64) as f64 / state.elapsed().as_secs_f64())
        };
        let run = both.add(
            ProgressBar::new(total).with_style(
                style(template)
                    .with_key("speed", move |state: &ProgressState, w: &mut dyn Write| {
                        let speed = speed(state).map_or("–".to_string(), |speed| thousands(speed as usize));
                        let _ = write!(w, "{speed} images/s");
                    })
                    .with_key("rest", move |state: &ProgressState, w: &mut dyn Write| {
                        let rest = |speed| total.saturating_sub(state.pos()) as f64 / speed;
                        let _ = match speed(state).and_then(|speed| Duration::try_from_secs_f64(rest(speed)).ok()) {
                            Some(rest) => write!(w, "{:#}", HumanDuration(rest)),
                            None => write!(w, "–"),
                        };
                    })
                    .progress_chars("=> "),
            ),
        );
        let epoch = both.add(
            ProgressBar::new(n_train as u64)
                .with_style(style("this epoch [{wide_bar}] {percent:>3}%  {msg}").progress_chars("=> "))
                .with_message("training"),
        );
        Bars { both, run, epoch }
    }
}

#[cfg(test)]
mod tests {
    use indicatif::InMemoryTerm;
    use mnist_mlp::trainer::Monitors;

    use super::*;

    /// The bars halfway through the first of two epochs, and their screen.
    fn halfway() -> (Progress, InMemoryTerm) {
        let screen = InMemoryTerm::new(10, 60);
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 255);
        let table = EpochTable::new(Monitors::NONE, false);
        let mut progress = Progress::on(Some(target), Some(table), 2, 100);
        progress.images(1, 50);
        (progress, screen)
    }

    #[test]
    fn bars_tell_how_much_is_done_of_the_run_and_of_the_epoch() {
        let (mut progress, screen) = halfway();
        let shown = screen.contents();
        let lines: Vec<_> = shown.lines().collect();
        assert!(lines[0].starts_with("all epochs [===") && lines[0].contains(" 25%"), "{shown}");
        assert!(lines[1].starts_with("this epoch [===") && lines[1].contains(" 50%  training"), "{shown}");
        progress.images(1, 100);
        progress.monitoring();
        assert!(screen.contents().contains("100%  monitoring"), "{}", screen.contents());
        progress.finish();
        assert_eq!(screen.contents(), "");
    }

    #[test]
    fn bars_go_on_while_the_epoch_before_is_still_looked_at() {
        let (mut progress, screen) = halfway();
        progress.images(1, 100);
        progress.monitoring();
        progress.images(2, 10);
        let shown = screen.contents();
        assert!(shown.contains(" 55%") && shown.contains(" 10%  training"), "{shown}");
        progress.images(2, 60);
        progress.epoch(&EpochRecord { epoch: 1, n_training: 100, ..EpochRecord::default() }, Duration::ZERO, None);
        progress.images(2, 61);
        let shown = screen.contents();
        assert!(shown.contains(" 80%") && shown.contains(" 61%  training"), "{shown}");
    }

    #[test]
    fn bars_are_away_while_something_is_printed_and_come_back() {
        let (progress, screen) = halfway();
        progress.above_the_bars(|| assert_eq!(screen.contents(), ""));
        assert!(screen.contents().contains("this epoch"), "{}", screen.contents());
    }

    #[test]
    fn quiet_shows_nothing_anywhere() {
        let mut progress = Progress::new(None, 2, 100);
        progress.images(1, 50);
        progress.print("seen by nobody");
        assert!(progress.bars.is_none() && progress.failure.is_none());
    }
}
