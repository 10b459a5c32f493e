//! The thread pool of the library: one set of workers that every kernel shares.
//!
//! A job is a range cut into chunks; the caller and the workers claim chunks until none is left, so
//! the caller never depends on a worker being scheduled. Workers spin for a moment between jobs and
//! then sleep. Chunk boundaries follow from the range and the grain alone, never from the number of
//! threads, and neither do results.

use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

/// The most threads that work on one operation.
const MAX_THREADS: usize = 256;
/// Jobs of different application threads that workers serve at the same time; more run unaided.
const MAX_JOBS: usize = 8;
/// How long an idle worker waits for the next job before it sleeps.
const SPIN: Duration = Duration::from_micros(50);

/// Sets how many threads, the caller included, work on one operation; 0 restores the default.
///
/// The default is the environment variable `RUSHLIGHT_NUM_THREADS` if it holds a positive number,
/// and otherwise the number of physical cores. Results do not depend on this setting.
pub fn set_num_threads(threads: usize) {
    let threads = if threads == 0 {
        default_threads()
    } else {
        threads.min(MAX_THREADS)
    };
    POOL.threads.store(threads, Relaxed);
}

/// Returns how many threads, the caller included, work on one operation.
pub fn num_threads() -> usize {
    match POOL.threads.load(Relaxed) {
        0 => default_threads(),
        threads => threads,
    }
}

/// Calls `f` once for each chunk of `0..total`, on as many threads as the pool has.
///
/// Every chunk has `grain` indices, the last perhaps fewer. A grain worth a few microseconds of
/// work is right: a single chunk never leaves the calling thread. Calls from inside `f` run on the
/// thread they are made on. A panic in `f` reaches the caller once all threads have left `f`.
#[inline]
pub(crate) fn for_each_chunk(total: usize, grain: usize, f: impl Fn(Range<usize>) + Sync) {
    run_chunks(total, grain.max(1), &f);
}

/// Compiled once: `f` holds kernels that are large, and would be compiled twice if this called it
/// by type.
fn run_chunks(total: usize, grain: usize, f: &(dyn Fn(Range<usize>) + Sync)) {
    if total <= grain {
        if total > 0 {
            f(0..total);
        }
        return;
    }
    let chunks = total.div_ceil(grain);
    let helpers = num_threads().min(chunks).saturating_sub(1);
    if helpers > 0 && !IN_JOB.get() {
        let job = Job::new(f, total, grain, helpers);
        if POOL.run(&job) {
            return;
        }
    }
    for chunk in 0..chunks {
        f(chunk_range(chunk, total, grain));
    }
}

/// Memory that the chunks of one job write to, each to a part of its own.
pub(crate) struct DisjointMut<'a, T> {
    start: *mut T,
    len: usize,
    lifetime: PhantomData<&'a mut [T]>,
}

// SAFETY: only `slice` and the raw pointer reach the elements, and their callers promise that no
// two threads touch the same ones.
unsafe impl<T: Send> Sync for DisjointMut<'_, T> {}

impl<'a, T> DisjointMut<'a, T> {
    /// Borrows `slice` for as long as the job runs.
    pub(crate) fn new(slice: &'a mut [T]) -> Self {
        Self {
            start: slice.as_mut_ptr(),
            len: slice.len(),
            lifetime: PhantomData,
        }
    }

    /// Returns the address of the first element, for products.
    pub(crate) fn as_ptr(&self) -> *mut T {
        self.start
    }

    /// Returns the elements in `range`.
    ///
    /// # Safety
    ///
    /// `range` lies within the slice, and nothing else reads or writes it while the result lives.
    #[allow(
        clippy::mut_from_ref,
        reason = "the caller promises that ranges do not overlap"
    )]
    pub(crate) unsafe fn slice(&self, range: Range<usize>) -> &mut [T] {
        debug_assert!(range.start <= range.end && range.end <= self.len);
        // SAFETY: the caller keeps `range` within the slice and free of other accesses.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }
}

impl<T> fmt::Debug for DisjointMut<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DisjointMut")
            .field("len", &self.len)
            .finish()
    }
}

