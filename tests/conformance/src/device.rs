//! The device that cases run on.

use std::sync::OnceLock;

use rushlight_autograd::Device;

static DEVICE: OnceLock<Device> = OnceLock::new();

/// Where the tensors of cases are made; the CPU unless another was chosen.
pub fn device() -> Device {
    DEVICE.get().copied().unwrap_or(Device::Cpu)
}

/// Chooses by name: `cpu`, or with the feature `cuda` the first GPU as `cuda`, or `cuda-sim`, a
/// simulated one.
pub fn choose(name: &str) -> Result<(), String> {
    let device = match name {
        "cpu" => Device::Cpu,
        #[cfg(feature = "cuda")]
        "cuda" => Device::Cuda(0),
        #[cfg(feature = "cuda")]
        "cuda-sim" => {
            /// Bytes of the simulated memory, which is taken only as far as it is used.
            const MEMORY: usize = 8 << 30;
            let simulator = rushlight_cuda_sim::Simulator::new(1, MEMORY);
            let used = rushlight_tensor::cuda::use_driver(Box::new(simulator));
            used.map_err(|error| error.to_string())?;
            Device::Cuda(0)
        }
        _ => return Err(format!("this build knows no device {name}")),
    };
    let _ = DEVICE.set(device);
    Ok(())
}
