//! Random search for settings, with successive halving. This module does not print, does not train, and does not know
//! what a setting means.
//!
//! A [`Space`] defines the settings to search and their ranges. A [`Search`] draws trials from it, in rounds: all
//! trials of a round get a few epochs, the best third of them three times as many, and so on up to the full number of
//! epochs (see [`Rungs`]). A [`Crew`] runs the trials: [`threads`] of this process, or anything else that takes a
//! [`Job`] and returns its [`Outcome`]. [`run`] connects search and crew until a [`Limit`] is reached.
//!
//! A promoted trial is trained again from the start, not continued. The repeated epochs cost less than a third of the
//! search, no state need be kept, and the schedule spans exactly the epochs of the trial.
//!
//! Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization" (2012); Jamieson and Talwalkar,
//! "Non-stochastic Best Arm Identification and Hyperparameter Optimization" (2016).

mod crew;
mod halving;
mod limit;
mod space;

pub use crew::{Crew, Done, Threads, run, threads};
pub use halving::{Job, Outcome, Rungs, Score, Search, Standing, Trial};
pub use limit::Limit;
pub use space::{Kind, Parameter, Space, Value, Values, ValuesError};
