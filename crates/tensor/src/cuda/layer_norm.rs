//! Layer normalisation: a team of threads for each row.

use super::device::Cuda;
use super::launch::{compute, dense, kernel};
use crate::ops::layer_norm::{LayerNorm, LayerNormGradients};
use crate::ops::reduce::ReduceOp;
use crate::{Array, Result, Shape};

const OP: &str = "layer_norm";

impl Cuda {
    pub(super) fn normalise(
        &self,
        eps: f64,
        x: &Array,
        weight: Option<&Array>,
        bias: Option<&Array>,
        out: &LayerNorm,
    ) -> Result<()> {
        let LayerNorm { y, mean, rstd } = out;
        let arrays = [y, x, mean, rstd, weight.unwrap_or(x), bias.unwrap_or(x)];
        let given = [weight.is_some(), bias.is_some()];
        self.each_row("Forward", &arrays, mean.numel(), given, eps)
    }

    pub(super) fn normalise_backward(
        &self,
        [g, x, mean, rstd]: [&Array; 4],
        weight: Option<&Array>,
        out: &mut LayerNormGradients,
    ) -> Result<()> {
        let rows = mean.numel();
        let products = x.uninit_like(OP, x.dtype())?;
        let arrays = [&out.x, &products, g, x, mean, rstd, weight.unwrap_or(x)];
        self.each_row("Backward", &arrays, rows, [weight.is_some(), false], 0.0)?;
        let matrix = Shape::from([rows, x.numel() / rows]);
        for (terms, total) in [(&products, &mut out.weight), (g, &mut out.bias)] {
            let sum = terms.reshape(&matrix)?.reduce(ReduceOp::Sum, &[0])?;
            *total = sum.reshape(total.shape())?;
        }
        Ok(())
    }

    fn each_row(
        &self,
        name: &str,
        arrays: &[&Array],
        rows: usize,
        given: [bool; 2],
        eps: f64,
    ) -> Result<()> {
        let length = arrays[0].numel() / rows;
        let [has_weight, has_bias] = given.map(usize::from);
        let mut parameter = self.sizes(OP, &[rows, length, has_weight, has_bias])?;
        parameter.extend(eps.to_le_bytes());
        let (blocks, threads) = self.teams(rows, length);
        let entry = kernel(OP, compute(arrays[0].dtype()), name);
        self.launch(OP, entry, blocks, threads, &[&dense(arrays), &parameter])
    }
}
