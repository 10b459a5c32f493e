//! Adafactor.

use crate::OptionValue::{Bool, Float, None};
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_autograd::Tensor;
use rushlight_tensor::ops::update::UpdateOp;
use rushlight_tensor::{Array, DType, Shape};

/// Adafactor (Shazeer and Stern, 2018): steps divided by a second moment that is kept as one row and one
/// column per matrix.
///
/// With `w = t^beta2_decay`, `row = lerp(row, mean(g^2, -1), w)`, `col = lerp(col, mean(g^2, -2), w)` and
/// `v = row col / mean(row)`, or `v = lerp(v, g^2, w)` for vectors, the direction is `u = g / sqrt(v)`,
/// scaled down where its root mean square exceeds `d`. Then `p = (1 - lr weight_decay) p - a u` with
/// `a = max(eps2, rms(p)) min(lr, 1 / sqrt(t))`. PyTorch's `torch.optim.Adafactor`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.01.
/// * `beta2_decay`: The power of the step number that weighs new squares. Default: -0.8.
/// * `eps`: The smallest root of the second moment, or None for the dtype's resolution, and the
///   smallest size that a parameter counts as having. Default: (none, 0.001).
/// * `d`: The largest root mean square of a direction. Default: 1.0.
/// * `weight_decay`: By what, times the learning rate, parameters shrink. Default: 0.0.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{Adafactor, Optimizer, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = Adafactor::new([&w], 0.1);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.4}", w.item()?), "0.9000");
/// # Ok(()) }
/// ```
pub type Adafactor = OptimizerOf<AdafactorRule>;

/// The rule of [`Adafactor`].
#[derive(Debug)]
pub struct AdafactorRule;

impl Algorithm for AdafactorRule {
    const NAME: &'static str = "Adafactor";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(1e-2)),
        ("beta2_decay", Float(-0.8)),
        ("eps", OptionValue::tuple(&[None, Float(1e-3)])),
        ("d", Float(1.0)),
        ("weight_decay", Float(0.0)),
        ("foreach", None),
        ("maximize", Bool(false)),
    ];
    const STATE: &'static [&'static str] = &["row_var", "col_var", "variance"];

    fn check(options: &Options) -> Result<()> {
        let fits = options.float("beta2_decay") <= 0.0;
        options.check(
            Self::NAME,
            "beta2_decay",
            fits,
            "a number that is not positive",
        )?;
        let eps = options.get("eps").and_then(OptionValue::values);
        let fits = eps.is_some_and(|eps| {
            let fits = |eps: &OptionValue| eps.number().is_some_and(|eps| eps >= 0.0);
            eps.len() == 2 && (eps[0] == None || fits(&eps[0])) && fits(&eps[1])
        });
        let expected = "None or a number, and a number, neither of them negative";
        options.check(Self::NAME, "eps", fits, expected)?;
        options.check(
            Self::NAME,
            "d",
            options.float("d") >= 1.0,
            "a number of at least 1",
        )?;
        options.check_non_negative(Self::NAME, &["weight_decay"])
    }

    fn state_shape(name: &str, parameter: &Shape) -> Shape {
        let mut shape = parameter.clone();
        let rank = shape.len();
        match name {
            "row_var" if rank > 1 => shape[rank - 1] = 1,
            "col_var" if rank > 1 => shape[rank - 2] = 1,
            _ => {}
        }
        shape
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        if value.numel() == 0 {
            return Ok(());
        }
        let (lr, step) = (options.float("lr"), slot.step() as f64);
        let [eps1, eps2] = options.numbers("eps");
        let eps1 = if eps1.is_nan() {
            resolution(value.dtype())
        } else {
            eps1
        };
        let size = root_mean_square(&Tensor::new(value.clone()))?;
        let rate = eps2.max(size) * lr.min(1.0 / step.sqrt());
        let weight = step.powf(options.float("beta2_decay"));
        let g = Tensor::new(gradient.clone());
        let square = second_moment(slot, value, &g, weight, eps1)?;
        let direction = square.clamp_min(eps1 * eps1)?.rsqrt()?.mul(&g)?;
        let excess = (root_mean_square(&direction)? / options.float("d")).max(1.0);
        let numbers = [
            options.sign() * rate / excess,
            1.0 - lr * options.float("weight_decay"),
        ];
        slot.update(UpdateOp::Move, &[], &numbers, value, &direction.array())
    }
}

/// Moves the kept factors towards the squares of the gradient, and returns their product.
fn second_moment(
    slot: &mut Slot,
    value: &Array,
    g: &Tensor,
    weight: f64,
    eps: f64,
) -> Result<Tensor> {
    if g.dim() < 2 {
        return slot.average("variance", value, &g.square()?, weight);
    }
    let mut mean = |name: &'static str, dim: isize| {
        let norm = g.vector_norm(2.0, &[dim], true)?;
        let mean = norm.square()?.div(g.size(dim)? as f64)?;
        slot.average(name, value, &mean, weight)
    };
    let (row, column) = (mean("row_var", -1)?, mean("col_var", -2)?); // [.., rows, 1], [.., 1, columns]
    let scale = row.mean_dim(&[-2], true)?.clamp_min(eps)?;
    Ok(row.matmul(&column)?.div(&scale)?)
}

fn root_mean_square(x: &Tensor) -> Result<f64> {
    Ok(x.norm()?.item()? / (x.numel() as f64).sqrt())
}

/// The distance from 1 to the next number of the dtype.
fn resolution(dtype: DType) -> f64 {
    match dtype {
        DType::F64 => f64::EPSILON,
        DType::F16 => 2f64.powi(-10),
        DType::BF16 => 2f64.powi(-7),
        _ => f64::from(f32::EPSILON),
    }
}

settings! { Adafactor:
    /// Sets the power of the step number that weighs new squares; -0.8 by default.
    beta2_decay(beta2_decay: f64);
    /// Sets the smallest root of the second moment, by default the dtype's resolution, and the smallest
    /// size that a parameter counts as having, 0.001 by default.
    eps(first: Option<f64>, second: f64);
    /// Sets the largest root mean square of a direction; 1 by default.
    d(d: f64);
    /// Sets by what, times the learning rate, parameters shrink; 0 by default.
    weight_decay(weight_decay: f64);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}
