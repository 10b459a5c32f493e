//! Processes that are connected by TCP.
//!
//! Rank 0 is connected to all others. What they bring goes there, is put together in the order of the
//! ranks, and what comes of it goes back, so all have the same bits.

mod message;
mod rendezvous;
mod wire;

use crate::task::{Contribution, Task, check_agreement, check_rank, only};
use crate::{Communicator, Error, Launch, Result};
use message::{
    receive_contribution, receive_elements, receive_verdict, send_contribution, send_verdict,
};
use rushlight_autograd::Tensor;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
use wire::{Call, Wire};

/// How long rank 0 may take to tell another one of a failure.
const FAREWELL: Duration = Duration::from_secs(5);

/// One of several processes that are connected by TCP, on one machine or several.
///
/// Every call ends with an error where a rank has left, or has not come within the timeout. After such an
/// error the group has come apart, and all later calls fail, too; after a mismatch it has not. When it is
/// dropped, this process leaves the group.
///
/// As with PyTorch, whoever reaches the port can join while the group forms, and nothing is encrypted: it
/// belongs into a network that is trusted.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_distributed::{Communicator, Launch, Result, TcpCommunicator};
/// # use std::time::Duration;
/// # let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
/// let process = |rank| -> Result<f64> {
///     // In a program of its own: `TcpCommunicator::from_env()?`.
///     let launch = Launch {
///         rank, world_size: 2, local_rank: rank,
///         master_addr: "127.0.0.1".into(), master_port: port,
///     };
///     let group = TcpCommunicator::connect(&launch, Duration::from_secs(60))?;
///     Ok(group.all_reduce(&tensor([1.0 + rank as f32])?)?.item()?)
/// };
/// std::thread::scope(|scope| -> Result<()> {
///     let other = scope.spawn(|| process(1));
///     assert_eq!(process(0)?, 3.0);
///     assert_eq!(other.join().unwrap()?, 3.0);
///     Ok(())
/// })?;
/// # Ok::<(), rushlight_distributed::Error>(())
/// ```
#[derive(Debug)]
pub struct TcpCommunicator {
    rank: usize,
    world_size: usize,
    timeout: Duration,
    group: Mutex<Group>,
}

/// The connections: those to all others for rank 0, that to rank 0 for the others.
#[derive(Debug)]
struct Group {
    wires: Vec<Wire>,
    /// Why the group has come apart.
    failure: Option<Error>,
}

impl TcpCommunicator {
    /// How long [`TcpCommunicator::from_env`] lets processes wait for each other, as PyTorch does.
    pub const TIMEOUT: Duration = Duration::from_secs(30 * 60);

    /// Joins the processes that `torchrun` has started with this one.
    ///
    /// # Errors
    /// If the environment does not say which of them this is, or as [`TcpCommunicator::connect`].
    pub fn from_env() -> Result<TcpCommunicator> {
        TcpCommunicator::connect(&Launch::from_env()?, TcpCommunicator::TIMEOUT)
    }

