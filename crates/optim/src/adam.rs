//! Adam and AdamW.

use crate::OptionValue::{Bool, Float, Int, None, Tensor};
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;
use std::mem::discriminant;

/// Adam (Kingma and Ba, 2015): steps scaled by running moments of the gradient.
///
/// `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `p = p - lr m' / (sqrt(v') + eps)` with the
/// bias-corrected moments `m' = m / (1 - b1^t)`, `v' = v / (1 - b2^t)`. `weight_decay` is added to the
/// gradient. PyTorch's `torch.optim.Adam`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.001.
/// * `betas`: The decay rates of the two moments. Default: (0.9, 0.999).
/// * `eps`: What is added to the denominator. Default: 1e-08.
/// * `weight_decay`: The decay that is added to the gradient, times the parameter. Default: 0.
/// * `amsgrad`: Whether to divide by the largest second moment so far (Reddi et al., 2018).
///   Default: false.
/// * `maximize`: Whether to climb instead of descending. Default: false.
/// * `decoupled_weight_decay`: Whether `weight_decay` shrinks the parameter, by
///   `lr * weight_decay`, instead of adding to the gradient. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{Adam, Optimizer, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = Adam::new([&w], 0.1);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.4}", w.item()?), "0.9000");
/// # Ok(()) }
/// ```
pub type Adam = OptimizerOf<AdamRule>;

/// AdamW (Loshchilov and Hutter, 2019): [`Adam`] whose weight decay shrinks the parameter directly, by
/// `lr * weight_decay`, and is 0.01 by default. PyTorch's `torch.optim.AdamW`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.001.
/// * `betas`: The decay rates of the two moments. Default: (0.9, 0.999).
/// * `eps`: What is added to the denominator. Default: 1e-08.
/// * `weight_decay`: By what, times the learning rate, parameters shrink. Default: 0.01.
/// * `amsgrad`: Whether to divide by the largest second moment so far (Reddi et al., 2018).
///   Default: false.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{AdamW, Optimizer, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = AdamW::new([&w], 1e-3).betas(0.9, 0.99);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert!(w.item()? < 1.0);
/// # Ok(()) }
/// ```
pub type AdamW = OptimizerOf<AdamWRule>;

/// The rule of [`Adam`].
#[derive(Debug)]
pub struct AdamRule;

/// The rule of [`AdamW`].
#[derive(Debug)]
pub struct AdamWRule;

const STATE: &[&str] = &["exp_avg", "exp_avg_sq", "max_exp_avg_sq"];

/// The decay rates of the two moments, unless others are given.
pub(crate) const BETAS: OptionValue = OptionValue::tuple(&[Float(0.9), Float(0.999)]);

impl Algorithm for AdamRule {
    const NAME: &'static str = "Adam";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &options(Int(0), false);
    const STATE: &'static [&'static str] = STATE;

    fn check(options: &Options) -> Result<()> {
        check(Self::NAME, options)
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        step(options, slot, value, gradient)
    }
}

impl Algorithm for AdamWRule {
    const NAME: &'static str = "AdamW";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &options(Float(1e-2), true);
    const STATE: &'static [&'static str] = STATE;
    const FIXED: &'static [&'static str] = &["decoupled_weight_decay"];

    fn check(options: &Options) -> Result<()> {
        check(Self::NAME, options)
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        step(options, slot, value, gradient)
    }
}

const fn options(weight_decay: OptionValue, decoupled: bool) -> [(&'static str, OptionValue); 11] {
    [
        ("lr", Float(1e-3)),
        ("betas", BETAS),
        ("eps", Float(1e-8)),
        ("weight_decay", weight_decay),
        ("amsgrad", Bool(false)),
        ("maximize", Bool(false)),
        ("foreach", None),
        ("capturable", Bool(false)),
        ("differentiable", Bool(false)),
        ("fused", None),
        ("decoupled_weight_decay", Bool(decoupled)),
    ]
}

fn check(optimizer: &'static str, options: &Options) -> Result<()> {
    options.check_non_negative(optimizer, &["eps", "weight_decay"])?;
    options.check_betas(optimizer)?;
    let betas = options.get("betas").and_then(OptionValue::values);
    let alike = betas.is_some_and(|betas| {
        let kind = discriminant(&betas[0]);
        betas
            .iter()
            .all(|beta| discriminant(beta) == kind && !matches!(beta, Int(_)))
    });
    let expected = "two floats or two tensors";
    options.check(optimizer, "betas", alike, expected)?;
    let in_tensors = [options.get("lr"), betas.and_then(<[_]>::first)]
        .iter()
        .any(|value| matches!(value, Some(Tensor(_))));
    let one_by_one = !options.is_on("foreach") || options.is_on("capturable");
    let expected = "off, or `capturable`, where numbers are in tensors";
    options.check(optimizer, "foreach", one_by_one || !in_tensors, expected)
}

fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
    let [beta1, beta2] = options.numbers("betas");
    let (decay, l2) = options.decays();
    let correction = |beta: f64| 1.0 - beta.powf(slot.step() as f64);
    let numbers = [
        options.float("lr") / correction(beta1),
        options.sign(),
        decay,
        l2,
        1.0 - beta1,
        beta2,
        1.0 - beta2,
        options.float("eps"),
        correction(beta2).sqrt(),
    ];
    match options.is_on("amsgrad") {
        true => slot.update(UpdateOp::AdamMax, STATE, &numbers, value, gradient),
        false => slot.update(UpdateOp::Adam, &STATE[..2], &numbers, value, gradient),
    }
}

macro_rules! adam_settings { ($($Name:ident),*) => { $(
    settings! { $Name:
        /// Sets the decay rates of the two moments; 0.9 and 0.999 by default.
        betas(first: f64, second: f64);
        /// Sets what is added to the denominator; 1e-8 by default.
        eps(eps: f64);
        /// Sets the weight decay; 0 by default, or 0.01 where it is decoupled.
        weight_decay(weight_decay: f64);
        /// Divides by the largest second moment so far (Reddi et al., 2018).
        amsgrad(amsgrad: bool);
        /// Climbs instead of descending.
        maximize(maximize: bool);
    }
)* } }
adam_settings!(Adam, AdamW);
