//! Where data lives.

use crate::backend::{Backend, CPU};
use crate::{Error, Result};
use std::fmt;
use std::str::FromStr;
use std::sync::RwLock;

/// Where an array's data lives and its kernels run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Device {
    /// Main memory and the processor's cores.
    #[default]
    Cpu,
    /// The n-th CUDA device.
    Cuda(usize),
    /// A backend registered with [`register_backend`].
    Custom(usize),
}

impl Device {
    /// The `index`-th CUDA device. Whether it exists shows when it is first used.
    pub fn cuda(index: usize) -> Device {
        Device::Cuda(index)
    }

    /// The first CUDA device if there is one, and the feature `cuda`; else the CPU.
    pub fn cuda_if_available() -> Device {
        #[cfg(feature = "cuda")]
        if crate::cuda::is_available() {
            return Device::Cuda(0);
        }
        Device::Cpu
    }

    /// Whether the data is in main memory.
    pub fn is_cpu(self) -> bool {
        self == Device::Cpu
    }

    /// The kernels of the device.
    pub(crate) fn backend(self, op: &'static str) -> Result<&'static dyn Backend> {
        let absent = |reason: &str| Error::Unavailable {
            op,
            device: self,
            reason: reason.into(),
        };
        match self {
            Device::Cpu => Ok(&CPU),
            #[cfg(feature = "cuda")]
            Device::Cuda(index) => Ok(crate::cuda::backend(op, index)?),
            #[cfg(not(feature = "cuda"))]
            Device::Cuda(_) => Err(absent(
                "is not available: this build lacks the feature `cuda`",
            )),
            Device::Custom(index) => {
                let backends = CUSTOM
                    .read()
                    .unwrap_or_else(|poisoned| poisoned.into_inner());
                backends
                    .get(index)
                    .copied()
                    .ok_or_else(|| absent("is not registered"))
            }
        }
    }
}

static CUSTOM: RwLock<Vec<&'static dyn Backend>> = RwLock::new(Vec::new());

/// Makes a backend usable; arrays live on it under the returned device.
pub fn register_backend(backend: &'static dyn Backend) -> Device {
    let mut backends = CUSTOM
        .write()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    backends.push(backend);
    Device::Custom(backends.len() - 1)
}

/// Reads what a device prints as; `cuda` is the first one.
///
/// ```
/// # use rushlight_tensor::Device;
/// assert_eq!("cuda:1".parse(), Ok(Device::Cuda(1)));
/// assert_eq!("cuda".parse(), Ok(Device::Cuda(0)));
/// ```
impl FromStr for Device {
    type Err = Error;

    fn from_str(name: &str) -> Result<Device> {
        let (kind, index) = name.split_once(':').unwrap_or((name, "0"));
        let device = match (kind, index.parse()) {
            ("cpu", Ok(0)) => Some(Device::Cpu),
            ("cuda", Ok(index)) => Some(Device::Cuda(index)),
            ("custom", Ok(index)) => Some(Device::Custom(index)),
            _ => None,
        };
        let expected = "cpu, cuda, or one of several as in cuda:1";
        device.ok_or_else(|| Error::argument("Device", "name", name, expected))
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Device::Cpu => f.write_str("cpu"),
            Device::Cuda(index) => write!(f, "cuda:{index}"),
            Device::Custom(index) => write!(f, "custom:{index}"),
        }
    }
}
