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
/// Weight and bias broadcast over `x`. Where they have size 1 in all of `dims`, as those of a batch norm,
/// their gradients come with that of `x`.
pub(super) fn normalise(
    op: &'static str,
    x: &Tensor,
    dims: Vec<isize>,
    weight: Option<&Tensor>,
    bias: Option<&Tensor>,
    eps: f64,
) -> Result<Normalised> {
    // A mean of one element is that element: what is left of it must be nothing.
    let is_alone = is_constant(x, &dims, x.dim());
    let per_place = |tensor: Option<&Tensor>| {
        tensor.is_some_and(|t| is_alone || !is_constant(t, &dims, x.dim()))
    };
    let (weight_per_place, bias_per_place) = (per_place(weight), per_place(bias));
    let forward = || -> Result<_> {
        let (var, mean) = x.detach().var_mean_dim(&dims, 0.0, true)?;
        let rstd = (&var + eps)?.rsqrt()?;
        // One pass where all is constant: `x * scale + shift`.
        let scale = match weight {
            Some(weight) if !weight_per_place => (&rstd * weight)?,
            _ => rstd.clone(),
        };
        let mut y = match weight_per_place {
            true => ((x.detach() - &mean)? * scale)?,
            false => {
                let mut shift = (&mean * &scale)?.neg()?;
                if let Some(bias) = bias.filter(|_| !bias_per_place) {
                    shift = (shift + bias)?;
                }
                shift.addcmul(&x.detach(), &scale, 1)?
            }
        };
        y = match (weight.filter(|_| weight_per_place), bias) {
            (Some(weight), Some(bias)) => bias.addcmul(&y, weight, 1)?,
            (Some(weight), None) => (y * weight)?,
            (None, Some(bias)) if bias_per_place => (y + bias)?,
            (None, _) => y,
        };
        Ok((y, mean, var, rstd))
    };
    let (y, mean, var, rstd) = no_grad(forward)?;
    let inputs: Vec<&Tensor> = [Some(x), weight, bias].into_iter().flatten().collect();
    let y = Tensor::record(y.array(), op, &inputs, || Normalise {
        x: x.save(),
        weight: weight.map(Tensor::save),
        weight_per_place,
        bias_per_place: bias.map(|_| bias_per_place),
        mean: mean.clone(),
        rstd,
        dims,
        eps,
    });
    Ok(Normalised { y, mean, var })
}

/// Whether a tensor that broadcasts over another of `rank` dimensions is the same all along `dims`.
fn is_constant(tensor: &Tensor, dims: &[isize], rank: usize) -> bool {
    let shape = tensor.shape();
    dims.iter().all(|&dim| {
        let from_end = if dim < 0 { -dim } else { rank as isize - dim } as usize;
        let own = shape.len().checked_sub(from_end);
        own.is_none_or(|own| shape[own] == 1)
    })
}

struct Normalise {
    x: Saved,
    weight: Option<Saved>,
    weight_per_place: bool,
    /// `None` where there is no bias.
    bias_per_place: Option<bool>,
    mean: Tensor,
    rstd: Tensor,
    dims: Vec<isize>,
    eps: f64,
}

/// With `d = x - mean`, `r = 1 / sqrt(var + eps)` and `h = g * weight`, the gradient of `x` is
/// `r (h - mean(h) - d r^2 mean(h d))`; a constant weight is taken out of the means.
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
        let weight = self.weight.as_ref().map(Saved::get);
        let (inside, outside) = match self.weight_per_place {
            true => (weight, None),
            false => (None, weight),
        };
        let d = (&x - &mean)?;
        let gd = (g * &d)?;
        let h = match &inside {
            Some(weight) => (g * weight)?,
            None => g.clone(),
        };
        let average = |tensor: &Tensor| tensor.mean_dim(&self.dims, true);
        let mean_h = average(&h)?;
        let mean_hd = match &inside {
            Some(weight) => average(&(&gd * weight)?)?,
            None => average(&gd)?,
        };
        let mut gradients = Gradients::new();
        gradients.push(match wants.input(0) {
            true => {
                let scale = match &outside {
                    Some(weight) => (&r * weight)?,
                    None => r.clone(),
                };
                let along = ((&scale * r.square()?)? * &mean_hd)?.neg()?;
                let offset = (&scale * &mean_h)?.neg()?;
                Some(offset.addcmul(&d, &along, 1)?.addcmul(&h, &scale, 1)?)
            }
            false => None,
        });
        // How many places a constant weight or bias stands for.
        let count = x.numel() as f64 / mean.numel().max(1) as f64;
        if self.weight.is_some() {
            gradients.push(match (wants.input(1), self.weight_per_place) {
                (false, _) => None,
                (true, true) => Some((&gd * &r)?),
                (true, false) => Some(((&mean_hd * &r)? * count)?),
            });
        }
        if let Some(per_place) = self.bias_per_place {
            gradients.push(match (wants.input(gradients.len()), per_place) {
                (false, _) => None,
                // The mean is that of `g` itself where no weight is inside of it.
                (true, false) if inside.is_none() => Some((&mean_h * count)?),
                (true, _) => Some(g.clone()),
            });
        }
        Ok(gradients)
    }
}
