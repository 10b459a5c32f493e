//! What is done with runs of numbers: dot products, sums of multiples, rotations, Householder
//! reflections.

use super::super::simd::{Level, Simd, Task, Vector};
use super::matrix::Matrix;

/// Rows that are read side by side.
const ROWS: usize = 4;
/// Elements that are compared side by side.
const LANES: usize = 16;

/// The sum of products.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    Level::current().run(Dot(a, b))
}

struct Dot<'a>(&'a [f64], &'a [f64]);

impl Task for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self) -> f64 {
        let count = self.0.len().min(self.1.len());
        let lanes = S::F64::LANES;
        // SAFETY: the vectors read lie within both slices; the processor has the level.
        unsafe {
            let at = |i| {
                let left = S::F64::load(self.0.as_ptr().add(i));
                (left, S::F64::load(self.1.as_ptr().add(i)))
            };
            let mut sums = [S::F64::splat(0.0); ROWS];
            let mut i = 0;
            while i + ROWS * lanes <= count {
                for (number, sum) in sums.iter_mut().enumerate() {
                    let (a, b) = at(i + number * lanes);
                    *sum = a.mul_add(b, *sum);
                }
                i += ROWS * lanes;
            }
            while i + lanes <= count {
                let (a, b) = at(i);
                sums[0] = a.mul_add(b, sums[0]);
                i += lanes;
            }
            let rest = count - i;
            let a = S::F64::load_first(self.0.as_ptr().add(i), rest);
            let b = S::F64::load_first(self.1.as_ptr().add(i), rest);
            sums[1] = a.mul_add(b, sums[1]);
            (sums[0].add(sums[1])).add(sums[2].add(sums[3])).sum()
        }
    }
}

/// The dot products of `x` with all rows.
pub(super) fn dots(out: &mut [f64], rows: Matrix<'_>, x: &[f64]) {
    assert!(x.len() >= rows.columns, "the vector is as long as the rows");
    Level::current().run(Dots { out, rows, x });
}

struct Dots<'a> {
    out: &'a mut [f64],
    rows: Matrix<'a>,
    x: &'a [f64],
}

impl Task for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let (count, lanes) = (self.rows.columns, S::F64::LANES);
        let (groups, rest) = self.out.as_chunks_mut::<ROWS>();
        for (group, sums) in groups.iter_mut().enumerate() {
            let row: [*const f64; ROWS] =
                std::array::from_fn(|i| self.rows.row(group * ROWS + i).as_ptr());
            // SAFETY: each row has `count` elements, as the vector has; the processor has the level.
            unsafe {
                let mut parts = [S::F64::splat(0.0); ROWS];
                let mut i = 0;
                while i + lanes <= count {
                    let x = S::F64::load(self.x.as_ptr().add(i));
                    for (part, row) in parts.iter_mut().zip(row) {
                        *part = S::F64::load(row.add(i)).mul_add(x, *part);
                    }
                    i += lanes;
                }
                let x = S::F64::load_first(self.x.as_ptr().add(i), count - i);
                for ((part, row), sum) in parts.iter_mut().zip(row).zip(sums) {
                    *part = S::F64::load_first(row.add(i), count - i).mul_add(x, *part);
                    *sum = part.sum();
                }
            }
        }
        for (i, sum) in (groups.len() * ROWS..).zip(rest) {
            *sum = Dot(self.rows.row(i), self.x).run::<S>();
        }
    }
}

/// `y += factor * x`.
pub(super) fn add_multiple(y: &mut [f64], factor: f64, x: &[f64]) {
    let x = Matrix::of(x, 1, y.len(), 0);
    add_multiples(y, &[factor], x);
}

/// `y += sum of factors[i] * row i`.
pub(super) fn add_multiples(y: &mut [f64], factors: &[f64], rows: Matrix<'_>) {
    assert!(y.len() <= rows.columns, "the rows are as long as the sum");
    Level::current().run(AddMultiples { y, factors, rows });
}

struct AddMultiples<'a> {
    y: &'a mut [f64],
    factors: &'a [f64],
    rows: Matrix<'a>,
}

