//! Adam and AdamW.

use crate::OptionValue::{Bool, Float, Int, None, Pair};
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result};
use rushlight_autograd::Tensor;
use rushlight_tensor::ops::update::{HYPERPARAMETERS, UpdateOp};

/// Adam (Kingma and Ba, 2015): steps scaled by running moments of the gradient.
///
/// `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`, `p = p - lr m' / (sqrt(v') + eps)` with the
/// bias-corrected moments `m' = m / (1 - b1^t)`, `v' = v / (1 - b2^t)`. `weight_decay` is added to the
/// gradient. PyTorch's `torch.optim.Adam`.
pub type Adam = OptimizerOf<AdamRule>;

/// AdamW (Loshchilov and Hutter, 2019): [`Adam`] whose weight decay shrinks the parameter directly, by
/// `lr * weight_decay`, and is 0.01 by default. PyTorch's `torch.optim.AdamW`.
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

impl Algorithm for AdamRule {
    const NAME: &'static str = "Adam";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &options(Int(0), false);
    const STATE: &'static [&'static str] = STATE;
    const COUNTS_STEPS: bool = true;

    fn check(options: &Options) -> Result<()> {
        check(Self::NAME, options)
    }

    fn update(options: &Options, step: u64) -> (UpdateOp, [f64; HYPERPARAMETERS]) {
        update(options, step)
    }
}

impl Algorithm for AdamWRule {
    const NAME: &'static str = "AdamW";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &options(Float(1e-2), true);
    const STATE: &'static [&'static str] = STATE;
    const COUNTS_STEPS: bool = true;

    fn check(options: &Options) -> Result<()> {
        check(Self::NAME, options)
    }

    fn update(options: &Options, step: u64) -> (UpdateOp, [f64; HYPERPARAMETERS]) {
        update(options, step)
    }
}

const fn options(weight_decay: OptionValue, decoupled: bool) -> [(&'static str, OptionValue); 11] {
    [
        ("lr", Float(1e-3)),
        ("betas", Pair(0.9, 0.999)),
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
    options.check_non_negative(optimizer, "eps")?;
    options.check_betas(optimizer)?;
    options.check_non_negative(optimizer, "weight_decay")
}

fn update(options: &Options, step: u64) -> (UpdateOp, [f64; HYPERPARAMETERS]) {
    let lr = options.float("lr");
    let sign = if options.is_on("maximize") { -1.0 } else { 1.0 };
    let (beta1, beta2) = options.pair("betas");
    let weight_decay = options.float("weight_decay");
    let (decay, l2) = match options.is_on("decoupled_weight_decay") {
        true => (1.0 - lr * weight_decay, 0.0),
        false => (1.0, weight_decay),
    };
    let correction = |beta: f64| 1.0 - beta.powf(step as f64);
    let scaled = lr / correction(beta1);
    let numbers = [
        scaled,
        sign,
        decay,
        l2,
        beta1,
        beta2,
        options.float("eps"),
        correction(beta2).sqrt(),
    ];
    (
        if options.is_on("amsgrad") {
            UpdateOp::AdamMax
        } else {
            UpdateOp::Adam
        },
        numbers,
    )
}

macro_rules! adam_settings { ($($Name:ident),*) => { $(
    impl $Name {
        /// Over the given parameters, with a learning rate; PyTorch's default is 0.001.
        pub fn new<P: Into<Tensor>>(params: impl IntoIterator<Item = P>, lr: f64) -> $Name {
            $Name::with_defaults(params).option("lr", lr)
        }

        /// Sets the decay rates of the two moments; 0.9 and 0.999 by default.
        pub fn betas(self, first: f64, second: f64) -> $Name {
            self.option("betas", (first, second))
        }

        /// Sets what is added to the denominator; 1e-8 by default.
        pub fn eps(self, eps: f64) -> $Name {
            self.option("eps", eps)
        }

        /// Sets the weight decay.
        pub fn weight_decay(self, weight_decay: f64) -> $Name {
            self.option("weight_decay", weight_decay)
        }

        /// Divides by the largest second moment so far (Reddi et al., 2018).
        pub fn amsgrad(self, amsgrad: bool) -> $Name {
            self.option("amsgrad", amsgrad)
        }

        /// Climbs instead of descending.
        pub fn maximize(self, maximize: bool) -> $Name {
            self.option("maximize", maximize)
        }
    }
)* } }
adam_settings!(Adam, AdamW);
