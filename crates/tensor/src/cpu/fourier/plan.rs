//! Transforms whose length is a product of small primes, one factor a pass. Passes go from one buffer to
//! the other, so that the result is in order ("Stockham").
//!
//! Each lane of the vectors has a transform of its own.

use super::super::simd::{Real, Vector};
use super::complex::{Complex, Parts};

/// The largest prime factor for which a pass is faster than a convolution.
const LARGEST_FACTOR: usize = 31;
/// Pairs of numbers that a pass of that factor combines.
const MOST_PAIRS: usize = LARGEST_FACTOR / 2;

/// What is known about a length beforehand.
pub(super) struct Plan {
    factors: Vec<usize>,
    /// `exp(-2 pi i k / n)`.
    roots: Vec<Complex<f64>>,
}

impl Plan {
    /// The plan for a length, unless it has a large prime factor.
    pub(super) fn new(n: usize) -> Option<Plan> {
        let factors = factors(n)?;
        let roots = (0..n).map(|k| Complex::root(k, n)).collect();
        Some(Plan { factors, roots })
    }

    pub(super) fn length(&self) -> usize {
        self.roots.len()
    }

    /// Transforms the numbers at `x`; returns where the result is, one of `x` and `room`, and the other.
    ///
    /// # Safety
    /// The processor has the vectors, and there is memory for as many numbers as the plan is long in both
    /// places, which do not overlap.
    #[inline(always)]
    pub(super) unsafe fn run<V: Vector<Element = f64>>(
        &self,
        parts: Parts,
        x: *mut f64,
        room: *mut f64,
    ) -> (*mut f64, *mut f64) {
        let (mut from, mut to) = (x, room);
        let mut stride = 1;
        for &factor in &self.factors {
            let pass = Pass::<V> {
                from,
                to,
                parts,
                stride,
                roots: &self.roots,
            };
            // SAFETY: the caller vouches for vectors and memory.
            unsafe {
                match factor {
                    2 => pass.of_two(),
                    3 => pass.of_odd::<1>(3),
                    4 => pass.of_four(),
                    5 => pass.of_odd::<2>(5),
                    _ => pass.of_odd::<MOST_PAIRS>(factor),
                }
            }
            (from, to) = (to, from);
            stride *= factor;
        }
        (from, to)
    }
}

/// A pass over all numbers: with `f` the factor and `p` the length over `f`, it makes of numbers
/// `at, p + at, ...` their transform of length `f`, turns it, and puts it `stride` apart.
struct Pass<'a, V: Vector> {
    from: *const V::Element,
    to: *mut V::Element,
    parts: Parts,
    stride: usize,
    roots: &'a [Complex<V::Element>],
}

/// All need what [`Plan::run`] does.
impl<V: Vector<Element: Real>> Pass<'_, V> {
    #[inline(always)]
    unsafe fn read(&self, index: usize) -> Complex<V> {
        debug_assert!(index < self.roots.len());
        // SAFETY: the caller vouches for the memory.
        unsafe { Complex::load(self.from, index, self.parts) }
    }

    #[inline(always)]
    unsafe fn write(&self, index: usize, value: Complex<V>) {
        debug_assert!(index < self.roots.len());
        // SAFETY: the caller vouches for the memory.
        unsafe { value.store(self.to, index, self.parts) }
    }

    #[inline(always)]
    unsafe fn root(&self, index: usize) -> Complex<V> {
        // SAFETY: the caller vouches for the vectors.
        unsafe { Complex::splat(self.roots[index]) }
    }

    #[inline(always)]
    unsafe fn of_two(&self) {
        let (stride, part) = (self.stride, self.roots.len() / 2);
        for place in 0..part / stride {
            // SAFETY: indices stay below the length.
            unsafe {
                let root = self.root(place * stride);
                for q in 0..stride {
                    let (at, to) = (place * stride + q, 2 * place * stride + q);
                    let (a, b) = (self.read(at), self.read(part + at));
                    self.write(to, a.plus(b));
                    self.write(to + stride, a.minus(b).times(root));
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn of_four(&self) {
        let (stride, part) = (self.stride, self.roots.len() / 4);
        for place in 0..part / stride {
            // SAFETY: indices stay below the length.
            unsafe {
                let root = |j: usize| self.root(place * stride * j);
                let (one, two, three) = (root(1), root(2), root(3));
                for q in 0..stride {
                    let (at, to) = (place * stride + q, 4 * place * stride + q);
                    let (a, b) = (self.read(at), self.read(part + at));
                    let (c, d) = (self.read(2 * part + at), self.read(3 * part + at));
                    let (even, odd) = (a.plus(c), b.plus(d));
                    let (across, turned) = (a.minus(c), b.minus(d).turned());
                    self.write(to, even.plus(odd));
                    self.write(to + stride, across.plus(turned).times(one));
                    self.write(to + 2 * stride, even.minus(odd).times(two));
                    self.write(to + 3 * stride, across.minus(turned).times(three));
                }
            }
        }
    }

    /// A pass of an odd factor of at most `2 * PAIRS + 1`. What is at equal distances from both ends is
    /// added and subtracted first: the sums meet cosines, the differences sines.
    #[inline(always)]
    unsafe fn of_odd<const PAIRS: usize>(&self, factor: usize) {
        let (stride, part, pairs) = (self.stride, self.roots.len() / factor, factor / 2);
        for place in 0..part / stride {
            for q in 0..stride {
                let (at, to) = (place * stride + q, factor * place * stride + q);
                // SAFETY: indices stay below the length.
                unsafe {
                    let first = self.read(at);
                    let mut total = first;
                    let (mut sums, mut differences) = ([first; PAIRS], [first; PAIRS]);
                    for k in 0..pairs.min(PAIRS) {
                        let a = self.read((k + 1) * part + at);
                        let b = self.read((factor - k - 1) * part + at);
                        (sums[k], differences[k]) = (a.plus(b), a.minus(b));
                        total = total.plus(sums[k]);
                    }
                    self.write(to, total);
                    for j in 1..=pairs.min(PAIRS) {
                        let nothing = V::splat(num_traits::zero());
                        let (re, im) = (nothing, nothing);
                        let (mut along, mut across) = (first, Complex { re, im });
                        for k in 0..pairs.min(PAIRS) {
                            let turn = self.root((k + 1) * j % factor * part);
                            along = sums[k].scaled_plus(turn.re, along);
                            across = differences[k].scaled_plus(turn.im, across);
                        }
                        let across = across.turned();
                        let root = |j: usize| self.root(place * stride * j);
                        let (low, high) = (along.minus(across), along.plus(across));
                        self.write(to + j * stride, low.times(root(j)));
                        let last = factor - j;
                        self.write(to + last * stride, high.times(root(last)));
                    }
                }
            }
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
