//! All parameters of a group as one vector.

use crate::{ParamGroup, Result};
use rushlight_autograd::Tensor;
use rushlight_tensor::ops::update::UpdateOp;
use rushlight_tensor::{Array, DType};

/// The parameters of a group, one after the other.
pub(super) struct Flat<'a> {
    params: &'a [Tensor],
}

impl Flat<'_> {
    pub(super) fn new(group: &ParamGroup) -> Flat<'_> {
        Flat {
            params: group.params(),
        }
    }

    pub(super) fn numel(&self) -> usize {
        self.params.iter().map(Tensor::numel).sum()
    }

    /// A number as a tensor of the parameters' dtype would hold it.
    pub(super) fn round(&self, x: f64) -> f64 {
        let wide = self.params.iter().any(|p| p.dtype() == DType::F64);
        if wide { x } else { f64::from(x as f32) }
    }

    /// All gradients times `sign`; zero where a parameter has none.
    pub(super) fn gradient(&self, sign: f64) -> Result<Tensor> {
        let of = |parameter: &Tensor| -> Result<Tensor> {
            let gradient = parameter.grad().filter(|_| parameter.requires_grad());
            let gradient = match gradient {
                Some(gradient) => gradient.detach(),
                None => parameter.detach().zeros_like()?,
            };
            Ok(gradient.ravel()?)
        };
        let parts = self.params.iter().map(of).collect::<Result<Vec<_>>>()?;
        Ok(Tensor::cat(&parts, 0)?.mul(sign)?)
    }

    /// Moves the parameters along a direction.
    pub(super) fn advance(&self, direction: &Tensor, step: f64) -> Result<()> {
        let mut start = 0;
        for parameter in self.params {
            let part = direction.narrow(0, start as i64, parameter.numel())?;
            let part = part
                .view_as(parameter)?
                .to_dtype(parameter.dtype())?
                .array();
            parameter.update(|value| -> Result<()> {
                Ok(value.update(UpdateOp::Move, &[-step, 1.0], &part, &mut [])?)
            })?;
            start += parameter.numel();
        }
        Ok(())
    }

    /// The present values, to be restored.
    pub(super) fn values(&self) -> Vec<Array> {
        self.params.iter().map(Tensor::array).collect()
    }

    /// Takes back all moves since the values were taken.
    pub(super) fn restore(&self, values: &[Array]) -> Result<()> {
        for (parameter, value) in self.params.iter().zip(values) {
            parameter.set_data(&Tensor::new(value.clone()))?;
        }
        Ok(())
    }
}