static POOL: Pool = Pool {
    threads: AtomicUsize::new(0),
    epoch: AtomicUsize::new(0),
    slots: [const { Slot::new() }; MAX_JOBS],
    workers: [const { Worker::new() }; MAX_THREADS - 1],
    started: AtomicUsize::new(0),
    starting: Mutex::new(()),
};

thread_local! {
    /// Whether this thread is inside a job, where further jobs run inline.
    static IN_JOB: Cell<bool> = const { Cell::new(false) };
}

struct Pool {
    /// Threads per operation; 0 until someone sets it.
    threads: AtomicUsize,
    /// Grows with every published job, so that an idle worker watches a single number.
    epoch: AtomicUsize,
    slots: [Slot; MAX_JOBS],
    workers: [Worker; MAX_THREADS - 1],
    started: AtomicUsize,
    starting: Mutex<()>,
}

/// A place where one job is offered to the workers.
#[repr(align(128))]
struct Slot {
    taken: AtomicBool,
    job: AtomicPtr<Job<'static>>,
    /// Workers that may be looking at `job`.
    visitors: AtomicUsize,
}

#[repr(align(128))]
struct Worker {
    asleep: AtomicBool,
    thread: OnceLock<Thread>,
}

/// A range of work on its caller's stack.
#[repr(align(128))]
struct Job<'a> {
    next: AtomicUsize,
    chunks: usize,
    total: usize,
    grain: usize,
    helpers: usize,
    f: &'a (dyn Fn(Range<usize>) + Sync),
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Pool {
    /// Runs `job` to its end with the help of the workers, or returns false at once if the pool
    /// serves as many jobs as it can.
    fn run(&'static self, job: &Job<'_>) -> bool {
        let Some(slot) = self.slots.iter().find(|slot| slot.take()) else {
            return false;
        };
        self.start_workers(job.helpers);
        slot.job.store(ptr::from_ref(job).cast_mut().cast(), SeqCst);
        self.epoch.fetch_add(1, SeqCst);
        self.wake_below(0, job.helpers);
        job.work();
        // `visitors` is read after `job` is cleared, and a worker counts itself before it reads
        // `job`: once the count is zero, nobody can reach the caller's stack any more.
        slot.job.store(ptr::null_mut(), SeqCst);
        slot.wait_until_left();
        slot.taken.store(false, Release);
        if let Some(panic) = job
            .panic
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
        {
            resume_unwind(panic);
        }
        true
    }

    fn start_workers(&'static self, wanted: usize) {
        if self.started.load(Acquire) >= wanted {
            return;
        }
        let _starting = self.starting.lock().unwrap_or_else(PoisonError::into_inner);
        for number in self.started.load(Acquire) + 1..=wanted {
            let name = format!("rushlight-{number}");
            // Without a worker its share of the chunks falls to the others.
            if thread::Builder::new()
                .name(name)
                .spawn(move || self.serve(number))
                .is_err()
            {
                return;
            }
            self.started.store(number, Release);
        }
    }

    /// Wakes the threads below `number` in the binary tree whose root, 0, is the caller.
    fn wake_below(&self, number: usize, helpers: usize) {
        for child in [2 * number + 1, 2 * number + 2] {
            if child <= helpers {
                self.workers[child - 1].wake();
            }
        }
    }

    /// The life of worker `number`.
    fn serve(&self, number: usize) {
        IN_JOB.set(true);
        self.workers[number - 1].thread.get_or_init(thread::current);
        loop {
            let epoch = self.epoch.load(SeqCst);
            for slot in &self.slots {
                slot.visit(|job| {
                    if number <= job.helpers {
                        self.wake_below(number, job.helpers);
                        job.work();
                    }
                });
            }
            let is_wanted = number < num_threads();
            if !is_wanted || !spin_until(SPIN, || self.epoch.load(Relaxed) != epoch) {
                self.workers[number - 1].sleep_unless(|| self.epoch.load(SeqCst) != epoch);
            }
        }
    }
}

impl Slot {
    const fn new() -> Self {
        Self {
            taken: AtomicBool::new(false),
            job: AtomicPtr::new(ptr::null_mut()),
            visitors: AtomicUsize::new(0),
        }
    }

    fn take(&self) -> bool {
        !self.taken.load(Relaxed) && !self.taken.swap(true, Acquire)
    }

