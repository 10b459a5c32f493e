//! Losses between scores or probabilities and classes.

use super::{Reduction, check_same_shape, weighted};
use crate::{Error, Result};
use rushlight_autograd::{DType, Tensor, amp};

/// Settings of [`cross_entropy_with`].
#[derive(Debug, Clone, Copy)]
pub struct CrossEntropyOptions<'a> {
    /// How much each class counts. Default: all alike.
    pub weight: Option<&'a Tensor>,
    /// A class index whose elements do not count. Default: -100.
    pub ignore_index: i64,
    /// Default: the mean, over the weights of the classes.
    pub reduction: Reduction,
    /// How much of the target is spread evenly over the classes. Default: 0.
    pub label_smoothing: f64,
}

impl Default for CrossEntropyOptions<'_> {
    fn default() -> Self {
        CrossEntropyOptions {
            weight: None,
            ignore_index: -100,
            reduction: Reduction::Mean,
            label_smoothing: 0.0,
        }
    }
}

/// The mean negative log probability that the softmax of the input gives the target.
///
/// Shapes: input `[n, classes, ...]` or `[classes]`; target `[n, ...]` or `[]` with class indices, or
/// the input's shape with probabilities.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::functional as F;
/// # fn main() -> Result<()> {
/// let scores = tensor([[0.0, 0.0], [100.0, 0.0]])?;
/// let loss = F::cross_entropy(&scores, &tensor([1, 0])?)?;
/// assert!((loss.item()? - 2.0_f64.ln() / 2.0).abs() < 1e-6);
/// # Ok(()) }
/// ```
pub fn cross_entropy(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    cross_entropy_with(input, target, CrossEntropyOptions::default())
}

/// As [`cross_entropy`], with settings.
pub fn cross_entropy_with(
    input: &Tensor,
    target: &Tensor,
    options: CrossEntropyOptions<'_>,
) -> Result<Tensor> {
    const OP: &str = "cross_entropy";
    let [input, target] = &amp::operands(OP, [input, target])?;
    let (class_dim, classes) = class_dim(OP, input)?;
    let smoothing = options.label_smoothing;
    if !(0.0..=1.0).contains(&smoothing) {
        let expected = "between 0.0 and 1.0";
        return Err(Error::argument(OP, "label_smoothing", smoothing, expected).into());
    }
    check_weight(OP, options.weight, classes)?;
    let log_probabilities = input.log_softmax(class_dim)?;
    if target.is_floating_point() {
        check_same_shape(OP, input, target)?;
        if options.ignore_index >= 0 {
            let expected = "unset where the target has probabilities";
            return Err(Error::argument(OP, "ignore_index", options.ignore_index, expected).into());
        }
        return soft_cross_entropy(&log_probabilities, target, class_dim, classes, options);
    }
    let (nll, counts) = nll_of(
        OP,
        &log_probabilities,
        target,
        options.weight,
        options.ignore_index,
    )?;
    let nll_loss = reduce_counted(&nll, counts.as_ref(), options.reduction)?;
    if smoothing == 0.0 {
        return Ok(nll_loss);
    }
    let spread = match options.weight {
        Some(weight) => (&log_probabilities * along(weight, input.dim(), class_dim)?)?,
        None => log_probabilities,
    };
    let smooth = spread.sum_dim(&[class_dim], false)?.neg()?;
    let smooth = smooth.masked_fill(&target.eq(options.ignore_index)?, 0.0)?;
    let smooth_loss = reduce_counted(&smooth, counts.as_ref(), options.reduction)?;
    (nll_loss * (1.0 - smoothing))? + (smooth_loss * (smoothing / classes as f64))?
}

/// Cross entropy with a target of probabilities.
fn soft_cross_entropy(
    log_probabilities: &Tensor,
    target: &Tensor,
    class_dim: isize,
    classes: usize,
    options: CrossEntropyOptions<'_>,
) -> Result<Tensor> {
    let smoothing = options.label_smoothing;
    let target = match smoothing > 0.0 {
        true => ((target * (1.0 - smoothing))? + smoothing / classes as f64)?,
        false => target.clone(),
    };
    let mut products = (log_probabilities * target)?;
    if let Some(weight) = options.weight {
        products = (&products * along(weight, products.dim(), class_dim)?)?;
    }
    let loss = products.sum_dim(&[class_dim], false)?.neg()?;
    options.reduction.of(&loss)
}

