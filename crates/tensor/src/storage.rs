//! The memory behind arrays.

use crate::derived::Derived;
use crate::memory::Block;
use crate::{Device, Error, Result};
use std::any::Any;
use std::fmt;

/// Memory of a device other than the CPU; its backend knows what is inside.
pub trait DeviceBuffer: Any + Send + Sync + fmt::Debug {
    /// Bytes it holds.
    fn len_in_bytes(&self) -> usize;
    /// For downcasting to the backend's own type.
    fn as_any(&self) -> &dyn Any;
    /// For downcasting to the backend's own type.
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

/// A run of untyped memory on one device, shared by the arrays that view it.
#[derive(Debug)]
pub struct Storage {
    pub(crate) buffer: Buffer,
    pub(crate) device: Device,
    pub(crate) derived: Derived,
}

#[derive(Debug)]
pub(crate) enum Buffer {
    Cpu(Block),
    #[cfg(feature = "mmap")]
    Mapped(crate::mapped::MappedRange),
    Device(Box<dyn DeviceBuffer>),
}

impl Storage {
    /// Uninitialised main memory.
    pub(crate) fn cpu(op: &'static str, bytes: usize) -> Result<Storage> {
        let block = Block::allocate(bytes).ok_or(Error::OutOfMemory { op, bytes })?;
        Ok(Storage {
            buffer: Buffer::Cpu(block),
            device: Device::Cpu,
            derived: Derived::default(),
        })
    }

    /// A part of a file.
    #[cfg(feature = "mmap")]
    pub(crate) fn mapped(range: crate::mapped::MappedRange) -> Storage {
        Storage {
            buffer: Buffer::Mapped(range),
            device: Device::Cpu,
            derived: Derived::default(),
        }
    }

    /// Memory that a backend has allocated for its device.
    pub fn on_device(buffer: Box<dyn DeviceBuffer>, device: Device) -> Storage {
        Storage {
            buffer: Buffer::Device(buffer),
            device,
            derived: Derived::default(),
        }
    }

    /// Bytes it holds.
    pub fn len_in_bytes(&self) -> usize {
        match &self.buffer {
            Buffer::Cpu(block) => block.len(),
            #[cfg(feature = "mmap")]
            Buffer::Mapped(range) => range.len(),
            Buffer::Device(buffer) => buffer.len_in_bytes(),
        }
    }

    /// The device's own buffer, where it is not main memory.
    pub fn device_buffer(&self) -> Option<&dyn DeviceBuffer> {
        match &self.buffer {
            Buffer::Device(buffer) => Some(&**buffer),
            _ => None,
        }
    }

    /// The start of main memory.
    ///
    /// Kernels of the CPU backend are only reached by arrays on the CPU.
    pub(crate) fn cpu_pointer(&self) -> *mut u8 {
        match &self.buffer {
            Buffer::Cpu(block) => block.as_ptr(),
            #[cfg(feature = "mmap")]
            Buffer::Mapped(range) => range.pointer(),
            Buffer::Device(_) => unreachable!("a CPU kernel got memory of {}", self.device),
        }
    }

    pub(crate) fn cpu_bytes(&self) -> &[u8] {
        // SAFETY: the block has this many bytes, and nobody writes while `self` is shared.
        unsafe { std::slice::from_raw_parts(self.cpu_pointer(), self.len_in_bytes()) }
    }

    pub(crate) fn cpu_bytes_mut(&mut self) -> &mut [u8] {
        self.derived.forget();
        // SAFETY: the block has this many bytes, and `self` is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.cpu_pointer(), self.len_in_bytes()) }
    }
}
