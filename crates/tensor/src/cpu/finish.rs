//! The end of a computation: scale, shift, addition and activation, of outputs that have just been
//! stored and are in the cache.

use super::number::Real;
use super::parallel::{DisjointMut, for_each_chunk};
use super::simd::{Level, Simd, Task};
use crate::Array;
use crate::ops::deferred::{Activation, Finish};

/// Elements that are copied and finished at a time.
const PIECE: usize = 4096;
/// Elements that are worth a thread's attention.
const GRAIN: usize = 1 << 15;

/// A [`Finish`] of outputs in `f32`.
#[derive(Debug)]
pub(crate) struct Finisher<'a> {
    affine: Option<[&'a [f32]; 2]>,
    addend: Option<&'a [f32]>,
    activation: Option<Activation>,
    /// Where the first output is, from which the place of each follows.
    start: usize,
    level: Level,
}

impl<'a> Finisher<'a> {
    /// For outputs that are stored from `start` on.
    pub(crate) fn new(finish: &'a Finish, start: *const f32) -> Self {
        let affine = finish.affine.as_ref();
        Self {
            affine: affine.map(|pair| pair.each_ref().map(|array| array.dense_slice())),
            addend: finish.addend.as_ref().map(|array| array.dense_slice()),
            activation: finish.activation,
            start: start.addr(),
            level: Level::current(),
        }
    }

    /// Finishes outputs of one channel that lie side by side.
    fn apply(&self, channel: usize, outputs: &mut [f32]) {
        let first = (outputs.as_ptr().addr() - self.start) / size_of::<f32>();
        self.level.run(Apply {
            affine: self.affine.map(|pair| pair.map(|each| each[channel])),
            addend: self.addend.map(|addend| &addend[first..][..outputs.len()]),
            activation: self.activation,
            outputs,
        });
    }
}

/// What follows the sums of some channels: nothing, or a [`Finisher`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tail<'a> {
    finisher: Option<&'a Finisher<'a>>,
    /// The channel that the first row of sums belongs to.
    channel: usize,
}

impl<'a> Tail<'a> {
    /// Leaves sums as they are.
    pub(crate) const NONE: Self = Self {
        finisher: None,
        channel: 0,
    };

    /// Finishes the sums of all channels.
    pub(crate) fn new(finisher: &'a Finisher<'a>) -> Self {
        Self {
            finisher: Some(finisher),
            channel: 0,
        }
    }

    /// The same for sums that begin at a later channel.
    pub(crate) fn at(self, channel: usize) -> Self {
        Self {
            channel: self.channel + channel,
            ..self
        }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.finisher.is_none()
    }

    /// Finishes outputs of a row that lie side by side. Only those in `f32` have a finisher.
    ///
    /// # Safety
    ///
    /// The outputs are stored, and nobody else sees them.
    pub(crate) unsafe fn apply<T>(&self, row: usize, outputs: *mut T, count: usize) {
        if let Some(finisher) = self.finisher {
            debug_assert_eq!(size_of::<T>(), size_of::<f32>());
            // SAFETY: the caller vouches for the outputs, which are in `f32`.
            let outputs = unsafe { std::slice::from_raw_parts_mut(outputs.cast(), count) };
            finisher.apply(self.channel + row, outputs);
        }
    }
}

struct Apply<'a> {
    affine: Option<[f32; 2]>,
    addend: Option<&'a [f32]>,
    activation: Option<Activation>,
    outputs: &'a mut [f32],
}

impl Task for Apply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let outputs = self.outputs;
        if let Some([scale, shift]) = self.affine {
            map(outputs, |x| shift + x * scale);
        }
        if let Some(addend) = self.addend {
            let pairs = outputs.iter_mut().zip(addend);
            pairs.for_each(|(x, addend)| *x += addend);
        }
        if let Some(activation) = self.activation {
            activate(activation, outputs);
        }
    }
}

#[inline(always)]
fn activate<C: Real>(activation: Activation, outputs: &mut [C]) {
    match activation {
        Activation::Relu => map(outputs, |x| x.maximum(x.number(0.0))),
        Activation::Hardtanh(low, high) => {
            let (low, high) = (C::from_f64(low.into()), C::from_f64(high.into()));
            map(outputs, |x| x.maximum(low).minimum(high));
        }
        Activation::Silu => map(outputs, |x| x.silu()),
        Activation::Hardswish => map(outputs, |x| x * x.hardsigmoid()),
        Activation::Hardsigmoid => map(outputs, |x| x.hardsigmoid()),
        Activation::Sigmoid => map(outputs, |x| x.sigmoid()),
    }
}

#[inline(always)]
fn map<C: Copy>(outputs: &mut [C], f: impl Fn(C) -> C) {
    outputs.iter_mut().for_each(|x| *x = f(*x));
}

/// Copies `x`, `[n, channels, ..]`, and finishes the copy.
pub(crate) fn finish(x: &Array, finish: &Finish, out: &mut Array) {
    let (channels, plane) = (x.shape()[1], x.shape()[2..].iter().product::<usize>());
    let x = x.dense_slice::<f32>();
    let outputs = out.dense_slice_mut::<f32>();
    let finisher = Finisher::new(finish, outputs.as_ptr());
    let outputs = DisjointMut::new(outputs);
    for_each_chunk(x.len() / plane, (GRAIN / plane).max(1), |planes| {
        for number in planes {
            let (start, end) = (number * plane, (number + 1) * plane);
            for start in (start..end).step_by(PIECE) {
                let piece = start..end.min(start + PIECE);
                // SAFETY: pieces do not overlap.
                let outputs = unsafe { outputs.slice(piece.clone()) };
                outputs.copy_from_slice(&x[piece]);
                finisher.apply(number % channels, outputs);
            }
        }
    });
}
