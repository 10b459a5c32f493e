//! Stochastic gradient descent.

use crate::OptionValue::{Bool, Float, Int, None};
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

/// Stochastic gradient descent, with momentum and weight decay on request.
///
/// `v = momentum * v + (1 - dampening) * (g + weight_decay * p)`, then `p = p - lr * v`; with
/// `nesterov` the step is `g + momentum * v`. The first `v` is the gradient itself. PyTorch's
/// `torch.optim.SGD`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.001.
/// * `momentum`: The momentum factor. Default: 0.
/// * `dampening`: How much less of a gradient goes into the momentum. Default: 0.
/// * `weight_decay`: The decay that is added to the gradient, times the parameter. Default: 0.
/// * `nesterov`: Whether to look ahead along the momentum. Default: false.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{Optimizer, Result, SGD};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = SGD::new([&w], 0.1).momentum(0.9);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(w.item()? as f32, 0.8);
/// # Ok(()) }
/// ```
pub type SGD = OptimizerOf<SgdRule>;

/// The rule of [`SGD`].
#[derive(Debug)]
pub struct SgdRule;

impl Algorithm for SgdRule {
    const NAME: &'static str = "SGD";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(1e-3)),
        ("momentum", Int(0)),
        ("dampening", Int(0)),
        ("weight_decay", Int(0)),
        ("nesterov", Bool(false)),
        ("maximize", Bool(false)),
        ("foreach", None),
        ("differentiable", Bool(false)),
        ("fused", None),
    ];
    const STATE: &'static [&'static str] = &["momentum_buffer"];
    const COUNTS_STEPS: bool = false;

    fn check(options: &Options) -> Result<()> {
        options.check_non_negative(Self::NAME, &["momentum", "weight_decay"])?;
        let plain = options.float("momentum") > 0.0 && options.float("dampening") == 0.0;
        let fits = !options.is_on("nesterov") || plain;
        options.check(
            Self::NAME,
            "nesterov",
            fits,
            "off without momentum or with dampening",
        )
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        let (lr, l2) = (options.float("lr"), options.float("weight_decay"));
        let (sign, momentum) = (options.sign(), options.float("momentum"));
        if momentum == 0.0 {
            return slot.update(UpdateOp::Sgd, &[], &[lr, sign, l2], value, gradient);
        }
        let nesterov = if options.is_on("nesterov") { 1.0 } else { 0.0 };
        let (inertia, weight) = match slot.has("momentum_buffer") {
            true => (momentum, 1.0 - options.float("dampening")),
            false => (0.0, 1.0),
        };
        let numbers = [lr, sign, l2, inertia, weight, nesterov, momentum];
        slot.update(
            UpdateOp::SgdMomentum,
            Self::STATE,
            &numbers,
            value,
            gradient,
        )
    }
}

settings! { SGD:
    /// Sets the momentum factor; 0 by default.
    momentum(momentum: f64);
    /// Sets the dampening of the momentum; 0 by default.
    dampening(dampening: f64);
    /// Sets the L2 decay that is added to the gradient; 0 by default.
    weight_decay(weight_decay: f64);
    /// Turns Nesterov's momentum on.
    nesterov(nesterov: bool);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}
