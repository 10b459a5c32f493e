//! Leaving out branches of residual networks at random.

use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Error, Forward, Module, Setting, Site, settings};

/// What stochastic depth leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StochasticDepthMode {
    /// The whole batch or nothing.
    Batch,
    /// Each example by itself.
    Row,
}

impl Setting for StochasticDepthMode {
    fn text(&self) -> String {
        let text = match self {
            StochasticDepthMode::Batch => "batch",
            StochasticDepthMode::Row => "row",
        };
        text.to_string()
    }
}
settings!(StochasticDepthMode);

/// Sets examples to zero with probability `p` while training, and divides the others by `1 - p`. In
/// evaluation mode it returns its input.
///
/// Shapes: `[n, ...]`; the result has the same.
///
/// [Deep Networks with Stochastic Depth](https://arxiv.org/abs/1603.09382).
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Forward, Module};
/// # use rushlight_vision_models::ops::{StochasticDepth, StochasticDepthMode};
/// # fn main() -> Result<()> {
/// let layer = StochasticDepth::new(0.5, StochasticDepthMode::Row)?;
/// let y = layer.forward(&Tensor::ones(&[4, 1])?)?;
/// assert!(y.to_vec::<f32>()?.iter().all(|&y| y == 0.0 || y == 2.0));
/// assert_eq!(layer.to_string(), "StochasticDepth(p=0.5, mode=row)");
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct StochasticDepth {
    /// The probability with which an example is left out.
    pub p: f64,
    /// What is left out.
    pub mode: StochasticDepthMode,
    /// The layer's place in a model.
    pub site: Site,
}

impl StochasticDepth {
    /// A layer that leaves out with probability `p`, an error unless it is from 0 to 1.
    pub fn new(p: f64, mode: StochasticDepthMode) -> Result<StochasticDepth> {
        check_probability(p)?;
        let site = Site::default();
        Ok(StochasticDepth { p, mode, site })
    }

    /// A layer that leaves out single examples.
    pub fn row(p: f64) -> Result<StochasticDepth> {
        StochasticDepth::new(p, StochasticDepthMode::Row)
    }
}

impl Forward for StochasticDepth {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            stochastic_depth(x, self.p, self.mode, self.site.is_training())
        })
    }
}

/// Sets examples to zero with probability `p` and divides the others by `1 - p`, if `training`.
///
/// Errors if `p` is not from 0 to 1, or if there is no dimension of examples.
pub fn stochastic_depth(
    x: &Tensor,
    p: f64,
    mode: StochasticDepthMode,
    training: bool,
) -> Result<Tensor> {
    check_probability(p)?;
    if !training || p == 0.0 {
        return Ok(x.clone());
    }
    let mut shape = vec![1; x.dim()];
    if mode == StochasticDepthMode::Row {
        let Some(examples) = shape.first_mut() else {
            let expected = "a dimension of examples";
            return Err(Error::shape("stochastic_depth", x.shape(), expected).into());
        };
        *examples = x.size(0)?;
    }
    let survival_rate = 1.0 - p;
    let mut noise = x.detach().new_empty(&shape)?;
    noise.bernoulli_(survival_rate)?;
    if survival_rate > 0.0 {
        noise = noise.div(survival_rate)?;
    }
    x.mul(noise)
}

fn check_probability(p: f64) -> Result<()> {
    if (0.0..=1.0).contains(&p) {
        return Ok(());
    }
    Err(Error::argument("stochastic_depth", "p", p, "a probability from 0 to 1").into())
}
