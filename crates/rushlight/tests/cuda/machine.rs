//! The simulated GPU of this program.

use rushlight::prelude::*;
use rushlight_cuda_sim::Simulator;
use std::sync::{LazyLock, Mutex, MutexGuard};

pub const CUDA: Device = Device::Cuda(0);

/// Bytes of the device's memory.
const MEMORY: usize = 1 << 30;

static SIMULATOR: LazyLock<Simulator> = LazyLock::new(|| {
    let simulator = Simulator::new(1, MEMORY);
    let driver = Box::new(simulator.clone());
    rushlight_tensor::cuda::use_driver(driver).expect("no driver is in use");
    simulator
});

/// The device, for one test at a time: what fails for one must not fail for another.
pub fn machine() -> (&'static Simulator, MutexGuard<'static, ()>) {
    static ONE: Mutex<()> = Mutex::new(());
    let guard = ONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    (&SIMULATOR, guard)
}
