//! Losses between numbers.

use super::{Reduction, check_positive, weighted};
use crate::{Error, Result};
use rushlight_autograd::{Tensor, amp, no_grad};
use std::f64::consts::PI;

/// The mean of `(input - target)^2`. The shapes broadcast.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::functional as F;
/// # fn main() -> Result<()> {
/// let loss = F::mse_loss(&tensor([1.0, 2.0])?, &tensor([1.0, 4.0])?)?;
/// assert_eq!(loss.item()?, 2.0);
/// # Ok(()) }
/// ```
pub fn mse_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    mse_loss_with(input, target, None, Reduction::Mean)
}

/// As [`mse_loss`], with weights for the elements and another reduction. A weighted mean divides by
/// the sum of the weights.
pub fn mse_loss_with(
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    reduction: Reduction,
) -> Result<Tensor> {
    let [input, target] = &amp::operands("mse_loss", [input, target])?;
    reduce_weighted((input - target)?.square()?, weight, reduction)
}

/// The mean of `|input - target|`. The shapes broadcast.
pub fn l1_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    l1_loss_with(input, target, None, Reduction::Mean)
}

/// As [`l1_loss`], with weights for the elements and another reduction. A weighted mean divides by
/// the sum of the weights.
pub fn l1_loss_with(
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    reduction: Reduction,
) -> Result<Tensor> {
    let [input, target] = &amp::operands("l1_loss", [input, target])?;
    reduce_weighted((input - target)?.abs()?, weight, reduction)
}

/// The mean of `d^2 / 2` where `d = |input - target|` is below 1, of `d - 1/2` elsewhere.
pub fn smooth_l1_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    smooth_l1_loss_with(input, target, 1.0, Reduction::Mean)
}

/// As [`smooth_l1_loss`]: `d^2 / (2 beta)` where `d < beta`, `d - beta / 2` elsewhere.
pub fn smooth_l1_loss_with(
    input: &Tensor,
    target: &Tensor,
    beta: f64,
    reduction: Reduction,
) -> Result<Tensor> {
    let [input, target] = &amp::operands("smooth_l1_loss", [input, target])?;
    if beta == 0.0 {
        return l1_loss_with(input, target, None, reduction);
    }
    check_positive("smooth_l1_loss", "beta", beta)?;
    let loss = (input - target)?.huber(beta)?;
    reduction.of(&if beta == 1.0 { loss } else { (loss / beta)? })
}

/// The mean of `d^2 / 2` where `d = |input - target|` is at most 1, of `d - 1/2` elsewhere.
pub fn huber_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    huber_loss_with(input, target, 1.0, None, Reduction::Mean)
}

/// As [`huber_loss`]: `d^2 / 2` where `d <= delta`, `delta (d - delta / 2)` elsewhere. A weighted
/// mean divides by the sum of the weights.
pub fn huber_loss_with(
    input: &Tensor,
    target: &Tensor,
    delta: f64,
    weight: Option<&Tensor>,
    reduction: Reduction,
) -> Result<Tensor> {
    let [input, target] = &amp::operands("huber_loss", [input, target])?;
    check_positive("huber_loss", "delta", delta)?;
    let loss = (input - target)?.huber(delta)?;
    reduce_weighted(loss, weight, reduction)
}

fn reduce_weighted(loss: Tensor, weight: Option<&Tensor>, reduction: Reduction) -> Result<Tensor> {
    match (weight, reduction) {
        (Some(weight), Reduction::Mean) => {
            let total = weight.broadcast_to(&loss.shape())?.sum()?;
            (loss * weight)?.sum()? / total
        }
        _ => weighted(loss, weight, reduction),
    }
}

/// Settings of [`poisson_nll_loss_with`].
#[derive(Debug, Clone, Copy)]
pub struct PoissonNllOptions {
    /// Whether the input is the logarithm of the rate. Default: true.
    pub log_input: bool,
    /// Whether to add the Stirling approximation of the target's factorial. Default: false.
    pub full: bool,
    /// Added to a rate before its logarithm is taken. Default: 1e-8.
    pub eps: f64,
    /// Default: the mean.
    pub reduction: Reduction,
}

impl Default for PoissonNllOptions {
    fn default() -> Self {
        PoissonNllOptions {
            log_input: true,
            full: false,
            eps: 1e-8,
            reduction: Reduction::Mean,
        }
    }
}

