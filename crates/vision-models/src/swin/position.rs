//! What attention adds for the position of one patch relative to another in its window.

use super::Version;
use crate::initialise;
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Buffer, Forward, Linear, Module, Parameter, ReLU, Sequential, sequential};

/// Biases of attention for relative positions.
#[derive(Module, Debug)]
pub enum PositionBias {
    /// Those of the first version.
    Table(PositionTable),
    /// Those of the second version.
    Network(PositionNetwork),
}

/// A learned bias for each relative position and head.
#[derive(Module, Debug)]
pub struct PositionTable {
    /// `[(2 size - 1)^2, heads]`.
    pub relative_position_bias_table: Parameter,
    /// `[size^4]`, the table's row for each pair of patches.
    pub relative_position_index: Buffer,
}

/// A network that makes biases of relative positions, and the scale of cosine attention.
#[derive(Module, Debug)]
pub struct PositionNetwork {
    /// `[heads, 1, 1]`, the logarithm of the scale.
    pub logit_scale: Parameter,
    /// `[1, 2 size - 1, 2 size - 1, 2]`, the positions, spaced logarithmically.
    pub relative_coords_table: Buffer,
    /// `[size^4]`, the position for each pair of patches.
    pub relative_position_index: Buffer,
    /// The network.
    pub cpb_mlp: Sequential,
}

impl PositionBias {
    /// The biases for windows of a size.
    pub(super) fn new(version: Version, size: usize, heads: usize) -> Result<PositionBias> {
        let rows = (2 * size - 1) * (2 * size - 1);
        let relative_position_index = Buffer::new(relative_positions(size)?.flatten(0, -1)?);
        match version {
            Version::V1 => {
                let table = Parameter::new(Tensor::zeros(&[rows, heads])?)?;
                initialise::truncated(&table, 0.02)?;
                Ok(PositionBias::Table(PositionTable {
                    relative_position_bias_table: table,
                    relative_position_index,
                }))
            }
            Version::V2 => Ok(PositionBias::Network(PositionNetwork {
                logit_scale: Parameter::new(Tensor::ones(&[heads, 1, 1])?.mul(10.0)?.log()?)?,
                relative_coords_table: Buffer::new(logarithmic_positions(size)?),
                relative_position_index,
                cpb_mlp: sequential![
                    Linear::new(2, 512)?,
                    ReLU::new().inplace(true),
                    Linear::builder(512, heads).bias(false).build()?,
                ],
            })),
        }
    }

    /// The biases.
    ///
    /// Shape: `[1, heads, size^2, size^2]`.
    pub(super) fn biases(&self, size: usize) -> Result<Tensor> {
        match self {
            PositionBias::Table(table) => {
                let rows = &table.relative_position_bias_table;
                of_pairs(rows, &table.relative_position_index, size)
            }
            PositionBias::Network(network) => {
                let rows = network.cpb_mlp.forward(&network.relative_coords_table)?;
                let rows = rows.flatten(0, 2)?; // [(2 size - 1)^2, heads]
                of_pairs(&rows, &network.relative_position_index, size)?.sigmoid()? * 16.0
            }
        }
    }
}

/// A table's row for each pair of patches.
///
/// Shapes: `[rows, heads]`, `[size^4] -> [1, heads, size^2, size^2]`.
pub(crate) fn of_pairs(rows: &Tensor, index: &Tensor, size: usize) -> Result<Tensor> {
    let patches = (size * size) as isize;
    let pairs = rows
        .index_select(0, index)?
        .reshape(&[patches, patches, -1])?;
    pairs.permute(&[2, 0, 1])?.contiguous()?.unsqueeze(0)
}

/// For each pair of patches in a window, the number of their relative position.
///
/// Shape: `[size^2, size^2]`.
pub(crate) fn relative_positions(size: usize) -> Result<Tensor> {
    let patches = size * size;
    let mut index = Vec::with_capacity(patches * patches);
    for from in 0..patches {
        for to in 0..patches {
            let row = from / size + size - 1 - to / size;
            let column = from % size + size - 1 - to % size;
            index.push((row * (2 * size - 1) + column) as i64);
        }
    }
    Tensor::from_vec(index, &[patches, patches])
}

/// `sign(x) log2(8 |x| + 1) / 3` of relative positions `x` from -1 to 1.
///
/// Shape: `[1, 2 size - 1, 2 size - 1, 2]`.
fn logarithmic_positions(size: usize) -> Result<Tensor> {
    let reach = size as isize - 1;
    let distances: Vec<f32> = (-reach..=reach).map(|distance| distance as f32).collect();
    let coordinate = Tensor::from_vec(distances, &[2 * size - 1])?;
    let scaled = coordinate.div(reach as f64)?.mul(8.0)?;
    let spaced = (scaled.sign()? * scaled.abs()?.add(1.0)?.log2()?)?.div(3.0)?;
    let grid = Tensor::meshgrid(&[&spaced, &spaced], rushlight_autograd::Indexing::Ij)?;
    Tensor::stack(&grid, -1)?.unsqueeze(0)
}
