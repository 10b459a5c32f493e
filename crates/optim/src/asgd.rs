//! Averaged stochastic gradient descent.

use crate::OptionValue::{Bool, Float, Int, None};
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

/// Averaged stochastic gradient descent (Polyak and Juditsky, 1992), whose state `ax` is the average of
/// the parameter over the steps after `t0`.
///
/// `p = (1 - lambd eta) p - eta g`, `ax = ax + mu (p - ax)`; then `eta = lr / (1 + lambd lr t)^alpha`
/// and `mu = 1 / max(1, t - t0)`. `weight_decay` is added to the gradient. PyTorch's
/// `torch.optim.ASGD`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.01.
/// * `lambd`: How the parameter decays. Default: 0.0001.
/// * `alpha`: The power by which the step size falls. Default: 0.75.
/// * `t0`: After how many steps the average begins. Default: 1000000.0.
/// * `weight_decay`: The decay that is added to the gradient, times the parameter. Default: 0.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{ASGD, Optimizer, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = ASGD::new([&w], 0.1);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.4}", w.item()?), "0.8000");
/// # Ok(()) }
/// ```
pub type ASGD = OptimizerOf<AsgdRule>;

/// The rule of [`ASGD`].
#[derive(Debug)]
pub struct AsgdRule;

impl Algorithm for AsgdRule {
    const NAME: &'static str = "ASGD";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(1e-2)),
        ("lambd", Float(1e-4)),
        ("alpha", Float(0.75)),
        ("t0", Float(1e6)),
        ("weight_decay", Int(0)),
        ("foreach", None),
        ("maximize", Bool(false)),
        ("differentiable", Bool(false)),
        ("capturable", Bool(false)),
    ];
    const NUMBERS: &'static [&'static str] = &["eta", "mu"];
    const STATE: &'static [&'static str] = &["ax"];

    fn check(options: &Options) -> Result<()> {
        options.check_non_negative(Self::NAME, &["lambd", "alpha", "weight_decay"])
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        let (lr, lambd) = (options.float("lr"), options.float("lambd"));
        let step = slot.step() as f64;
        let [eta, mu] = match slot.step() {
            1 => [lr as f32, 1.0].map(f64::from),
            _ => slot.numbers_mut().map(f64::from),
        };
        let l2 = options.float("weight_decay");
        let numbers = [eta, options.sign(), 1.0 - lambd * eta, l2, mu];
        slot.update(UpdateOp::Asgd, Self::STATE, &numbers, value, gradient)?;
        let eta = lr / (1.0 + lambd * lr * step).powf(options.float("alpha"));
        let mu = 1.0 / (step - options.float("t0")).max(1.0);
        *slot.numbers_mut() = [eta as f32, mu as f32];
        Ok(())
    }
}

settings! { ASGD:
    /// Sets how the parameter decays; 1e-4 by default.
    lambd(lambd: f64);
    /// Sets the power by which the step size falls; 0.75 by default.
    alpha(alpha: f64);
    /// Sets after how many steps the average begins; a million by default.
    t0(t0: f64);
    /// Sets the L2 decay that is added to the gradient; 0 by default.
    weight_decay(weight_decay: f64);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}
