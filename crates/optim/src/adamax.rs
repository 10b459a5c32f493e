//! Adamax.

use crate::OptionValue::{Bool, Float, Int, None};
use crate::adam::BETAS;
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

/// Adamax (Kingma and Ba, 2015): [`Adam`](crate::Adam) with a decaying maximum in place of the second
/// moment.
///
/// `m = b1 m + (1 - b1) g`, `u = max(b2 u, |g| + eps)`, `p = p - lr / (1 - b1^t) m / u`. `weight_decay`
/// is added to the gradient. PyTorch's `torch.optim.Adamax`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.002.
/// * `betas`: The decay rates of the average and the maximum. Default: (0.9, 0.999).
/// * `eps`: What is added to the gradient's magnitude. Default: 1e-08.
/// * `weight_decay`: The decay that is added to the gradient, times the parameter. Default: 0.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{Adamax, Optimizer, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = Adamax::new([&w], 0.1);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.4}", w.item()?), "0.9000");
/// # Ok(()) }
/// ```
pub type Adamax = OptimizerOf<AdamaxRule>;

/// The rule of [`Adamax`].
#[derive(Debug)]
pub struct AdamaxRule;

impl Algorithm for AdamaxRule {
    const NAME: &'static str = "Adamax";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(2e-3)),
        ("betas", BETAS),
        ("eps", Float(1e-8)),
        ("weight_decay", Int(0)),
        ("foreach", None),
        ("maximize", Bool(false)),
        ("differentiable", Bool(false)),
        ("capturable", Bool(false)),
    ];
    const STATE: &'static [&'static str] = &["exp_avg", "exp_inf"];

    fn check(options: &Options) -> Result<()> {
        options.check_betas(Self::NAME)?;
        options.check_non_negative(Self::NAME, &["eps", "weight_decay"])
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        let [beta1, beta2] = options.numbers("betas");
        let numbers = [
            options.float("lr") / (1.0 - beta1.powf(slot.step() as f64)),
            options.sign(),
            options.float("weight_decay"),
            1.0 - beta1,
            beta2,
            options.float("eps"),
        ];
        slot.update(UpdateOp::Adamax, Self::STATE, &numbers, value, gradient)
    }
}

settings! { Adamax:
    /// Sets the decay rates of the average and the maximum; 0.9 and 0.999 by default.
    betas(first: f64, second: f64);
    /// Sets what is added to the gradient's magnitude; 1e-8 by default.
    eps(eps: f64);
    /// Sets the L2 decay that is added to the gradient; 0 by default.
    weight_decay(weight_decay: f64);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}
