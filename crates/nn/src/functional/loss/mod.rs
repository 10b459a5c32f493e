//! Losses: how far a prediction is from a target.

mod classification;
mod embedding;
mod margin;
mod regression;

pub use classification::*;
pub use embedding::*;
pub use margin::*;
pub use regression::*;

use crate::{Error, Result};
use rushlight_autograd::Tensor;

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

impl Reduction {
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
