//! Several processes that train one network together, over MPI.
//!
//! Each of the N ranks has a part of the images, and the whole network. Of every mini-batch, each rank takes the images
//! that it has, computes their part of the gradient, and gets the sum of all parts. All ranks take the same step, so
//! their weights stay equal. A mini-batch consists of the same images as on one machine, so the result is the same,
//! apart from rounding, for every N.
//!
//! The training loop is unchanged: an [`Engine`] takes the step of the whole mini-batch ([`Shared`]), and an
//! [`Observer`] makes all ranks stop at the same mini-batch.
//!
//! **The same bytes every time.** MPI does not specify the order in which its own reductions add. Therefore each rank
//! gets its section of the gradient from all ranks, adds them in the order of the ranks, and distributes the sum. Each
//! rank sends as much as in the best all-reduce: 2(N-1)/N of the gradient.

use std::env;
use std::thread;

use bytemuck::Pod;
use mpi::Threading;
use mpi::environment::Universe;
use mpi::topology::{Process, SimpleCommunicator};
use mpi::traits::{Communicator, CommunicatorCollectives};

use crate::data::Dataset;
use crate::data::splits::Portion;
use crate::engine::{Subset, Trainable};
use crate::evaluate::{FitError, check_fit};
use crate::trainer::{Counts, Observer, Progress, TrainConfig, Trained, resume_with};

mod agreement;
mod ballot;
mod crew;
mod shared;
mod sum;

pub use agreement::{Disagreement, Term};
pub use crew::Spread;
pub use shared::{Shared, Times};

use ballot::{Ballot, Voter};

/// Environment variables that launchers of MPI programs set for their processes: Open MPI, launchers with PMIx, and
/// launchers with PMI, such as those of MPICH and SLURM.
const LAUNCHED: [&str; 3] = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"];

/// The ranks that were started together, seen from one of them. Dropping it ends MPI; dropping it during a panic aborts
/// all ranks.
pub struct World {
    ranks: SimpleCommunicator,
    _mpi: Universe,
}

impl World {
    /// Joins the other ranks. `None` if no launcher (`mpirun`, `srun`) started this process.
    #[must_use]
    pub fn join() -> Option<World> {
        if LAUNCHED.iter().all(|name| env::var_os(name).is_none()) {
            return None;
        }
        // Only one thread of each rank uses MPI.
        let (mpi, _) = mpi::initialize_with_threading(Threading::Funneled)?;
        Some(World { ranks: mpi.world(), _mpi: mpi })
    }

    /// The number of this rank. Rank 0 is the first; it alone prints and writes files.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.ranks.rank() as usize
    }

    /// N, the number of ranks.
    #[must_use]
    pub fn size(&self) -> usize {
        self.ranks.size() as usize
    }

    /// The part of the images that this rank uses.
    #[must_use]
    pub fn portion(&self) -> Portion {
        Portion { number: self.rank(), count: self.size() }
    }

    /// Resumes a training together with the other ranks, as [`trainer::resume`](crate::trainer::resume) does alone. All
    /// ranks must call it with the same arguments, except for the observer and for images outside their
    /// [portion](Self::portion). The result is the same on all ranks. If any rank's observer asks to stop, all ranks
    /// stop at the same mini-batch.
    ///
    /// # Errors
    /// A [`FitError`] if the network does not fit the images.
    pub fn resume<F: Trainable>(
        &self,
        progress: Progress<F>,
        training: Dataset,
        evaluation: Dataset,
        config: &TrainConfig,
        observer: &mut dyn Observer<F>,
    ) -> Result<Trained<F>, FitError> {
        check_fit(&progress.network, &training)?;
        check_fit(&progress.network, &evaluation)?;
        let settings = *config.settings();
        let images = Counts { training: training.len(), evaluation: evaluation.len() };
        let watched = settings.monitors.watched().contains(&Subset::Evaluation);
        let evaluation = if watched { evaluation } else { evaluation.slice(0..0) };
        let data = (self.share(&training), self.share(&evaluation));
        drop((training, evaluation));
        let ballot = Ballot::default();
        let mut voter = Voter { observer, ballot: &ballot };
        let start = |state| -> Box<dyn crate::engine::Engine<F>> {
            Box::new(Shared::new(self, state, data, &settings).voting(&ballot))
        };
        Ok(resume_with(start, progress, images, config, &mut voter))
    }

    /// This rank's part of some images. All ranks must call it together, with the same number of images.
    #[must_use]
    pub fn share(&self, data: &Dataset) -> Dataset {
        let range = self.portion().of(0..data.len());
        let ink = data.slice(range.clone()).pixels().iter().filter(|&&pixel| pixel > 0).count();
        let all: u64 = self.gather(&[ink as u64]).iter().sum();
        data.share(range, all as f64 / (data.len() * data.image_size()) as f64)
    }

    /// The process of a rank, to send to or receive from.
    fn process(&self, rank: usize) -> Process<'_> {
        self.ranks.process_at_rank(rank.try_into().expect("MPI counts ranks by 32 bits"))
    }

    /// The numbers of all ranks, in the order of the ranks. Every rank must pass equally many.
    fn gather<T: Pod>(&self, numbers: &[T]) -> Vec<T> {
        let mut all = vec![T::zeroed(); numbers.len() * self.size()];
        self.ranks.all_gather_into(bytemuck::cast_slice::<T, u8>(numbers), bytemuck::cast_slice_mut::<T, u8>(&mut all));
        all
    }

    /// The bytes of each rank. Their number may differ from rank to rank.
    fn gather_bytes(&self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let lengths = self.gather(&[bytes.len() as u64]);
        let longest = lengths.iter().max().map_or(0, |&length| length as usize);
        let mut padded = bytes.to_vec();
        padded.resize(longest, 0);
        // MPI does not accept empty messages here.
        let all = if longest > 0 { self.gather(&padded) } else { Vec::new() };
        lengths.iter().enumerate().map(|(rank, &length)| all[rank * longest..][..length as usize].to_vec()).collect()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Otherwise the other ranks would wait for this one forever.
        if thread::panicking() {
            self.ranks.abort(101);
        }
    }
}
