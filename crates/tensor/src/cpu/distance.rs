//! Distances between points, without their differences in memory.

use super::number::Real;
use super::parallel::{DisjointMut, for_each_chunk};
use super::simd::{Level, Simd, Task};
use crate::{Array, DType};

/// Differences that are worth a thread's attention.
const GRAIN: usize = 1 << 15;
/// Distances from one point that are computed side by side.
const TILE: usize = 32;

/// The `p`-norms of the differences of points, `[..., points, m]`, and others, `[..., m, others]`: of all, or
/// of the pairs of a point with a later one. All arrays are contiguous and not empty.
pub(crate) fn distances(p: f64, is_pairs: bool, x: &Array, others: &Array, out: &mut Array) {
    let (points, others_shape) = (x.shape(), others.shape());
    let sizes = [
        points[x.rank() - 2],
        others_shape[others.rank() - 1],
        points[x.rank() - 1],
    ];
    macro_rules! measure {
        ($($dtype:ident: $C:ty),*) => { match x.dtype() {
            $(DType::$dtype => {
                let out = out.dense_slice_mut::<$C>();
                let (x, columns) = (x.dense_slice::<$C>(), others.dense_slice::<$C>());
                Points { is_pairs, sizes, x, columns }.measure_in(p, out);
            })*
            other => unreachable!("distances of {other}"),
        } };
    }
    measure!(F32: f32, F64: f64);
}

/// Batches of points, and of what they are compared with, column by column.
struct Points<'a, C> {
    is_pairs: bool,
    /// Points and others of a batch, and the width of both.
    sizes: [usize; 3],
    x: &'a [C],
    columns: &'a [C],
}

impl<C: Real> Points<'_, C> {
    /// Writes the distances in the `p`-norm.
    fn measure_in(&self, p: f64, out: &mut [C]) {
        let out = DisjointMut::new(out);
        let [zero, one, order] = [0.0, 1.0, p].map(C::from_f64);
        if p == 0.0 {
            let count = |sum, x: C| sum + if x.is_true() { one } else { zero };
            self.measure(&out, count, |sum| sum);
        } else if p == 1.0 {
            self.measure(&out, |sum, x: C| sum + x.magnitude(), |sum| sum);
        } else if p == 2.0 {
            self.measure(&out, |sum, x: C| sum + x * x, |sum: C| sum.sqrt());
        } else if p == f64::INFINITY {
            self.measure(&out, |most, x: C| x.magnitude().maximum(most), |most| most);
        } else {
            let power = |sum, x: C| sum + x.magnitude().power(order);
            self.measure(&out, power, |sum: C| sum.power(one / order));
        }
    }

    /// Writes `finish` of what `add` makes of the differences one after another.
    fn measure(
        &self,
        out: &DisjointMut<'_, C>,
        add: impl Fn(C, C) -> C + Sync,
        finish: impl Fn(C) -> C + Sync,
    ) {
        let [count, others, width] = self.sizes;
        let level = Level::current();
        let grain = (GRAIN / (others * width)).max(1);
        for_each_chunk(self.x.len() / width, grain, |rows| {
            for row in rows {
                let (batch, point) = (row / count, row % count);
                let (first, start) = match self.is_pairs {
                    true => (point + 1, self.pairs_before(batch, point)),
                    false => (0, row * others),
                };
                // SAFETY: the results of each point are written once.
                let out = unsafe { out.slice(start..start + others - first) };
                level.run_up_to_avx2(Row {
                    point: &self.x[row * width..(row + 1) * width],
                    columns: &self.columns[batch * width * others..(batch + 1) * width * others],
                    step: others,
                    first,
                    out,
                    add: &add,
                    finish: &finish,
                });
            }
        });
    }

    /// The number of pairs before the first one of a point with a later one.
    fn pairs_before(&self, batch: usize, point: usize) -> usize {
        let n = self.sizes[0];
        batch * (n * (n - 1) / 2) + point * (2 * n - point - 1) / 2
    }
}

/// The distances of one point from neighbours among the others, from the `first` one on.
struct Row<'a, C, A, F> {
    point: &'a [C],
    columns: &'a [C],
    step: usize,
    first: usize,
    out: &'a mut [C],
    add: &'a A,
    finish: &'a F,
}

impl<C: Real, A: Fn(C, C) -> C, F: Fn(C) -> C> Task for Row<'_, C, A, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Row {
            point,
            columns,
            step,
            first,
            out,
            add,
            finish,
        } = self;
        let (tiles, rest) = out.as_chunks_mut::<TILE>();
        let mut start = first;
        for tile in tiles {
            let mut sums = [C::default(); TILE];
            for (&x, column) in point.iter().zip(columns.chunks_exact(step)) {
                let Some(others) = column[start..].first_chunk::<TILE>() else {
                    break;
                };
                for (sum, &other) in sums.iter_mut().zip(others) {
                    *sum = add(*sum, x - other);
                }
            }
            for (place, sum) in tile.iter_mut().zip(sums) {
                *place = finish(sum);
            }
            start += TILE;
        }
        for (place, at) in rest.iter_mut().zip(start..) {
            let pairs = point.iter().zip(columns.chunks_exact(step));
            let sum = pairs.fold(C::default(), |sum, (&x, column)| add(sum, x - column[at]));
            *place = finish(sum);
        }
    }
}
