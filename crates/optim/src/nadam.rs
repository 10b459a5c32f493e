//! NAdam.

use crate::OptionValue::{Bool, Float, Int, None};
use crate::adam::BETAS;
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

/// NAdam (Dozat, 2016): [`Adam`](crate::Adam) with Nesterov's momentum.
///
/// With `mu(t) = b1 (1 - 0.96^(t momentum_decay) / 2)` and its product `M(t)` over all steps so far,
/// `p = p - lr ((1 - mu(t)) / (1 - M(t)) g + mu(t + 1) / (1 - M(t + 1)) m) / (sqrt(v') + eps)`, where
/// `m` and `v'` are those of Adam. `weight_decay` is added to the gradient, or shrinks the parameter
/// with `decoupled_weight_decay`. PyTorch's `torch.optim.NAdam`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.002.
/// * `betas`: The decay rates of the two moments. Default: (0.9, 0.999).
/// * `eps`: What is added to the denominator. Default: 1e-08.
/// * `weight_decay`: The decay that is added to the gradient, times the parameter. Default: 0.
/// * `momentum_decay`: How fast the momentum approaches its limit. Default: 0.004.
/// * `decoupled_weight_decay`: Whether `weight_decay` shrinks the parameter, by
///   `lr * weight_decay`, instead of adding to the gradient. Default: false.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{NAdam, Optimizer, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = NAdam::new([&w], 0.1);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.4}", w.item()?), "0.8944");
/// # Ok(()) }
/// ```
pub type NAdam = OptimizerOf<NAdamRule>;

/// The rule of [`NAdam`].
#[derive(Debug)]
pub struct NAdamRule;

impl Algorithm for NAdamRule {
    const NAME: &'static str = "NAdam";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(2e-3)),
        ("betas", BETAS),
        ("eps", Float(1e-8)),
        ("weight_decay", Int(0)),
        ("momentum_decay", Float(4e-3)),
        ("decoupled_weight_decay", Bool(false)),
        ("maximize", Bool(false)),
        ("foreach", None),
        ("capturable", Bool(false)),
        ("differentiable", Bool(false)),
    ];
    const NUMBERS: &'static [&'static str] = &["mu_product"];
    const STATE: &'static [&'static str] = &["exp_avg", "exp_avg_sq"];

    fn check(options: &Options) -> Result<()> {
        options.check_betas(Self::NAME)?;
        options.check_non_negative(Self::NAME, &["eps", "weight_decay", "momentum_decay"])
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        let (lr, step) = (options.float("lr"), slot.step() as f64);
        let [beta1, beta2] = options.numbers("betas");
        let (decay, l2) = options.decays();
        let mu =
            |step: f64| beta1 * (1.0 - 0.5 * 0.96_f64.powf(step * options.float("momentum_decay")));
        let before = if slot.step() == 1 {
            1.0
        } else {
            slot.numbers_mut()[0]
        };
        let product = before * mu(step) as f32;
        let so_far = f64::from(product);
        let numbers = [
            lr * (1.0 - mu(step)) / (1.0 - so_far),
            lr * mu(step + 1.0) / (1.0 - so_far * mu(step + 1.0)),
            options.sign(),
            decay,
            l2,
            1.0 - beta1,
            beta2,
            1.0 - beta2,
            options.float("eps"),
            1.0 - beta2.powf(step),
        ];
        slot.update(UpdateOp::NAdam, Self::STATE, &numbers, value, gradient)?;
        slot.numbers_mut()[0] = product;
        Ok(())
    }
}

settings! { NAdam:
    /// Sets the decay rates of the two moments; 0.9 and 0.999 by default.
    betas(first: f64, second: f64);
    /// Sets what is added to the denominator; 1e-8 by default.
    eps(eps: f64);
    /// Sets the weight decay; 0 by default.
    weight_decay(weight_decay: f64);
    /// Sets how fast the momentum approaches its limit; 0.004 by default.
    momentum_decay(momentum_decay: f64);
    /// Lets the weight decay shrink the parameter instead of adding to the gradient.
    decoupled_weight_decay(decoupled: bool);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}
