//! The CUDA backend: devices, their memory, and kernels launched over arrays.
//!
//! The driver is found when it is first needed, so a program with this feature builds and starts
//! where there is none. Work is queued in one stream of each device, and failures of a kernel come to
//! light at the next copy to main memory or [`synchronize`].

mod allocator;
mod attention;
mod backend;
mod buffer;
mod conv;
mod copy;
mod device;
mod distance;
mod elementwise;
mod gather;
mod histogram;
mod host;
mod launch;
mod layer_norm;
mod libcuda;
mod matmul;
mod missing;
mod nonzero;
mod patches;
mod pool;
mod postponed;
mod recurrent;
mod reduce;
mod resample;
mod runtime;
mod scan;
mod scatter;
mod search;
mod softmax;
mod sort;
mod unique;
mod update;

pub use runtime::use_driver;
pub use rushlight_cuda_kernels::driver::{self, Driver, Properties};

pub(crate) use runtime::backend;

use crate::{MemoryStats, Result};

/// Whether there is a driver and at least one device.
pub fn is_available() -> bool {
    device_count() > 0
}

/// How many devices there are; none where there is no driver.
pub fn device_count() -> usize {
    runtime::driver().map_or(0, |driver| driver.device_count().unwrap_or(0))
}

/// The version of CUDA that the kernels are compiled with.
pub fn version() -> &'static str {
    "12.4"
}

/// The version of CUDA that the driver knows, as `1000 * major + 10 * minor`.
pub fn driver_version() -> Option<u32> {
    runtime::driver().ok()?.version().ok()
}

/// Why there is no driver, where there is none.
pub fn unavailable_reason() -> Option<String> {
    runtime::driver().err()
}

/// What a device is.
pub fn properties(device: usize) -> Result<Properties> {
    const OP: &str = "properties";
    let device = backend(OP, device)?;
    device.done(OP, device.driver.properties(device.index))
}

/// Waits until a device has done all work.
pub fn synchronize(device: usize) -> Result<()> {
    const OP: &str = "synchronize";
    let device = backend(OP, device)?;
    device.activate(OP)?;
    device.catch_up(OP)?;
    device.done(OP, device.driver.synchronize(device.stream))
}

/// How much memory of a device arrays use, and how much is kept for others.
///
/// Where the device has no memory left, what is kept is given back, and the device asked again, before
/// an array is refused.
pub fn memory_stats(device: usize) -> Result<MemoryStats> {
    Ok(backend("memory_stats", device)?.allocator.stats())
}

/// Lets the peak of a device's memory start anew from what arrays use now.
pub fn reset_peak_memory_stats(device: usize) -> Result<()> {
    backend("reset_peak_memory_stats", device)?
        .allocator
        .reset_peak();
    Ok(())
}

/// Gives the cached memory of a device back.
pub fn empty_cache(device: usize) -> Result<()> {
    const OP: &str = "empty_cache";
    let device = backend(OP, device)?;
    device.activate(OP)?;
    device.done(OP, device.allocator.empty(device.driver))
}
