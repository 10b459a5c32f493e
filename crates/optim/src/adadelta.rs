//! Adadelta.

use crate::OptionValue::{Bool, Float, Int, None};
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

/// Adadelta (Zeiler, 2012): steps in the proportion of earlier steps to earlier gradients.
///
/// `v = rho v + (1 - rho) g^2`, `d = sqrt(u + eps) / sqrt(v + eps) g`, `u = rho u + (1 - rho) d^2`,
/// `p = p - lr d`. `weight_decay` is added to the gradient. PyTorch's `torch.optim.Adadelta`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 1.0.
/// * `rho`: The decay rate of the averages. Default: 0.9.
/// * `eps`: What is added under the roots. Default: 1e-06.
/// * `weight_decay`: The decay that is added to the gradient, times the parameter. Default: 0.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{Adadelta, Optimizer, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = Adadelta::new([&w], 0.1);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.4}", w.item()?), "0.9997");
/// # Ok(()) }
/// ```
pub type Adadelta = OptimizerOf<AdadeltaRule>;

/// The rule of [`Adadelta`].
#[derive(Debug)]
pub struct AdadeltaRule;

impl Algorithm for AdadeltaRule {
    const NAME: &'static str = "Adadelta";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(1.0)),
        ("rho", Float(0.9)),
        ("eps", Float(1e-6)),
        ("weight_decay", Int(0)),
        ("maximize", Bool(false)),
        ("capturable", Bool(false)),
        ("foreach", None),
        ("differentiable", Bool(false)),
    ];
    const STATE: &'static [&'static str] = &["square_avg", "acc_delta"];

    fn check(options: &Options) -> Result<()> {
        let fits = (0.0..=1.0).contains(&options.float("rho"));
        options.check(Self::NAME, "rho", fits, "a number in [0, 1]")?;
        options.check_non_negative(Self::NAME, &["eps", "weight_decay"])
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        let rho = options.float("rho");
        let numbers = [
            options.float("lr"),
            options.sign(),
            options.float("weight_decay"),
            rho,
            1.0 - rho,
            options.float("eps"),
        ];
        slot.update(UpdateOp::Adadelta, Self::STATE, &numbers, value, gradient)
    }
}

settings! { Adadelta:
    /// Sets the decay rate of the averages; 0.9 by default.
    rho(rho: f64);
    /// Sets what is added under the roots; 1e-6 by default.
    eps(eps: f64);
    /// Sets the L2 decay that is added to the gradient; 0 by default.
    weight_decay(weight_decay: f64);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}
