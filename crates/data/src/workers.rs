//! Threads that prepare batches ahead of their use.
//!
//! The consumer hands out tasks and keeps a receiver for each, in order. It never has more tasks out
//! than the limit, which bounds the memory, and a task's reply never blocks its worker, so that the
//! consumer may stop at any moment.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use rushlight_tensor::random::Generator;

use crate::{Error, Order, Result};

/// Makes the batch of some indices.
pub(crate) type Fetch<B> = Arc<dyn Fn(&[usize]) -> Result<B> + Send + Sync>;

/// A batch to be made, what its random numbers start from, and where to send it.
struct Task<B> {
    indices: Vec<usize>,
    seed: u64,
    reply: SyncSender<Result<B>>,
}

/// The consumer's side of a set of worker threads.
pub(crate) struct Workers<B> {
    tasks: Sender<Task<B>>,
    pending: VecDeque<Receiver<Result<B>>>,
    limit: usize,
    /// The seed of the next batch.
    seed: u64,
    is_stopped: Arc<AtomicBool>,
}

impl<B: Send + 'static> Workers<B> {
    /// Starts `count` threads, which prepare at most `limit` batches ahead. What is random in the first
    /// batch starts from `seed`, in the next from the next number.
    pub(crate) fn start(
        count: usize,
        limit: usize,
        seed: u64,
        fetch: &Fetch<B>,
    ) -> Result<Workers<B>> {
        let (tasks, queue) = channel();
        let queue = Arc::new(Mutex::new(queue));
        let is_stopped = Arc::new(AtomicBool::new(false));
        let workers = Workers {
            tasks,
            pending: VecDeque::new(),
            limit,
            seed,
            is_stopped: Arc::clone(&is_stopped),
        };
        for index in 0..count {
            let (queue, fetch) = (Arc::clone(&queue), Arc::clone(fetch));
            let is_stopped = Arc::clone(&is_stopped);
            // Threads are not joined: one that is busy ends by itself, and waiting for it could
            // wait for something that only the consumer can do.
            thread::Builder::new()
                .name(format!("rushlight-data-{index}"))
                .spawn(move || work(&queue, &fetch, &is_stopped))
                .map_err(|error| Error::Worker {
                    reason: error.to_string(),
                })?;
        }
        Ok(workers)
    }

    /// The next batch in the order of `batches`; `None` after the last one.
    pub(crate) fn next(&mut self, batches: &mut Order<'_, Vec<usize>>) -> Option<Result<B>> {
        while self.pending.len() < self.limit {
            let Some(indices) = batches.next() else { break };
            let (reply, receiver) = sync_channel(1);
            self.pending.push_back(receiver);
            let seed = self.seed;
            self.seed = seed.wrapping_add(1);
            // Without workers the task is dropped, and the receiver says so in its turn.
            let _ = self.tasks.send(Task {
                indices,
                seed,
                reply,
            });
        }
        let lost = |_| {
            Err(Error::Worker {
                reason: "it left without a reply".to_owned(),
            })
        };
        Some(self.pending.pop_front()?.recv().unwrap_or_else(lost))
    }
}

impl<B> Drop for Workers<B> {
    fn drop(&mut self) {
        self.is_stopped.store(true, Ordering::Relaxed);
    }
}

/// Does tasks until there are no more, or nobody wants them.
fn work<B>(queue: &Mutex<Receiver<Task<B>>>, fetch: &Fetch<B>, is_stopped: &AtomicBool) {
    loop {
        let task = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Task {
            indices,
            seed,
            reply,
        }) = task
        else {
            return;
        };
        if is_stopped.load(Ordering::Relaxed) {
            return;
        }
        let mut generator = Generator::from_seed(seed);
        let batch = catch_unwind(AssertUnwindSafe(|| generator.scope(|| fetch(&indices))));
        let batch = batch.unwrap_or_else(|panic| {
            Err(Error::Panicked {
                message: message(&*panic),
            })
        });
        // The consumer may have gone meanwhile.
        let _ = reply.send(batch);
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "something other than text".to_owned())
}