impl Task for AddMultiples<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let (groups, rest) = self.factors.as_chunks::<ROWS>();
        for (group, factors) in groups.iter().enumerate() {
            let row = std::array::from_fn(|i| self.rows.row(group * ROWS + i).as_ptr());
            // SAFETY: the rows are at least as long as `y`; the processor has the level.
            unsafe { add_rows::<S, ROWS>(self.y, factors, row) };
        }
        for (i, &factor) in (groups.len() * ROWS..).zip(rest) {
            // SAFETY: as above.
            unsafe { add_rows::<S, 1>(self.y, &[factor], [self.rows.row(i).as_ptr()]) };
        }
    }
}

/// # Safety
/// The rows have as many elements as `y`, and the processor has the level.
#[inline(always)]
unsafe fn add_rows<S: Simd, const N: usize>(
    y: &mut [f64],
    factors: &[f64; N],
    rows: [*const f64; N],
) {
    let (count, lanes) = (y.len(), S::F64::LANES);
    let y = y.as_mut_ptr();
    // SAFETY: the caller vouches for rows and level.
    unsafe {
        let factors = factors.map(|factor| S::F64::splat(factor));
        let mut i = 0;
        while i + lanes <= count {
            let mut sum = S::F64::load(y.add(i));
            for (factor, row) in factors.iter().zip(rows) {
                sum = S::F64::load(row.add(i)).mul_add(*factor, sum);
            }
            sum.store(y.add(i));
            i += lanes;
        }
        if i < count {
            let mut sum = S::F64::load_first(y.add(i), count - i);
            for (factor, row) in factors.iter().zip(rows) {
                sum = S::F64::load_first(row.add(i), count - i).mul_add(*factor, sum);
            }
            sum.store_first(y.add(i), count - i);
        }
    }
}

/// Divides all elements.
pub(super) fn divide(x: &mut [f64], divisor: f64) {
    Level::current().run(Divide { x, divisor });
}

struct Divide<'a> {
    x: &'a mut [f64],
    divisor: f64,
}

impl Task for Divide<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        self.x.iter_mut().for_each(|x| *x /= self.divisor);
    }
}

/// The place of the largest magnitude, the first of several. Only where it comes first does NaN count.
pub(super) fn largest_place(x: &[f64]) -> usize {
    Level::current().run(LargestPlace(x))
}

struct LargestPlace<'a>(&'a [f64]);

impl Task for LargestPlace<'_> {
    type Output = usize;

    #[inline(always)]
    fn run<S: Simd>(self) -> usize {
        let (runs, rest) = self.0.as_chunks::<LANES>();
        let first = self.0.first().map_or(0.0, |x| x.abs());
        let greater = |most: f64, x: f64| if x.abs() > most { x.abs() } else { most };
        let mut most = [first; LANES];
        for run in runs {
            for (most, &x) in most.iter_mut().zip(run) {
                *most = greater(*most, x);
            }
        }
        let most = most
            .iter()
            .chain(rest)
            .fold(first, |most, &x| greater(most, x));
        self.0.iter().position(|x| x.abs() == most).unwrap_or(0)
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

/// All elements with the other sign.
pub(super) fn negated(x: &[f64]) -> Vec<f64> {
    x.iter().map(|x| -x).collect()
}

/// Two different runs of `size` numbers.
pub(super) fn pair(rows: &mut [f64], size: usize, i: usize, j: usize) -> (&mut [f64], &mut [f64]) {
    debug_assert!(i < j);
    let (head, tail) = rows.split_at_mut(j * size);
    (&mut head[i * size..(i + 1) * size], &mut tail[..size])
}

/// The largest magnitude.
pub(super) fn largest(x: &[f64]) -> f64 {
    x.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()))
}

/// The length, without overflow on the way.
pub(super) fn length(x: &[f64]) -> f64 {
    let sum = dot(x, x);
    if sum.is_normal() {
        return sum.sqrt();
    }
    let largest = largest(x);
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
    divide(rest, scale);
    *first = image;
    factor
}
