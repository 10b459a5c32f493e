//! Distances between points, without their differences in memory.

use super::number::Real;
use super::parallel::{DisjointMut, for_each_chunk};
use super::simd::{Level, Simd, Task};
use super::tiles::constant;
use crate::{Array, DType, Element};

/// Differences that are worth a thread's attention.
const GRAIN: usize = 1 << 15;
/// Distances from one point that are computed side by side.
const TILE: usize = 32;
/// Partial sums of a gradient.
const LANES: usize = 16;

/// The `p`-norms of the differences of points, `[..., points, m]`, and others, `[..., m, others]`: of all, or
/// of the pairs of a point with a later one. All arrays are contiguous and not empty.
pub(crate) fn distances(p: f64, is_pairs: bool, x: &Array, others: &Array, out: &mut Array) {
    match x.dtype() {
        DType::F32 => Points::<f32>::new(is_pairs, x, others).measure_in(p, out.dense_slice_mut()),
        _ => Points::<f64>::new(is_pairs, x, others).measure_in(p, out.dense_slice_mut()),
    }
}

/// The gradients of points, given their distances `y` and the gradients `g` of these.
pub(crate) fn distances_backward(
    p: f64,
    is_pairs: bool,
    [x, others, y, g]: [&Array; 4],
    out: &mut Array,
) {
    match x.dtype() {
        DType::F32 => Points::<f32>::new(is_pairs, x, others).draw_in(p, y, g, out),
        _ => Points::<f64>::new(is_pairs, x, others).draw_in(p, y, g, out),
    }
}

/// Batches of points, and of what they are compared with, column by column.
struct Points<'a, C> {
    is_pairs: bool,
    /// Points and others of a batch, and the width of both.
    sizes: [usize; 3],
    x: &'a [C],
    columns: &'a [C],
}

impl<'a, C: Real + Element> Points<'a, C> {
    fn new(is_pairs: bool, x: &'a Array, others: &'a Array) -> Self {
        let (points, columns) = (x.shape(), others.shape());
        Points {
            is_pairs,
            sizes: [
                points[x.rank() - 2],
                columns[others.rank() - 1],
                points[x.rank() - 1],
            ],
            x: x.dense_slice(),
            columns: others.dense_slice(),
        }
    }

    /// Writes the gradients of distances in the `p`-norm, which is not zero.
    fn draw_in(&self, p: f64, y: &Array, g: &Array, out: &mut Array) {
        let (y, g) = (y.dense_slice::<C>(), g.dense_slice::<C>());
        let out = DisjointMut::new(out.dense_slice_mut::<C>());
        let [zero, one, order] = [0.0, 1.0, p - 1.0].map(constant::<C>);
        let sign = move |x: C| match x {
            x if x > zero => one,
            x if x < zero => zero - one,
            // Zero, or not a number.
            x => x,
        };
        let quotient = move |g: C, y: C| if y == zero { zero } else { g / y };
        if p == 1.0 {
            self.draw(y, g, &out, |g, _| g, |x, _| sign(x));
        } else if p == 2.0 {
            self.draw(y, g, &out, quotient, |x, _| x);
        } else if p == f64::INFINITY {
            let reaching = |x: C, y| if x.magnitude() == y { sign(x) } else { zero };
            self.draw(y, g, &out, |g, _| g, reaching);
        } else {
            let power = |x: C, y| match x {
                x if x == zero || y == zero => zero,
                x => sign(x) * (x.magnitude() / y).power(order),
            };
            self.draw(y, g, &out, |g, _| g, power);
        }
    }

    /// Writes, for each point, the sum over all others of `weight(g, y) * slope(difference, y)`.
    fn draw(
        &self,
        y: &[C],
        g: &[C],
        out: &DisjointMut<'_, C>,
        weight: impl Fn(C, C) -> C + Sync,
        slope: impl Fn(C, C) -> C + Sync,
    ) {
        let [count, others, width] = self.sizes;
        let level = Level::current();
        let grain = (GRAIN / (others * width)).max(1);
        for_each_chunk(self.x.len() / width, grain, |rows| {
            let mut own = [(); 2].map(|()| vec![C::default(); others]);
            for row in rows {
                let (batch, point) = (row / count, row % count);
                for (own, all) in own.iter_mut().zip([y, g]) {
                    match self.is_pairs {
                        true => self.unpack(batch, point, all, own),
                        false => own.copy_from_slice(&all[row * others..(row + 1) * others]),
                    }
                }
                let [y, g] = &mut own;
                g.iter_mut().zip(&*y).for_each(|(g, &y)| *g = weight(*g, y));
                // SAFETY: the gradient of each point is written once.
                let out = unsafe { out.slice(row * width..(row + 1) * width) };
                level.run_up_to_avx2(Drawn {
                    point: &self.x[row * width..(row + 1) * width],
                    columns: &self.columns[batch * width * others..(batch + 1) * width * others],
                    y,
                    weights: g,
                    out,
                    slope: &slope,
                });
            }
        });
    }

    /// Copies what belongs to the pairs of a point with all others, and zero for itself.
    fn unpack(&self, batch: usize, point: usize, pairs: &[C], row: &mut [C]) {
        for (other, to) in row.iter_mut().enumerate() {
            let (first, second) = (point.min(other), point.max(other));
            *to = match first == second {
                true => C::default(),
                false => pairs[self.pairs_before(batch, first) + second - first - 1],
            };
        }
    }

    /// Writes the distances in the `p`-norm.
    fn measure_in(&self, p: f64, out: &mut [C]) {
        let out = DisjointMut::new(out);
        let [zero, one, order] = [0.0, 1.0, p].map(constant::<C>);
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

/// The gradient of one point, from weights and distances of all others.
struct Drawn<'a, C, F> {
    point: &'a [C],
    columns: &'a [C],
    y: &'a [C],
    weights: &'a [C],
    out: &'a mut [C],
    slope: &'a F,
}

impl<C: Real, F: Fn(C, C) -> C> Task for Drawn<'_, C, F> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let (ys, last_ys) = self.y.as_chunks::<LANES>();
        let (weights, last_weights) = self.weights.as_chunks::<LANES>();
        let columns = self.columns.chunks_exact(self.y.len());
        for ((out, &x), column) in self.out.iter_mut().zip(self.point).zip(columns) {
            let (others, last_others) = column.as_chunks::<LANES>();
            let mut sums = [C::default(); LANES];
            for ((others, ys), weights) in others.iter().zip(ys).zip(weights) {
                for lane in 0..LANES {
                    let slope = (self.slope)(x - others[lane], ys[lane]);
                    sums[lane] = sums[lane] + weights[lane] * slope;
                }
            }
            let rest = last_others.iter().zip(last_ys).zip(last_weights);
            let rest = rest.map(|((&other, &y), &weight)| weight * (self.slope)(x - other, y));
            *out = rest.chain(sums).fold(C::default(), |sum, x| sum + x);
        }
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
