//! Distances between points: a kernel for each kind of norm.

use super::device::Cuda;
use super::launch::{compute, dense, kernel};
use crate::{Array, Result};

impl Cuda {
    pub(super) fn measure(
        &self,
        p: f64,
        is_pairs: bool,
        x: &Array,
        others: &Array,
        out: &Array,
    ) -> Result<()> {
        const OP: &str = "distances";
        let sizes = [
            out.numel(),
            x.shape()[x.rank() - 2],
            others.shape()[others.rank() - 1],
            x.shape()[x.rank() - 1],
            usize::from(is_pairs),
            0,
        ];
        let mut parameter = self.sizes(OP, &sizes)?;
        parameter.extend(p.to_le_bytes());
        let norm = match p {
            0.0 => "Different",
            1.0 => "Manhattan",
            2.0 => "Euclidean",
            f64::INFINITY => "Chebyshev",
            _ => "Minkowski",
        };
        let entry = kernel(OP, compute(out.dtype()), norm);
        let (blocks, threads) = self.grid(out.numel());
        let parameters: [&[u8]; 2] = [&dense(&[out, x, others]), &parameter];
        self.launch(OP, entry, blocks, [threads, 1], &parameters)
    }
}
