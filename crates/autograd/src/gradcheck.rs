//! Checks analytic gradients against finite differences.

use crate::{Error, GradOptions, Result, Tensor, enable_grad, grad, no_grad};
use rushlight_tensor::{DType, Device, Shape};

/// Settings of [`gradcheck`] and [`gradgradcheck`].
#[derive(Clone, Copy, Debug)]
pub struct GradcheckOptions {
    /// Step of the finite difference.
    pub eps: f64,
    /// Absolute tolerance.
    pub atol: f64,
    /// Relative tolerance.
    pub rtol: f64,
}

impl Default for GradcheckOptions {
    fn default() -> GradcheckOptions {
        GradcheckOptions {
            eps: 1e-6,
            atol: 1e-5,
            rtol: 1e-3,
        }
    }
}

/// Compares the gradient of every element of `function`'s output with finite differences, for each
/// input that requires a gradient. Inputs must be `f64`.
///
/// ```
/// # use rushlight_autograd::{gradcheck, Result, Tensor};
/// # fn main() -> Result<()> {
/// let x = Tensor::from_vec(vec![0.3f64, -1.2], &[2])?.requires_grad_(true)?;
/// gradcheck(|inputs| inputs[0].sin(), &[x], Default::default())?;
/// # Ok(()) }
/// ```
pub fn gradcheck(
    function: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    options: GradcheckOptions,
) -> Result<()> {
    for (index, input) in inputs.iter().enumerate() {
        if !input.requires_grad() {
            continue;
        }
        if input.dtype() != DType::F64 {
            return Err(Error::argument(
                "gradcheck",
                "inputs",
                input.dtype().name(),
                "float64",
            ));
        }
        check_input(&function, inputs, index, options)?;
    }
    Ok(())
}

/// As [`gradcheck`], for the gradients themselves: derivatives of second order.
pub fn gradgradcheck(
    function: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    options: GradcheckOptions,
) -> Result<()> {
    let differentiable: Vec<usize> = (0..inputs.len())
        .filter(|&index| inputs[index].requires_grad())
        .collect();
    for &wanted in &differentiable {
        let first = |inputs: &[Tensor]| -> Result<Tensor> {
            let y = enable_grad(|| function(inputs))?;
            let weight = ramp(&y.shape(), y.device())?;
            let options = GradOptions {
                create_graph: true,
                allow_unused: true,
                ..Default::default()
            };
            let gradient =
                enable_grad(|| grad(&[&y], &[&inputs[wanted]], &[Some(&weight)], options))?;
            match gradient.into_iter().next().flatten() {
                Some(gradient) => Ok(gradient),
                None => inputs[wanted].zeros_like(),
            }
        };
        gradcheck(first, inputs, options)?;
    }
    Ok(())
}

/// Weights that tell elements apart.
fn ramp(shape: &Shape, device: Device) -> Result<Tensor> {
    let values = (0..shape.iter().product())
        .map(|i: usize| 0.5 + 0.1 * (i % 7) as f64)
        .collect();
    Tensor::from_vec(values, shape)?.to_device(device)
}

fn check_input(
    function: &impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    index: usize,
    options: GradcheckOptions,
) -> Result<()> {
    let GradcheckOptions { eps, atol, rtol } = options;
    let input = &inputs[index];
    let output = function(inputs)?;
    let rows = output.numel();
    let analytic = analytic_rows(&output, input)?;
    let values = input.to_vec::<f64>()?;
    for column in 0..values.len() {
        let shifted = |step: f64| -> Result<Vec<f64>> {
            let mut moved = values.clone();
            moved[column] += step;
            let mut inputs = inputs.to_vec();
            // In the layout of the input, so that strided inputs stay strided; gradients of second
            // order are taken with respect to the moved input.
            inputs[index] = input.with_values(&moved)?.requires_grad_(true)?;
            no_grad(|| function(&inputs))?.detach().to_vec::<f64>()
        };
        let (above, below) = (shifted(eps)?, shifted(-eps)?);
        for row in 0..rows {
            let numeric = (above[row] - below[row]) / (2.0 * eps);
            let analytic = analytic[row][column];
            let close = (analytic - numeric).abs() <= atol + rtol * numeric.abs();
            if !close {
                return Err(Error::Gradcheck {
                    input: index,
                    row,
                    column,
                    analytic,
                    numeric,
                });
            }
        }
    }
    Ok(())
}

/// The Jacobian that backward computes, one row per output element.
fn analytic_rows(output: &Tensor, input: &Tensor) -> Result<Vec<Vec<f64>>> {
    let rows = output.numel();
    let zero_row = || vec![0.0; input.numel()];
    if !output.requires_grad() {
        return Ok((0..rows).map(|_| zero_row()).collect());
    }
    let options = GradOptions {
        retain_graph: true,
        allow_unused: true,
        ..Default::default()
    };
    let row = |row: usize| -> Result<Vec<f64>> {
        let mut one = vec![0.0; rows];
        one[row] = 1.0;
        let weight = Tensor::from_vec(one, &output.shape())?.to_device(output.device())?;
        match grad(&[output], &[input], &[Some(&weight)], options)?.remove(0) {
            Some(gradient) => gradient.detach().to_vec::<f64>(),
            None => Ok(zero_row()),
        }
    };
    (0..rows).map(row).collect()
}

impl Tensor {
    /// Other values, given in row-major order, in the same geometry.
    fn with_values(&self, values: &[f64]) -> Result<Tensor> {
        let dense = Tensor::from_slice(values, &self.shape())?
            .to_device(self.device())?
            .array();
        if self.is_contiguous() {
            return Ok(Tensor::new(dense));
        }
        let mut array = self.array();
        array.copy_from(&dense)?;
        Ok(Tensor::new(array))
    }
}
