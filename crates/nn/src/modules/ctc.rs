//! Connectionist temporal classification.

use crate::functional::{CtcOptions, Reduction, ctc_loss_with};
use crate::{Module, Result, Site};
use rushlight_autograd::Tensor;

/// How unlikely logarithms of probabilities, step by step, produce targets; see
/// [`ctc_loss`](crate::functional::ctc_loss).
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
        let loss = ctc_loss_with(log_probs, targets, input_lengths, target_lengths, options);
        self.site.locate(loss)
    }
}