    /// Joins other processes; returns once all are there. The timeout holds for this and for each later
    /// call.
    ///
    /// # Errors
    /// If rank 0 cannot listen or cannot be reached, if another process has this rank, or if a process
    /// does not come in time.
    pub fn connect(launch: &Launch, timeout: Duration) -> Result<TcpCommunicator> {
        check_rank("connect", launch.rank, launch.world_size)?;
        let wires = rendezvous::meet(launch, &Call::new("connect", timeout))?;
        let group = Group {
            wires,
            failure: None,
        };
        Ok(TcpCommunicator {
            rank: launch.rank,
            world_size: launch.world_size,
            timeout,
            group: Mutex::new(group),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Group> {
        self.group
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// What comes of a task, on the device of `x`.
    fn perform(&self, task: Task, x: &Tensor) -> Result<Vec<Tensor>> {
        let mut group = self.lock();
        if let Some(failure) = &group.failure {
            return Err(failure.clone());
        }
        let call = Call::new(task.name(), self.timeout);
        let results = match self.rank {
            0 => lead(&mut group.wires, &call, task, x),
            rank => follow(&mut group.wires[0], &call, task, x, rank, self.world_size),
        };
        if let Err(error) = &results
            && !matches!(error, Error::Mismatch { .. })
        {
            group.failure = Some(error.clone());
            group.wires.clear();
        }
        let results = results?.into_iter();
        let results = results.map(|result| result.to_device(x.device()));
        Ok(results.collect::<std::result::Result<_, _>>()?)
    }
}

/// Rank 0: receives what the others bring, and sends what comes of it.
fn lead(wires: &mut [Wire], call: &Call, task: Task, x: &Tensor) -> Result<Vec<Tensor>> {
    let results = collect(wires, call, task, x).and_then(|tensors| task.combine(tensors));
    let verdict = results.as_ref().map(drop).map_err(Clone::clone);
    // The others are told of a failure even if it is that time is over.
    let call = match &verdict {
        Ok(()) => call,
        Err(_) => &Call::new(call.op, FAREWELL),
    };
    let mut sent = Ok(());
    for wire in wires {
        let outcome = send_verdict(wire, call, &verdict).and_then(|()| match &results {
            Ok(results) if task != (Task::Copy { root: wire.rank }) => {
                let mut results = results.iter();
                results.try_for_each(|result| wire.send(call, &result.to_bytes()?))
            }
            _ => Ok(()),
        });
        sent = sent.and(outcome);
    }
    results.and_then(|results| sent.map(|()| results))
}

/// The tensors that are needed, in the order of their ranks.
fn collect(wires: &mut [Wire], call: &Call, task: Task, x: &Tensor) -> Result<Vec<Tensor>> {
    let own = Contribution::of(task, x);
    let mut tensors = Vec::new();
    if task.needs_elements_of(0) {
        tensors.push(x.detach());
    }
    let mut contributions = vec![own.clone()];
    for wire in wires {
        let other = receive_contribution(wire, call)?;
        let has_elements = other.task.needs_elements_of(wire.rank);
        match (has_elements, other == own) {
            (false, _) => {}
            (true, true) => tensors.push(receive_elements(wire, call, &own)?),
            (true, false) => {
                let bytes = other.bytes();
                let bytes = bytes.ok_or_else(|| call.refused(wire.rank, "it sends no tensor"))?;
                wire.skip(call, bytes)?;
            }
        }
        contributions.push(other);
    }
    check_agreement(&contributions)?;
    Ok(tensors)
}

/// Any other rank: sends what it brings, and receives what comes of it.
fn follow(
    wire: &mut Wire,
    call: &Call,
    task: Task,
    x: &Tensor,
    rank: usize,
    world_size: usize,
) -> Result<Vec<Tensor>> {
    let own = Contribution::of(task, x);
    send_contribution(wire, call, rank, &own, x)?;
    receive_verdict(wire, call)?;
    let count = match task {
        Task::Copy { root } if root == rank => return Ok(vec![x.detach()]),
        Task::Sum | Task::Copy { .. } => 1,
        Task::Gather => world_size,
        Task::Barrier => 0,
    };
    let results = (0..count).map(|_| receive_elements(wire, call, &own));
    results.collect()
}

impl Communicator for TcpCommunicator {
    fn rank(&self) -> usize {
        self.rank
    }

    fn world_size(&self) -> usize {
        self.world_size
    }

    fn all_reduce(&self, x: &Tensor) -> Result<Tensor> {
        self.perform(Task::Sum, x).map(only)
    }

    fn broadcast(&self, x: &Tensor, root: usize) -> Result<Tensor> {
        check_rank("broadcast", root, self.world_size)?;
        self.perform(Task::Copy { root }, x).map(only)
    }

    fn all_gather(&self, x: &Tensor) -> Result<Vec<Tensor>> {
        self.perform(Task::Gather, x)
    }

    fn barrier(&self) -> Result<()> {
        self.perform(Task::Barrier, &Tensor::zeros(&[0])?).map(drop)
    }
}
