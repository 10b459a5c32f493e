//! Adagrad.

use crate::OptionValue::{Bool, Float, Int, None};
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

/// Adagrad (Duchi, Hazan and Singer, 2011): steps that shrink with all squares so far.
///
/// `sum = sum + g^2`, `p = p - lr' g / (sqrt(sum) + eps)` with `lr' = lr / (1 + (t - 1) lr_decay)`.
/// `weight_decay` is added to the gradient. PyTorch's `torch.optim.Adagrad`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.01.
/// * `lr_decay`: How fast the learning rate falls. Default: 0.
/// * `weight_decay`: The decay that is added to the gradient, times the parameter. Default: 0.
/// * `initial_accumulator_value`: What the sum of squares starts from. Default: 0.
/// * `eps`: What is added to the denominator. Default: 1e-10.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{Adagrad, Optimizer, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = Adagrad::new([&w], 0.1);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.4}", w.item()?), "0.9000");
/// # Ok(()) }
/// ```
pub type Adagrad = OptimizerOf<AdagradRule>;

/// The rule of [`Adagrad`].
#[derive(Debug)]
pub struct AdagradRule;

impl Algorithm for AdagradRule {
    const NAME: &'static str = "Adagrad";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(1e-2)),
        ("lr_decay", Int(0)),
        ("eps", Float(1e-10)),
        ("weight_decay", Int(0)),
        ("initial_accumulator_value", Int(0)),
        ("foreach", None),
        ("maximize", Bool(false)),
        ("differentiable", Bool(false)),
        ("fused", None),
    ];
    const STATE: &'static [&'static str] = &["sum"];

    fn check(options: &Options) -> Result<()> {
        let names = [
            "lr_decay",
            "weight_decay",
            "initial_accumulator_value",
            "eps",
        ];
        options.check_non_negative(Self::NAME, &names)
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        let earlier = (slot.step() - 1) as f64;
        let numbers = [
            options.float("lr") / (1.0 + earlier * options.float("lr_decay")),
            options.sign(),
            options.float("weight_decay"),
            options.float("eps"),
        ];
        slot.array(
            "sum",
            value.shape(),
            options.float("initial_accumulator_value"),
            value,
        )?;
        slot.update(UpdateOp::Adagrad, Self::STATE, &numbers, value, gradient)
    }
}

settings! { Adagrad:
    /// Sets how fast the learning rate falls; 0 by default.
    lr_decay(lr_decay: f64);
    /// Sets the L2 decay that is added to the gradient; 0 by default.
    weight_decay(weight_decay: f64);
    /// Sets what the sum of squares starts from; 0 by default.
    initial_accumulator_value(value: f64);
    /// Sets what is added to the denominator; 1e-10 by default.
    eps(eps: f64);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}
