//! Layer normalisation.

use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, is_grad_enabled};
use rushlight_tensor::{Array, DType};

struct LayerNorm {
    x: Saved,
    weight: Option<Saved>,
    has_bias: bool,
    normalized_shape: Vec<usize>,
    eps: f64,
    /// Mean and reciprocal deviation of each row.
    statistics: [Array; 2],
}

impl LayerNorm {
    /// The gradients of operand, weight and bias, in operations that have derivatives themselves.
    fn composed(&self, g: &Tensor, x: &Tensor, weight: Option<&Tensor>) -> Result<[Tensor; 3]> {
        let dims: Vec<isize> = (1..=self.normalized_shape.len() as isize)
            .map(|dim| -dim)
            .collect();
        let (var, mean) = x.var_mean_dim(&dims, 0.0, true)?;
        let rstd = (var + self.eps)?.rsqrt()?;
        let y = ((x - mean)? * &rstd)?;
        let h = match weight {
            Some(weight) => (g * weight)?,
            None => g.clone(),
        };
        let average = |h: &Tensor| h.mean_dim(&dims, true);
        let along = (&y * average(&(&h * &y)?)?)?;
        let dx = (((&h - average(&h)?)? - along)? * rstd)?;
        Ok([dx, (g * y)?, g.clone()])
    }
}

impl Backward for LayerNorm {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (x, weight) = (self.x.get(), self.weight.as_ref().map(Saved::get));
        let [dx, dweight, dbias] = match is_grad_enabled() {
            true => self.composed(g, &x, weight.as_ref())?,
            false => {
                let [mean, rstd] = &self.statistics;
                let weight = weight.map(|weight| weight.array());
                let of_rows = [&g.array(), mean, rstd];
                let shape = &self.normalized_shape;
                let all = x
                    .array()
                    .layer_norm_backward(shape, weight.as_ref(), of_rows)?;
                [all.x, all.weight, all.bias].map(Tensor::new)
            }
        };
        let mut gradients = Gradients::new();
        gradients.push(wants.input(0).then_some(dx));
        if self.weight.is_some() {
            gradients.push(wants.input(1).then_some(dweight));
        }
        if self.has_bias {
            gradients.push(wants.input(gradients.len()).then_some(dbias));
        }
        Ok(gradients)
    }
}

impl Tensor {
    /// Normalises over the last dimensions, which are `normalized_shape`:
    /// `(x - mean) / sqrt(var + eps) * weight + bias`, with the biased variance.
    ///
    /// Weight and bias have `normalized_shape`. Half types are computed in `f32`, with which their weight
    /// and bias meet. Layer Normalization, Ba et al., 2016.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let y = tensor([[1.0, 3.0], [10.0, 30.0]])?.layer_norm(&[2], None, None, 0.0)?;
    /// assert_eq!(y.to_vec::<f32>()?, [-1.0, 1.0, -1.0, 1.0]);
    /// # Ok(()) }
    /// ```
    pub fn layer_norm(
        &self,
        normalized_shape: &[usize],
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
    ) -> Result<Tensor> {
        let dtype = match self.dtype() {
            DType::F16 | DType::BF16 => DType::F32,
            dtype => dtype,
        };
        let wide = self.to_dtype(dtype)?;
        let own = |given: Option<&Tensor>| given.map(|given| given.to_dtype(dtype)).transpose();
        let (weight, bias) = (own(weight)?, own(bias)?);
        let [weight_array, bias_array] =
            [&weight, &bias].map(|given| given.as_ref().map(Tensor::array));
        let done = wide.array().layer_norm(
            normalized_shape,
            weight_array.as_ref(),
            bias_array.as_ref(),
            eps,
        )?;
        let operands = [Some(&wide), weight.as_ref(), bias.as_ref()];
        let operands: Vec<&Tensor> = operands.into_iter().flatten().collect();
        let y = Tensor::record(done.y, "layer_norm", &operands, || LayerNorm {
            x: wide.save(),
            weight: weight.as_ref().map(Tensor::save),
            has_bias: bias.is_some(),
            normalized_shape: normalized_shape.to_vec(),
            eps,
            statistics: [done.mean, done.rstd],
        });
        y.to_dtype(self.dtype())
    }
}
