//! What is done with runs of numbers: dot products, multiples, Householder reflections.

use super::super::gemm::{Multiply, Operand, Output, Shape};
use super::super::simd::{Level, Simd, Task};

/// Partial sums of a dot product: enough for vector registers.
const LANES: usize = 8;

/// The sum of products.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    Level::current().run_up_to_avx2(Dot(a, b))
}

struct Dot<'a>(&'a [f64], &'a [f64]);

impl Task for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self) -> f64 {
        let mut sums = [0.0; LANES];
        let (a_runs, a_rest) = self.0.as_chunks::<LANES>();
        let (b_runs, b_rest) = self.1.as_chunks::<LANES>();
        for (a, b) in a_runs.iter().zip(b_runs) {
            for lane in 0..LANES {
                sums[lane] += a[lane] * b[lane];
            }
        }
        let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
        sums.iter().sum::<f64>() + rest
    }
}

/// `y += factor * x`.
pub(super) fn add_multiple(y: &mut [f64], factor: f64, x: &[f64]) {
    Level::current().run_up_to_avx2(AddMultiple { y, factor, x });
}

struct AddMultiple<'a> {
    y: &'a mut [f64],
    factor: f64,
    x: &'a [f64],
}

impl Task for AddMultiple<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        for (y, x) in self.y.iter_mut().zip(self.x) {
            *y += self.factor * x;
        }
    }
}

/// Turns two vectors in their plane: `(c x - s y, s x + c y)`.
pub(super) fn rotate(x: &mut [f64], y: &mut [f64], c: f64, s: f64) {
    Level::current().run_up_to_avx2(Rotate { x, y, c, s });
}

struct Rotate<'a> {
    x: &'a mut [f64],
    y: &'a mut [f64],
    c: f64,
    s: f64,
}

impl Task for Rotate<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let (c, s) = (self.c, self.s);
        for (x, y) in self.x.iter_mut().zip(self.y) {
            (*x, *y) = (c * *x - s * *y, s * *x + c * *y);
        }
    }
}

/// Two different runs of `size` numbers.
pub(super) fn pair(rows: &mut [f64], size: usize, i: usize, j: usize) -> (&mut [f64], &mut [f64]) {
    debug_assert!(i < j);
    let (head, tail) = rows.split_at_mut(j * size);
    (&mut head[i * size..(i + 1) * size], &mut tail[..size])
}

/// The length, without overflow on the way.
pub(super) fn length(x: &[f64]) -> f64 {
    let sum = dot(x, x);
    if sum.is_normal() {
        return sum.sqrt();
    }
    let largest = x.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
    if largest == 0.0 || !largest.is_finite() {
        return sum;
    }
    let square = |x: &f64| (x / largest) * (x / largest);
    largest * x.iter().map(square).sum::<f64>().sqrt()
}

/// Finds `v = [1, ..]` and `factor` such that `I - factor v v^T` reflects `x` onto the first axis, as
/// LAPACK chooses them. `x` becomes the new first element, then the rest of `v`.
pub(super) fn reflector(x: &mut [f64]) -> f64 {
    let Some((first, rest)) = x.split_first_mut() else {
        return 0.0;
    };
    let below = length(rest);
    if below == 0.0 {
        return 0.0;
    }
    let image = -first.hypot(below).copysign(*first);
    let factor = (image - *first) / image;
    let scale = *first - image;
    rest.iter_mut().for_each(|x| *x /= scale);
    *first = image;
    factor
}

/// Applies `I - factor v v^T` with `v = [1, below]` to `x`.
pub(super) fn reflect(x: &mut [f64], factor: f64, below: &[f64]) {
    let Some((first, rest)) = x.split_first_mut() else {
        return;
    };
    let multiple = -factor * (*first + dot(rest, below));
    *first += multiple;
    add_multiple(rest, multiple, below);
}

/// `c -= a b` for `a` `[m, k]`, `b` `[k, n]` and `c` `[m, n]`, whose rows are `c_row` apart.
pub(super) fn subtract_product(c: &mut [f64], c_row: usize, a: &[f64], b: &[f64], k: usize) {
    if k == 0 || a.is_empty() || b.is_empty() {
        return;
    }
    let (m, n) = (a.len() / k, b.len() / k);
    assert!(c.len() >= (m - 1) * c_row + n, "the product fits");
    let negative: Vec<f64> = a.iter().map(|a| -a).collect();
    let operand = |start: *const f64, row| Operand {
        start,
        batch: 0,
        row,
        column: 1,
    };
    let out = Output {
        start: c.as_mut_ptr(),
        batch: 0,
        row: c_row,
    };
    let shape = Shape { batch: 1, m, n, k };
    // SAFETY: the slices hold matrices of these sizes, and only `c`, borrowed mutably, is written.
    unsafe {
        f64::multiply(
            shape,
            operand(negative.as_ptr(), k),
            operand(b.as_ptr(), n),
            out,
            true,
        );
    }
}

/// Rows `rows` and columns `columns` of a matrix with rows of `n`, without gaps.
pub(super) fn block(
    a: &[f64],
    n: usize,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
) -> Vec<f64> {
    let row = |i: usize| &a[i * n + columns.start..i * n + columns.end];
    rows.flat_map(|i| row(i).iter().copied()).collect()
}

/// The transpose of a matrix `[m, n]`.
pub(super) fn transposed(a: &[f64], m: usize, n: usize) -> Vec<f64> {
    let mut out = vec![0.0; a.len()];
    // Rows without elements may be many.
    for (i, row) in a.chunks_exact(n.max(1)).enumerate() {
        for (j, &x) in row.iter().enumerate() {
            out[j * m + i] = x;
        }
    }
    out
}
