//! What the figures of the epochs decide: how eta goes on, when the training ends, which epoch is kept.

use super::{ConfigError, Ending, Schedule, Settings};
use crate::model::EpochRecord;

/// Eta is halved so often at most: to 1/128.
const MOST_HALVINGS: i32 = 7;

/// Which epoch's network comes out of a training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Keep {
    /// That of the last epoch.
    #[default]
    Last,
    /// That of the epoch with the highest evaluation accuracy; of equals the first, which took the least training.
    Best,
}

impl Keep {
    /// As it is called on the command line and in model files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Keep::Last => "last",
            Keep::Best => "best",
        }
    }
}

impl Settings {
    /// w, the epochs of warm-up: those asked for, or the schedule's own.
    #[must_use]
    pub fn warm_up_epochs(&self) -> f64 {
        self.warm_up.unwrap_or_else(|| self.schedule.default_warm_up(self.epochs))
    }

    /// Which epoch is kept: what was asked for, or the best with early stopping and the last without.
    #[must_use]
    pub fn kept(&self) -> Keep {
        self.keep.unwrap_or(if self.early_stop.is_some() { Keep::Best } else { Keep::Last })
    }

    /// Whether the learning rate changes while the network trains.
    #[must_use]
    pub fn eta_varies(&self) -> bool {
        self.schedule != Schedule::Constant || self.warm_up_epochs() > 0.0
    }

    /// The part of [`check`](Settings::check) that is about schedule and stopping.
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

/// Waits for the evaluation accuracy to get better than ever before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    epochs: usize,
    waited: usize,
    best: Option<usize>,
}

impl Patience {
    /// Waits for `epochs` epochs.
    #[must_use]
    pub fn new(epochs: usize) -> Self {
        Patience { epochs, waited: 0, best: None }
    }

    /// The epochs still waited for after this one; 0 when patience is at its end.
    pub fn watch(&mut self, record: &EpochRecord) -> usize {
        if record.evaluation_accuracy > self.best {
            self.best = record.evaluation_accuracy;
            self.waited = 0;
        } else {
            self.waited += 1;
        }
        self.epochs.saturating_sub(self.waited)
    }
}

/// The course of a training: eta at each position, and the reasons to end before the last epoch.
#[derive(Debug)]
pub(super) struct Course {
    settings: Settings,
    /// Until eta is halved.
    plateau: Option<Patience>,
    halvings: i32,
    /// Until the training ends.
    early_stop: Option<Patience>,
}

impl Course {
    pub fn new(settings: &Settings) -> Self {
        let plateau = match settings.schedule {
            Schedule::HalveOnPlateau { patience } => Some(Patience::new(patience)),
            _ => None,
        };
        Course { settings: *settings, plateau, halvings: 0, early_stop: settings.early_stop.map(Patience::new) }
    }

    /// Whether the figures of an epoch decide how the next one goes, or whether there is one.
    pub fn decides(&self) -> bool {
        self.plateau.is_some() || self.early_stop.is_some()
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The learning rate at position `t`, in epochs.
    pub fn eta(&self, t: f64) -> f64 {
        let Settings { schedule, epochs, eta, .. } = self.settings;
        eta * schedule.factor(t, epochs as f64, self.settings.warm_up_epochs()) * 0.5_f64.powi(self.halvings)
    }

    /// An epoch is complete: halves eta if it is time, and says how the training ends if it is to end.
    pub fn watch(&mut self, record: &EpochRecord) -> Option<Ending> {
        let stop = self.early_stop.as_mut().is_some_and(|patience| patience.watch(record) == 0);
        if let Some(plateau) = &mut self.plateau
            && plateau.watch(record) == 0
        {
            plateau.waited = 0;
            self.halvings += 1;
        }
        let plateau = (self.halvings > MOST_HALVINGS).then_some(Ending::Plateau);
        if stop { Some(Ending::EarlyStopped) } else { plateau }
    }
}

/// Chooses the epoch whose network will come out.
pub(super) struct Choice {
    keep: Keep,
    best: Option<usize>,
}

impl Choice {
    pub fn new(keep: Keep) -> Self {
        Choice { keep, best: None }
    }

    /// Whether the network after another epoch takes the place of the one that was kept.
    pub fn takes(&mut self, record: &EpochRecord) -> bool {
        let takes = self.keep == Keep::Last || record.evaluation_accuracy > self.best;
        if takes {
            self.best = record.evaluation_accuracy;
        }
        takes
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
        let left: Vec<_> = [5, 5, 4, 6, 6, 5, 6].iter().map(|&right| patience.watch(&record(right))).collect();
        assert_eq!(left, [3, 2, 1, 3, 2, 1, 0]);
    }

    #[test]
    fn eta_is_halved_seven_times_and_then_it_ends() {
        let schedule = Schedule::HalveOnPlateau { patience: 2 };
        let mut course = Course::new(&Settings { eta: 1.0, schedule, ..Settings::default() });
        let mut etas = Vec::new();
        // Better in epochs 1 and 4, never again.
        let ending = [1, 1, 0].into_iter().chain(std::iter::repeat(2)).find_map(|right| {
            etas.push(1.0 / course.eta(etas.len() as f64 + 0.5));
            course.watch(&record(right))
        });
        assert_eq!(ending, Some(Ending::Plateau));
        let expected: Vec<f64> =
            [1, 1, 1, 2, 2, 2, 4, 4, 8, 8, 16, 16, 32, 32, 64, 64, 128, 128].map(f64::from).to_vec();
        assert_eq!(etas, expected);
    }

    #[test]
    fn early_stopping_counts_from_the_best() {
        let mut course = Course::new(&Settings { early_stop: Some(2), ..Settings::default() });
        let endings: Vec<_> = [3, 2, 4, 4, 3].iter().map(|&right| course.watch(&record(right))).collect();
        assert_eq!(endings, [None, None, None, None, Some(Ending::EarlyStopped)]);
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
