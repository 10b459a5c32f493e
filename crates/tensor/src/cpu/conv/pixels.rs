//! Pixels: the channels of one place side by side, as many as a vector has lanes.
//!
//! Data is stored as planes; kernels that work on vectors of channels copy a few planes to pixels,
//! and pixels back to planes.

use std::mem::MaybeUninit;

use crate::cpu::simd::{MOST_LANES, Real, Vector};

/// A square of the transpose.
type Square<T> = MaybeUninit<[T; MOST_LANES * MOST_LANES]>;

/// Copies the first `count` elements of some planes to pixels, each to where `next` says; lanes from
/// `channels` on become zero.
///
/// # Safety
///
/// The processor has the level of `V`, the planes are `plane` elements apart and have `count`, and
/// `next` returns places with room for a vector.
#[inline(always)]
pub(super) unsafe fn from_planes<V: Vector<Element: Real>>(
    planes: *const V::Element,
    plane: usize,
    channels: usize,
    count: usize,
    mut next: impl FnMut() -> *mut V::Element,
) {
    let (mut rows, mut square) = (
        Square::<V::Element>::uninit(),
        Square::<V::Element>::uninit(),
    );
    let rows: *mut V::Element = rows.as_mut_ptr().cast();
    let square: *mut V::Element = square.as_mut_ptr().cast();
    let mut done = 0;
    // SAFETY: the caller vouches for the planes and the places; both squares have room for a vector of
    // vectors.
    unsafe {
        while done < count {
            // The last square begins early enough to be a whole one.
            let start = done.min(count.saturating_sub(V::LANES));
            let from = planes.add(start);
            if channels == V::LANES && count >= V::LANES {
                V::transpose(|i| from.add(i * plane), square, V::LANES);
            } else {
                for i in 0..V::LANES {
                    let some = match i < channels {
                        true => V::load_first(from.add(i * plane), count.min(V::LANES)),
                        false => V::splat(num_traits::zero()),
                    };
                    some.store(rows.add(i * V::LANES));
                }
                V::transpose(|i| rows.add(i * V::LANES), square, V::LANES);
            }
            let end = count.min(start + V::LANES);
            for i in done - start..end - start {
                V::load(square.add(i * V::LANES)).store(next());
            }
            done = end;
        }
    }
}

/// Places one after the other.
pub(super) fn in_turn<V: Vector>(start: *mut V::Element) -> impl FnMut() -> *mut V::Element {
    let mut next = start;
    move || {
        let here = next;
        next = next.wrapping_add(V::LANES);
        here
    }
}

/// Copies `count` pixels, which are `stride` elements apart, to the first elements of planes, one for
/// each of their first `channels` lanes.
///
/// # Safety
///
/// The processor has the level of `V`, the pixels are whole vectors, and the planes, `plane` elements
/// apart, have `count` elements.
#[inline(always)]
pub(super) unsafe fn to_planes<V: Vector<Element: Real>>(
    pixels: *const V::Element,
    stride: usize,
    count: usize,
    channels: usize,
    planes: *mut V::Element,
    plane: usize,
) {
    let mut square = Square::<V::Element>::uninit();
    let square: *mut V::Element = square.as_mut_ptr().cast();
    let mut done = 0;
    // SAFETY: the caller vouches for pixels and planes; the square has room for a vector of vectors.
    unsafe {
        while done < count && count >= V::LANES {
            let start = done.min(count - V::LANES);
            let row = |i: usize| pixels.add((start + i) * stride);
            if channels == V::LANES {
                V::transpose(row, planes.add(start), plane);
            } else {
                V::transpose(row, square, V::LANES);
                for i in 0..channels {
                    V::load(square.add(i * V::LANES)).store(planes.add(i * plane + start));
                }
            }
            done = start + V::LANES;
        }
        for pixel in done..count {
            for i in 0..channels {
                *planes.add(i * plane + pixel) = *pixels.add(pixel * stride + i);
            }
        }
    }
}
