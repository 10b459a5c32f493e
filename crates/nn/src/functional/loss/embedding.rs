//! Losses between vectors that should be near or far.

use super::Reduction;
use crate::{Error, Result};
use rushlight_autograd::{DType, Tensor, amp, no_grad};

/// The mean of `1 - cos(x1, x2)` where the target is 1, of `max(0, cos(x1, x2))` where it is -1.
///
/// Shapes: inputs `[n, width]`, target `[n]`; or `[width]` and `[]`.
pub fn cosine_embedding_loss(x1: &Tensor, x2: &Tensor, target: &Tensor) -> Result<Tensor> {
    cosine_embedding_loss_with(x1, x2, target, 0.0, Reduction::Mean)
}

/// As [`cosine_embedding_loss`]; `margin` is subtracted from the cosine of vectors that should be far.
pub fn cosine_embedding_loss_with(
    x1: &Tensor,
    x2: &Tensor,
    target: &Tensor,
    margin: f64,
    reduction: Reduction,
) -> Result<Tensor> {
    const OP: &str = "cosine_embedding_loss";
    const EPS: f64 = 1e-12;
    let [x1, x2, target] = &amp::operands(OP, [x1, x2, target])?;
    if !matches!(target.dim(), 0 | 1) || x1.dim() != target.dim() + 1 || x2.dim() != x1.dim() {
        let got = format!("{}, {} and {}", x1.shape(), x2.shape(), target.shape());
        let expected = "inputs of one dimension more than the target, which has none or one";
        return Err(Error::argument(OP, "shapes", got, expected).into());
    }
    let dot = (x1 * x2)?.sum_dim(&[-1], false)?;
    let magnitude = |x: &Tensor| x.square()?.sum_dim(&[-1], false)? + EPS;
    let cosine = (dot / (magnitude(x1)? * magnitude(x2)?)?.sqrt()?)?;
    let zero = cosine.new_zeros(&[])?;
    let near = Tensor::select_where(&target.eq(1.0)?, &(1.0 - &cosine)?, &zero)?;
    let far = (cosine - margin)?.clamp_min(0.0)?;
    // In the type of the target, where -1 may be the largest number; no boolean equals it.
    let is_far = match target.dtype() {
        DType::Bool => target.eq(-1_i64)?,
        _ => target.eq(&target.ones_like()?.neg()?)?,
    };
    let far = Tensor::select_where(&is_far, &far, &zero)?;
    reduction.of(&(near + far)?)
}

/// The mean of the input where the target is 1, of `max(0, 1 - input)` where it is -1.
pub fn hinge_embedding_loss(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    hinge_embedding_loss_with(input, target, 1.0, Reduction::Mean)
}

/// As [`hinge_embedding_loss`], with another margin than 1.
pub fn hinge_embedding_loss_with(
    input: &Tensor,
    target: &Tensor,
    margin: f64,
    reduction: Reduction,
) -> Result<Tensor> {
    let [input, target] = &amp::operands("hinge_embedding_loss", [input, target])?;
    let zero = input.new_zeros(&[])?;
    let far = (margin - input)?.clamp_min(0.0)?;
    let far = Tensor::select_where(&target.ne(1.0)?, &far, &zero)?;
    let near = Tensor::select_where(&target.ne(-1.0)?, input, &zero)?;
    reduction.of(&(far + near)?)
}

/// Settings of [`triplet_margin_loss_with`].
#[derive(Debug, Clone, Copy)]
pub struct TripletMarginOptions {
    /// How much nearer the positive must be than the negative. Default: 1.
    pub margin: f64,
    /// The norm that measures distances. Default: 2.
    pub p: f64,
    /// Added to differences before the norm is taken. Default: 1e-6.
    pub eps: f64,
    /// Whether the negative counts from the nearer of anchor and positive. Default: false.
    pub swap: bool,
    /// Default: the mean.
    pub reduction: Reduction,
}

impl Default for TripletMarginOptions {
    fn default() -> Self {
        TripletMarginOptions {
            margin: 1.0,
            p: 2.0,
            eps: 1e-6,
            swap: false,
            reduction: Reduction::Mean,
        }
    }
}

/// The mean of `max(0, 1 + distance(anchor, positive) - distance(anchor, negative))`.
///
/// Shapes: `[n, width]` or `[width]`, all alike.
pub fn triplet_margin_loss(
    anchor: &Tensor,
    positive: &Tensor,
    negative: &Tensor,
) -> Result<Tensor> {
    triplet_margin_loss_with(anchor, positive, negative, TripletMarginOptions::default())
}

/// As [`triplet_margin_loss`], with settings.
pub fn triplet_margin_loss_with(
    anchor: &Tensor,
    positive: &Tensor,
    negative: &Tensor,
    options: TripletMarginOptions,
) -> Result<Tensor> {
    let [anchor, positive, negative] =
        &amp::operands("triplet_margin_loss", [anchor, positive, negative])?;
    let (p, eps) = (options.p, options.eps);
    let distance = |a: &Tensor, b: &Tensor| pairwise_distance_with(a, b, p, eps, false);
    triplet_margin_with_distance_loss(anchor, positive, negative, distance, options)
}

/// As [`triplet_margin_loss_with`], by another distance; `p` and `eps` do not count.
pub fn triplet_margin_with_distance_loss(
    anchor: &Tensor,
    positive: &Tensor,
    negative: &Tensor,
    distance: impl Fn(&Tensor, &Tensor) -> Result<Tensor>,
    options: TripletMarginOptions,
) -> Result<Tensor> {
    super::check_positive("triplet_margin_loss", "margin", options.margin)?;
    let near = distance(anchor, positive)?;
    let mut far = distance(anchor, negative)?;
    if options.swap {
        far = far.minimum(&distance(positive, negative)?)?;
    }
    let loss = ((near - far)? + options.margin)?.clamp_min(0.0)?;
    options.reduction.of(&loss)
}

/// The Euclidean length of `x1 - x2` along the last dimension.
pub fn pairwise_distance(x1: &Tensor, x2: &Tensor) -> Result<Tensor> {
    pairwise_distance_with(x1, x2, 2.0, 1e-6, false)
}

/// As [`pairwise_distance`]: the `p`-norm of `x1 - x2 + eps`.
pub fn pairwise_distance_with(
    x1: &Tensor,
    x2: &Tensor,
    p: f64,
    eps: f64,
    keepdim: bool,
) -> Result<Tensor> {
    let difference = ((x1 - x2)? + eps)?;
    difference.vector_norm(p, &[-1], keepdim)
}

/// The cosine of the angle between `x1` and `x2` along dimension `dim`; lengths count as `eps` at
/// least.
pub fn cosine_similarity(x1: &Tensor, x2: &Tensor, dim: isize, eps: f64) -> Result<Tensor> {
    let [x1, x2] = &amp::operands("cosine_similarity", [x1, x2])?;
    let direction = |x: &Tensor| {
        let length = x.vector_norm(2.0, &[dim], true)?;
        // The bound is no part of the derivative.
        let raise = no_grad(|| length.clamp_min(eps)?.sub(&length))?;
        x / (length + raise)?
    };
    let both = Tensor::broadcast_tensors(&[x1, x2])?;
    (direction(&both[0])? * direction(&both[1])?)?.sum_dim(&[dim], false)
}

/// The `p`-norms of the differences of all pairs of rows: first with the first, then with the second.
///
/// Shapes: `[n, width] -> [n (n - 1) / 2]`.
pub fn pdist(x: &Tensor, p: f64) -> Result<Tensor> {
    x.pdist(p)
}
