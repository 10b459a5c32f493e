//! Fast Fourier transforms of any length: `plan.rs` for products of small primes, `chirp.rs` for the
//! rest, `line.rs` for what both are used for. Several lines are transformed at once, one in each lane.

mod chirp;
mod complex;
mod kept;
mod lanes;
mod line;
mod plan;

use std::ops::Range;

use self::kept::Kept;
use self::line::{Line, Settings};
use super::parallel::{DisjointMut, for_each_chunk};
use super::scratch::Scratch;
use super::simd::{Level, MOST_LANES, Real, Simd, Task, Vector};
use crate::Array;
use crate::ops::fourier::FourierTransform;

/// Numbers that a thread is worth waking up for.
const GRAIN: usize = 1 << 13;

/// The lines of the latest calls.
static KEPT: Kept = Kept::new();

/// Transforms lines; both arrays are contiguous, and of `f64`.
pub(crate) fn fourier(transform: &FourierTransform, x: &Array, out: &mut Array) {
    let &FourierTransform {
        kind,
        size,
        is_inverse,
        scale,
    } = transform;
    let line = KEPT.line(kind, size);
    let settings = Settings { is_inverse, scale };
    let widths = kind.widths(size);
    let from = x.dense_slice::<f64>();
    let count = from.len() / widths.0;
    let to = DisjointMut::new(out.dense_slice_mut::<f64>());
    let level = Level::current();
    let grain = (GRAIN / size).max(1).next_multiple_of(MOST_LANES);
    for_each_chunk(count, grain, |lines| {
        level.run_up_to_avx2(Lines {
            line: &line,
            settings,
            widths,
            from,
            to: &to,
            lines,
            count,
        });
    });
}

/// Some lines that a thread transforms.
struct Lines<'a> {
    line: &'a Line,
    settings: Settings,
    /// Elements of a line before and after.
    widths: (usize, usize),
    from: &'a [f64],
    to: &'a DisjointMut<'a, f64>,
    lines: Range<usize>,
    /// How many lines there are in all.
    count: usize,
}

impl Task for Lines<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // SAFETY: the task runs at a level that the processor has.
        unsafe {
            // Most lanes must not stay empty.
            match 2 * self.count <= <<f64 as Real>::Vector<S> as Vector>::LANES {
                true => self.transform::<[f64; 1]>(),
                false => self.transform::<<f64 as Real>::Vector<S>>(),
            }
        }
    }
}

