//! Lines side by side: element `p` of line `i` is lane `i` of vector `p`.

use super::super::simd::Vector;

/// Brings some lines into lanes; the lanes of missing ones become zero.
///
/// # Safety
/// The processor has the vector. There are `count` lines of `width` elements at `lines`, at most as many
/// as lanes, and `width` vectors at `to`.
#[inline(always)]
pub(super) unsafe fn gather<V: Vector<Element: Default>>(
    lines: *const V::Element,
    width: usize,
    count: usize,
    to: *mut V::Element,
) {
    let whole = whole::<V>(width, count);
    // SAFETY: the caller vouches for the memory.
    unsafe {
        for place in (0..whole).step_by(V::LANES) {
            let line = |i: usize| lines.add(i * width + place);
            V::transpose(line, to.add(place * V::LANES), V::LANES);
        }
        for place in whole..width {
            for lane in 0..V::LANES {
                let value = match lane < count {
                    true => *lines.add(lane * width + place),
                    false => V::Element::default(),
                };
                *to.add(place * V::LANES + lane) = value;
            }
        }
    }
}

/// The reverse of [`gather`].
///
/// # Safety
/// As for [`gather`].
#[inline(always)]
pub(super) unsafe fn scatter<V: Vector>(
    from: *const V::Element,
    lines: *mut V::Element,
    width: usize,
    count: usize,
) {
    let whole = whole::<V>(width, count);
    // SAFETY: the caller vouches for the memory.
    unsafe {
        for place in (0..whole).step_by(V::LANES) {
            let vector = |i: usize| from.add((place + i) * V::LANES);
            V::transpose(vector, lines.add(place), width);
        }
        for place in whole..width {
            for lane in 0..count {
                *lines.add(lane * width + place) = *from.add(place * V::LANES + lane);
            }
        }
    }
}

/// Elements of lines that are transposed in blocks.
#[inline(always)]
fn whole<V: Vector>(width: usize, count: usize) -> usize {
    match count == V::LANES {
        true => width / V::LANES * V::LANES,
        false => 0,
    }
}
