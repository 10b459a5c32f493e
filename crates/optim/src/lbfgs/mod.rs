//! L-BFGS.

mod flat;
mod line_search;
mod memory;
mod objective;

use crate::OptionValue::{Bool, Float, Int, None};
use crate::settings::settings;
use crate::{
    Algorithm, Closure, Error, Optimizer, OptimizerOf, OptionValue, Options, ParamGroup, Result,
    Slot,
};
use flat::Flat;
use line_search::{Point, Search};
use memory::Memory;
use objective::{Evaluation, Objective};
use rushlight_autograd::{Tensor, enable_grad, no_grad};
use rushlight_tensor::Array;

/// L-BFGS (Liu and Nocedal, 1989): descends along an approximation of Newton's direction, which it makes
/// of the changes of the gradient over its last steps.
///
/// One [`step_with`](Optimizer::step_with) is up to `max_iter` iterations, each of which calls the closure
/// once or, with a line search, several times. It ends early when the largest element of the gradient is
/// at most `tolerance_grad`, or when step or loss change by no more than `tolerance_change`. There can
/// be only one parameter group. An error, also one of the closure, leaves parameters and state as they were
/// before the step. PyTorch's `torch.optim.LBFGS`.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 1.
/// * `max_iter`: The largest number of iterations in a step. Default: 20.
/// * `max_eval`: The largest number of calls of the closure in a step; None for 5 / 4 of
///   `max_iter`. Default: none.
/// * `tolerance_grad`: Below which gradient the search ends. Default: 1e-07.
/// * `tolerance_change`: Below which change of step or loss the search ends. Default: 1e-09.
/// * `history_size`: How many steps the approximation remembers. Default: 100.
/// * `line_search_fn`: The line search: `strong_wolfe`, or None. Default: none.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{LBFGS, Optimizer, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([3.0, -4.0])?.requires_grad_(true)?;
/// let mut optimizer = LBFGS::new([&w], 1).line_search_fn("strong_wolfe");
/// optimizer.step_with(&mut || {
///     w.zero_grad();
///     let loss = w.square()?.sum()?;
///     loss.backward()?;
///     Ok(loss)
/// })?;
/// assert!(w.norm()?.item()? < 1e-6);
/// # Ok(()) }
/// ```
pub type LBFGS = OptimizerOf<LbfgsRule>;

/// The rule of [`LBFGS`].
#[derive(Debug)]
pub struct LbfgsRule;

impl Algorithm for LbfgsRule {
    const NAME: &'static str = "LBFGS";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Int(1)),
        ("max_iter", Int(20)),
        ("max_eval", None),
        ("tolerance_grad", Float(1e-7)),
        ("tolerance_change", Float(1e-9)),
        ("history_size", Int(100)),
        ("line_search_fn", None),
        ("maximize", Bool(false)),
    ];
    const STATE: &'static [&'static str] = &[];
    const OTHER: &'static [&'static str] = memory::NAMES;
    const COUNTS_STEPS: bool = false;

    fn resolve(options: &mut Options) -> Result<()> {
        if options.get("max_eval") == Some(&None) {
            let max_iter = options.float("max_iter") as i64;
            options.set(Self::NAME, "max_eval", max_iter.saturating_mul(5) / 4)?;
        }
        Ok(())
    }

    fn check(options: &Options) -> Result<()> {
        for name in ["max_iter", "max_eval"] {
            let fits = options.float(name) >= 0.0;
            options.check(Self::NAME, name, fits, "a number of calls")?;
        }
        for name in ["tolerance_grad", "tolerance_change"] {
            options.check(Self::NAME, name, !options.float(name).is_nan(), "a number")?;
        }
        let fits = options.float("history_size") >= 1.0;
        options.check(Self::NAME, "history_size", fits, "at least 1")?;
        let fits = match options.get("line_search_fn") {
            Some(OptionValue::Text(name)) => name == "strong_wolfe",
            other => other == Some(&None),
        };
        options.check(
            Self::NAME,
            "line_search_fn",
            fits,
            "`strong_wolfe`, or nothing",
        )
    }

    fn check_groups(groups: &[ParamGroup]) -> Result<()> {
        match groups {
            [_] => Ok(()),
            _ => Err(Error::Groups {
                optimizer: Self::NAME,
                got: groups.len(),
            }),
        }
    }

    /// A loss is needed wherever the search goes.
    fn step(_: &Options, _: &mut Slot, _: &mut Array, _: &Array) -> Result<()> {
        Err(Error::NoClosure {
            optimizer: Self::NAME,
        })
    }

    fn step_with(optimizer: &mut LBFGS, closure: &mut Closure<'_>) -> Result<Tensor> {
        optimizer.check()?;
        let ([group], [slots]) = optimizer.parts_mut() else {
            return Err(Error::Empty {
                optimizer: Self::NAME,
            });
        };
        let flat = Flat::new(group);
        let Some(slot) = slots.first_mut().filter(|_| flat.numel() > 0) else {
            return Ok(enable_grad(closure)?);
        };
        let before = flat.values();
        no_grad(|| {
            let mut memory = Memory::load(slot.other_mut());
            match descend(group.options(), &flat, &mut memory, closure) {
                Ok(loss) => {
                    *slot.other_mut() = memory.save();
                    Ok(loss)
                }
                Err(error) => {
                    flat.restore(&before)?;
                    Err(error)
                }
            }
        })
    }
}

