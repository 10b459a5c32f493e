//! Planes of the input with their padding, laid out so that neighbours in the output read
//! neighbours in memory, whatever the stride.
//!
//! A row is stored phase by phase: with a stride of 2, first its even columns and then its odd
//! ones. The inputs under one element of the kernel are then a run of memory for a whole row of
//! the output, and each element of the kernel is a fixed distance from the first.

mod fill;

use self::fill::Fill;
use super::ConvShape;
use crate::cpu::simd::{Level, MOST_LANES, Real};

/// The layout of padded planes.
#[derive(Debug, Clone)]
pub(super) struct Padded {
    input: [usize; 3],
    output: [usize; 3],
    padding: [usize; 3],
    /// Planes, rows and columns that the kernel reaches.
    reach: [usize; 3],
    /// Distances between outputs along each dimension.
    step: [usize; 3],
    phases: usize,
    phase: usize,
    row: usize,
    /// Rows, and phases of rows, that some element of the kernel reads.
    used_rows: Vec<bool>,
    used_phases: Vec<bool>,
    /// Elements of a plane.
    pub(super) plane: usize,
    /// The distance of each element of the kernel from the first.
    taps: Vec<usize>,
}

/// Outputs side by side: how many, and where the first one's patch begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Run {
    pub count: usize,
    pub start: usize,
}

impl Padded {
    /// Elements after the last plane that whole vectors may read.
    pub(super) const SLACK: usize = MOST_LANES;

    pub(super) fn new(shape: &ConvShape) -> Self {
        let ConvShape {
            input,
            kernel,
            stride,
            padding,
            dilation,
            output,
            ..
        } = *shape;
        let reach =
            [0, 1, 2].map(|i| (output[i] - 1) * stride[i] + (kernel[i] - 1) * dilation[i] + 1);
        let phases = stride[2];
        let phase = reach[2].div_ceil(phases);
        let row = phases * phase;
        let slice = reach[1] * row;
        let tap = |d: usize, h: usize, w: usize| {
            let column = w * dilation[2];
            let place = column % phases * phase + column / phases;
            d * dilation[0] * slice + h * dilation[1] * row + place
        };
        let taps = (0..kernel[0]).flat_map(|d| {
            (0..kernel[1]).flat_map(move |h| (0..kernel[2]).map(move |w| tap(d, h, w)))
        });
        let is_used = |i: usize, place: usize| {
            (0..kernel[i]).any(|tap| place % stride[i] == tap * dilation[i] % stride[i])
        };
        let rows = (0..reach[0] * reach[1]).map(|i| (i / reach[1], i % reach[1]));
        Self {
            used_rows: rows
                .map(|(slice, row)| is_used(0, slice) && is_used(1, row))
                .collect(),
            used_phases: (0..phases).map(|phase| is_used(2, phase)).collect(),
            input,
            output,
            padding,
            reach,
            step: [stride[0] * slice, stride[1] * row, 1],
            phases,
            phase,
            row,
            plane: reach[0] * slice,
            taps: taps.collect(),
        }
    }

    /// Returns, for each element of a patch over `channels` planes, its distance from the first.
    pub(super) fn offsets(&self, channels: usize) -> Vec<usize> {
        let channels = 0..channels;
        channels
            .flat_map(|c| self.taps.iter().map(move |tap| c * self.plane + tap))
            .collect()
    }

    /// Cuts the outputs `first..last`, counted over images that are `image` elements apart, into
    /// runs.
    pub(super) fn runs(
        &self,
        first: usize,
        last: usize,
        image: usize,
    ) -> impl Iterator<Item = Run> + Clone {
        let [depth, height, width] = self.output;
        let step = self.step;
        let mut next = first;
        std::iter::from_fn(move || {
            if next >= last {
                return None;
            }
            let (row, column) = (next / width, next % width);
            let (slice, row) = (row / height, row % height);
            let (n, slice) = (slice / depth, slice % depth);
            let count = (width - column).min(last - next);
            next += count;
            Some(Run {
                count,
                start: n * image + slice * step[0] + row * step[1] + column,
            })
        })
    }

    /// Copies a plane of the input, with zeros around it; places no patch has are left alone.
    pub(super) fn fill<T: Real>(&self, x: &[T], to: &mut [T], level: Level) {
        let padded = self;
        level.run_up_to_avx2(Fill { padded, x, to });
    }

    /// Copies a plane back to where the input has elements, adding `bias`.
    pub(super) fn empty<T: Real>(&self, padded: &[T], bias: T, x: &mut [T]) {
        x.fill(bias);
        self.for_each_row(|to, from, columns| {
            let (x, padded) = (&mut x[to..to + columns], &padded[from..from + self.row]);
            for phase in 0..self.phases {
                // The first column of the phase that is no padding, and where it is.
                let before = self.padding[2].saturating_sub(phase).div_ceil(self.phases);
                let first = before * self.phases + phase - self.padding[2];
                let padded = padded[phase * self.phase..][..self.phase]
                    .iter()
                    .skip(before);
                let x = x.iter_mut().skip(first);
                let add = |(x, &sum): (&mut T, &T)| *x = *x + sum;
                match self.phases {
                    1 => x.zip(padded).for_each(add),
                    2 => x.step_by(2).zip(padded).for_each(add),
                    phases => x.step_by(phases).zip(padded).for_each(add),
                }
            }
        });
    }

    /// Calls `f` with the start of each row in the input and in the padded plane, and with the
    /// number of its columns that the kernel reaches.
    fn for_each_row(&self, mut f: impl FnMut(usize, usize, usize)) {
        let reached =
            [0, 1, 2].map(|i| self.input[i].min(self.reach[i].saturating_sub(self.padding[i])));
        for slice in 0..reached[0] {
            for row in 0..reached[1] {
                let from = (slice * self.input[1] + row) * self.input[2];
                let to = (slice + self.padding[0]) * self.reach[1] + row + self.padding[1];
                f(from, to * self.row, reached[2]);
            }
        }
    }
}
