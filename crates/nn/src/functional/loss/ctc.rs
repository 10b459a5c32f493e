//! Connectionist temporal classification.

use super::Reduction;
use crate::{Error, Result};
use rushlight_autograd::{CtcTargets, DType, Tensor, amp};

/// Settings of [`ctc_loss_with`].
#[derive(Debug, Clone, Copy, Default)]
pub struct CtcOptions {
    /// The class that stands for nothing. Default: 0.
    pub blank: usize,
    /// Default: the mean, each loss divided by the length of its target first.
    pub reduction: Reduction,
    /// Whether losses of targets that cannot be produced count as zero. Default: false.
    pub zero_infinity: bool,
}

/// How unlikely it is that logarithms of probabilities of classes, step by step, produce the targets
/// once repetitions and blanks are taken away. From "Connectionist Temporal Classification" (Graves et
/// al. 2006).
///
/// Shapes: `log_probs` `[steps, n, classes]`; targets `[n, length]`, or all one behind the other
/// `[sum of lengths]`. All may lack `n`.
pub fn ctc_loss(
    log_probs: &Tensor,
    targets: &Tensor,
    input_lengths: &[usize],
    target_lengths: &[usize],
) -> Result<Tensor> {
    let options = CtcOptions::default();
    ctc_loss_with(log_probs, targets, input_lengths, target_lengths, options)
}

/// As [`ctc_loss`], with settings.
pub fn ctc_loss_with(
    log_probs: &Tensor,
    targets: &Tensor,
    input_lengths: &[usize],
    target_lengths: &[usize],
    options: CtcOptions,
) -> Result<Tensor> {
    let [log_probs] = &amp::operands("ctc_loss", [log_probs])?;
    let is_batched = log_probs.dim() == 3;
    let log_probs = match is_batched {
        true => log_probs.clone(),
        false => log_probs.unsqueeze(1)?,
    };
    let labels = CtcTargets {
        labels: labels(targets, target_lengths)?,
        input_lengths: input_lengths.to_vec(),
        blank: options.blank,
    };
    let mut losses = log_probs.ctc_losses(labels)?;
    if options.zero_infinity {
        losses = losses.masked_fill(&losses.isinf()?, 0.0)?;
    }
    if options.reduction == Reduction::Mean {
        let lengths: Vec<f64> = target_lengths
            .iter()
            .map(|&length| length.max(1) as f64)
            .collect();
        let lengths = Tensor::from_slice(&lengths, &[lengths.len()])?;
        losses = (losses
            / lengths
                .to_dtype(log_probs.dtype())?
                .to_device(log_probs.device())?)?;
    }
    match (options.reduction, is_batched) {
        (Reduction::None, false) => losses.squeeze_dims(&[0]),
        (reduction, _) => reduction.of(&losses),
    }
}

/// The classes of each target.
fn labels(targets: &Tensor, lengths: &[usize]) -> Result<Vec<Vec<usize>>> {
    const OP: &str = "ctc_loss";
    if targets.is_floating_point() || targets.dtype() == DType::Bool {
        let expected = "integers";
        return Err(Error::argument(OP, "targets", targets.dtype(), expected).into());
    }
    let shape = targets.shape();
    let all = targets.to_dtype(DType::I64)?.to_vec::<i64>()?;
    let rows: Vec<&[i64]> = match shape[..] {
        [count, length] if count == lengths.len() && lengths.iter().all(|&own| own <= length) => {
            let row = |(number, &own): (usize, &usize)| &all[number * length..][..own];
            lengths.iter().enumerate().map(row).collect()
        }
        [total]
            if lengths
                .iter()
                .try_fold(0, |sum: usize, &own| sum.checked_add(own))
                == Some(total) =>
        {
            let mut rest = &all[..];
            let take = |&own: &usize| {
                let (row, behind) = rest.split_at(own);
                rest = behind;
                row
            };
            lengths.iter().map(take).collect()
        }
        _ => {
            let expected = format!("rows that hold, or numbers that make up, lengths {lengths:?}");
            return Err(Error::shape(OP, shape, expected).into());
        }
    };
    let refuse = |label| Error::argument(OP, "targets", label, "indices of classes").into();
    let class = |&label: &i64| usize::try_from(label).map_err(|_| refuse(label));
    rows.into_iter()
        .map(|row| row.iter().map(class).collect())
        .collect()
}
