//! Values that are computed when somebody looks at them.
//!
//! Outside of a graph, a convolution of `f32` on the CPU and a normalisation by given statistics wait
//! for what follows: a scale and shift for each channel, an addition and an activation become part of
//! the same pass over memory ([`Deferred`]). Everything else, and every way to see the numbers, finds
//! them computed. A step that is also read by itself is computed once more.

use crate::graph::needs_graph;
use crate::{Result, Tensor};
use rushlight_tensor::ops::conv::ConvGeometry;
use rushlight_tensor::ops::deferred::{Activation, Deferred};
use rushlight_tensor::{Array, DType, Device, Layout};

/// The value of a variable.
pub(crate) enum Content {
    Computed(Array),
    Deferred(Box<Deferred>),
}

impl Content {
    pub(crate) fn layout(&self) -> &Layout {
        match self {
            Content::Computed(array) => array.layout(),
            Content::Deferred(deferred) => deferred.layout(),
        }
    }

    pub(crate) fn dtype(&self) -> DType {
        match self {
            Content::Computed(array) => array.dtype(),
            Content::Deferred(_) => DType::F32,
        }
    }

    pub(crate) fn device(&self) -> Device {
        match self {
            Content::Computed(array) => array.device(),
            Content::Deferred(_) => Device::Cpu,
        }
    }

    /// The value, computed now at the latest.
    pub(crate) fn computed(&mut self) -> &mut Array {
        if let Content::Deferred(deferred) = self {
            let array = deferred.compute();
            *self = Content::Computed(array.expect("there was memory for it before"));
        }
        match self {
            Content::Computed(array) => array,
            Content::Deferred(_) => unreachable!("it was computed above"),
        }
    }
}

/// The convolution, if it can wait.
pub(crate) fn conv(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    geometry: &ConvGeometry,
) -> Result<Option<Tensor>> {
    if needs_graph(&[x, weight, bias.unwrap_or(weight)]) {
        return Ok(None);
    }
    let bias = bias.map(Tensor::array);
    let conv = Deferred::conv(&x.array(), &weight.array(), bias.as_ref(), geometry)?;
    Ok(conv.map(Tensor::deferred))
}

/// `x * scale + shift` with numbers for each channel, if it can wait.
pub(crate) fn affine(x: &Tensor, scale: &Tensor, shift: &Tensor) -> Result<Option<Tensor>> {
    if x.dim() < 3 || scale.dim() != x.dim() || needs_graph(&[x, scale, shift]) {
        return Ok(None);
    }
    let (scale, shift) = (scale.array(), shift.array());
    if let Some(longer) = x.extend(|earlier| Ok(earlier.scaled(&scale, &shift)?))? {
        return Ok(Some(longer));
    }
    let affine = Deferred::affine(&x.array(), &scale, &shift)?;
    Ok(affine.map(Tensor::deferred))
}

/// `a + b`, if one of them waits for it.
pub(crate) fn sum(a: &Tensor, b: &Tensor) -> Result<Option<Tensor>> {
    for (waiting, addend) in [(a, b), (b, a)] {
        if waiting.is_deferred() && !needs_graph(&[a, b]) {
            let addend = addend.array();
            return waiting.extend(|earlier| Ok(earlier.added(&addend)?));
        }
    }
    Ok(None)
}

/// An activation of `x`, if that waits for it.
pub(crate) fn activated(
    x: &Tensor,
    activation: impl FnOnce() -> Option<Activation>,
) -> Result<Option<Tensor>> {
    if !x.is_deferred() || needs_graph(&[x]) {
        return Ok(None);
    }
    match activation() {
        Some(activation) => x.extend(|earlier| Ok(earlier.activated(activation))),
        None => Ok(None),
    }
}
