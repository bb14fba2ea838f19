//! What it takes to go on with a training.

use crate::network::{Gradient, Network};
use crate::real::Real;

/// Where an engine stands after some updates: another engine goes on from here as this one would, to the last bit.
#[derive(Debug, Clone)]
pub struct State<F: Real> {
    /// The network as the last update left it.
    pub network: Network<F>,
    /// The running average of it, if the steps ask for one.
    pub average: Option<Network<F>>,
    /// What the optimizer remembers of the gradient: as many as
    /// [`Optimizer::moments`](crate::network::Optimizer::moments) says, or none before the first update.
    pub moments: Vec<Gradient<F>>,
    /// The updates so far.
    pub updates: u64,
}

impl<F: Real> State<F> {
    /// What comes out of the training: the running average if there is one.
    #[must_use]
    pub fn result(&self) -> &Network<F> {
        self.average.as_ref().unwrap_or(&self.network)
    }
}

impl<F: Real> From<Network<F>> for State<F> {
    /// Before the first update.
    fn from(network: Network<F>) -> Self {
        State { network, average: None, moments: Vec::new(), updates: 0 }
    }
}