/// Negative log likelihood of counts under Poisson distributions: the mean of
/// `exp(input) - target * input`.
pub fn poisson_nll_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    poisson_nll_loss_with(input, target, PoissonNllOptions::default())
}

/// As [`poisson_nll_loss`], with settings.
pub fn poisson_nll_loss_with(
    input: &Tensor,
    target: &Tensor,
    options: PoissonNllOptions,
) -> Result<Tensor> {
    let [input, target] = &amp::operands("poisson_nll_loss", [input, target])?;
    let mut loss = match options.log_input {
        true => (input.exp()? - (target * input)?)?,
        false => (input - (target * (input + options.eps)?.log()?)?)?,
    };
    if options.full {
        let half_log = ((target * (2.0 * PI))?.log()? * 0.5)?;
        let stirling = (((target * target.log()?)? - target)? + half_log)?;
        let zero = stirling.new_zeros(&[])?;
        loss = (loss + Tensor::select_where(&target.gt(1.0)?, &stirling, &zero)?)?;
    }
    options.reduction.of(&loss)
}

/// Settings of [`gaussian_nll_loss_with`].
#[derive(Debug, Clone, Copy)]
pub struct GaussianNllOptions {
    /// Whether to add the constant `log(2 pi) / 2`. Default: false.
    pub full: bool,
    /// The least variance that counts. Default: 1e-6.
    pub eps: f64,
    /// Default: the mean.
    pub reduction: Reduction,
}

impl Default for GaussianNllOptions {
    fn default() -> Self {
        GaussianNllOptions {
            full: false,
            eps: 1e-6,
            reduction: Reduction::Mean,
        }
    }
}

/// Negative log likelihood of targets under normal distributions with mean `input` and variance
/// `var`: the mean of `(log(var) + (input - target)^2 / var) / 2`.
pub fn gaussian_nll_loss(input: &Tensor, target: &Tensor, var: &Tensor) -> Result<Tensor> {
    gaussian_nll_loss_with(input, target, var, GaussianNllOptions::default())
}

/// As [`gaussian_nll_loss`], with settings.
pub fn gaussian_nll_loss_with(
    input: &Tensor,
    target: &Tensor,
    var: &Tensor,
    options: GaussianNllOptions,
) -> Result<Tensor> {
    const OP: &str = "gaussian_nll_loss";
    check_positive(OP, "eps", options.eps)?;
    let (shape, given) = (input.shape(), var.shape());
    let differing = || {
        shape
            .iter()
            .zip(given.iter())
            .filter(|(own, var)| own != var)
    };
    let is_same = given == shape || var.dim() == 0;
    let lacks_last = shape
        .split_last()
        .is_some_and(|(_, leading)| *leading == given[..]);
    let repeats_one =
        given.len() == shape.len() && differing().map(|(_, var)| var).sum::<usize>() == 1;
    let var = match (is_same || repeats_one, lacks_last) {
        (true, _) => var.clone(),
        (false, true) => var.unsqueeze(-1)?,
        (false, false) => {
            let expected = format!("{shape}, or that with one dimension missing or of size 1");
            return Err(Error::shape(OP, given, expected).into());
        }
    };
    if var.lt(0.0)?.any()?.item()? != 0.0 {
        return Err(Error::argument(OP, "var", "a negative variance", "0 or more").into());
    }
    // The bound is no part of the derivative.
    let raise = no_grad(|| var.clamp_min(options.eps)?.sub(&var))?;
    let var = (var + raise)?;
    let distance = ((input - target)?.square()? / &var)?;
    let mut loss = ((var.log()? + distance)? * 0.5)?;
    if options.full {
        loss = (loss + 0.5 * (2.0 * PI).ln())?;
    }
    options.reduction.of(&loss)
}

/// Kullback-Leibler divergence, where the input is given as logarithms: the mean of
/// `target * (log(target) - input)`. Divide by the batch instead, with [`Reduction::BatchMean`], to
/// get what mathematics means by it.
pub fn kl_div(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    kl_div_with(input, target, false, Reduction::Mean)
}

/// As [`kl_div`]; with `log_target` the target is given as logarithms too.
pub fn kl_div_with(
    input: &Tensor,
    target: &Tensor,
    log_target: bool,
    reduction: Reduction,
) -> Result<Tensor> {
    let [input, target] = &amp::operands("kl_div", [input, target])?;
    let loss = match log_target {
        true => (target.exp()? * (target - input)?)?,
        false => (target.xlogy(target)? - (target * input)?)?,
    };
    reduction.of(&loss)
}
