//! RAdam.

use crate::OptionValue::{Bool, Float, Int, None};
use crate::adam::BETAS;
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

/// RAdam (Liu et al., 2020): [`Adam`](crate::Adam) that divides by the second moment only once its
/// estimate is reliable, and then in proportion.
///
/// With `r_inf = 2 / (1 - b2) - 1` and `r = r_inf - 2 t b2^t / (1 - b2^t)`, the step is that of Adam
/// times `sqrt((r - 4) (r - 2) r_inf / ((r_inf - 4) (r_inf - 2) r))` where `r > 5`, and `lr m'` before.
/// `weight_decay` is added to the gradient, or shrinks the parameter with `decoupled_weight_decay`.
/// PyTorch's `torch.optim.RAdam`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.001.
/// * `betas`: The decay rates of the two moments. Default: (0.9, 0.999).
/// * `eps`: What is added to the denominator. Default: 1e-08.
/// * `weight_decay`: The decay that is added to the gradient, times the parameter. Default: 0.
/// * `decoupled_weight_decay`: Whether `weight_decay` shrinks the parameter, by
///   `lr * weight_decay`, instead of adding to the gradient. Default: false.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{Optimizer, RAdam, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = RAdam::new([&w], 0.1);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.4}", w.item()?), "0.8000");
/// # Ok(()) }
/// ```
pub type RAdam = OptimizerOf<RAdamRule>;

/// The rule of [`RAdam`].
#[derive(Debug)]
pub struct RAdamRule;

impl Algorithm for RAdamRule {
    const NAME: &'static str = "RAdam";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(1e-3)),
        ("betas", BETAS),
        ("eps", Float(1e-8)),
        ("weight_decay", Int(0)),
        ("maximize", Bool(false)),
        ("foreach", None),
        ("capturable", Bool(false)),
        ("decoupled_weight_decay", Bool(false)),
        ("differentiable", Bool(false)),
    ];
    const STATE: &'static [&'static str] = &["exp_avg", "exp_avg_sq"];

    fn check(options: &Options) -> Result<()> {
        options.check_betas(Self::NAME)?;
        options.check_non_negative(Self::NAME, &["eps", "weight_decay"])
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        let step = slot.step() as f64;
        let [beta1, beta2] = options.numbers("betas");
        let (decay, l2) = options.decays();
        let correction = 1.0 - beta2.powf(step);
        let limit = 2.0 / (1.0 - beta2) - 1.0;
        let length = limit - 2.0 * step * beta2.powf(step) / correction;
        let plain = options.float("lr") / (1.0 - beta1.powf(step));
        let (step, rectified) = match length > 5.0 {
            true => {
                let variance = (length - 4.0) * (length - 2.0) * limit;
                let rectified = variance / ((limit - 4.0) * (limit - 2.0) * length);
                (plain * (rectified * correction).sqrt(), 1.0)
            }
            false => (plain, 0.0),
        };
        let numbers = [
            step,
            options.sign(),
            decay,
            l2,
            1.0 - beta1,
            beta2,
            1.0 - beta2,
            options.float("eps"),
            rectified,
        ];
        slot.update(UpdateOp::RAdam, Self::STATE, &numbers, value, gradient)
    }
}

settings! { RAdam:
    /// Sets the decay rates of the two moments; 0.9 and 0.999 by default.
    betas(first: f64, second: f64);
    /// Sets what is added to the denominator; 1e-8 by default.
    eps(eps: f64);
    /// Sets the weight decay; 0 by default.
    weight_decay(weight_decay: f64);
    /// Lets the weight decay shrink the parameter instead of adding to the gradient.
    decoupled_weight_decay(decoupled: bool);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}
