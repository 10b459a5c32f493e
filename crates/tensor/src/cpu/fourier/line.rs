//! The transform of one line, or of one in each lane: complex numbers, or real ones, of which half of the
//! transform is enough, since the other half is its mirror image, conjugated.
//!
//! Real lines of even size are transformed as complex ones of half the size, whose real parts are the
//! even elements and whose imaginary parts are the odd ones.

use super::super::simd::Vector;
use super::chirp::Chirp;
use super::complex::{Complex, Parts};
use super::plan::Plan;
use crate::ops::fourier::FourierKind;

/// How to transform complex numbers.
enum Method {
    Plan(Plan),
    Chirp(Chirp),
}

/// What is known beforehand about lines of one kind and size.
pub(super) struct Line {
    kind: FourierKind,
    size: usize,
    method: Method,
    /// `exp(-2 pi i k / n)` up to half of the circle, where real lines are halved.
    roots: Vec<Complex<f64>>,
}

/// The sign of a transform, true for the inverse, and what to multiply it with.
#[derive(Clone, Copy)]
pub(super) struct Settings {
    pub(super) is_inverse: bool,
    pub(super) scale: f64,
}

impl Line {
    pub(super) fn new(kind: FourierKind, size: usize) -> Line {
        let is_halved = kind != FourierKind::Complex && size.is_multiple_of(2);
        let complex = if is_halved { size / 2 } else { size };
        let method = match Plan::new(complex) {
            Some(plan) => Method::Plan(plan),
            None => Method::Chirp(Chirp::new(complex)),
        };
        let roots = match is_halved {
            true => (0..=complex).map(|k| Complex::root(k, size)).collect(),
            false => Vec::new(),
        };
        Line {
            kind,
            size,
            method,
            roots,
        }
    }

    /// Complex numbers that a buffer holds.
    pub(super) fn room(&self) -> usize {
        let method = match &self.method {
            Method::Plan(plan) => plan.length(),
            Method::Chirp(chirp) => chirp.length(),
        };
        method.max(self.size / 2 + 1)
    }

