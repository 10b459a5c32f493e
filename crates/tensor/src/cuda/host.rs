//! What runs on the host: factorizations, systems and Fourier transforms. Their operands are copied
//! down, the kernel of the CPU runs, and its results are copied up; the documentation says so.

use super::device::Cuda;
use crate::backend::{Backend, CPU};
use crate::ops::fourier::FourierTransform;
use crate::ops::linalg::{Factorization, System};
use crate::{Array, Device, Result};

impl Cuda {
    pub(super) fn factorize_on_host(
        &self,
        factorization: Factorization,
        x: &Array,
        outputs: &[Array],
    ) -> Result<()> {
        let room = outputs.iter().map(room).collect::<Result<Vec<Array>>>();
        let mut results = room?;
        CPU.factorize(factorization, &down(x)?, &mut results)?;
        let mut pairs = results.iter().zip(outputs);
        pairs.try_for_each(|(result, out)| self.copy_up(result, out))
    }

    pub(super) fn solve_on_host(
        &self,
        system: System,
        factors: &Array,
        pivots: Option<&Array>,
        out: &Array,
    ) -> Result<()> {
        let mut solution = down(out)?;
        let pivots = pivots.map(down).transpose()?;
        CPU.solve(system, &down(factors)?, pivots.as_ref(), &mut solution)?;
        self.copy_up(&solution, out)
    }

    pub(super) fn fourier_on_host(
        &self,
        transform: &FourierTransform,
        x: &Array,
        out: &Array,
    ) -> Result<()> {
        let mut result = room(out)?;
        CPU.fourier(transform, &down(x)?, &mut result)?;
        self.copy_up(&result, out)
    }

    /// Copies a contiguous array to one of the same shape and dtype.
    fn copy_up(&self, x: &Array, out: &Array) -> Result<()> {
        self.upload_bytes(&x.to_bytes()?, out.storage())
    }
}

fn down(x: &Array) -> Result<Array> {
    x.to_device(Device::Cpu)
}

/// Main memory for what an output holds.
fn room(out: &Array) -> Result<Array> {
    Array::uninit("to", out.layout().clone(), out.dtype(), Device::Cpu)
}
