//! What all ranks do in one call, and what comes of it.

use crate::{Error, Result};
use rushlight_autograd::{DType, Shape, Tensor, no_grad};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Sum,
    Copy { root: usize },
    Gather,
    Barrier,
}

impl Task {
    /// The call, as users know it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Task::Sum => "all_reduce",
            Task::Copy { .. } => "broadcast",
            Task::Gather => "all_gather",
            Task::Barrier => "barrier",
        }
    }

    /// Whether the elements that this rank brings are needed, beside shape and dtype.
    pub(crate) fn needs_elements_of(self, rank: usize) -> bool {
        match self {
            Task::Sum | Task::Gather => true,
            Task::Copy { root } => rank == root,
            Task::Barrier => false,
        }
    }

    /// What comes of the tensors whose elements are needed, in the order of their ranks.
    pub(crate) fn combine(self, mut tensors: Vec<Tensor>) -> Result<Vec<Tensor>> {
        match self {
            Task::Copy { .. } | Task::Gather => Ok(tensors),
            Task::Barrier => Ok(Vec::new()),
            Task::Sum => no_grad(|| {
                let others = tensors.split_off(1);
                let mut sum = tensors[0].detach();
                for x in others {
                    sum.add_(&x.to_device(sum.device())?)?;
                }
                Ok(vec![sum])
            }),
        }
    }
}

/// What a rank brings, apart from the elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contribution {
    pub(crate) task: Task,
    pub(crate) dtype: DType,
    pub(crate) shape: Shape,
}

impl Contribution {
    pub(crate) fn of(task: Task, x: &Tensor) -> Contribution {
        Contribution {
            task,
            dtype: x.dtype(),
            shape: x.shape(),
        }
    }

    /// Bytes of the elements, unless no memory could hold them.
    pub(crate) fn bytes(&self) -> Option<usize> {
        let size = self.dtype.size_in_bytes();
        self.shape
            .iter()
            .try_fold(size, |bytes, &size| bytes.checked_mul(size))
    }

    fn describe(&self) -> String {
        format!("{:?} of {} {}", self.task, self.dtype, self.shape)
    }
}

/// Checks that all ranks bring what the first one brings.
pub(crate) fn check_agreement(contributions: &[Contribution]) -> Result<()> {
    let first = &contributions[0];
    match contributions.iter().position(|other| other != first) {
        None => Ok(()),
        Some(rank) => Err(Error::Mismatch {
            op: first.task.name(),
            rank,
            got: contributions[rank].describe(),
            expected: first.describe(),
        }),
    }
}

/// Checks that a rank is one of the group.
pub(crate) fn check_rank(op: &'static str, rank: usize, world_size: usize) -> Result<()> {
    match rank < world_size {
        true => Ok(()),
        false => Err(Error::Rank {
            op,
            rank,
            world_size,
        }),
    }
}

/// The only tensor that comes of a task.
pub(crate) fn only(mut tensors: Vec<Tensor>) -> Tensor {
    tensors.pop().expect("one tensor comes of this task")
}
