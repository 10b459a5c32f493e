//! Stochastic gradient descent.

use crate::OptionValue::{Bool, Float, Int, None};
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result};
use rushlight_autograd::Tensor;
use rushlight_tensor::ops::update::{HYPERPARAMETERS, UpdateOp};

/// Stochastic gradient descent, with momentum and weight decay on request.
///
/// `v = momentum * v + (1 - dampening) * (g + weight_decay * p)`, then `p = p - lr * v`; with
/// `nesterov` the step is `g + momentum * v`. The first `v` is the gradient itself. PyTorch's
/// `torch.optim.SGD`.
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
        options.check_non_negative(Self::NAME, "momentum")?;
        options.check_non_negative(Self::NAME, "weight_decay")?;
        let plain = options.float("momentum") > 0.0 && options.float("dampening") == 0.0;
        let fits = !options.is_on("nesterov") || plain;
        options.check(
            Self::NAME,
            "nesterov",
            fits,
            "off without momentum or with dampening",
        )
    }

    fn update(options: &Options, step: u64) -> (UpdateOp, [f64; HYPERPARAMETERS]) {
        let lr = options.float("lr");
        let sign = if options.is_on("maximize") { -1.0 } else { 1.0 };
        let decay = options.float("weight_decay");
        let momentum = options.float("momentum");
        if momentum == 0.0 {
            return (UpdateOp::Sgd, [lr, sign, decay, 0.0, 0.0, 0.0, 0.0, 0.0]);
        }
        let nesterov = if options.is_on("nesterov") { 1.0 } else { 0.0 };
        let (inertia, dampening) = match step {
            1 => (0.0, 0.0),
            _ => (momentum, options.float("dampening")),
        };
        let numbers = [lr, sign, decay, inertia, dampening, nesterov, momentum, 0.0];
        (UpdateOp::SgdMomentum, numbers)
    }
}

impl SGD {
    /// Over the given parameters, with a learning rate.
    pub fn new<P: Into<Tensor>>(params: impl IntoIterator<Item = P>, lr: f64) -> SGD {
        SGD::with_defaults(params).option("lr", lr)
    }

    /// Sets the momentum factor; 0 by default.
    pub fn momentum(self, momentum: f64) -> SGD {
        self.option("momentum", momentum)
    }

    /// Sets the dampening of the momentum; 0 by default.
    pub fn dampening(self, dampening: f64) -> SGD {
        self.option("dampening", dampening)
    }

    /// Sets the L2 decay that is added to the gradient; 0 by default.
    pub fn weight_decay(self, weight_decay: f64) -> SGD {
        self.option("weight_decay", weight_decay)
    }

    /// Turns Nesterov's momentum on.
    pub fn nesterov(self, nesterov: bool) -> SGD {
        self.option("nesterov", nesterov)
    }

    /// Climbs instead of descending.
    pub fn maximize(self, maximize: bool) -> SGD {
        self.option("maximize", maximize)
    }
}
