//! The memory behind arrays on a device.

use super::device::Cuda;
use super::driver::Pointer;
use crate::storage::DeviceBuffer;
use crate::{Array, Device, Error, Result, Storage};
use std::any::Any;

/// A block of a device's memory, given back to its allocator at the end.
#[derive(Debug)]
struct Buffer {
    device: &'static Cuda,
    pointer: Pointer,
    bytes: usize,
}

impl DeviceBuffer for Buffer {
    fn len_in_bytes(&self) -> usize {
        self.bytes
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.bytes > 0 {
            let Cuda { driver, stream, .. } = *self.device;
            self.device
                .allocator
                .release(driver, stream, self.pointer, self.bytes);
        }
    }
}

impl Cuda {
    /// Uninitialised memory.
    pub(super) fn allocate_block(&'static self, op: &'static str, bytes: usize) -> Result<Storage> {
        let mut pointer = Pointer(0);
        if bytes > 0 {
            self.activate(op)?;
            let allocated = self.allocator.allocate(self.driver, self.stream, bytes);
            pointer = match allocated {
                Err(error) if error.code == super::driver::DriverError::OUT_OF_MEMORY => {
                    return Err(Error::OutOfMemory { op, bytes });
                }
                result => self.done(op, result)?,
            };
        }
        let buffer = Buffer {
            device: self,
            pointer,
            bytes,
        };
        Ok(Storage::on_device(
            Box::new(buffer),
            Device::Cuda(self.index),
        ))
    }
}

/// The start of a storage. Kernels of this backend are only reached by arrays on its devices.
pub(super) fn start(storage: &Storage) -> Pointer {
    let buffer = storage
        .device_buffer()
        .and_then(|buffer| buffer.as_any().downcast_ref::<Buffer>());
    buffer
        .expect("a storage on a CUDA device is a buffer of this backend")
        .pointer
}

/// The first element of an array.
pub(super) fn pointer(x: &Array) -> Pointer {
    Pointer(start(x.storage()).0 + (x.offset() * x.dtype().size_in_bytes()) as u64)
}
