//! Transforms whose length is a product of small primes, one factor a pass. Passes go from one buffer to
//! the other, so that the result is in order ("Stockham").

use super::super::simd::{Level, Simd, Task};
use super::complex::Complex;

/// The largest prime factor for which a pass is faster than a convolution.
const LARGEST_FACTOR: usize = 31;

/// What is known about a length beforehand.
pub(super) struct Plan {
    factors: Vec<usize>,
    /// `exp(-2 pi i k / n)`.
    roots: Vec<Complex>,
}

impl Plan {
    /// The plan for a length, unless it has a large prime factor.
    pub(super) fn new(n: usize) -> Option<Plan> {
        let factors = factors(n)?;
        let roots = (0..n).map(|k| Complex::root(k, n)).collect();
        Some(Plan { factors, roots })
    }

    /// Transforms `x`.
    pub(super) fn run(&self, x: &mut Vec<Complex>, room: &mut Vec<Complex>) {
        room.clear();
        room.extend_from_slice(x);
        Level::current().run_up_to_avx2(Passes {
            plan: self,
            x,
            room,
        });
    }

    #[inline(always)]
    fn pass_of_two(&self, stride: usize, x: &[Complex], y: &mut [Complex]) {
        let (first, second) = x.split_at(x.len() / 2);
        let parts = first.chunks_exact(stride).zip(second.chunks_exact(stride));
        for (place, (out, (a, b))) in y.chunks_exact_mut(2 * stride).zip(parts).enumerate() {
            let (sums, differences) = out.split_at_mut(stride);
            let root = self.roots[place * stride];
            for q in 0..stride {
                sums[q] = a[q].plus(b[q]);
                differences[q] = a[q].minus(b[q]).times(root);
            }
        }
    }

    #[inline(always)]
    fn pass_of_four(&self, stride: usize, x: &[Complex], y: &mut [Complex]) {
        let quarter = x.len() / 4;
        for (place, out) in y.chunks_exact_mut(4 * stride).enumerate() {
            let part = |k: usize| &x[k * quarter + place * stride..][..stride];
            let (a, b, c, d) = (part(0), part(1), part(2), part(3));
            let root = |j: usize| self.roots[place * stride * j];
            let roots = [root(1), root(2), root(3)];
            let (first, rest) = out.split_at_mut(stride);
            let (second, rest) = rest.split_at_mut(stride);
            let (third, fourth) = rest.split_at_mut(stride);
            for q in 0..stride {
                let (even, odd) = (a[q].plus(c[q]), b[q].plus(d[q]));
                let (across, turned) = (a[q].minus(c[q]), b[q].minus(d[q]).turned());
                first[q] = even.plus(odd);
                second[q] = across.plus(turned).times(roots[0]);
                third[q] = even.minus(odd).times(roots[1]);
                fourth[q] = across.minus(turned).times(roots[2]);
            }
        }
    }

    /// A pass for any factor.
    #[inline(always)]
    fn pass(&self, factor: usize, stride: usize, x: &[Complex], y: &mut [Complex]) {
        let (n, part) = (x.len(), x.len() / factor);
        for (place, out) in y.chunks_exact_mut(factor * stride).enumerate() {
            for (j, out) in out.chunks_exact_mut(stride).enumerate() {
                let root = self.roots[place * stride * j % n];
                for (q, out) in out.iter_mut().enumerate() {
                    let mut sum = x[place * stride + q];
                    for k in 1..factor {
                        let turn = self.roots[j * k % factor * part];
                        sum = sum.plus(x[k * part + place * stride + q].times(turn));
                    }
                    *out = sum.times(root);
                }
            }
        }
    }
}

/// All passes over one row, from `x` to `x`.
struct Passes<'a> {
    plan: &'a Plan,
    x: &'a mut Vec<Complex>,
    room: &'a mut Vec<Complex>,
}

impl Task for Passes<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Passes { plan, x, room } = self;
        let mut stride = 1;
        for &factor in &plan.factors {
            match factor {
                2 => plan.pass_of_two(stride, x, room),
                4 => plan.pass_of_four(stride, x, room),
                _ => plan.pass(factor, stride, x, room),
            }
            std::mem::swap(x, room);
            stride *= factor;
        }
    }
}

/// The factors of the passes, unless a prime is too large.
fn factors(mut n: usize) -> Option<Vec<usize>> {
    let mut factors = Vec::new();
    for factor in std::iter::once(4).chain(2..=LARGEST_FACTOR) {
        while n > 1 && n.is_multiple_of(factor) {
            factors.push(factor);
            n /= factor;
        }
    }
    (n <= 1).then_some(factors)
}
