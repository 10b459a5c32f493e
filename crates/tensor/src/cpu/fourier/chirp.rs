//! Transforms of any length as a convolution, from Bluestein, "A Linear Filtering Approach to the
//! Computation of Discrete Fourier Transform" (1970): with `w[j] = exp(-pi i j^2 / n)`, the transform is
//! `y[k] = w[k] sum_j (x[j] w[j]) conj(w[k - j])`.

use super::super::simd::Vector;
use super::complex::{Complex, Parts};
use super::plan::Plan;

pub(super) struct Chirp {
    /// The plan for a power of two that holds the convolution.
    plan: Plan,
    waves: Vec<Complex<f64>>,
    /// The transform of the waves' conjugates, divided by its length.
    filter: Vec<Complex<f64>>,
}

impl Chirp {
    pub(super) fn new(n: usize) -> Chirp {
        let length = (2 * n - 1).next_power_of_two();
        // The square, modulo the period; it is built from differences, as it may not fit.
        let mut square = 0;
        let mut waves = Vec::with_capacity(n);
        let mut filter = vec![0.0; 2 * length];
        for j in 0..n {
            let wave = Complex::<f64>::root(square, 2 * n);
            for place in [j, (length - j) % length] {
                filter[2 * place] = wave.re / length as f64;
                filter[2 * place + 1] = -wave.im / length as f64;
            }
            waves.push(wave);
            square = (square + 2 * j + 1) % (2 * n);
        }
        let mut room = vec![0.0; 2 * length];
        let plan = Plan::new(length).expect("two is small");
        // SAFETY: every processor has a number, and both places have room for `length` pairs.
        let filter = unsafe {
            let (found, _) =
                plan.run::<[f64; 1]>(Parts::IN_ORDER, filter.as_mut_ptr(), room.as_mut_ptr());
            std::slice::from_raw_parts(found, 2 * length)
        };
        let pairs = filter.as_chunks::<2>().0;
        Chirp {
            plan: Plan::new(length).expect("two is small"),
            waves,
            filter: pairs.iter().map(|&[re, im]| Complex { re, im }).collect(),
        }
    }

    /// Numbers that the convolution has.
    pub(super) fn length(&self) -> usize {
        self.filter.len()
    }

    /// Transforms as [`Plan::run`] does.
    ///
    /// # Safety
    /// As for [`Plan::run`], with memory for [`Chirp::length`] numbers.
    #[inline(always)]
    pub(super) unsafe fn run<V: Vector<Element = f64>>(
        &self,
        parts: Parts,
        x: *mut f64,
        room: *mut f64,
    ) -> (*mut f64, *mut f64) {
        // SAFETY: the caller vouches for vectors and memory.
        unsafe {
            for (j, &wave) in self.waves.iter().enumerate() {
                let value = Complex::<V>::load(x, j, parts).times(Complex::splat(wave));
                value.store(x, j, parts);
            }
            let nothing = V::splat(num_traits::zero());
            let (re, im) = (nothing, nothing);
            for j in self.waves.len()..self.filter.len() {
                Complex { re, im }.store(x, j, parts);
            }
            let (x, room) = self.plan.run::<V>(parts, x, room);
            // The conjugate before and after makes the second transform the inverse.
            for (j, &filter) in self.filter.iter().enumerate() {
                let value = Complex::<V>::load(x, j, parts).times(Complex::splat(filter));
                value.conjugate().store(x, j, parts);
            }
            let (x, room) = self.plan.run::<V>(parts, x, room);
            for (j, &wave) in self.waves.iter().enumerate() {
                let value = Complex::<V>::load(x, j, parts).conjugate();
                value.times(Complex::splat(wave)).store(x, j, parts);
            }
            (x, room)
        }
    }
}
