//! Decisions based on the monitored values: the learning rate, when the training ends, which epoch is kept.

use super::{ConfigError, Ending, Schedule, Settings};
use crate::model::EpochRecord;

/// Eta is halved at most this many times, to 1/128.
const MAX_HALVINGS: i32 = 7;

/// Which epoch's network is the result of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// The network of the last epoch.
    #[default]
    Last,
    /// The network of the epoch with the highest evaluation accuracy; on a tie the earliest epoch, which took the least
    /// training.
    Best,
}

impl Keep {
    /// All choices.
    pub const ALL: [Self; 2] = [Keep::Best, Keep::Last];

    /// The name on the command line and in model files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Keep::Last => "last",
            Keep::Best => "best",
        }
    }
}

impl Settings {
    /// w, the number of warm-up epochs: as asked for, or the schedule's default.
    #[must_use]
    pub fn warm_up_epochs(&self) -> f64 {
        self.warm_up.unwrap_or_else(|| self.schedule.default_warm_up(self.epochs))
    }

    /// Which epoch is kept: as asked for, or by default the best with early stopping and the last without.
    #[must_use]
    pub fn kept(&self) -> Keep {
        self.keep.unwrap_or(if self.early_stop.is_some() { Keep::Best } else { Keep::Last })
    }

    /// Whether the learning rate changes during the training.
    #[must_use]
    pub fn eta_varies(&self) -> bool {
        self.schedule != Schedule::Constant || self.warm_up_epochs() > 0.0
    }

    /// Whether early stopping or a plateau has ended a training with these settings and this history. Then nothing can
    /// follow, however many epochs are asked for.
    #[must_use]
    pub fn has_stopped_early(&self, history: &[EpochRecord]) -> bool {
        matches!(Course::of(history, self).ending, Some(Ending::EarlyStopped | Ending::Plateau))
    }

    /// The part of [`check`](Settings::check) that concerns schedule and stopping.
    pub(super) fn check_course(&self) -> Result<(), ConfigError> {
        if let Some(asked) = self.warm_up
            && !(0.0..self.epochs as f64).contains(&asked)
        {
            return Err(ConfigError::WarmUp { asked, epochs: self.epochs });
        }
        let halves = matches!(self.schedule, Schedule::HalveOnPlateau { .. });
        if self.schedule == (Schedule::HalveOnPlateau { patience: 0 }) {
            return Err(ConfigError::Patience);
        }
        if self.early_stop == Some(0) {
            return Err(ConfigError::EarlyStop);
        }
        let needs = [
            (halves, "halving eta on a plateau"),
            (self.early_stop.is_some(), "early stopping"),
            (self.kept() == Keep::Best, "keeping the best epoch"),
        ];
        match needs.into_iter().find(|(needed, _)| *needed) {
            Some((_, what)) if !self.monitors.evaluation_accuracy => Err(ConfigError::NeedsAccuracy(what)),
            _ => Ok(()),
        }
    }
}

/// Waits for the evaluation accuracy to exceed its best value so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Patience {
    epochs: usize,
    waited: usize,
    best: Option<usize>,
}

impl Patience {
    fn new(epochs: usize) -> Self {
        Patience { epochs, waited: 0, best: None }
    }

    /// Takes the record of a completed epoch. Returns whether the patience has run out.
    fn watch(&mut self, record: &EpochRecord) -> bool {
        if record.evaluation_accuracy > self.best {
            self.best = record.evaluation_accuracy;
            self.waited = 0;
        } else {
            self.waited += 1;
        }
        self.left() == 0
    }

    /// The number of further epochs to wait.
    fn left(&self) -> usize {
        self.epochs.saturating_sub(self.waited)
    }
}

/// The decisions that follow from the monitored values: the learning rate, the epoch to keep, the end of the training.
#[derive(Debug)]
pub(super) struct Course {
    settings: Settings,
    /// The patience until eta is halved.
    plateau: Option<Patience>,
    halvings: i32,
    /// The patience until the training ends.
    early_stop: Option<Patience>,
    /// The evaluation accuracy of the epoch that is kept.
    best: Option<usize>,
    /// The epoch that is kept; 0 if there is none yet.
    pub kept: usize,
    /// How the training ended; `None` while it goes on.
    pub ending: Option<Ending>,
}

impl Course {
    /// The course after the epochs in `history`.
    pub fn of(history: &[EpochRecord], settings: &Settings) -> Self {
        let plateau = match settings.schedule {
            Schedule::HalveOnPlateau { patience } => Some(Patience::new(patience)),
            _ => None,
        };
        let early_stop = settings.early_stop.map(Patience::new);
        let (halvings, best, kept, ending) = (0, None, 0, None);
        let mut course = Course { settings: *settings, plateau, halvings, early_stop, best, kept, ending };
        for record in history {
            course.watch(record);
        }
        course
    }

    /// Whether the monitored values of an epoch determine how the next one is trained, or whether there is one.
    pub fn decides(&self) -> bool {
        self.plateau.is_some() || self.early_stop.is_some()
    }

