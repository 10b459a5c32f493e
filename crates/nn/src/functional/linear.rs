use crate::Result;
use rushlight_autograd::Tensor;

/// `x w^T + b`.
pub fn linear(_x: &Tensor, _weight: &Tensor, _bias: Option<&Tensor>) -> Result<Tensor> {
    Err(crate::Error::argument("linear", "x", "anything", "not yet").into())
}
