//! Triplets of vectors, compared by any distance.

use crate::functional::{Reduction, TripletMarginOptions, triplet_margin_with_distance_loss};
use crate::{Module, PairwiseDistance, Result, Site};
use rushlight_autograd::Tensor;

/// A distance between vectors along the last dimension, such as
/// [`pairwise_distance`](crate::functional::pairwise_distance).
pub type Distance = fn(&Tensor, &Tensor) -> Result<Tensor>;

/// The mean of `max(0, d(anchor, positive) - d(anchor, negative) + margin)` by any distance `d`;
/// see [`triplet_margin_with_distance_loss`], and [`TripletMarginLoss`](crate::TripletMarginLoss)
/// for norms.
///
/// # Shape
///
/// Anchor, positive and negative `[n, features]`; the result has one element, or the shape of the
/// distances without reduction.
///
/// # Arguments
///
/// * `distance`: The function that measures distances. Default: the Euclidean distance.
/// * `margin`: By how much the positive should be nearer. Default: 1.
/// * `swap`: Whether the negative counts from the nearer of anchor and positive. Default: false.
/// * `reduction`: How the losses of the triplets become one. Default: their mean.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::TripletMarginWithDistanceLoss;
/// # fn main() -> Result<()> {
/// let loss = TripletMarginWithDistanceLoss::new().distance(|a, b| a.sub(b)?.abs()?.sum_dim(&[-1], false));
/// let anchor = tensor([[0.0, 0.0]])?;
/// let value = loss.forward(&anchor, &tensor([[0.0, 1.0]])?, &tensor([[1.5, 0.0]])?)?;
/// assert_eq!(value.item()?, 0.5);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct TripletMarginWithDistanceLoss {
    /// How distances are measured, unless by a function.
    pub distance_function: Option<PairwiseDistance>,
    /// The function that measures distances, if one does.
    #[module(skip)]
    pub distance: Option<Distance>,
    /// By how much the positive should be nearer.
    #[module(skip)]
    pub margin: f64,
    /// Whether the negative counts from the nearer of anchor and positive.
    #[module(skip)]
    pub swap: bool,
    /// How the losses of the triplets become one.
    #[module(skip)]
    pub reduction: Reduction,
    /// The loss's place in a model.
    pub site: Site,
}

impl TripletMarginWithDistanceLoss {
    /// The loss by the Euclidean distance.
    #[allow(clippy::new_without_default, reason = "losses are made by `new`")]
    pub fn new() -> TripletMarginWithDistanceLoss {
        TripletMarginWithDistanceLoss {
            distance_function: Some(PairwiseDistance::new()),
            distance: None,
            margin: 1.0,
            swap: false,
            reduction: Reduction::Mean,
            site: Site::default(),
        }
    }

    /// Measures distances by a function. Default: by the Euclidean distance.
    #[must_use]
    pub fn distance(mut self, distance: Distance) -> Self {
        self.distance_function = None;
        self.distance = Some(distance);
        self
    }

    /// By how much the positive should be nearer. Default: 1.
    #[must_use]
    pub fn margin(mut self, margin: f64) -> Self {
        self.margin = margin;
        self
    }

    /// Whether the negative counts from the nearer of anchor and positive. Default: false.
    #[must_use]
    pub fn swap(mut self, swap: bool) -> Self {
        self.swap = swap;
        self
    }

    /// How the losses of the triplets become one. Default: their mean.
    #[must_use]
    pub fn reduction(mut self, reduction: Reduction) -> Self {
        self.reduction = reduction;
        self
    }

    /// The loss.
    pub fn forward(&self, anchor: &Tensor, positive: &Tensor, negative: &Tensor) -> Result<Tensor> {
        let options = TripletMarginOptions {
            margin: self.margin,
            swap: self.swap,
            reduction: self.reduction,
            ..TripletMarginOptions::default()
        };
        let distance = |a: &Tensor, b: &Tensor| match (self.distance, &self.distance_function) {
            (Some(distance), _) => distance(a, b),
            (None, Some(module)) => module.forward(a, b),
            (None, None) => crate::functional::pairwise_distance(a, b),
        };
        self.site.call_all(
            [anchor, positive, negative],
            |[anchor, positive, negative]| {
                triplet_margin_with_distance_loss(anchor, positive, negative, distance, options)
            },
        )
    }
}
