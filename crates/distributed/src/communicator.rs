//! What processes do together.

use crate::Result;
use rushlight_autograd::Tensor;

/// A connection to the processes that train together.
///
/// All ranks make the same calls in the same order; each call returns once every rank has made it.
pub trait Communicator: Send + Sync {
    /// The number of this process, from 0 on.
    fn rank(&self) -> usize;

    /// How many processes there are.
    fn world_size(&self) -> usize;

    /// The sum of the tensors of all ranks, which have one shape and dtype; the same bits everywhere.
    ///
    /// # Errors
    /// If a rank brings another shape or dtype, makes another call, or has left.
    fn all_reduce(&self, x: &Tensor) -> Result<Tensor>;

    /// The tensor of the rank `root`, in all ranks; the others bring one of its shape and dtype.
    ///
    /// # Errors
    /// As [`Communicator::all_reduce`], and if there is no such rank.
    fn broadcast(&self, x: &Tensor, root: usize) -> Result<Tensor>;

    /// The tensors of all ranks, which have one shape and dtype, in the order of the ranks.
    ///
    /// # Errors
    /// As [`Communicator::all_reduce`].
    fn all_gather(&self, x: &Tensor) -> Result<Vec<Tensor>>;

    /// Waits until every rank has come so far.
    ///
    /// # Errors
    /// As [`Communicator::all_reduce`].
    fn barrier(&self) -> Result<()>;
}
