//! Affine and bilinear maps.

use crate::{Error, Result};
use rushlight_autograd::{Tensor, amp};

/// `x w^T + b`.
///
/// Shapes: `[..., in_features]`, `[out_features, in_features]`, `[out_features]` ->
/// `[..., out_features]`.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    x.linear(weight, bias)
}

/// `x1^T w x2 + b`.
///
/// Shapes: `[..., in1]`, `[..., in2]`, `[out, in1, in2]`, `[out]` -> `[..., out]`.
pub fn bilinear(
    x1: &Tensor,
    x2: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
) -> Result<Tensor> {
    amp::run_with_bias(
        "bilinear",
        [x1, x2, weight],
        bias,
        |[x1, x2, weight], bias| bilinear_as_is(x1, x2, weight, bias),
    )
}

fn bilinear_as_is(
    x1: &Tensor,
    x2: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
) -> Result<Tensor> {
    const OP: &str = "bilinear";
    let (first, second, shape) = (x1.shape(), x2.shape(), weight.shape());
    let [_, in1, in2] = shape[..] else {
        return Err(Error::shape(OP, shape, "a weight of three dimensions").into());
    };
    let (Some((&last1, leading1)), Some((&last2, leading2))) =
        (first.split_last(), second.split_last())
    else {
        return Err(Error::shape(OP, first, "operands of at least one dimension").into());
    };
    if leading1 != leading2 || (last1, last2) != (in1, in2) {
        let got = format!("{first} and {second} for a weight of shape {shape}");
        let expected = "inputs that differ in the last dimension alone, as the weight says";
        return Err(Error::argument(OP, "input", got, expected).into());
    }
    // [n, in1] and [n, in2] -> [n, out]
    let x1 = x1.reshape(&[-1, in1 as isize])?;
    let x2 = x2.reshape(&[-1, in2 as isize])?;
    let y = Tensor::einsum("ni,oij,nj->no", &[x1, weight.clone(), x2])?;
    let mut sizes: Vec<isize> = leading1.iter().map(|&size| size as isize).collect();
    sizes.push(shape[0] as isize);
    let y = y.reshape(&sizes)?;
    match bias {
        Some(bias) => y.add(bias),
        None => Ok(y),
    }
}