/// Settings of [`nll_loss_with`].
#[derive(Debug, Clone, Copy)]
pub struct NllOptions<'a> {
    /// How much each class counts. Default: all alike.
    pub weight: Option<&'a Tensor>,
    /// A class index whose elements do not count. Default: -100.
    pub ignore_index: i64,
    /// Default: the mean, over the weights of the classes.
    pub reduction: Reduction,
}

impl Default for NllOptions<'_> {
    fn default() -> Self {
        NllOptions {
            weight: None,
            ignore_index: -100,
            reduction: Reduction::Mean,
        }
    }
}

/// The mean of the input at the target classes, negated: the negative log likelihood where the input
/// holds log probabilities.
///
/// Shapes: input `[n, classes, ...]` or `[classes]`; target `[n, ...]` or `[]`.
pub fn nll_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    nll_loss_with(input, target, NllOptions::default())
}

/// As [`nll_loss`], with settings.
pub fn nll_loss_with(input: &Tensor, target: &Tensor, options: NllOptions<'_>) -> Result<Tensor> {
    const OP: &str = "nll_loss";
    let [input] = &amp::operands(OP, [input])?;
    let (_, classes) = class_dim(OP, input)?;
    check_weight(OP, options.weight, classes)?;
    let (nll, counts) = nll_of(OP, input, target, options.weight, options.ignore_index)?;
    reduce_counted(&nll, counts.as_ref(), options.reduction)
}

/// The dimension of the classes, and their number.
fn class_dim(op: &'static str, input: &Tensor) -> Result<(isize, usize)> {
    let shape = input.shape();
    match shape[..] {
        [classes] => Ok((0, classes)),
        [_, classes, ..] => Ok((1, classes)),
        [] => Err(Error::shape(op, shape, "one dimension or more").into()),
    }
}

fn check_weight(op: &'static str, weight: Option<&Tensor>, classes: usize) -> Result<()> {
    match weight {
        Some(weight) if weight.shape() != [classes] => {
            let expected = format!("[{classes}], a weight for each class");
            Err(Error::shape(op, weight.shape(), expected).into())
        }
        _ => Ok(()),
    }
}

/// A tensor of one number for each class, in a form that broadcasts.
fn along(weight: &Tensor, rank: usize, class_dim: isize) -> Result<Tensor> {
    let sizes = (0..rank as isize).map(|dim| if dim == class_dim { -1 } else { 1 });
    weight.reshape(&sizes.collect::<Vec<_>>())
}

/// The weighted loss of each element, and how much each counts in a mean, unless all count alike.
fn nll_of(
    op: &'static str,
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    ignore_index: i64,
) -> Result<(Tensor, Option<Tensor>)> {
    let (class_dim, classes) = class_dim(op, input)?;
    let mut expected = input.shape();
    expected.remove(class_dim as usize);
    if target.shape() != expected {
        let expected = format!("{expected} for an input of shape {}", input.shape());
        return Err(Error::shape(op, target.shape(), expected).into());
    }
    if !matches!(target.dtype(), DType::I64 | DType::U8) {
        let expected = "i64 or u8, class indices";
        return Err(
            Error::argument(op, "dtype of the target", target.dtype().name(), expected).into(),
        );
    }
    let target = target.to_dtype(DType::I64)?;
    let may_ignore = (0..classes as i64).contains(&ignore_index);
    let (target, counted) = match may_ignore || !target.has_indices_of(classes)? {
        false => (target, None),
        true => {
            let counted = target.ne(ignore_index)?;
            let target = target.masked_fill(&counted.logical_not()?, 0_i64)?;
            if !target.has_indices_of(classes)? {
                let expected = "class indices below the number of classes";
                let got = format!("an index outside of 0..{classes}");
                return Err(Error::argument(op, "target", got, expected).into());
            }
            (target, Some(counted))
        }
    };
    // Nothing counts where there are no classes, and there is nothing to gather.
    let picked = match classes {
        0 => input.sum_dim(&[class_dim], false)?,
        _ => {
            let index = target.unsqueeze(class_dim)?;
            input
                .gather(class_dim, &index)?
                .squeeze_dims(&[class_dim])?
        }
    };
    let (mut loss, mut shares) = match counted {
        None => (picked.neg()?, None),
        Some(counted) => {
            let zero = picked.new_zeros(&[])?;
            let loss = Tensor::select_where(&counted, &picked.neg()?, &zero)?;
            (loss, Some(counted.to_dtype(input.dtype())?))
        }
    };
    if let Some(weight) = weight {
        if weight.dtype() != input.dtype() {
            let expected = input.dtype().name();
            let got = weight.dtype().name();
            return Err(Error::argument(op, "dtype of the weight", got, expected).into());
        }
        let flat = weight.index_select(0, &target.flatten(0, -1)?)?;
        let own = flat.reshape_as(&target)?;
        loss = (loss * &own)?;
        shares = Some(match shares {
            None => own,
            Some(shares) => (shares * own)?,
        });
    }
    Ok((loss, shares))
}

