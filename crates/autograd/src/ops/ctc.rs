//! Connectionist temporal classification.

use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, gradients};
use rushlight_tensor::ops::ctc::CtcTargets;

/// The backward of the loss, which has no derivative of its own.
struct CtcLoss {
    x: Saved,
    targets: CtcTargets,
}

impl Backward for CtcLoss {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let x = self.x.get();
        gradients![wants; {
            let gradient = x.array().ctc_loss_gradient(&self.targets)?;
            let gradient = Tensor::record_without_derivative(gradient, "ctc_loss_backward", &[&x])?;
            // A loss without gradient has none, be it infinite.
            let row = g.reshape(&[1, -1, 1])?;
            let counts = row.ne(0)?.broadcast_to(&gradient.shape())?;
            (gradient * row)?.masked_where(&counts)?
        }]
    }
}

impl Tensor {
    /// How unlikely each target is: the negative logarithm of the probability that `self`, the
    /// logarithms of the probabilities of classes at each step, produces it once repetitions and
    /// blanks are taken away. From "Connectionist Temporal Classification" (Graves et al. 2006).
    ///
    /// Shapes: `[steps, n, classes] -> [n]`.
    ///
    /// The gradient is that of what a log softmax makes `self` from, as in PyTorch; it passes through
    /// the log softmax unchanged. It cannot be differentiated again.
    pub fn ctc_losses(&self, targets: CtcTargets) -> Result<Tensor> {
        let y = self.array().ctc_loss(&targets)?;
        let rule = || CtcLoss {
            x: self.save(),
            targets,
        };
        Ok(Tensor::record(y, "ctc_loss", &[self], rule))
    }
}
