//! Cross entropy of an affine map.

use super::{CrossEntropyOptions, cross_entropy_with};
use crate::{Error, Result};
use rushlight_autograd::Tensor;

/// The cross entropy of `x w^T + b`.
///
/// Shapes: `[n, in_features]`; weight `[classes, ..., in_features]` and bias `[classes, ...]`, whose
/// further dimensions are those of the target. Without a batch, `[in_features]`, there are none.
pub fn linear_cross_entropy(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    target: &Tensor,
    options: CrossEntropyOptions<'_>,
) -> Result<Tensor> {
    const OP: &str = "linear_cross_entropy";
    let (shape, weights) = (x.shape(), weight.shape());
    let (Some((_, leading)), Some((&features, outputs))) =
        (shape.split_last(), weights.split_last())
    else {
        let got = format!("{shape} and {weights}");
        let expected = "of at least one dimension";
        return Err(Error::argument(OP, "input and weight", got, expected).into());
    };
    let fits = match leading.len() {
        0 => outputs.len() == 1,
        1 => !outputs.is_empty(),
        _ => false,
    };
    if !fits {
        let got = format!("{shape} and {weights}");
        let expected = "[n, in_features] and [classes, ..., in_features], or \
                        [in_features] and [classes, in_features]";
        return Err(Error::argument(OP, "input and weight", got, expected).into());
    }
    if target.is_floating_point() && options.ignore_index != -100 {
        let expected = "unset where the target has probabilities";
        let got = options.ignore_index;
        return Err(Error::argument(OP, "ignore_index", got, expected).into());
    }
    let bias = bias.map(|bias| bias.flatten(0, -1)).transpose()?;
    let rows = outputs.iter().product::<usize>() as isize;
    let logits = x.linear(&weight.reshape(&[rows, features as isize])?, bias.as_ref())?;
    let sizes = leading.iter().chain(outputs).map(|&size| size as isize);
    cross_entropy_with(
        &logits.reshape(&sizes.collect::<Vec<_>>())?,
        target,
        options,
    )
}
