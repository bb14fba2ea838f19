//! All that is needed to resume a training.

use crate::network::{Gradient, Network};
use crate::real::Real;

/// The state of an engine after some updates. Another engine that starts from it continues exactly like this one, to
/// the last bit.
#[derive(Debug, Clone)]
pub struct State<F: Real> {
    /// The network as the last update left it.
    pub network: Network<F>,
    /// The running average of the network, if the steps ask for one.
    pub average: Option<Network<F>>,
    /// The moments that the optimizer remembers: as many as [`Optimizer::moments`](crate::network::Optimizer::moments)
    /// says, or none before the first update.
    pub moments: Vec<Gradient<F>>,
    /// The number of updates so far.
    pub updates: u64,
}

impl<F: Real> State<F> {
    /// The result of the training: the running average if there is one, otherwise the network.
    #[must_use]
    pub fn result(&self) -> &Network<F> {
        self.average.as_ref().unwrap_or(&self.network)
    }
}

impl<F: Real> From<Network<F>> for State<F> {
    /// The state before the first update.
    fn from(network: Network<F>) -> Self {
        State { network, average: None, moments: Vec::new(), updates: 0 }
    }
}
