//! What the normalisations have in common, with a derivative in closed form: it takes a third of the
//! passes over memory that differentiating mean and variance would.

use crate::Result;
use rushlight_autograd::{Backward, Gradients, Saved, Tensor, Wants, is_grad_enabled, no_grad};

/// A normalised tensor, and the statistics that it was normalised by, which are outside of the graph.
pub(super) struct Normalised {
    pub(super) y: Tensor,
    pub(super) mean: Tensor,
    pub(super) var: Tensor,
}

/// `(x - mean) / sqrt(var + eps) * weight + bias`, with mean and biased variance over `dims`.
///
/// Weight and bias broadcast over `x`, and have size 1 in all of `dims`.
pub(super) fn normalise(
    op: &'static str,
    x: &Tensor,
    dims: Vec<isize>,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Result<Normalised> {
    let forward = || -> Result<_> {
        let (var, mean) = x.detach().var_mean_dim(&dims, 0.0, true)?;
        let rstd = (&var + eps)?.rsqrt()?;
        // One pass over the elements: `x * scale + shift`.
        let scale = match weight {
            Some(weight) => (&rstd * weight)?,
            None => rstd.clone(),
        };
        let mut shift = (&mean * &scale)?.neg()?;
        if let Some(bias) = bias {
            shift = (shift + bias)?;
        }
        let y = shift.addcmul(&x.detach(), &scale, 1)?;
        Ok((y, mean, var, rstd))
    };
    let (y, mean, var, rstd) = no_grad(forward)?;
    let inputs: Vec<&Tensor> = [Some(x), weight, bias].into_iter().flatten().collect();
    let y = Tensor::record(y.array(), op, &inputs, || Normalise {
        x: x.save(),
        weight: weight.map(Tensor::save),
        has_bias: bias.is_some(),
        mean: mean.clone(),
        rstd,
        dims,
        eps,
    });
    Ok(Normalised { y, mean, var })
}

struct Normalise {
    x: Saved,
    weight: Option<Saved>,
    has_bias: bool,
    mean: Tensor,
    rstd: Tensor,
    dims: Vec<isize>,
    eps: f64,
}

/// With `d = x - mean` and `r = 1 / sqrt(var + eps)`, the gradient of `x` is
/// `weight r (g - mean(g) - d r^2 mean(g d))`.
impl Backward for Normalise {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let x = self.x.get();
        let (mean, r) = match is_grad_enabled() {
            // To be differentiated again, the statistics must be in the graph.
            true => {
                let (var, mean) = x.var_mean_dim(&self.dims, 0.0, true)?;
                (mean, (var + self.eps)?.rsqrt()?)
            }
            false => (self.mean.clone(), self.rstd.clone()),
        };
        let d = (&x - &mean)?;
        let average = |tensor: &Tensor| tensor.mean_dim(&self.dims, true);
        let (mean_g, mean_gd) = (average(g)?, average(&(g * &d)?)?);
        let mut gradients = Gradients::new();
        gradients.push(match wants.input(0) {
            true => {
                let scale = match &self.weight {
                    Some(weight) => (&r * weight.get())?,
                    None => r.clone(),
                };
                let along = ((&scale * r.square()?)? * &mean_gd)?.neg()?;
                let offset = (&scale * &mean_g)?.neg()?;
                Some(offset.addcmul(&d, &along, 1)?.addcmul(g, &scale, 1)?)
            }
            false => None,
        });
        // How many elements each weight and bias stands for.
        let count = x.numel() as f64 / mean.numel().max(1) as f64;
        if self.weight.is_some() {
            let sum = || (&mean_gd * &r)? * count;
            gradients.push(wants.input(1).then(sum).transpose()?);
        }
        if self.has_bias {
            let sum = || &mean_g * count;
            gradients.push(wants.input(gradients.len()).then(sum).transpose()?);
        }
        Ok(gradients)
    }
}
