//! The transforms of Winograd's convolution in one dimension.
//!
//! F(m, 3) computes `m` outputs of a kernel with three taps from `n = m + 2` inputs by `n` products,
//! where a direct sum takes `3 m`: `y = A^T ((G w) * (B^T x))`. It interpolates polynomials at `n - 1`
//! points and infinity. The points of F(2, 3) are 0, 1 and -1. Those of F(4, 3) are 0, the square root
//! of 1/2 and of 2, and their negatives: rounding errors are half of those with the usual 1 and 2,
//! whose powers spread further.
//!
//! A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, 2016.

use std::f32::consts::{FRAC_1_SQRT_2, SQRT_2};

use crate::cpu::simd::Vector;

/// The matrix `G` of F(2, 3).
const FILTER_4: [[f32; 3]; 4] = [
    [1.0, 0.0, 0.0],
    [0.5, 0.5, 0.5],
    [0.5, -0.5, 0.5],
    [0.0, 0.0, 1.0],
];

/// The matrix `G` of F(4, 3).
const FILTER_6: [[f32; 3]; 6] = {
    let (first, second) = (-1.0 / 1.5, 1.0 / 6.0);
    let (a, b) = (FRAC_1_SQRT_2, SQRT_2);
    [
        [1.0, 0.0, 0.0],
        [first, a * first, 0.5 * first],
        [first, -a * first, 0.5 * first],
        [second, b * second, 2.0 * second],
        [second, -b * second, 2.0 * second],
        [0.0, 0.0, 1.0],
    ]
};

/// The matrix `G` for `N` inputs.
#[inline(always)]
fn filter_row<const N: usize>(i: usize) -> [f32; 3] {
    if N == 4 { FILTER_4[i] } else { FILTER_6[i] }
}

/// `B^T x`.
///
/// # Safety
///
/// Here and below: the processor has the level of `V`.
#[inline(always)]
unsafe fn input<V: Vector<Element = f32>, const N: usize>(x: [V; N]) -> [V; N] {
    let mut y = x;
    // SAFETY: the caller vouches for the level.
    unsafe {
        if N == 4 {
            y[0] = x[0].sub(x[2]);
            y[1] = x[1].add(x[2]);
            y[2] = x[2].sub(x[1]);
            y[3] = x[1].sub(x[3]);
            return y;
        }
        let times = |x: V, factor: f32, addend: V| x.mul_add(V::splat(factor), addend);
        let (even, odd) = (times(x[2], -2.0, x[4]), times(x[1], -2.0, x[3]));
        let (half_even, half_odd) = (times(x[2], -0.5, x[4]), times(x[1], -0.5, x[3]));
        y[0] = times(x[2], -2.5, x[0]).add(x[4]);
        y[1] = times(odd, FRAC_1_SQRT_2, even);
        y[2] = times(odd, -FRAC_1_SQRT_2, even);
        y[3] = times(half_odd, SQRT_2, half_even);
        y[4] = times(half_odd, -SQRT_2, half_even);
        y[5] = times(x[3], -2.5, x[1]).add(x[5]);
    }
    y
}

/// `A^T x`.
#[inline(always)]
unsafe fn output<V: Vector<Element = f32>, const N: usize, const M: usize>(x: [V; N]) -> [V; M] {
    let mut y = [x[0]; M];
    // SAFETY: the caller vouches for the level.
    unsafe {
        let (sum, difference) = (x[1].add(x[2]), x[1].sub(x[2]));
        if N == 4 {
            y[0] = x[0].add(sum);
            y[1] = difference.sub(x[3]);
            return y;
        }
        let (far_sum, far_difference) = (x[3].add(x[4]), x[3].sub(x[4]));
        let mix = |x: V, a: f32, y: V, b: f32| x.mul_add(V::splat(a), y.mul(V::splat(b)));
        y[0] = x[0].add(sum).add(far_sum);
        y[1] = mix(difference, FRAC_1_SQRT_2, far_difference, SQRT_2);
        y[2] = mix(sum, 0.5, far_sum, 2.0);
        y[3] = mix(
            difference,
            0.5 * FRAC_1_SQRT_2,
            far_difference,
            2.0 * SQRT_2,
        )
        .add(x[5]);
    }
    y
}

