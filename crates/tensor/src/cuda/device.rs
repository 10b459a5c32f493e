//! A device: its stream, memory and kernels.

use super::allocator::Allocator;
use super::driver::{self, Driver, DriverError, Function, Launch, Module, Stream};
use super::postponed::Postponed;
use crate::{Device, Error, Result};
use rushlight_cuda_kernels::{Entry, MODULES};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// One CUDA device.
#[derive(Debug)]
pub(crate) struct Cuda {
    pub(super) index: usize,
    pub(super) driver: &'static dyn Driver,
    pub(super) stream: Stream,
    pub(super) allocator: Allocator,
    pub(super) multiprocessors: u32,
    /// Whether products of half types have hardware of their own, which the kernels for it know.
    pub(super) has_tensor_cores: bool,
    pub(super) postponed: Postponed,
    kernels: Mutex<Kernels>,
}

/// What has been loaded so far.
#[derive(Debug, Default)]
struct Kernels {
    modules: HashMap<usize, Module>,
    functions: HashMap<&'static str, Function>,
}

impl Cuda {
    pub(super) fn new(op: &'static str, index: usize, driver: &'static dyn Driver) -> Result<Cuda> {
        let failed = |error| failure(op, index, error);
        driver.activate(index).map_err(failed)?;
        let properties = driver.properties(index).map_err(failed)?;
        Ok(Cuda {
            index,
            driver,
            stream: driver.create_stream().map_err(failed)?,
            allocator: Allocator::default(),
            multiprocessors: properties.multiprocessors,
            has_tensor_cores: properties.capability >= (8, 0),
            postponed: Postponed::default(),
            kernels: Mutex::default(),
        })
    }

    /// Makes calls of this thread be about this device.
    pub(super) fn activate(&self, op: &'static str) -> Result<()> {
        self.done(op, self.driver.activate(self.index))
    }

    /// The result of a call of the driver, for users.
    pub(super) fn done<T>(&self, op: &'static str, result: driver::Result<T>) -> Result<T> {
        result.map_err(|error| failure(op, self.index, error))
    }

    /// What an operation answers whose kernel does not count so far.
    pub(super) fn unoffered(&self, op: &'static str) -> Error {
        self.unavailable(
            op,
            "does not take operands of such sizes; move them with `to`",
        )
    }

    /// The error of an operation without a kernel of its own.
    pub(super) fn missing(&self, op: &'static str) -> Error {
        self.unavailable(op, "has no kernel for it; compose it of other operations")
    }

    fn unavailable(&self, op: &'static str, reason: &str) -> Error {
        Error::Unavailable {
            op,
            device: Device::Cuda(self.index),
            reason: reason.into(),
        }
    }

    /// Queues a kernel.
    pub(super) fn launch(
        &self,
        op: &'static str,
        entry: Entry,
        blocks: u32,
        threads: [u32; 2],
        parameters: &[&[u8]],
    ) -> Result<()> {
        self.activate(op)?;
        self.catch_up(op)?;
        let function = self.done(op, self.function(entry))?;
        let launch = Launch {
            function,
            blocks,
            threads,
            parameters,
        };
        self.done(op, self.driver.launch(self.stream, &launch))
    }

    /// Finds a kernel, loading its module first.
    pub(super) fn function(&self, entry: Entry) -> driver::Result<Function> {
        let mut kernels = self.kernels();
        if let Some(&function) = kernels.functions.get(entry.name) {
            return Ok(function);
        }
        let module = match kernels.modules.get(&entry.module) {
            Some(&module) => module,
            None => self.driver.load(MODULES[entry.module].1)?,
        };
        kernels.modules.insert(entry.module, module);
        let function = self.driver.function(module, entry.name)?;
        kernels.functions.insert(entry.name, function);
        Ok(function)
    }

    fn kernels(&self) -> MutexGuard<'_, Kernels> {
        self.kernels
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn failure(op: &'static str, index: usize, error: DriverError) -> Error {
    Error::Device {
        op,
        device: Device::Cuda(index),
        reason: error.to_string(),
    }
}
