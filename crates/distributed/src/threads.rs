//! Threads that stand in for processes.

use crate::{Communicator, Error, Result};
use rushlight_autograd::{Tensor, no_grad};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

/// One of several threads that compute together: see [`thread_group`].
///
/// When it is dropped it leaves the group, and whoever waits for it gets an error.
#[derive(Debug)]
pub struct ThreadCommunicator {
    rank: usize,
    group: Arc<Group>,
}

/// Communicators for so many threads, in the order of their ranks.
pub fn thread_group(world_size: usize) -> Vec<ThreadCommunicator> {
    let group = Arc::new(Group {
        meeting: Mutex::new(Meeting {
            brought: vec![None; world_size],
            lost: None,
            result: None,
            awaited: 0,
        }),
        changed: Condvar::new(),
    });
    let rank = |rank| ThreadCommunicator {
        rank,
        group: Arc::clone(&group),
    };
    (0..world_size).map(rank).collect()
}

#[derive(Debug)]
struct Group {
    meeting: Mutex<Meeting>,
    changed: Condvar,
}

/// What threads have come together for.
#[derive(Debug)]
struct Meeting {
    /// What each rank brings, once it is there.
    brought: Vec<Option<(Task, Tensor)>>,
    /// The first rank that has left; without it nothing comes about any more.
    lost: Option<usize>,
    result: Option<Result<Tensor>>,
    /// How many have not taken the result yet.
    awaited: usize,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Sum,
    Copy { root: usize },
}

impl Task {
    fn name(self) -> &'static str {
        match self {
            Task::Sum => "all_reduce",
            Task::Copy { .. } => "broadcast",
        }
    }
}

impl Group {
    fn lock(&self) -> MutexGuard<'_, Meeting> {
        self.meeting
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn wait<'a>(&self, meeting: MutexGuard<'a, Meeting>) -> MutexGuard<'a, Meeting> {
        self.changed
            .wait(meeting)
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Brings a tensor, and waits for what is made of those of all ranks.
    fn meet(&self, rank: usize, task: Task, x: &Tensor) -> Result<Tensor> {
        let mut meeting = self.lock();
        // Those of the meeting before leave first.
        while meeting.awaited > 0 {
            meeting = self.wait(meeting);
        }
        meeting.brought[rank] = Some((task, x.detach()));
        loop {
            if let Some(result) = meeting.result.clone() {
                meeting.awaited -= 1;
                if meeting.awaited == 0 {
                    meeting.result = None;
                    self.changed.notify_all();
                }
                return result;
            }
            if meeting.brought.iter().all(Option::is_some) {
                meeting.conclude();
                self.changed.notify_all();
                continue;
            }
            if let Some(rank) = meeting.lost {
                let op = task.name();
                return Err(Error::Gone { op, rank });
            }
            meeting = self.wait(meeting);
        }
    }
}

impl Meeting {
    fn conclude(&mut self) {
        let brought = self.brought.iter_mut().map(Option::take);
        let brought: Vec<(Task, Tensor)> = brought.flatten().collect();
        self.awaited = brought.len();
        self.result = Some(together(&brought));
    }
}

/// The result of a task, computed in the order of the ranks.
fn together(brought: &[(Task, Tensor)]) -> Result<Tensor> {
    let describe = |(task, x): &(Task, Tensor)| format!("{task:?} of {} {}", x.dtype(), x.shape());
    let expected = describe(&brought[0]);
    let op = brought[0].0.name();
    for (rank, other) in brought.iter().enumerate() {
        let got = describe(other);
        if got != expected {
            return Err(Error::Mismatch {
                op,
                rank,
                got,
                expected,
            });
        }
    }
    match brought[0].0 {
        Task::Copy { root } => Ok(brought[root].1.clone()),
        Task::Sum => no_grad(|| {
            let mut sum = brought[0].1.detach();
            for (_, x) in &brought[1..] {
                sum.add_(&x.to_device(sum.device())?)?;
            }
            Ok(sum)
        }),
    }
}

impl Communicator for ThreadCommunicator {
    fn rank(&self) -> usize {
        self.rank
    }

    fn world_size(&self) -> usize {
        self.group.lock().brought.len()
    }

    fn all_reduce(&self, x: &Tensor) -> Result<Tensor> {
        let sum = self.group.meet(self.rank, Task::Sum, x)?;
        Ok(sum.to_device(x.device())?)
    }

    fn broadcast(&self, x: &Tensor, root: usize) -> Result<Tensor> {
        let world_size = self.world_size();
        if root >= world_size {
            return Err(Error::Rank {
                op: "broadcast",
                rank: root,
                world_size,
            });
        }
        let copy = self.group.meet(self.rank, Task::Copy { root }, x)?;
        Ok(copy.to_device(x.device())?)
    }
}

impl Drop for ThreadCommunicator {
    fn drop(&mut self) {
        self.group.lock().lost.get_or_insert(self.rank);
        self.group.changed.notify_all();
    }
}