impl Lines<'_> {
    #[inline(always)]
    unsafe fn transform<V: Vector<Element = f64>>(self) {
        let (before, after) = self.widths;
        let room = 2 * V::LANES * self.line.room();
        let buffers = [Scratch::<f64>::new(room), Scratch::new(room)];
        let [x, room] = [buffers[0].as_ptr(), buffers[1].as_ptr()];
        for first in self.lines.clone().step_by(V::LANES) {
            let count = V::LANES.min(self.lines.end - first);
            let from = &self.from[first * before..(first + count) * before];
            // SAFETY: each line is transformed once. The buffers have room for what a line needs in each
            // lane, and the widths are those of the line's kind.
            unsafe {
                let to = self.to.slice(first * after..(first + count) * after);
                lanes::gather::<V>(from.as_ptr(), before, count, x);
                let y = self.line.run::<V>(self.settings, x, room);
                lanes::scatter::<V>(y, to.as_mut_ptr(), after, count);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::simd::each_level;
    use super::*;
    use crate::ops::fourier::FourierKind;

    /// The definition in `f64`, for comparison: pairs to pairs.
    fn slow(x: &[[f64; 2]], is_inverse: bool) -> Vec<[f64; 2]> {
        let n = x.len();
        let sign = if is_inverse { 1.0 } else { -1.0 };
        let sum = |k: usize| {
            let mut total = [[0.0; 2]; 2];
            for (j, x) in x.iter().enumerate() {
                let angle = sign * 2.0 * std::f64::consts::PI * (j * k % n) as f64 / n as f64;
                let (sine, cosine) = angle.sin_cos();
                add(&mut total[0], x[0] * cosine - x[1] * sine);
                add(&mut total[1], x[0] * sine + x[1] * cosine);
            }
            total.map(|[sum, lost]| sum + lost)
        };
        (0..n).map(sum).collect()
    }

    /// Adds to a sum, and what is lost by that to its second part.
    fn add([sum, lost]: &mut [f64; 2], x: f64) {
        let total = *sum + x;
        *lost += match sum.abs() >= x.abs() {
            true => (*sum - total) + x,
            false => (x - total) + *sum,
        };
        *sum = total;
    }

    /// What a kind takes, and gives, of pairs.
    fn cut(x: &[[f64; 2]], kind: FourierKind, before: bool) -> Vec<f64> {
        let bins = x.len() / 2 + 1;
        match (kind, before) {
            (FourierKind::Complex, _) => x.as_flattened().to_vec(),
            (FourierKind::FromReal, true) | (FourierKind::ToReal, false) => {
                x.iter().map(|x| x[0]).collect()
            }
            _ => x[..bins].as_flattened().to_vec(),
        }
    }

    /// Pairs that a kind can take: real ones, or those of which the second half mirrors the first.
    fn pairs(kind: FourierKind, n: usize, line: usize) -> Vec<[f64; 2]> {
        let number = |i: usize| ((i * i % 31 + 7 * line) as f64 * 0.7).sin();
        let mut x: Vec<[f64; 2]> = (0..n).map(|i| [number(i), number(i + 5)]).collect();
        for k in 0..n {
            let mirrored = (n - k) % n;
            match kind {
                FourierKind::Complex => {}
                FourierKind::FromReal => x[k][1] = 0.0,
                FourierKind::ToReal if mirrored == k => x[k][1] = 0.0,
                FourierKind::ToReal if mirrored < k => x[k] = [x[mirrored][0], -x[mirrored][1]],
                FourierKind::ToReal => {}
            }
        }
        x
    }

    fn check(kind: FourierKind, n: usize, is_inverse: bool, lines: usize) {
        let rows: Vec<_> = (0..lines).map(|line| pairs(kind, n, line)).collect();
        let (before, after) = kind.widths(n);
        let x: Vec<f64> = (rows.iter()).flat_map(|row| cut(row, kind, true)).collect();
        let x = Array::from_slice(&x, &[lines, before]).unwrap();
        let mut out = Array::from_slice(&vec![0.0; lines * after], &[lines, after]).unwrap();
        let transform = FourierTransform {
            kind,
            size: n,
            is_inverse,
            scale: 0.5,
        };
        fourier(&transform, &x, &mut out);
        let got = out.dense_slice::<f64>();
        // Errors grow with the number of steps, which is logarithmic, and with the norm of a line.
        let bound = f64::EPSILON * (n as f64).sqrt() * (2.0 + (n as f64).log2());
        for (row, got) in rows.iter().zip(got.chunks_exact(after)) {
            let expected = cut(&slow(row, is_inverse), kind, false);
            for (got, expected) in got.iter().zip(expected) {
                let error = (got - 0.5 * expected).abs();
                assert!(
                    error < bound,
                    "{kind:?} {n} {is_inverse}: off by {error}, not {bound}"
                );
            }
        }
    }

    const KINDS: [FourierKind; 3] = [
        FourierKind::Complex,
        FourierKind::FromReal,
        FourierKind::ToReal,
    ];

    #[test]
    fn every_length_transforms_as_defined() {
        for n in (1..=80).chain([97, 121, 128, 210, 243, 256, 343, 500, 997, 1000]) {
            for kind in KINDS {
                for is_inverse in [false, true] {
                    check(kind, n, is_inverse, 1);
                }
            }
        }
    }

    #[test]
    fn lines_share_vectors_at_every_level() {
        each_level(|_| {
            for n in [1, 2, 6, 15, 16, 37, 60, 94] {
                for kind in KINDS {
                    check(kind, n, true, 19);
                }
            }
        });
    }
}
