//! Threads that stand in for processes.

use crate::task::{Contribution, Task, check_agreement, check_rank, only};
use crate::{Communicator, Error, Result};
use rushlight_autograd::Tensor;
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
    result: Option<Result<Vec<Tensor>>>,
    /// How many have not taken the result yet.
    awaited: usize,
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
    fn meet(&self, rank: usize, task: Task, x: &Tensor) -> Result<Vec<Tensor>> {
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
        self.result = Some(together(brought));
    }
}

/// What comes of a task.
fn together(brought: Vec<(Task, Tensor)>) -> Result<Vec<Tensor>> {
    let contributions = brought.iter().map(|(task, x)| Contribution::of(*task, x));
    check_agreement(&contributions.collect::<Vec<_>>())?;
    let task = brought[0].0;
    let needed = brought.into_iter().enumerate();
    let needed = needed.filter(|(rank, _)| task.needs_elements_of(*rank));
    task.combine(needed.map(|(_, (_, x))| x).collect())
}

impl ThreadCommunicator {
    /// What comes of a task, on the device of `x`.
    fn perform(&self, task: Task, x: &Tensor) -> Result<Vec<Tensor>> {
        let results = self.group.meet(self.rank, task, x)?.into_iter();
        let results = results.map(|result| result.to_device(x.device()));
        Ok(results.collect::<std::result::Result<_, _>>()?)
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
        self.perform(Task::Sum, x).map(only)
    }

    fn broadcast(&self, x: &Tensor, root: usize) -> Result<Tensor> {
        check_rank("broadcast", root, self.world_size())?;
        self.perform(Task::Copy { root }, x).map(only)
    }

    fn all_gather(&self, x: &Tensor) -> Result<Vec<Tensor>> {
        self.perform(Task::Gather, x)
    }

    fn barrier(&self) -> Result<()> {
        self.perform(Task::Barrier, &Tensor::zeros(&[0])?).map(drop)
    }
}

impl Drop for ThreadCommunicator {
    fn drop(&mut self) {
        self.group.lock().lost.get_or_insert(self.rank);
        self.group.changed.notify_all();
    }
}
