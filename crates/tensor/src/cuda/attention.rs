//! Attention: blocks of threads for tiles of queries or keys.

use super::device::Cuda;
use super::launch::{compute, kernel, operand};
use crate::ops::attention::{
    Attention, AttentionGradients, AttentionMask, AttentionOperands, AttentionSizes,
};
use crate::ops::reduce::ReduceOp;
use crate::ops::table::BinaryOp;
use crate::{Array, DType, Result};
use rushlight_cuda_kernels::{Operand, plans};

const OP: &str = "attention";

/// Threads of a block along each side.
const SIDE: u32 = 16;

/// What the matrices of an operand belong to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rows {
    Queries,
    Keys,
}

/// The sizes of a result: matrices, rows and columns.
type Extent = [usize; 3];

impl Cuda {
    pub(super) fn attend(
        &self,
        sizes: &AttentionSizes,
        operands: &AttentionOperands<'_>,
        out: &Attention,
    ) -> Result<()> {
        let matrices = sizes.matrices.saturating_mul(sizes.sharing);
        let extent = [matrices, sizes.queries, sizes.values];
        let arrays = arrays(operands, (&out.y, Rows::Queries), &out.logsumexp);
        self.each_tile("Forward", extent, sizes, operands, &arrays)
    }

    pub(super) fn attend_backward(
        &self,
        sizes: &AttentionSizes,
        operands: &AttentionOperands<'_>,
        done: &Attention,
        g: &Array,
        out: &AttentionGradients,
    ) -> Result<()> {
        let products = g.binary(BinaryOp::Mul, &done.y)?;
        let along = products.reduce(ReduceOp::Sum, &[-1])?;
        drop(products);
        let AttentionSizes {
            matrices,
            sharing,
            queries,
            keys,
            features,
            values,
        } = *sizes;
        let shared = matrices.saturating_mul(sharing);
        for (name, result, rows, extent) in [
            (
                "BackwardQuery",
                &out.query,
                Rows::Queries,
                [shared, queries, features],
            ),
            (
                "BackwardKey",
                &out.key,
                Rows::Keys,
                [matrices, keys, features],
            ),
            (
                "BackwardValue",
                &out.value,
                Rows::Keys,
                [matrices, keys, values],
            ),
        ] {
            let mut arrays = arrays(operands, (result, rows), &done.logsumexp).to_vec();
            arrays.extend([(g, Rows::Queries), (&along, Rows::Queries)]);
            self.each_tile(name, extent, sizes, operands, &arrays)?;
        }
        Ok(())
    }

    /// Launches a kernel over the tiles of a result, the first of the arrays.
    fn each_tile(
        &self,
        name: &str,
        extent: Extent,
        sizes: &AttentionSizes,
        operands: &AttentionOperands<'_>,
        arrays: &[(&Array, Rows)],
    ) -> Result<()> {
        if extent.contains(&0) {
            return Ok(());
        }
        let AttentionSizes {
            sharing,
            queries,
            keys,
            features,
            values,
            ..
        } = *sizes;
        let mask = match operands.mask {
            AttentionMask::None => 0,
            AttentionMask::Causal => 1,
            AttentionMask::Given(mask) if mask.dtype() == DType::Bool => 2,
            AttentionMask::Given(_) => 3,
        };
        let mut parameter = self.sizes(OP, &[sharing, queries, keys, features, values, mask])?;
        parameter.extend(operands.scale.to_le_bytes());
        let leading = operands.key.rank() - 2;
        let mut starts = Vec::with_capacity(arrays.len());
        for &(x, rows) in arrays {
            let (start, distances) = matrices(x, leading, rows, sharing);
            starts.push(start);
            parameter.extend(distances.iter().flat_map(|distance| distance.to_le_bytes()));
        }
        // The smallest tiles are those of f64.
        let tile = 2 * SIDE as usize;
        let [matrices, rows, columns] = extent;
        let tiles = matrices.saturating_mul(rows.div_ceil(tile) * columns.div_ceil(tile));
        self.sizes(OP, &[tiles])?;
        let entry = kernel(OP, compute(operands.query.dtype()), name);
        for plan in plans(&operands.key.shape()[..leading], starts) {
            let blocks = self.blocks(tiles);
            self.launch(OP, entry, blocks, [SIDE; 2], &[&plan.bytes(), &parameter])?;
        }
        Ok(())
    }
}

/// The operands that all kernels have. Where there is no mask, its place is taken by the queries.
fn arrays<'a>(
    operands: &AttentionOperands<'a>,
    result: (&'a Array, Rows),
    logsumexp: &'a Array,
) -> [(&'a Array, Rows); 6] {
    let AttentionOperands {
        query,
        key,
        value,
        mask,
        ..
    } = *operands;
    let mask = match mask {
        AttentionMask::Given(mask) => mask,
        AttentionMask::None | AttentionMask::Causal => query,
    };
    [
        result,
        (query, Rows::Queries),
        (key, Rows::Keys),
        (value, Rows::Keys),
        (mask, Rows::Queries),
        (logsumexp, Rows::Queries),
    ]
}

/// The first matrices of an operand for each matrix of keys, and the distances between matrices that share
/// keys, between rows and between columns.
fn matrices(x: &Array, leading: usize, rows: Rows, sharing: usize) -> (Operand, [i64; 3]) {
    let mut first = operand(x, 0..leading);
    let distance = |dim: usize| x.strides().get(dim).map_or(0, |&stride| stride as i64);
    let mut next = 0;
    if let (Rows::Queries, Some(heads)) = (rows, first.strides.last_mut()) {
        next = *heads;
        *heads *= sharing as i64;
    }
    (first, [next, distance(leading), distance(leading + 1)])
}
