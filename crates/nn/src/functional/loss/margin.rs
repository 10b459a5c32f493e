//! Losses that ask for a margin.

use super::{Reduction, check_same_shape};
use crate::{Error, Result};
use rushlight_autograd::{
    Backward, DType, Gradients, Saved, Tensor, Wants, amp, gradients, no_grad,
};

/// The mean of `max(0, -target * (x1 - x2))`: the target says which of both should be greater.
pub fn margin_ranking_loss(x1: &Tensor, x2: &Tensor, target: &Tensor) -> Result<Tensor> {
    margin_ranking_loss_with(x1, x2, target, 0.0, Reduction::Mean)
}

/// As [`margin_ranking_loss`]; the margin is how much greater it should be.
pub fn margin_ranking_loss_with(
    x1: &Tensor,
    x2: &Tensor,
    target: &Tensor,
    margin: f64,
    reduction: Reduction,
) -> Result<Tensor> {
    let [x1, x2, target] = &amp::operands("margin_ranking_loss", [x1, x2, target])?;
    if x1.dim() != x2.dim() || x1.dim() != target.dim() {
        let got = format!("{}, {} and {}", x1.shape(), x2.shape(), target.shape());
        let expected = "of the same number of dimensions";
        return Err(Error::argument("margin_ranking_loss", "shapes", got, expected).into());
    }
    let loss = ((target.neg()? * (x1 - x2)?)? + margin)?.clamp_min(0.0)?;
    reduction.of(&loss)
}

/// The mean of `log(1 + exp(-target * input))`, where targets are 1 or -1.
pub fn soft_margin_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    soft_margin_loss_with(input, target, Reduction::Mean)
}

/// As [`soft_margin_loss`], with another reduction.
pub fn soft_margin_loss_with(
    input: &Tensor,
    target: &Tensor,
    reduction: Reduction,
) -> Result<Tensor> {
    let [input, target] = &amp::operands("soft_margin_loss", [input, target])?;
    let loss = no_grad(|| reduction.of(&(target.neg()? * input)?.exp()?.log1p()?))?;
    let norm = match reduction {
        Reduction::Mean => 1.0 / input.numel() as f64,
        _ => 1.0,
    };
    let rule = || SoftMargin {
        input: input.save(),
        target: target.save(),
        norm,
    };
    Ok(Tensor::record(
        loss.array(),
        "soft_margin_loss",
        &[input, target],
        rule,
    ))
}

/// The backward of the soft margin loss, in the order in which PyTorch computes it: half precision
/// overflows there.
struct SoftMargin {
    input: Saved,
    target: Saved,
    norm: f64,
}

impl Backward for SoftMargin {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (input, target) = (self.input.get(), self.target.get());
        let z = (target.neg()? * &input)?.exp()?;
        let slope = |other: &Tensor| {
            let scaled = ((other * &z)? * -self.norm)?;
            (scaled / (&z + 1.0)?)? * g
        };
        gradients![wants; slope(&target)?, slope(&input)?]
    }
}

/// The mean over classes of [`binary_cross_entropy_with_logits`](super::binary_cross_entropy_with_logits),
/// and of that over examples.
///
/// Shapes: `[n, classes]` or `[classes]`, both alike.
pub fn multilabel_soft_margin_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    multilabel_soft_margin_loss_with(input, target, None, Reduction::Mean)
}

/// As [`multilabel_soft_margin_loss`], with weights for the classes.
pub fn multilabel_soft_margin_loss_with(
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    reduction: Reduction,
) -> Result<Tensor> {
    let if_true = (target * input.logsigmoid()?)?;
    let if_false = ((1.0 - target)? * input.neg()?.logsigmoid()?)?;
    let mut loss = (if_true + if_false)?.neg()?;
    if let Some(weight) = weight {
        loss = (loss * weight)?;
    }
    reduction.of(&loss.mean_dim(&[-1], false)?)
}

/// Settings of [`multi_margin_loss_with`].
#[derive(Debug, Clone, Copy)]
pub struct MultiMarginOptions<'a> {
    /// The power of each violation, 1 or 2. Default: 1.
    pub p: u32,
    /// How much greater the score of the target should be. Default: 1.
    pub margin: f64,
    /// How much each class counts. Default: all alike.
    pub weight: Option<&'a Tensor>,
    /// Default: the mean.
    pub reduction: Reduction,
}

impl Default for MultiMarginOptions<'_> {
    fn default() -> Self {
        MultiMarginOptions {
            p: 1,
            margin: 1.0,
            weight: None,
            reduction: Reduction::Mean,
        }
    }
}