/// Reduces losses; the mean is over what the elements count.
fn reduce_counted(loss: &Tensor, counts: Option<&Tensor>, reduction: Reduction) -> Result<Tensor> {
    match (reduction, counts) {
        (Reduction::Mean, Some(counts)) => loss.sum()? / counts.sum()?,
        _ => reduction.of(loss),
    }
}

/// The mean of `-target * log(input) - (1 - target) * log(1 - input)`, where the input holds
/// probabilities and each logarithm is at least -100.
pub fn binary_cross_entropy(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    binary_cross_entropy_with(input, target, None, Reduction::Mean)
}

/// As [`binary_cross_entropy`], with weights for the elements and another reduction.
pub fn binary_cross_entropy_with(
    input: &Tensor,
    target: &Tensor,
    weight: Option<&Tensor>,
    reduction: Reduction,
) -> Result<Tensor> {
    const OP: &str = "binary_cross_entropy";
    let [input, target] = &amp::operands(OP, [input, target])?;
    check_same_shape(OP, input, target)?;
    let inside = input.ge(0.0)?.logical_and(&input.le(1.0)?)?;
    if inside.all()?.item()? == 0.0 {
        let expected = "probabilities from 0 to 1";
        return Err(Error::argument(OP, "input", "a number outside", expected).into());
    }
    let wide = |x: &Tensor| x.to_dtype(x.dtype().to_accumulate());
    let (p, share) = (wide(input)?, wide(target)?);
    let if_true = p.log()?.clamp_min(-100.0)?;
    let if_false = p.neg()?.log1p()?.clamp_min(-100.0)?;
    let loss = (((&share - 1.0)? * if_false)? - (share * if_true)?)?;
    let loss = loss.to_dtype(input.dtype().promote(target.dtype()))?;
    weighted(loss, weight, reduction)
}

/// Settings of [`binary_cross_entropy_with_logits_with`].
#[derive(Debug, Clone, Copy, Default)]
pub struct BceWithLogitsOptions<'a> {
    /// Weights of the elements. Default: none.
    pub weight: Option<&'a Tensor>,
    /// How much positive targets count, for each class. Default: as much as negative ones.
    pub pos_weight: Option<&'a Tensor>,
    /// Default: the mean.
    pub reduction: Reduction,
}

/// [`binary_cross_entropy`] of the sigmoid of the input, without overflow.
pub fn binary_cross_entropy_with_logits(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    binary_cross_entropy_with_logits_with(input, target, BceWithLogitsOptions::default())
}

/// As [`binary_cross_entropy_with_logits`], with settings.
pub fn binary_cross_entropy_with_logits_with(
    input: &Tensor,
    target: &Tensor,
    options: BceWithLogitsOptions<'_>,
) -> Result<Tensor> {
    let [input, target] = &amp::operands("binary_cross_entropy_with_logits", [input, target])?;
    check_same_shape("binary_cross_entropy_with_logits", input, target)?;
    let mut log_sigmoid = input.logsigmoid()?;
    if let Some(pos_weight) = options.pos_weight {
        log_sigmoid = (log_sigmoid * (((pos_weight - 1.0)? * target)? + 1.0)?)?;
    }
    let loss = ((1.0 - target)? * input)?.sub(log_sigmoid)?;
    weighted(loss, options.weight, options.reduction)
}
