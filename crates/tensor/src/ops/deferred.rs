//! A computation that waits for what follows it.
//!
//! A convolution is often followed by a normalisation, an addition and an activation, each of which
//! would read and write all of memory again. [`Deferred`] is a convolution, or an array, that collects
//! them, and computes all of it in one pass when somebody wants to see the result. Its operands are
//! values, so it does not matter when that is, and each number comes out as it would step by step.

use super::conv::{ConvGeometry, ConvShape};
use super::table::{ParametricOp, UnaryOp};
use crate::cpu::{conv, finish};
use crate::layout::Layout;
use crate::{Array, DType, Device, Result, Scalar};

/// An activation that can be the end of a computation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Activation {
    /// `max(x, 0)`
    Relu,
    /// `x` moved into a range, as for `relu6`.
    Hardtanh(f32, f32),
    /// `x * sigmoid(x)`
    Silu,
    /// `x * hardsigmoid(x)`
    Hardswish,
    /// `relu6(x + 3) / 6`
    Hardsigmoid,
    /// `1 / (1 + exp(-x))`
    Sigmoid,
}

impl Activation {
    /// The activation that a row of the unary table is.
    pub fn unary(op: UnaryOp) -> Option<Activation> {
        match op {
            UnaryOp::Relu => Some(Activation::Relu),
            UnaryOp::Silu => Some(Activation::Silu),
            UnaryOp::Hardswish => Some(Activation::Hardswish),
            UnaryOp::Hardsigmoid => Some(Activation::Hardsigmoid),
            UnaryOp::Sigmoid => Some(Activation::Sigmoid),
            _ => None,
        }
    }

    /// The activation that a row of the parametric table is.
    pub fn parametric(op: ParametricOp, parameters: [Scalar; 3]) -> Option<Activation> {
        let [low, high, _] = parameters.map(|parameter| parameter.to_f64() as f32);
        (op == ParametricOp::Hardtanh).then_some(Activation::Hardtanh(low, high))
    }
}

/// What each element `x` of `[n, channels, ..]` becomes: `activation(x * scale + shift + addend)`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Finish {
    /// A factor and an addend for each channel.
    pub affine: Option<[Array; 2]>,
    /// An addend for each element.
    pub addend: Option<Array>,
    pub activation: Option<Activation>,
}

/// What is computed first.
#[derive(Clone, Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "a computation that waits is in a box"
)]
enum Source {
    Array(Array),
    Conv {
        shape: ConvShape,
        x: Array,
        weight: Array,
        bias: Option<Array>,
    },
}

/// A computation in `f32` on the CPU whose operands are checked and whose memory is there.
#[derive(Debug)]
pub struct Deferred {
    source: Source,
    finish: Finish,
    layout: Layout,
    /// Taken over by the computation that this one becomes part of.
    out: Option<Array>,
}

impl Deferred {
    /// The convolution that [`Array::conv`] computes. `None` for operands that it is not for; errors
    /// are those of the call.
    pub fn conv(
        x: &Array,
        weight: &Array,
        bias: Option<&Array>,
        geometry: &ConvGeometry,
    ) -> Result<Option<Deferred>> {
        if !is_supported(x) {
            return Ok(None);
        }
        let (shape, out) = x.conv_output(weight, bias, geometry)?;
        if out.numel() == 0 {
            return Ok(None);
        }
        let source = Source::Conv {
            shape,
            x: x.contiguous()?,
            weight: weight.contiguous()?,
            bias: bias.map(Array::contiguous).transpose()?,
        };
        Ok(Some(Deferred {
            source,
            finish: Finish::default(),
            layout: out.layout().clone(),
            out: Some(out),
        }))
    }

    /// `x * scale + shift` with numbers for each channel, if the sizes are those of channels.
    pub fn affine(x: &Array, scale: &Array, shift: &Array) -> Result<Option<Deferred>> {
        let fits = is_supported(x) && x.is_contiguous() && x.rank() > 2 && x.numel() > 0;
        let channels = x.shape().get(1).copied().unwrap_or(0);
        if !fits || !are_of_channels([scale, shift], x.rank(), channels) {
            return Ok(None);
        }
        let out = x.uninit_like("affine", DType::F32)?;
        Ok(Some(Deferred {
            source: Source::Array(x.clone()),
            finish: Finish {
                affine: Some([scale.contiguous()?, shift.contiguous()?]),
                ..Finish::default()
            },
            layout: out.layout().clone(),
            out: Some(out),
        }))
    }

    /// How the result lies in memory.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// This computation followed by `x * scale + shift`, if there is a place for it.
    pub fn scaled(&mut self, scale: &Array, shift: &Array) -> Result<Option<Deferred>> {
        let Finish {
            affine: None,
            addend: None,
            activation: None,
        } = self.finish
        else {
            return Ok(None);
        };
        let (rank, channels) = (self.layout.rank(), self.layout.shape()[1]);
        if !are_of_channels([scale, shift], rank, channels) {
            return Ok(None);
        }
        let affine = Some([scale.contiguous()?, shift.contiguous()?]);
        Ok(Some(self.followed_by(|finish| finish.affine = affine)))
    }

    /// This computation followed by the addition of an array of its shape, if there is a place for it.
    pub fn added(&mut self, addend: &Array) -> Result<Option<Deferred>> {
        let has_place = self.finish.addend.is_none() && self.finish.activation.is_none();
        let fits = is_supported(addend) && addend.shape() == self.layout.shape();
        if !has_place || !fits {
            return Ok(None);
        }
        let addend = addend.contiguous()?;
        Ok(Some(
            self.followed_by(|finish| finish.addend = Some(addend)),
        ))
    }

    /// This computation followed by an activation, if there is a place for it.
    pub fn activated(&mut self, activation: Activation) -> Option<Deferred> {
        let has_place = self.finish.activation.is_none();
        has_place.then(|| self.followed_by(|finish| finish.activation = Some(activation)))
    }

    /// A longer computation, which takes over the memory.
    fn followed_by(&mut self, by: impl FnOnce(&mut Finish)) -> Deferred {
        let mut finish = self.finish.clone();
        by(&mut finish);
        Deferred {
            source: self.source.clone(),
            finish,
            layout: self.layout.clone(),
            out: self.out.take(),
        }
    }

    /// Computes the result.
    ///
    /// Errors where the memory went to a longer computation, and there is no more.
    pub fn compute(&mut self) -> Result<Array> {
        let mut out = match self.out.take() {
            Some(out) => out,
            None => Array::uninit("conv", self.layout.clone(), DType::F32, Device::Cpu)?,
        };
        match &self.source {
            Source::Array(x) => finish::finish(x, &self.finish, &mut out),
            Source::Conv {
                shape,
                x,
                weight,
                bias,
            } => conv::conv_finished(shape, [x, weight], bias.as_ref(), &self.finish, &mut out),
        }
        Ok(out)
    }
}

fn is_supported(x: &Array) -> bool {
    x.dtype() == DType::F32 && x.device() == Device::Cpu
}

/// Whether arrays have the shape `[1, channels, 1, ..]` of `rank` dimensions.
fn are_of_channels(arrays: [&Array; 2], rank: usize, channels: usize) -> bool {
    arrays.into_iter().all(|array| {
        let mut sizes = array.shape().iter().enumerate();
        let fits = |(dim, &size): (usize, &usize)| size == if dim == 1 { channels } else { 1 };
        is_supported(array) && array.rank() == rank && sizes.all(fits)
    })
}
