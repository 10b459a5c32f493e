//! Rprop.

use crate::OptionValue::{Bool, Float, Int, None};
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

/// Resilient propagation (Riedmiller and Braun, 1993): steps by the sign of the gradient only.
///
/// Each element has a step size, `lr` at first. It grows by the second of `etas` where the gradient
/// keeps its sign, and shrinks by the first where the sign changes, within `step_sizes`; there the
/// parameter stays for one step. PyTorch's `torch.optim.Rprop`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.01.
/// * `etas`: By what step sizes shrink and grow. Default: (0.5, 1.2).
/// * `step_sizes`: The smallest and largest step size. Default: (1e-06, 50).
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{Optimizer, Result, Rprop};
/// # fn main() -> Result<()> {
/// let w = tensor([1.0])?.requires_grad_(true)?;
/// let mut optimizer = Rprop::new([&w], 0.1);
/// w.square()?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.4}", w.item()?), "0.9000");
/// # Ok(()) }
/// ```
pub type Rprop = OptimizerOf<RpropRule>;

/// The rule of [`Rprop`].
#[derive(Debug)]
pub struct RpropRule;

impl Algorithm for RpropRule {
    const NAME: &'static str = "Rprop";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(1e-2)),
        ("etas", OptionValue::tuple(&[Float(0.5), Float(1.2)])),
        ("step_sizes", OptionValue::tuple(&[Float(1e-6), Int(50)])),
        ("foreach", None),
        ("maximize", Bool(false)),
        ("differentiable", Bool(false)),
        ("capturable", Bool(false)),
    ];
    const STATE: &'static [&'static str] = &["prev", "step_size"];

    fn check(options: &Options) -> Result<()> {
        let [shrink, grow] = options.numbers("etas");
        let fits = 0.0 < shrink && shrink < 1.0 && 1.0 < grow;
        options.check(
            Self::NAME,
            "etas",
            fits,
            "a number in (0, 1) and one above 1",
        )?;
        let sizes: [f64; 2] = options.numbers("step_sizes");
        let fits = !sizes.iter().any(|size| size.is_nan());
        options.check(Self::NAME, "step_sizes", fits, "two numbers")
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        let [shrink, grow] = options.numbers("etas");
        let [smallest, largest] = options.numbers("step_sizes");
        let numbers = [options.sign(), shrink, grow, smallest, largest];
        slot.array("step_size", value.shape(), options.float("lr"), value)?;
        slot.update(UpdateOp::Rprop, Self::STATE, &numbers, value, gradient)
    }
}

settings! { Rprop:
    /// Sets by what step sizes shrink and grow; 0.5 and 1.2 by default.
    etas(shrink: f64, grow: f64);
    /// Sets the smallest and largest step size; 1e-6 and 50 by default.
    step_sizes(smallest: f64, largest: f64);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}