    /// The learning rate at position `t`, counted in epochs.
    pub fn eta(&self, t: f64) -> f64 {
        let Settings { schedule, epochs, eta, .. } = self.settings;
        eta * schedule.factor(t, epochs as f64, self.settings.warm_up_epochs()) * 0.5_f64.powi(self.halvings)
    }

    /// With early stopping, the number of further epochs to wait.
    pub fn patience_left(&self) -> Option<usize> {
        self.early_stop.map(|patience| patience.left())
    }

    /// Takes the record of a completed epoch, halves eta if it is time, and may end the training. Returns whether the
    /// epoch's network is to be kept.
    pub fn watch(&mut self, record: &EpochRecord) -> bool {
        let stops = self.early_stop.as_mut().is_some_and(|patience| patience.watch(record));
        if let Some(plateau) = &mut self.plateau
            && plateau.watch(record)
        {
            plateau.waited = 0;
            self.halvings += 1;
        }
        // Early stopping counts even in the last epoch: no epoch may follow it, even if more are asked for later.
        self.ending = if stops {
            Some(Ending::EarlyStopped)
        } else if self.halvings > MAX_HALVINGS {
            Some(Ending::Plateau)
        } else {
            (record.epoch >= self.settings.epochs).then_some(Ending::Completed)
        };
        let is_kept = self.settings.kept() == Keep::Last || record.evaluation_accuracy > self.best;
        if is_kept {
            (self.best, self.kept) = (record.evaluation_accuracy, record.epoch);
        }
        is_kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trainer::Monitors;

    fn record(evaluation_accuracy: usize) -> EpochRecord {
        EpochRecord { evaluation_accuracy: Some(evaluation_accuracy), ..EpochRecord::default() }
    }

    #[test]
    fn patience_is_renewed_by_a_better_accuracy_only() {
        let mut patience = Patience::new(3);
        let left = [5, 5, 4, 6, 6, 5, 6].map(|right| {
            let is_at_its_end = patience.watch(&record(right));
            assert_eq!(is_at_its_end, patience.left() == 0);
            patience.left()
        });
        assert_eq!(left, [3, 2, 1, 3, 2, 1, 0]);
    }

    #[test]
    fn eta_is_halved_seven_times_and_then_it_ends() {
        let schedule = Schedule::HalveOnPlateau { patience: 2 };
        let mut course = Course::of(&[], &Settings { eta: 1.0, schedule, ..Settings::default() });
        let mut etas = Vec::new();
        // The accuracy improves in epochs 1 and 4, and never again.
        let ending = [1, 1, 0].into_iter().chain(std::iter::repeat(2)).find_map(|right| {
            etas.push(1.0 / course.eta(etas.len() as f64 + 0.5));
            course.watch(&record(right));
            course.ending.take()
        });
        assert_eq!(ending, Some(Ending::Plateau));
        let expected: Vec<f64> =
            [1, 1, 1, 2, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64, 128, 128].map(f64::from).to_vec();
        assert_eq!(etas, expected);
    }

    #[test]
    fn early_stopping_counts_from_the_best() {
        let mut course = Course::of(&[], &Settings { early_stop: Some(2), ..Settings::default() });
        let told = [3, 2, 4, 4, 3].map(|right| {
            let is_kept = course.watch(&record(right));
            (is_kept, course.patience_left(), course.ending.clone())
        });
        let expected = [(true, 2), (false, 1), (true, 2), (false, 1), (false, 0)];
        let ending = |left| (left == 0).then_some(Ending::EarlyStopped);
        assert_eq!(told, expected.map(|(is_kept, left)| (is_kept, Some(left), ending(left))));
    }

    #[test]
    fn what_goes_by_the_accuracy_needs_it() {
        let check = |settings: Settings| settings.check(100, 10).map(|_| ());
        let blind = Settings { monitors: Monitors { training_cost: true, ..Monitors::NONE }, ..Settings::default() };
        for settings in [
            Settings { early_stop: Some(1), ..blind },
            Settings { early_stop: Some(1), keep: Some(Keep::Last), ..blind },
            Settings { keep: Some(Keep::Best), ..blind },
            Settings { schedule: Schedule::HalveOnPlateau { patience: 1 }, ..blind },
        ] {
            assert!(matches!(check(settings), Err(ConfigError::NeedsAccuracy(_))), "{settings:?}");
            assert!(check(Settings { monitors: Monitors::default(), ..settings }).is_ok(), "{settings:?}");
        }
        assert!(check(Settings { schedule: Schedule::Cosine, keep: Some(Keep::Last), ..blind }).is_ok());
    }

    #[test]
    fn nonsense_is_refused() {
        let error = |settings: Settings| settings.check(100, 10).unwrap_err();
        let plain = Settings { epochs: 5, ..Settings::default() };
        for asked in [-1.0, 5.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(error(Settings { warm_up: Some(asked), ..plain }), ConfigError::WarmUp { epochs: 5, .. }));
        }
        assert!(Settings { warm_up: Some(4.5), ..plain }.check(100, 10).is_ok());
        assert_eq!(error(Settings { early_stop: Some(0), ..plain }), ConfigError::EarlyStop);
        let schedule = Schedule::HalveOnPlateau { patience: 0 };
        assert_eq!(error(Settings { schedule, ..plain }), ConfigError::Patience);
    }
}