    fn visit(&self, work: impl FnOnce(&Job<'_>)) {
        if self.job.load(Relaxed).is_null() {
            return;
        }
        self.visitors.fetch_add(1, SeqCst);
        // SAFETY: the job's owner clears the pointer and then waits for `visitors` to be zero
        // before the job goes away, and this thread has counted itself.
        if let Some(job) = unsafe { self.job.load(SeqCst).as_ref() } {
            work(job);
        }
        self.visitors.fetch_sub(1, Release);
    }

    fn wait_until_left(&self) {
        let is_left = || self.visitors.load(SeqCst) == 0;
        // A visitor still holds a chunk; where threads outnumber cores it needs this one's core.
        while !spin_until(SPIN, is_left) {
            thread::yield_now();
        }
    }
}

impl Worker {
    const fn new() -> Self {
        Self {
            asleep: AtomicBool::new(false),
            thread: OnceLock::new(),
        }
    }

    fn sleep_unless(&self, is_needed: impl Fn() -> bool) {
        self.asleep.store(true, SeqCst);
        if is_needed() {
            self.asleep.store(false, SeqCst);
        }
        while self.asleep.load(SeqCst) {
            thread::park();
        }
    }

    fn wake(&self) {
        if self.asleep.load(SeqCst)
            && self.asleep.swap(false, SeqCst)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }
}

impl<'a> Job<'a> {
    fn new(
        f: &'a (dyn Fn(Range<usize>) + Sync),
        total: usize,
        grain: usize,
        helpers: usize,
    ) -> Self {
        let chunks = total.div_ceil(grain);
        Self {
            next: AtomicUsize::new(0),
            chunks,
            total,
            grain,
            helpers,
            f,
            panic: Mutex::new(None),
        }
    }

    /// Claims chunks and works on them until none is left.
    fn work(&self) {
        let was_in_job = IN_JOB.replace(true);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            loop {
                let chunk = self.next.fetch_add(1, Relaxed);
                if chunk >= self.chunks {
                    break;
                }
                (self.f)(chunk_range(chunk, self.total, self.grain));
            }
        }));
        IN_JOB.set(was_in_job);
        if let Err(panic) = outcome {
            self.next.store(self.chunks, Relaxed);
            *self.panic.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic);
        }
    }
}

fn chunk_range(chunk: usize, total: usize, grain: usize) -> Range<usize> {
    let start = chunk * grain;
    start..total.min(start.saturating_add(grain))
}

/// Returns true as soon as `is_done`, false once `limit` has passed.
fn spin_until(limit: Duration, is_done: impl Fn() -> bool) -> bool {
    let start = Instant::now();
    loop {
        for _ in 0..64 {
            if is_done() {
                return true;
            }
            std::hint::spin_loop();
        }
        if start.elapsed() >= limit {
            return false;
        }
    }
}

fn default_threads() -> usize {
    static DEFAULT: OnceLock<usize> = OnceLock::new();
    *DEFAULT.get_or_init(|| {
        let variable = std::env::var("RUSHLIGHT_NUM_THREADS").ok();
        let requested = variable
            .and_then(|text| text.trim().parse().ok())
            .filter(|&n| n > 0);
        requested.unwrap_or_else(physical_cores).min(MAX_THREADS)
    })
}

/// Counts the cores this process may use, two threads of one core counting once where the system
/// says so.
fn physical_cores() -> usize {
    let available = thread::available_parallelism().map_or(1, usize::from);
    let siblings = (0..available).map_while(|cpu| {
        let path = format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
        std::fs::read_to_string(path).ok()
    });
    match siblings.collect::<std::collections::HashSet<_>>().len() {
        0 => available,
        cores => cores.min(available),
    }
}

