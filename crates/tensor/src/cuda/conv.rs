//! Convolution and its gradients: products of matrices that kernels read where the operands lie.

use super::device::Cuda;
use super::launch::{compute, dense, kernel};
use crate::layout::Layout;
use crate::ops::conv::ConvShape;
use crate::ops::reduce::ReduceOp;
use crate::{Array, DType, Result, Shape};

/// Rows and columns of a tile that a block computes at a time, and its threads along each.
const TILE: usize = 64;
const SIDE: usize = 16;

/// The sums of a weight's gradient run over all outputs: they are divided into parts of at least so
/// many terms, and at most so many parts.
const PART: usize = 2048;
const PARTS: usize = 256;

/// A convolution as products of matrices, one for each group.
struct Product {
    /// What it computes, as kernels are called.
    name: &'static str,
    rows: usize,
    columns: usize,
    terms: usize,
    /// Terms of a part of the sums.
    part: usize,
}

impl Product {
    fn parts(&self) -> usize {
        self.terms.div_ceil(self.part.max(1)).max(1)
    }
}

impl Cuda {
    pub(super) fn convolve(
        &self,
        shape: &ConvShape,
        x: &Array,
        weight: &Array,
        bias: Option<&Array>,
        out: &Array,
    ) -> Result<()> {
        let (x, weight) = (operand(x)?, operand(weight)?);
        let bias = bias.map(operand).transpose()?;
        let terms = shape.in_channels / shape.groups * plane(&shape.kernel);
        let product = Product {
            name: "Forward",
            rows: shape.out_channels / shape.groups,
            columns: shape.batch * plane(&shape.output),
            terms,
            part: terms,
        };
        filled(out, |out| {
            let arrays = [out, &x, &weight, bias.as_ref().unwrap_or(out)];
            self.multiply_patches("conv", shape, &product, arrays, bias.is_some())
        })
    }

    pub(super) fn convolve_backward_input(
        &self,
        shape: &ConvShape,
        g: &Array,
        weight: &Array,
        out: &Array,
    ) -> Result<()> {
        let (g, weight) = (operand(g)?, operand(weight)?);
        let terms = shape.out_channels / shape.groups * plane(&shape.kernel);
        let product = Product {
            name: "BackwardInput",
            rows: shape.in_channels / shape.groups,
            columns: shape.batch * plane(&shape.input),
            terms,
            part: terms,
        };
        filled(out, |out| {
            let arrays = [out, &g, &weight, out];
            self.multiply_patches("conv_backward_input", shape, &product, arrays, false)
        })
    }

    pub(super) fn convolve_backward_weight(
        &self,
        shape: &ConvShape,
        g: &Array,
        x: &Array,
        out: &Array,
    ) -> Result<()> {
        const OP: &str = "conv_backward_weight";
        let (g, x) = (operand(g)?, operand(x)?);
        let terms = shape.batch * plane(&shape.output);
        let product = Product {
            name: "BackwardWeight",
            rows: shape.out_channels / shape.groups,
            columns: shape.in_channels / shape.groups * plane(&shape.kernel),
            terms,
            part: PART.max(terms.div_ceil(PARTS)),
        };
        let launch =
            |out: &Array| self.multiply_patches(OP, shape, &product, [out, &x, &g, out], false);
        if product.parts() == 1 {
            return filled(out, launch);
        }
        let sizes = [product.parts()]
            .into_iter()
            .chain(out.shape().iter().copied());
        let layout = Layout::contiguous(sizes.collect::<Shape>());
        let parts = Array::uninit(OP, layout, g.dtype().to_accumulate(), out.device())?;
        launch(&parts)?;
        let sum = parts.reduce(ReduceOp::Sum, &[0])?.squeeze(&[0])?;
        self.copy_elements(&sum, out)
    }

    /// Launches the product of `arrays[1]` and `arrays[2]`, which are of one dtype.
    fn multiply_patches(
        &self,
        op: &'static str,
        shape: &ConvShape,
        product: &Product,
        arrays: [&Array; 4],
        has_bias: bool,
    ) -> Result<()> {
        let &Product {
            rows,
            columns,
            terms,
            part,
            ..
        } = product;
        let groups = product.parts().saturating_mul(shape.groups);
        let results = groups.saturating_mul(rows).saturating_mul(columns);
        if results == 0 {
            return Ok(());
        }
        let ConvShape {
            input,
            output,
            kernel,
            ..
        } = shape;
        let mut sizes = vec![
            shape.groups,
            shape.in_channels / shape.groups,
            shape.out_channels / shape.groups,
        ];
        sizes.extend([input, output, kernel].map(plane));
        for triple in [
            input,
            output,
            kernel,
            &shape.stride,
            &shape.padding,
            &shape.dilation,
        ] {
            sizes.extend(triple);
        }
        sizes.extend([rows, columns, terms, part, usize::from(has_bias)]);
        self.check_padded(op, input, &shape.padding)?;
        let parameter = self.sizes(op, &sizes)?;
        let parameters: [&[u8]; 2] = [&dense(&arrays), &parameter];
        let compute = compute(arrays[1].dtype());
        let entry = |how| self::kernel("conv", compute, format!("{}{how}", product.name));
        if rows.min(columns) < SIDE {
            self.sizes(op, &[results])?;
            let (blocks, threads) = self.grid(results);
            return self.launch(op, entry("Direct"), blocks, [threads, 1], &parameters);
        }
        let tiles = groups.saturating_mul(rows.div_ceil(TILE) * columns.div_ceil(TILE));
        self.sizes(op, &[tiles])?;
        let threads = [SIDE as u32; 2];
        self.launch(op, entry("Tiled"), self.blocks(tiles), threads, &parameters)
    }
}

fn plane(sizes: &[usize; 3]) -> usize {
    sizes.iter().product()
}

/// A dense operand of a type with fractions: integers are exact in `f64` as long as their sums are.
fn operand(x: &Array) -> Result<Array> {
    let x = match x.dtype().is_floating_point() {
        true => x.contiguous()?,
        false => x.to_dtype(DType::F64)?.contiguous()?,
    };
    Ok(x)
}

/// Lets `compute` fill `out`, or an array of `f64` that is then converted.
fn filled(out: &Array, compute: impl FnOnce(&Array) -> Result<()>) -> Result<()> {
    if out.dtype().is_floating_point() {
        return compute(out);
    }
    let wide = out.uninit_like("conv", DType::F64)?;
    compute(&wide)?;
    out.backend("conv")?.copy(&wide, &mut out.clone())
}
