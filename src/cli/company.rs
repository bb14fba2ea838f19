//! The processes that do the work: this process alone or, with the feature `mpi` and a launcher, all ranks together.

#[cfg(not(feature = "mpi"))]
pub use alone::Alone as Company;
#[cfg(feature = "mpi")]
pub use ranks::Ranks as Company;

mod alone;
#[cfg(feature = "mpi")]
mod ranks;
