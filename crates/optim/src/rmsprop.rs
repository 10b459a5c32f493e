//! RMSprop.

use crate::OptionValue::{Bool, Float, Int, None};
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

/// RMSprop (Hinton, 2012): steps divided by the root of the average square of the gradient.
///
/// `v = alpha v + (1 - alpha) g^2`, `p = p - lr g / (sqrt(v) + eps)`. With `centered` (Graves, 2013) the
/// root is that of the variance; with `momentum` the quotient goes through a buffer
/// `b = momentum b + g / (sqrt(v) + eps)`. `weight_decay` is added to the gradient. PyTorch's
/// `torch.optim.RMSprop`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.01.
/// * `alpha`: The decay rate of the averages. Default: 0.99.
/// * `eps`: What is added to the denominator. Default: 1e-08.
/// * `weight_decay`: The decay that is added to the gradient, times the parameter. Default: 0.
/// * `momentum`: The momentum factor. Default: 0.
/// * `centered`: Whether to divide by the deviation from the average gradient. Default: false.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{Optimizer, RMSprop, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = RMSprop::new([&w], 0.1);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.4}", w.item()?), "0.0000");
/// # Ok(()) }
/// ```
pub type RMSprop = OptimizerOf<RmsPropRule>;

/// The rule of [`RMSprop`].
#[derive(Debug)]
pub struct RmsPropRule;

impl Algorithm for RmsPropRule {
    const NAME: &'static str = "RMSprop";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(1e-2)),
        ("momentum", Int(0)),
        ("alpha", Float(0.99)),
        ("eps", Float(1e-8)),
        ("centered", Bool(false)),
        ("weight_decay", Int(0)),
        ("capturable", Bool(false)),
        ("foreach", None),
        ("maximize", Bool(false)),
        ("differentiable", Bool(false)),
    ];
    const STATE: &'static [&'static str] = &["square_avg", "momentum_buffer", "grad_avg"];

    fn check(options: &Options) -> Result<()> {
        let names = ["eps", "momentum", "weight_decay", "alpha"];
        options.check_non_negative(Self::NAME, &names)
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        let (alpha, momentum) = (options.float("alpha"), options.float("momentum"));
        let numbers = [
            options.float("lr"),
            options.sign(),
            options.float("weight_decay"),
            alpha,
            1.0 - alpha,
            options.float("eps"),
            momentum,
        ];
        let (op, names): (_, &[&str]) = match (options.is_on("centered"), momentum > 0.0) {
            (false, false) => (UpdateOp::RmsProp, &["square_avg"]),
            (false, true) => (
                UpdateOp::RmsPropMomentum,
                &["square_avg", "momentum_buffer"],
            ),
            (true, false) => (UpdateOp::RmsPropCentered, &["square_avg", "grad_avg"]),
            (true, true) => (UpdateOp::RmsPropCenteredMomentum, Self::STATE),
        };
        slot.update(op, names, &numbers, value, gradient)
    }
}

settings! { RMSprop:
    /// Sets the decay rate of the averages; 0.99 by default.
    alpha(alpha: f64);
    /// Sets what is added to the denominator; 1e-8 by default.
    eps(eps: f64);
    /// Sets the L2 decay that is added to the gradient; 0 by default.
    weight_decay(weight_decay: f64);
    /// Sets the momentum factor; 0 by default.
    momentum(momentum: f64);
    /// Divides by the deviation from the average gradient.
    centered(centered: bool);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}
