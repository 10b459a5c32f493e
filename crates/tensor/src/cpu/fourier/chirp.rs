//! Transforms of any length as a convolution, from Bluestein, "A Linear Filtering Approach to the
//! Computation of Discrete Fourier Transform" (1970): with `w[j] = exp(-pi i j^2 / n)`, the transform is
//! `y[k] = w[k] sum_j (x[j] w[j]) conj(w[k - j])`.

use super::complex::Complex;
use super::plan::Plan;

pub(super) struct Chirp {
    /// The plan for a power of two that holds the convolution.
    plan: Plan,
    waves: Vec<Complex>,
    /// The transform of the waves' conjugates, divided by its length.
    filter: Vec<Complex>,
}

impl Chirp {
    pub(super) fn new(n: usize) -> Chirp {
        let length = (2 * n - 1).next_power_of_two();
        let plan = Plan::new(length).expect("two is small");
        // The square, modulo the period; it is built from differences, as it may not fit.
        let mut square = 0;
        let mut waves = Vec::with_capacity(n);
        for j in 0..n {
            waves.push(Complex::root(square, 2 * n));
            square = (square + 2 * j + 1) % (2 * n);
        }
        let mut filter = vec![Complex::new(0.0, 0.0); length];
        for (j, wave) in waves.iter().enumerate() {
            let scale = 1.0 / length as f64;
            let value = Complex::new(wave.re * scale, -wave.im * scale);
            filter[j] = value;
            filter[(length - j) % length] = value;
        }
        plan.run(&mut filter, &mut Vec::new());
        Chirp {
            plan,
            waves,
            filter,
        }
    }

    /// Transforms `x`.
    pub(super) fn run(&self, x: &mut Vec<Complex>, room: &mut Vec<Complex>) {
        let n = x.len();
        let waves = self.waves.iter();
        x.iter_mut()
            .zip(waves.clone())
            .for_each(|(x, &wave)| *x = x.times(wave));
        x.resize(self.filter.len(), Complex::new(0.0, 0.0));
        self.plan.run(x, room);
        // The conjugate before and after makes the second transform the inverse.
        for (x, &filter) in x.iter_mut().zip(&self.filter) {
            *x = x.times(filter).conjugate();
        }
        self.plan.run(x, room);
        x.truncate(n);
        x.iter_mut()
            .zip(waves)
            .for_each(|(x, &wave)| *x = x.conjugate().times(wave));
    }
}