/// The iterations of one step. Returns the loss that it began with.
fn descend(
    options: &Options,
    flat: &Flat<'_>,
    memory: &mut Memory,
    closure: &mut Closure<'_>,
) -> Result<Tensor> {
    let count = |name: &str| options.float(name) as usize;
    let (max_iter, max_eval) = (count("max_iter"), count("max_eval"));
    let (lr, tolerance) = (options.float("lr"), options.float("tolerance_change"));
    let round = |x: f64| flat.round(x);
    let is_optimal = |gradient: &Tensor| -> Result<bool> {
        Ok(largest(gradient)? <= options.float("tolerance_grad"))
    };
    let mut objective = Objective::new(flat, closure, options.sign());
    let Evaluation {
        original,
        mut loss,
        mut gradient,
    } = objective.here()?;
    let most = if is_optimal(&gradient)? { 0 } else { max_iter };
    for iteration in 1..=most {
        memory.turn(&gradient, count("history_size"), round)?;
        let direction = memory.direction()?;
        memory.loss = loss;
        memory.step = match memory.iterations {
            1 => round(1.0 / gradient.vector_norm(1.0, &[], false)?.item()?).min(1.0) * lr,
            _ => lr,
        };
        let slope = gradient.dot(&direction)?.item()?;
        if slope > -tolerance {
            break;
        }
        if options.text("line_search_fn").is_some() {
            let start = Point {
                step: 0.0,
                loss,
                slope,
                gradient,
            };
            let search = Search {
                length: largest(&direction)?,
                tolerance,
                limit: max_eval.saturating_sub(objective.calls),
                round: &round,
            };
            let evaluate = |step| objective.along(&direction, step);
            let found = search.strong_wolfe(start, memory.step, evaluate)?;
            (memory.step, loss, gradient) = (found.step, found.loss, found.gradient);
        }
        flat.advance(&direction, memory.step)?;
        // The loss after the last iteration is for the next step to compute.
        if options.text("line_search_fn").is_none() && iteration < max_iter {
            Evaluation { loss, gradient, .. } = objective.here()?;
        }
        let length = round(largest(&direction)? * memory.step).abs();
        if objective.calls >= max_eval
            || is_optimal(&gradient)?
            || length <= tolerance
            || (loss - memory.loss).abs() < tolerance
        {
            break;
        }
    }
    let calls = i64::try_from(objective.calls).unwrap_or(i64::MAX);
    memory.evaluations = memory.evaluations.saturating_add(calls);
    Ok(original)
}

/// The largest magnitude.
fn largest(x: &Tensor) -> Result<f64> {
    Ok(x.vector_norm(f64::INFINITY, &[], false)?.item()?)
}

settings! { LBFGS:
    /// Sets the largest number of iterations in a step; 20 by default.
    max_iter(iterations: i64);
    /// Sets the largest number of calls of the closure in a step; 5 / 4 of `max_iter` by default.
    max_eval(evaluations: i64);
    /// Sets below which gradient the search ends; 1e-7 by default.
    tolerance_grad(tolerance: f64);
    /// Sets below which change of step or loss the search ends; 1e-9 by default.
    tolerance_change(tolerance: f64);
    /// Sets how many steps the approximation remembers; 100 by default.
    history_size(steps: i64);
    /// Sets the line search: `strong_wolfe`, or by default none.
    line_search_fn(name: &'static str);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}
