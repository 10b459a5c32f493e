//! Launches that must not be lost, such as those of an optimizer's step, of which a part is worse than none.
//!
//! One that the driver refuses waits, and is launched before whatever the device is asked for next. So it seems
//! to have been taken from the start: nobody sees memory without it, and what cannot be launched even then is
//! an error of the one who asks.

use super::device::Cuda;
use super::driver::{self, Launch};
use crate::{Array, Result};
use rushlight_cuda_kernels::Entry;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

/// The launches that wait, first ones first.
#[derive(Debug, Default)]
pub(super) struct Postponed(Mutex<VecDeque<Waiting>>);

/// A launch, and the arrays whose memory it needs.
#[derive(Debug)]
struct Waiting {
    launch: Work,
    _operands: Vec<Array>,
}

/// A kernel and all it is launched with.
#[derive(Debug)]
pub(super) struct Work {
    pub(super) entry: Entry,
    pub(super) blocks: u32,
    pub(super) threads: [u32; 2],
    pub(super) parameters: Vec<Vec<u8>>,
}

impl Cuda {
    /// Launches a kernel now, or, where it is refused, later.
    pub(super) fn launch_in_any_case(&self, work: Work, operands: &[&Array]) {
        let mut waiting = self.waiting();
        let launched = self.launch_all(&mut waiting);
        if launched.and_then(|()| self.start(&work)).is_err() {
            waiting.push_back(Waiting {
                launch: work,
                _operands: operands.iter().map(|&x| x.clone()).collect(),
            });
        }
    }

    /// Launches what waits; other work comes after it.
    pub(super) fn catch_up(&self, op: &'static str) -> Result<()> {
        let launched = self.launch_all(&mut self.waiting());
        self.done(op, launched)
    }

    fn launch_all(&self, waiting: &mut VecDeque<Waiting>) -> driver::Result<()> {
        while let Some(first) = waiting.front() {
            self.start(&first.launch)?;
            waiting.pop_front();
        }
        Ok(())
    }

    fn start(&self, work: &Work) -> driver::Result<()> {
        self.driver.activate(self.index)?;
        let parameters: Vec<&[u8]> = work.parameters.iter().map(Vec::as_slice).collect();
        let launch = Launch {
            function: self.function(work.entry)?,
            blocks: work.blocks,
            threads: work.threads,
            parameters: &parameters,
        };
        self.driver.launch(self.stream, &launch)
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.postponed
            .0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