/// `A y`: what gradients of outputs are to the products.
#[inline(always)]
unsafe fn output_gradient<V: Vector<Element = f32>, const N: usize, const M: usize>(
    y: [V; M],
) -> [V; N] {
    let mut x = [y[0]; N];
    // SAFETY: the caller vouches for the level.
    unsafe {
        if N == 4 {
            x[1] = y[0].add(y[1]);
            x[2] = y[0].sub(y[1]);
            x[3] = V::splat(0.0).sub(y[1]);
            return x;
        }
        let mix = |x: V, a: f32, y: V, b: f32| x.mul_add(V::splat(a), y.mul(V::splat(b)));
        let (even, odd) = (
            y[2].mul_add(V::splat(0.5), y[0]),
            mix(y[3], 0.5 * FRAC_1_SQRT_2, y[1], FRAC_1_SQRT_2),
        );
        let (far_even, far_odd) = (
            y[2].mul_add(V::splat(2.0), y[0]),
            mix(y[3], 2.0 * SQRT_2, y[1], SQRT_2),
        );
        x[1] = even.add(odd);
        x[2] = even.sub(odd);
        x[3] = far_even.add(far_odd);
        x[4] = far_even.sub(far_odd);
        x[5] = y[3];
    }
    x
}

/// `G w`.
#[inline(always)]
unsafe fn filter<V: Vector<Element = f32>, const N: usize>(w: [V; 3]) -> [V; N] {
    let mut y = [w[0]; N];
    for (i, y) in y.iter_mut().enumerate() {
        let row = filter_row::<N>(i);
        // SAFETY: the caller vouches for the level.
        unsafe {
            let sum = w[1].mul_add(V::splat(row[1]), w[0].mul(V::splat(row[0])));
            *y = w[2].mul_add(V::splat(row[2]), sum);
        }
    }
    y
}

/// `G^T u`: what gradients of transformed taps are to the taps.
#[inline(always)]
unsafe fn filter_gradient<V: Vector<Element = f32>, const N: usize>(u: [V; N]) -> [V; 3] {
    let mut w = [u[0]; 3];
    for (tap, w) in w.iter_mut().enumerate() {
        // SAFETY: the caller vouches for the level.
        unsafe {
            *w = V::splat(0.0);
            for (i, u) in u.iter().enumerate() {
                *w = u.mul_add(V::splat(filter_row::<N>(i)[tap]), *w);
            }
        }
    }
    w
}

/// A transform of one line of a square.
pub(super) trait Line<const FROM: usize, const TO: usize> {
    /// # Safety
    ///
    /// The processor has the level of `V`.
    unsafe fn apply<V: Vector<Element = f32>>(x: [V; FROM]) -> [V; TO];
}

macro_rules! lines {
    ($($(#[$doc:meta])* $name:ident: $($from:literal => $to:literal by $function:ident::<$($size:literal),*>;)*)*) => {$(
        $(#[$doc])*
        pub(super) struct $name;
        $(
            impl Line<$from, $to> for $name {
                #[inline(always)]
                unsafe fn apply<V: Vector<Element = f32>>(x: [V; $from]) -> [V; $to] {
                    // SAFETY: the caller vouches for the level.
                    unsafe { $function::<V, $($size),*>(x) }
                }
            }
        )*
    )*};
}

lines! {
    /// From inputs to what is multiplied.
    Input:
        4 => 4 by input::<4>;
        6 => 6 by input::<6>;
    /// From products to outputs.
    Output:
        4 => 2 by output::<4, 2>;
        6 => 4 by output::<6, 4>;
    /// From gradients of outputs to those of products.
    OutputGradient:
        2 => 4 by output_gradient::<4, 2>;
        4 => 6 by output_gradient::<6, 4>;
    /// From taps to what is multiplied.
    Filter:
        3 => 4 by filter::<4>;
        3 => 6 by filter::<6>;
    /// From gradients of transformed taps to those of taps.
    FilterGradient:
        4 => 3 by filter_gradient::<4>;
        6 => 3 by filter_gradient::<6>;
}

/// Transforms a square: its columns, and then the rows of what they give.
///
/// # Safety
///
/// The processor has the level of `V`, and `load` and `store` may be called for all places.
#[inline(always)]
pub(super) unsafe fn square<V, L, const FROM: usize, const TO: usize>(
    load: impl Fn(usize, usize) -> V,
    mut store: impl FnMut(usize, usize, V),
) where
    V: Vector<Element = f32>,
    L: Line<FROM, TO>,
{
    // SAFETY: the caller vouches for the level and the places.
    unsafe {
        let zero = V::splat(0.0);
        let mut half = [[zero; FROM]; TO];
        for x in 0..FROM {
            let mut column = [zero; FROM];
            for (y, place) in column.iter_mut().enumerate() {
                *place = load(y, x);
            }
            for (row, value) in half.iter_mut().zip(L::apply(column)) {
                row[x] = value;
            }
        }
        for (y, row) in half.into_iter().enumerate() {
            for (x, value) in L::apply(row).into_iter().enumerate() {
                store(y, x, value);
            }
        }
    }
}
