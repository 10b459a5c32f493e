//! Connectionist temporal classification.

use crate::functional::{CtcOptions, Reduction, ctc_loss_with};
use crate::{Module, Result, Site};
use rushlight_autograd::Tensor;

/// Connectionist temporal classification (Graves et al. 2006): the negative logarithm of the sum of
/// `exp(log_probs)` along all ways in which classes, step by step, produce the target once
/// repetitions and blanks are taken away; see [`ctc_loss`](crate::functional::ctc_loss).
///
/// # Shape
///
/// `log_probs` `[steps, n, classes]`, or without `n`; targets `[n, length]`, or all one behind the
/// other. The result has one element, or `[n]` without reduction.
///
/// # Arguments
///
/// * `blank`: The class that stands for nothing. Default: 0.
/// * `reduction`: How the losses of the targets become one. Default: the mean, each divided by its
///   length first.
/// * `zero_infinity`: Whether losses of targets that cannot be produced count as zero. Default:
///   false.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor, tensor};
/// # use rushlight_nn::CTCLoss;
/// # fn main() -> Result<()> {
/// // Two steps over three classes that are equally likely: three ways in nine produce one label.
/// let log_probs = Tensor::zeros(&[2, 1, 3])?.log_softmax(-1)?;
/// let value = CTCLoss::new().forward(&log_probs, &tensor([[1]])?, &[2], &[1])?;
/// assert!((value.item()? - 3.0_f64.ln()).abs() < 1e-6);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct CTCLoss {
    /// The class that stands for nothing.
    #[module(skip)]
    pub blank: usize,
    /// How the losses of the targets become one.
    #[module(skip)]
    pub reduction: Reduction,
    /// Whether losses of targets that cannot be produced count as zero.
    #[module(skip)]
    pub zero_infinity: bool,
    /// The loss's place in a model.
    pub site: Site,
}

impl CTCLoss {
    /// The loss with default settings.
    #[allow(clippy::new_without_default, reason = "losses are made by `new`")]
    pub fn new() -> CTCLoss {
        CTCLoss {
            blank: 0,
            reduction: Reduction::Mean,
            zero_infinity: false,
            site: Site::default(),
        }
    }

    /// The class that stands for nothing. Default: 0.
    #[must_use]
    pub fn blank(mut self, blank: usize) -> CTCLoss {
        self.blank = blank;
        self
    }

    /// How the losses of the targets become one. Default: the mean, each divided by its length first.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> CTCLoss {
        self.reduction = reduction;
        self
    }

    /// Whether losses of targets that cannot be produced count as zero. Default: false.
    #[must_use]
    pub fn zero_infinity(mut self, zero_infinity: bool) -> CTCLoss {
        self.zero_infinity = zero_infinity;
        self
    }

    /// The loss.
    ///
    /// Shapes: `log_probs` `[steps, n, classes]`; targets `[n, length]`, or all one behind the other.
    pub fn forward(
        &self,
        log_probs: &Tensor,
        targets: &Tensor,
        input_lengths: &[usize],
        target_lengths: &[usize],
    ) -> Result<Tensor> {
        let options = CtcOptions {
            blank: self.blank,
            reduction: self.reduction,
            zero_infinity: self.zero_infinity,
        };
        self.site
            .call_all([log_probs, targets], |[log_probs, targets]| {
                ctc_loss_with(log_probs, targets, input_lengths, target_lengths, options)
            })
    }
}
