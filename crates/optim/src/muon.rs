//! Muon.

use crate::OptionValue::{Bool, Float, Int, None};
use crate::settings::settings;
use crate::{Algorithm, Error, OptimizerOf, OptionValue, Options, ParamGroup, Result, Slot};
use rushlight_autograd::Tensor;
use rushlight_tensor::ops::update::UpdateOp;
use rushlight_tensor::{Array, DType};

/// Muon (Jordan et al., 2024): momentum whose direction is made orthogonal, for the matrices of a network.
///
/// `b = momentum b + (1 - momentum) g`; the direction is `b`, or with `nesterov` the like mean of `g` and
/// `b`, after some iterations of Newton and Schulz that bring its singular values near 1. Then
/// `p = (1 - lr weight_decay) p - lr r u`, where `r` makes up for the shape of the matrix:
/// `sqrt(max(1, rows / columns))` unless [`adjust_lr_fn`](Muon::adjust_lr_fn) says otherwise. PyTorch's
/// `torch.optim.Muon`.
///
/// Parameters that are not matrices are refused; give them to another optimizer.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.001.
/// * `weight_decay`: By what, times the learning rate, parameters shrink. Default: 0.1.
/// * `momentum`: The momentum factor. Default: 0.95.
/// * `nesterov`: Whether to look ahead along the momentum. Default: true.
/// * `ns_coefficients`: The coefficients of the iteration `x = a x + b x x' x + c (x x')^2 x`.
///   Default: (3.4445, -4.775, 2.0315).
/// * `eps`: The smallest norm that a direction is divided by. Default: 1e-07.
/// * `ns_steps`: The number of iterations. Default: 5.
/// * `adjust_lr_fn`: How the learning rate grows with the shape: `original`, `match_rms_adamw`,
///   `spectral_unclamped`, or None for the first. Default: none.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{Muon, Optimizer, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let w = w.reshape(&[1, 1])?.detach().requires_grad_(true)?;
/// let mut optimizer = Muon::new([&w], 0.1);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.4}", w.item()?), "0.9212");
/// # Ok(()) }
/// ```
pub type Muon = OptimizerOf<MuonRule>;

/// The rule of [`Muon`].
#[derive(Debug)]
pub struct MuonRule;

const COEFFICIENTS: &[OptionValue] = &[Float(3.4445), Float(-4.775), Float(2.0315)];

/// More iterations than this are a mistake.
const MOST_ITERATIONS: f64 = 99.0;

impl Algorithm for MuonRule {
    const NAME: &'static str = "Muon";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(1e-3)),
        ("weight_decay", Float(0.1)),
        ("momentum", Float(0.95)),
        ("nesterov", Bool(true)),
        ("ns_coefficients", OptionValue::tuple(COEFFICIENTS)),
        ("eps", Float(1e-7)),
        ("ns_steps", Int(5)),
        ("adjust_lr_fn", None),
    ];
    const STATE: &'static [&'static str] = &["momentum_buffer"];
    const COUNTS_STEPS: bool = false;

    fn check(options: &Options) -> Result<()> {
        options.check_non_negative(Self::NAME, &["momentum", "weight_decay"])?;
        let coefficients: [f64; 3] = options.numbers("ns_coefficients");
        let fits = !coefficients.iter().any(|c| c.is_nan());
        options.check(Self::NAME, "ns_coefficients", fits, "three numbers")?;
        let fits = (0.0..=MOST_ITERATIONS).contains(&options.float("ns_steps"));
        options.check(Self::NAME, "ns_steps", fits, "a number below 100")?;
        options.check(
            Self::NAME,
            "eps",
            !options.float("eps").is_nan(),
            "a number",
        )?;
        let fits = match options.get("adjust_lr_fn") {
            Some(OptionValue::Text(name)) => {
                ["original", "match_rms_adamw", "spectral_unclamped"].contains(&name.as_ref())
            }
            other => other == Some(&None),
        };
        let expected = "`original`, `match_rms_adamw` or `spectral_unclamped`";
        options.check(Self::NAME, "adjust_lr_fn", fits, expected)
    }

    fn check_groups(groups: &[ParamGroup]) -> Result<()> {
        for (group, members) in groups.iter().enumerate() {
            for (index, parameter) in members.params().iter().enumerate() {
                if parameter.dim() != 2 {
                    return Err(Error::Shape {
                        optimizer: Self::NAME,
                        group,
                        index,
                        got: parameter.shape(),
                        expected: "a matrix",
                    });
                }
            }
        }
        Ok(())
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        if value.numel() == 0 {
            return Ok(());
        }
        let (lr, momentum) = (options.float("lr"), options.float("momentum"));
        let g = Tensor::new(gradient.clone());
        let average = slot.average("momentum_buffer", value, &g, 1.0 - momentum)?;
        let direction = match options.is_on("nesterov") {
            true => orthogonal(&g.lerp(&average, momentum)?, options)?,
            false => orthogonal(&average, options)?,
        };
        let direction = direction.to_dtype(value.dtype())?.array();
        let numbers = [
            lr * shape_factor(options, value.shape()),
            1.0 - lr * options.float("weight_decay"),
        ];
        slot.update(UpdateOp::Move, &[], &numbers, value, &direction)
    }
}

/// A matrix with the singular vectors of `x` and singular values near 1, computed in `bf16`.
fn orthogonal(x: &Tensor, options: &Options) -> Result<Tensor> {
    let [a, b, c] = options.numbers("ns_coefficients");
    let is_tall = x.size(0)? > x.size(1)?;
    let mut y = x.to_dtype(DType::BF16)?;
    if is_tall {
        y = y.t()?;
    }
    y = y.div(y.norm()?.clamp_min(options.float("eps"))?)?;
    for _ in 0..options.float("ns_steps") as usize {
        let gram = y.mm(&y.t()?)?;
        let correction = gram.addmm(&gram, &gram, b, c)?;
        y = y.addmm(&correction, &y, a, 1.0)?;
    }
    Ok(if is_tall { y.t()? } else { y })
}

/// By what the learning rate grows with the shape of a matrix.
fn shape_factor(options: &Options, shape: &[usize]) -> f64 {
    let (rows, columns) = (shape[0] as f64, shape[1] as f64);
    match options.text("adjust_lr_fn") {
        Some("match_rms_adamw") => 0.2 * rows.max(columns).sqrt(),
        Some("spectral_unclamped") => (rows / columns).sqrt(),
        _ => (rows / columns).max(1.0).sqrt(),
    }
}

settings! { Muon:
    /// Sets by what, times the learning rate, parameters shrink; 0.1 by default.
    weight_decay(weight_decay: f64);
    /// Sets the momentum factor; 0.95 by default.
    momentum(momentum: f64);
    /// Looks ahead along the momentum; on by default.
    nesterov(nesterov: bool);
    /// Sets the coefficients of the iteration `x = a x + b x x' x + c (x x')^2 x`.
    ns_coefficients(a: f64, b: f64, c: f64);
    /// Sets the smallest norm that a direction is divided by; 1e-7 by default.
    eps(eps: f64);
    /// Sets the number of iterations; 5 by default.
    ns_steps(steps: i64);
    /// Sets how the learning rate grows with the shape: `original`, `match_rms_adamw`
    /// (`0.2 sqrt(max(rows, columns))`) or `spectral_unclamped` (`sqrt(rows / columns)`).
    adjust_lr_fn(name: &'static str);
}
