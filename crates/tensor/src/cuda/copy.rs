//! Copies, conversions, and arrays made of a number.

use super::buffer::start;
use super::device::Cuda;
use super::launch::{compute, elements, kernel, number};
use crate::{Array, Result, Scalar, Storage};
use rushlight_cuda_kernels::Compute;

impl Cuda {
    pub(super) fn upload_bytes(&self, bytes: &[u8], storage: &Storage) -> Result<()> {
        const OP: &str = "to";
        if bytes.is_empty() {
            return Ok(());
        }
        self.activate(OP)?;
        self.catch_up(OP)?;
        self.done(OP, self.driver.upload(self.stream, bytes, start(storage)))
    }

    pub(super) fn download_bytes(&self, storage: &Storage) -> Result<Vec<u8>> {
        const OP: &str = "to";
        let mut bytes = vec![0; storage.len_in_bytes()];
        if !bytes.is_empty() {
            self.activate(OP)?;
            self.catch_up(OP)?;
            let copied = self
                .driver
                .download(self.stream, start(storage), &mut bytes);
            self.done(OP, copied)?;
        }
        Ok(bytes)
    }

    pub(super) fn copy_elements(&self, x: &Array, out: &Array) -> Result<()> {
        let entry = kernel("copy", compute(x.dtype()), "Copy");
        self.launch_over("copy", entry, &elements(out, &[x]), &[])
    }

    pub(super) fn fill_with(&self, value: Scalar, out: &Array) -> Result<()> {
        let compute = match value {
            Scalar::Float(_) => Compute::F64,
            Scalar::Int(_) | Scalar::Bool(_) => Compute::I64,
        };
        let entry = kernel("copy", compute, "Fill");
        let value = number(compute, value);
        self.launch_over("full", entry, &elements(out, &[]), &[&value])
    }

    /// Reals are computed in `f64` and rounded once.
    pub(super) fn fill_with_ramp(&self, start: Scalar, step: Scalar, out: &Array) -> Result<()> {
        let compute = match compute(out.dtype()) {
            Compute::I64 => Compute::I64,
            Compute::F32 | Compute::F64 => Compute::F64,
        };
        let entry = kernel("copy", compute, "Ramp");
        let (start, step) = (number(compute, start), number(compute, step));
        for plan in elements(out, &[]) {
            let first = (plan.first as i64).to_le_bytes();
            let plan = std::slice::from_ref(&plan);
            self.launch_over("arange", entry, plan, &[&start, &step, &first])?;
        }
        Ok(())
    }
}
