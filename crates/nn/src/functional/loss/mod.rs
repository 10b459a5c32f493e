//! Losses: how far a prediction is from a target.

mod classification;
mod ctc;
mod embedding;
mod linear_cross_entropy;
mod margin;
mod regression;

pub use classification::*;
pub use ctc::*;
pub use embedding::*;
pub use linear_cross_entropy::*;
pub use margin::*;
pub use regression::*;

use crate::{Error, Result};
use rushlight_autograd::Tensor;
use std::str::FromStr;

/// How the losses of the elements become the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// They are the result.
    None,
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Their sum over the size of the first dimension; what `kl_div` should be reduced by.
    BatchMean,
}

/// PyTorch's names.
const NAMES: [(&str, Reduction); 4] = [
    ("none", Reduction::None),
    ("mean", Reduction::Mean),
    ("sum", Reduction::Sum),
    ("batchmean", Reduction::BatchMean),
];

impl FromStr for Reduction {
    type Err = rushlight_autograd::Error;

    fn from_str(name: &str) -> Result<Reduction> {
        let named = NAMES.iter().find(|(own, _)| *own == name);
        let unknown = || {
            let got = format!("{name}, which is not a valid value for reduction");
            Error::argument(
                "reduction",
                "reduction",
                got,
                "none, mean, sum or batchmean",
            )
            .into()
        };
        named.map(|(_, reduction)| *reduction).ok_or_else(unknown)
    }
}

impl Reduction {
    /// PyTorch's name of the reduction.
    pub fn name(self) -> &'static str {
        let named = NAMES.iter().find(|(_, reduction)| *reduction == self);
        named.map_or("mean", |(name, _)| name)
    }

    /// Reduces the losses of the elements.
    pub fn of(self, loss: &Tensor) -> Result<Tensor> {
        match self {
            Reduction::None => Ok(loss.clone()),
            Reduction::Mean => loss.mean(),
            Reduction::Sum => loss.sum(),
            Reduction::BatchMean => {
                let batch = loss.shape().first().copied().unwrap_or(1);
                loss.sum()? / batch as f64
            }
        }
    }
}

/// The losses of the elements, each times its weight where there are weights, reduced.
fn weighted(loss: Tensor, weight: Option<&Tensor>, reduction: Reduction) -> Result<Tensor> {
    match weight {
        Some(weight) => reduction.of(&(loss * weight)?),
        None => reduction.of(&loss),
    }
}

/// Errors unless a number is positive.
fn check_positive(op: &'static str, name: &'static str, value: f64) -> Result<()> {
    if value > 0.0 {
        return Ok(());
    }
    Err(Error::argument(op, name, value, "greater than 0").into())
}

/// Errors unless a tensor has the shape of the input.
fn check_same_shape(op: &'static str, input: &Tensor, target: &Tensor) -> Result<()> {
    if input.shape() == target.shape() {
        return Ok(());
    }
    let expected = format!("{}, as the input has", input.shape());
    Err(Error::shape(op, target.shape(), expected).into())
}
