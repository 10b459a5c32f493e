//! The one driver of the program, and its devices.

use super::device::Cuda;
use super::driver::Driver;
use super::libcuda::LibCuda;
use crate::{Device, Error, Result};
use std::sync::{Mutex, OnceLock};

static DRIVER: OnceLock<Result<Box<dyn Driver>, String>> = OnceLock::new();
static DEVICES: Mutex<Vec<(usize, &'static Cuda)>> = Mutex::new(Vec::new());

/// Makes the program use a driver other than `libcuda`; not once another is in use.
///
/// Tests hand in one that simulates a GPU.
pub fn use_driver(driver: Box<dyn Driver>) -> Result<()> {
    DRIVER.set(Ok(driver)).map_err(|_| {
        Error::argument(
            "use_driver",
            "driver",
            "a second driver",
            "the first, before any use",
        )
    })
}

/// The driver, or why there is none.
pub(crate) fn driver() -> Result<&'static dyn Driver, String> {
    let driver = DRIVER.get_or_init(|| match LibCuda::open() {
        Ok(driver) => Ok(Box::new(driver)),
        Err(reason) => Err(reason),
    });
    driver.as_deref().map_err(Clone::clone)
}

/// A device, made ready at its first use.
pub(crate) fn backend(op: &'static str, index: usize) -> Result<&'static Cuda> {
    let driver = driver().map_err(|reason| Error::Unavailable {
        op,
        device: Device::Cuda(index),
        reason: format!("is not available: {reason}"),
    })?;
    let mut devices = DEVICES
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    if let Some((_, device)) = devices.iter().find(|(other, _)| *other == index) {
        return Ok(device);
    }
    let device: &'static Cuda = Box::leak(Box::new(Cuda::new(op, index, driver)?));
    devices.push((index, device));
    Ok(device)
}