    /// Transforms what is at `x`; returns where the result is, `x` or `room`.
    ///
    /// # Safety
    /// The processor has the vectors, and both places, which do not overlap, have memory for
    /// [`Line::room`] numbers.
    #[inline(always)]
    pub(super) unsafe fn run<V: Vector<Element = f64>>(
        &self,
        settings: Settings,
        x: *mut f64,
        room: *mut f64,
    ) -> *mut f64 {
        let parts = match settings.is_inverse {
            true => Parts::SWAPPED,
            false => Parts::IN_ORDER,
        };
        // SAFETY: the caller vouches for vectors and memory.
        unsafe {
            match (self.kind, self.roots.is_empty()) {
                (FourierKind::Complex, _) => {
                    let (y, _) = self.transform::<V>(parts, x, room);
                    self.scale::<V>(settings.scale, self.size, y);
                    y
                }
                (FourierKind::FromReal, true) => {
                    self.spread::<V>(settings.scale, x, room);
                    self.transform::<V>(parts, room, x).0
                }
                (FourierKind::ToReal, true) => {
                    self.mirror::<V>(settings.scale, x, room);
                    let (y, _) = self.transform::<V>(parts, room, x);
                    for k in 0..self.size {
                        let value = Complex::<V>::load(y, k, Parts::IN_ORDER);
                        value.re.store(y.add(k * V::LANES));
                    }
                    y
                }
                (FourierKind::FromReal, false) => {
                    let (y, room) = self.transform::<V>(Parts::IN_ORDER, x, room);
                    self.unfold::<V>(settings, y, room);
                    room
                }
                (FourierKind::ToReal, false) => {
                    self.fold::<V>(settings, x, room);
                    self.transform::<V>(Parts::SWAPPED, room, x).0
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn transform<V: Vector<Element = f64>>(
        &self,
        parts: Parts,
        x: *mut f64,
        room: *mut f64,
    ) -> (*mut f64, *mut f64) {
        // SAFETY: the caller vouches for vectors and memory.
        unsafe {
            match &self.method {
                Method::Plan(plan) => plan.run::<V>(parts, x, room),
                Method::Chirp(chirp) => chirp.run::<V>(parts, x, room),
            }
        }
    }

    #[inline(always)]
    unsafe fn scale<V: Vector<Element = f64>>(&self, scale: f64, count: usize, x: *mut f64) {
        if scale == 1.0 {
            return;
        }
        // SAFETY: the caller vouches for vectors and memory.
        unsafe {
            let scale = V::splat(scale);
            for k in 0..count {
                let value = Complex::<V>::load(x, k, Parts::IN_ORDER);
                value.scaled(scale).store(x, k, Parts::IN_ORDER);
            }
        }
    }

    /// Real numbers as complex ones.
    #[inline(always)]
    unsafe fn spread<V: Vector<Element = f64>>(&self, scale: f64, x: *const f64, y: *mut f64) {
        // SAFETY: the caller vouches for vectors and memory.
        unsafe {
            let (scale, im) = (V::splat(scale), V::splat(0.0));
            for k in 0..self.size {
                let re = V::load(x.add(k * V::LANES)).mul(scale);
                Complex { re, im }.store(y, k, Parts::IN_ORDER);
            }
        }
    }

    /// The first half of a transform, and after it its mirror image.
    #[inline(always)]
    unsafe fn mirror<V: Vector<Element = f64>>(&self, scale: f64, x: *const f64, y: *mut f64) {
        // SAFETY: the caller vouches for vectors and memory.
        unsafe {
            let scale = V::splat(scale);
            for k in 0..=self.size / 2 {
                let value = Complex::<V>::load(x, k, Parts::IN_ORDER).scaled(scale);
                value.store(y, k, Parts::IN_ORDER);
                if k > 0 {
                    let mirrored = value.conjugate();
                    mirrored.store(y, self.size - k, Parts::IN_ORDER);
                }
            }
        }
    }

    /// Makes half of the transform of real numbers of that of their pairs: the even elements have the sum
    /// of what is at equal distances from both ends, the odd ones the difference.
    #[inline(always)]
    unsafe fn unfold<V: Vector<Element = f64>>(
        &self,
        settings: Settings,
        x: *const f64,
        y: *mut f64,
    ) {
        let half = self.size / 2;
        let two = 1.0 + 1.0;
        // SAFETY: the caller vouches for vectors and memory.
        unsafe {
            let scale = V::splat(settings.scale / two);
            for (k, &root) in self.roots.iter().enumerate() {
                let a = Complex::<V>::load(x, k % half, Parts::IN_ORDER);
                let b = Complex::load(x, (half - k) % half, Parts::IN_ORDER).conjugate();
                let odd = a.minus(b).times(Complex::splat(root)).turned();
                let value = a.plus(b).plus(odd).scaled(scale);
                let value = match settings.is_inverse {
                    true => value.conjugate(),
                    false => value,
                };
                value.store(y, k, Parts::IN_ORDER);
            }
        }
    }

    /// The reverse of [`Line::unfold`], but for a factor of two.
    #[inline(always)]
    unsafe fn fold<V: Vector<Element = f64>>(&self, settings: Settings, x: *mut f64, y: *mut f64) {
        let half = self.size / 2;
        // SAFETY: the caller vouches for vectors and memory.
        unsafe {
            let scale = V::splat(settings.scale);
            // The ends of a transform of real numbers are real.
            for end in [0, half] {
                let re = Complex::<V>::load(x, end, Parts::IN_ORDER).re;
                let im = V::splat(0.0);
                Complex { re, im }.store(x, end, Parts::IN_ORDER);
            }
            for (k, &root) in self.roots[..half].iter().enumerate() {
                let mut a = Complex::<V>::load(x, k, Parts::IN_ORDER);
                let mut b = Complex::<V>::load(x, half - k, Parts::IN_ORDER);
                match settings.is_inverse {
                    true => b = b.conjugate(),
                    false => a = a.conjugate(),
                }
                let root = Complex::splat(root).conjugate();
                let odd = a.minus(b).times(root).turned();
                let value = a.plus(b).minus(odd).scaled(scale);
                value.store(y, k, Parts::IN_ORDER);
            }
        }
    }
}