/// The mean of `sum(max(0, 1 - input[target] + input[i])) / classes` over all `i` but the target.
///
/// Shapes: input `[n, classes]` or `[classes]`; target `[n]` or `[]` with class indices.
pub fn multi_margin_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    multi_margin_loss_with(input, target, MultiMarginOptions::default())
}

/// As [`multi_margin_loss`], with settings.
pub fn multi_margin_loss_with(
    input: &Tensor,
    target: &Tensor,
    options: MultiMarginOptions<'_>,
) -> Result<Tensor> {
    const OP: &str = "multi_margin_loss";
    let [input] = &amp::operands(OP, [input])?;
    if !matches!(options.p, 1 | 2) {
        return Err(Error::argument(OP, "p", options.p, "1 or 2").into());
    }
    let shape = input.shape();
    let classes = match shape[..] {
        [] => 1,
        [classes] if classes > 0 => classes,
        [_, classes] if classes > 0 => classes,
        _ => return Err(Error::shape(OP, shape, "[n, classes] or [classes]").into()),
    };
    let rows = input.reshape(&[-1, classes as isize])?;
    let count = rows.shape()[0];
    if target.numel() != count {
        let expected = format!("[{count}], a class for each row");
        return Err(Error::shape(OP, target.shape(), expected).into());
    }
    let column = target.reshape(&[count as isize, 1])?;
    let own = rows.gather(1, &column)?;
    let mut violation = ((&rows - own)? + options.margin)?.clamp_min(0.0)?;
    if options.p == 2 {
        violation = violation.square()?;
    }
    if let Some(weight) = options.weight {
        let of_target = weight.index_select(0, &column.flatten(0, -1)?)?;
        violation = (violation * of_target.unsqueeze(1)?)?;
    }
    let is_target = rows
        .detach()
        .zeros_like()?
        .scatter(1, &column, 1.0)?
        .ne(0.0)?;
    let violation = violation.masked_fill(&is_target, 0.0)?;
    let loss = violation.mean_dim(&[1], false)?;
    let loss = if shape.len() < 2 {
        loss.reshape_as(target)?
    } else {
        loss
    };
    options.reduction.of(&loss)
}

/// The mean of `sum(max(0, 1 - (input[j] - input[i]))) / classes` over all `j` among the targets and
/// `i` outside of them. A row of targets ends before its first -1.
///
/// Shapes: `[n, classes]` or `[classes]`, both alike.
pub fn multilabel_margin_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    multilabel_margin_loss_with(input, target, Reduction::Mean)
}

/// As [`multilabel_margin_loss`], with another reduction.
pub fn multilabel_margin_loss_with(
    input: &Tensor,
    target: &Tensor,
    reduction: Reduction,
) -> Result<Tensor> {
    const OP: &str = "multilabel_margin_loss";
    let [input] = &amp::operands(OP, [input])?;
    check_same_shape(OP, input, target)?;
    let shape = input.shape();
    let (count, classes) = match shape[..] {
        [] => (1, 1),
        [classes] if classes > 0 => (1, classes),
        [count, classes] if classes > 0 => (count, classes),
        _ => return Err(Error::shape(OP, shape, "[n, classes] or [classes]").into()),
    };
    // 1 at every target; how often a class is listed counts too.
    let targets = target.to_dtype(DType::I64)?.to_vec::<i64>()?;
    let (mut listed, mut is_listed) =
        (vec![0.0_f32; count * classes], vec![false; count * classes]);
    for (row, targets) in targets.chunks(classes.max(1)).enumerate() {
        for &class in targets.iter().take_while(|&&class| class >= 0) {
            if class as usize >= classes {
                let expected = "class indices below the number of classes";
                return Err(Error::argument(OP, "target", class, expected).into());
            }
            listed[row * classes + class as usize] += 1.0;
            is_listed[row * classes + class as usize] = true;
        }
    }
    let times = Tensor::from_vec(listed, &[count, classes, 1])?;
    let times = times.to_dtype(input.dtype())?.to_device(input.device())?;
    let is_listed = Tensor::from_vec(is_listed, &[count, 1, classes])?;
    let rows = input.reshape(&[count as isize, classes as isize])?;
    // [n, j, i]
    let violation = ((rows.unsqueeze(1)? - rows.unsqueeze(2)?)? + 1.0)?.clamp_min(0.0)?;
    let violation = (violation * times)?.masked_fill(&is_listed.to_device(input.device())?, 0.0)?;
    let loss = (violation.sum_dim(&[1, 2], false)? / classes as f64)?;
    let loss = if shape.len() < 2 {
        loss.reshape(&[])?
    } else {
        loss
    };
    reduction.of(&loss)
}