/// Runs `test` with the pool set to `threads`; tests that change the setting take turns.
#[cfg(test)]
pub(crate) fn with_threads(threads: usize, test: impl FnOnce()) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    set_num_threads(threads);
    test();
    set_num_threads(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: [(usize, usize); 8] = [
        (0, 1),
        (1, 1),
        (7, 0),
        (10, 3),
        (12, 4),
        (64, 1),
        (1000, 7),
        (5, usize::MAX),
    ];

    #[test]
    fn every_index_is_visited_once_in_chunks_that_do_not_depend_on_the_threads() {
        for threads in [1, 2, 3, 8] {
            with_threads(threads, || {
                for (total, grain) in SIZES {
                    let seen = Mutex::new(Vec::new());
                    for_each_chunk(total, grain, |range| seen.lock().unwrap().push(range));
                    let mut seen = seen.into_inner().unwrap();
                    seen.sort_by_key(|range| range.start);
                    let starts = (0..total).step_by(grain.max(1));
                    let expected: Vec<_> = starts
                        .map(|start| start..total.min(start.saturating_add(grain.max(1))))
                        .collect();
                    assert_eq!(seen, expected, "{total} by {grain} on {threads} threads");
                }
            });
        }
    }

    /// Whether a job of `threads` chunks has all its chunks running at the same moment.
    fn runs_at_once(threads: usize) -> bool {
        let arrived = AtomicUsize::new(0);
        for_each_chunk(threads, 1, |_| {
            arrived.fetch_add(1, SeqCst);
            spin_until(Duration::from_secs(1), || arrived.load(SeqCst) >= threads);
            // One that gave up must not be counted by one that comes later.
            if arrived.load(SeqCst) < threads {
                arrived.fetch_sub(1, SeqCst);
            }
        });
        arrived.into_inner() >= threads
    }

    #[test]
    fn several_threads_work_on_one_job() {
        with_threads(2, || assert!((0..10).any(|_| runs_at_once(2))));
    }

    #[test]
    fn chunks_write_to_disjoint_parts_of_a_slice() {
        with_threads(3, || {
            let mut squares = vec![0; 1000];
            let out = DisjointMut::new(&mut squares);
            for_each_chunk(1000, 10, |range| {
                // SAFETY: chunks do not overlap.
                let part = unsafe { out.slice(range.clone()) };
                part.iter_mut()
                    .zip(range)
                    .for_each(|(square, i)| *square = i * i);
            });
            assert!(
                squares
                    .iter()
                    .enumerate()
                    .all(|(i, &square)| square == i * i)
            );
        });
    }

    #[test]
    fn a_nested_job_runs_on_the_thread_that_starts_it() {
        with_threads(4, || {
            for_each_chunk(8, 1, |_| {
                let outer = thread::current().id();
                for_each_chunk(8, 1, |_| assert_eq!(thread::current().id(), outer));
            });
        });
    }

    #[test]
    fn a_panic_reaches_the_caller_and_the_pool_stays_usable() {
        for threads in [1, 2, 4] {
            with_threads(threads, || {
                for _ in 0..10 {
                    let panic = catch_unwind(|| {
                        for_each_chunk(100, 1, |range| assert_ne!(range.start, 37, "at 37"));
                    });
                    let message = panic.unwrap_err();
                    assert!(message.downcast_ref::<String>().unwrap().contains("at 37"));
                    let sum = AtomicUsize::new(0);
                    for_each_chunk(100, 1, |range| {
                        sum.fetch_add(range.start, Relaxed);
                    });
                    assert_eq!(sum.into_inner(), 4950);
                }
            });
        }
    }

    #[test]
    fn many_application_threads_share_the_pool() {
        let jobs = if cfg!(miri) { 3 } else { 200 };
        with_threads(3, || {
            thread::scope(|scope| {
                for _ in 0..2 * MAX_JOBS {
                    scope.spawn(|| {
                        for job in 0..jobs {
                            let sum = AtomicUsize::new(0);
                            for_each_chunk(job, 2, |range| {
                                sum.fetch_add(range.sum::<usize>(), Relaxed);
                            });
                            assert_eq!(sum.into_inner(), (0..job).sum());
                        }
                    });
                }
            });
        });
    }

    #[test]
    fn sleeping_workers_wake_for_the_next_job() {
        with_threads(4, || {
            for _ in 0..3 {
                thread::sleep(2 * SPIN);
                assert!((0..10).any(|_| runs_at_once(4)));
            }
        });
    }

    #[test]
    fn zero_threads_restores_the_default() {
        with_threads(7, || {
            assert_eq!(num_threads(), 7);
            set_num_threads(0);
            assert_eq!(num_threads(), default_threads());
        });
    }
}
