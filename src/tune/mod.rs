//! Random search for settings, with successive halving. Nothing here prints, trains or knows what a setting means.
//!
//! A [`Space`] says which settings are searched and between which ends. A [`Search`] draws trials from it, in rounds:
//! all trials of a round get a few epochs, the best third of them three times as many, and so on up to all epochs (see
//! [`Rungs`]). Whoever runs the trials is a [`Crew`]: [`threads`] of this process, or anyone else who takes a [`Job`]
//! and brings its [`Outcome`]. [`run`] brings the two together until a [`Limit`] is reached.
//!
//! A trial that goes on is trained again from the start, not continued: the few epochs that this repeats cost less than
//! a third of the search, nothing need be kept, and its schedule spans exactly the epochs that it gets.
//!
//! Bergstra and Bengio, "Random Search for Hyper-Parameter Optimization" (2012); Jamieson and Talwalkar,
//! "Non-stochastic Best Arm Identification and Hyperparameter Optimization" (2016).

mod crew;
mod halving;
mod limit;
mod space;

pub use crew::{Crew, Done, Threads, run, threads};
pub use halving::{Job, Outcome, Rungs, Score, Search, Trial};
pub use limit::Limit;
pub use space::{Kind, Parameter, Space, Value, Values, ValuesError};
