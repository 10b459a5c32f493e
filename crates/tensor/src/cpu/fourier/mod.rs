//! Fast Fourier transforms of any length: `plan.rs` for products of small primes, `chirp.rs` for the
//! rest.

mod chirp;
mod complex;
mod plan;

use self::chirp::Chirp;
use self::complex::Complex;
use self::plan::Plan;
use super::parallel::{DisjointMut, for_each_chunk};
use crate::Array;

/// Numbers that a thread is worth waking up for.
const GRAIN: usize = 1 << 13;

/// How to transform a length.
enum Method {
    Plan(Plan),
    Chirp(Chirp),
}

impl Method {
    fn new(n: usize) -> Method {
        match Plan::new(n) {
            Some(plan) => Method::Plan(plan),
            None => Method::Chirp(Chirp::new(n)),
        }
    }

    /// Transforms `x`; `room` has any length.
    fn run(&self, x: &mut Vec<Complex>, room: &mut Vec<Complex>) {
        match self {
            Method::Plan(plan) => plan.run(x, room),
            Method::Chirp(chirp) => chirp.run(x, room),
        }
    }
}

/// Transforms rows of complex numbers; both arrays are contiguous.
pub(crate) fn fourier(inverse: bool, x: &Array, out: &mut Array) {
    let n = x.shape()[x.rank() - 2];
    let method = Method::new(n);
    let numbers = x.dense_slice::<f64>();
    let places = DisjointMut::new(out.dense_slice_mut::<f64>());
    for_each_chunk(numbers.len() / (2 * n), (GRAIN / n).max(1), |rows| {
        let (mut row, mut room) = (Vec::with_capacity(n), Vec::new());
        for index in rows {
            let range = index * 2 * n..(index + 1) * 2 * n;
            // With real and imaginary parts swapped before and after, the transform is the inverse.
            let (re, im) = if inverse { (1, 0) } else { (0, 1) };
            let pairs = numbers[range.clone()].as_chunks::<2>().0;
            row.clear();
            row.extend(pairs.iter().map(|pair| Complex::new(pair[re], pair[im])));
            method.run(&mut row, &mut room);
            // SAFETY: each row is visited once.
            let target = unsafe { places.slice(range) }.as_chunks_mut::<2>().0;
            for (pair, value) in target.iter_mut().zip(&row) {
                pair[re] = value.re;
                pair[im] = value.im;
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition, for comparison.
    fn slow(x: &[Complex]) -> Vec<Complex> {
        let n = x.len();
        let term = |k: usize, j: usize| x[j].times(Complex::root(j * k % n, n));
        let sum = |k: usize| (0..n).fold(Complex::new(0.0, 0.0), |sum, j| sum.plus(term(k, j)));
        (0..n).map(sum).collect()
    }

    #[test]
    fn every_length_transforms_as_defined() {
        for n in (1..=80).chain([97, 121, 128, 210, 243, 256, 343, 997, 1000, 1024]) {
            let number = |i: usize| (i as f64 * 0.7).sin() + (i % 7) as f64;
            let x: Vec<Complex> = (0..n)
                .map(|i| Complex::new(number(i), number(i * i % 31)))
                .collect();
            let expected = slow(&x);
            let (mut y, mut room) = (x, Vec::new());
            Method::new(n).run(&mut y, &mut room);
            for (got, expected) in y.iter().zip(expected) {
                let error = (got.re - expected.re).hypot(got.im - expected.im);
                assert!(error < 1e-10 * n as f64, "length {n}: off by {error}");
            }
        }
    }
}
