//! Copying a plane of the input into its padding.

use super::Padded;
use crate::cpu::simd::{Real, Simd, Task, Vector};

/// Copies a plane, row by row and phase by phase, with zeros around it.
pub(super) struct Fill<'a, T> {
    pub padded: &'a Padded,
    pub x: &'a [T],
    pub to: &'a mut [T],
}

impl<T: Real> Task for Fill<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Self { padded, x, to } = self;
        let [depth, height, width] = padded.input;
        let rows = to.chunks_exact_mut(padded.row).zip(&padded.used_rows);
        for (i, (to, _)) in rows.enumerate().filter(|(_, (_, is_used))| **is_used) {
            let slice = (i / padded.reach[1]).wrapping_sub(padded.padding[0]);
            let row = (i % padded.reach[1]).wrapping_sub(padded.padding[1]);
            let x = match slice < depth && row < height {
                true => &x[(slice * height + row) * width..][..width],
                false => &[],
            };
            // SAFETY: the level is `S`.
            unsafe {
                match padded.phases {
                    1 => fill_row::<T::Vector<S>>(x, padded.padding[2], to),
                    2 => fill_halves::<T::Vector<S>>(x, padded, to),
                    _ => fill_phases::<T::Vector<S>>(x, padded, to),
                }
            }
        }
    }
}

/// Copies a row to where `before` zeros end.
#[inline(always)]
unsafe fn fill_row<V: Vector<Element: Real>>(
    x: &[V::Element],
    before: usize,
    to: &mut [V::Element],
) {
    let before = before.min(to.len());
    let count = x.len().min(to.len() - before);
    // SAFETY: the caller vouches for the level, and the slices have `count` elements there.
    unsafe {
        clear_around::<V>(to, before, count);
        let (x, to) = (x.as_ptr(), to.as_mut_ptr().add(before));
        if count < V::LANES {
            return V::load_first(x, count).store_first(to, count);
        }
        for i in (0..count).step_by(V::LANES) {
            let i = i.min(count - V::LANES);
            V::load(x.add(i)).store(to.add(i));
        }
    }
}

/// Copies a row that has two phases: one gets the even elements, the other the odd ones.
#[inline(always)]
unsafe fn fill_halves<V: Vector<Element: Real>>(
    x: &[V::Element],
    padded: &Padded,
    to: &mut [V::Element],
) {
    let (phase, padding) = (padded.phase, padded.padding[2]);
    let (mut counts, mut places) = ([0; 2], [0; 2]);
    for parity in 0..2 {
        let column = padding + parity;
        let before = (column / 2).min(phase);
        counts[parity] = ((x.len() + 1 - parity) / 2).min(phase - before);
        places[parity] = column % 2 * phase + before;
        let to = &mut to[column % 2 * phase..][..phase];
        // SAFETY: the caller vouches for the level.
        unsafe { clear_around::<V>(to, before, counts[parity]) };
    }
    let pairs = counts[0].min(counts[1]);
    let mut done = 0;
    while done < pairs && pairs >= V::LANES {
        let start = done.min(pairs - V::LANES);
        // SAFETY: as above; there are `pairs` of elements in the row, and places in both phases.
        unsafe {
            let x = x.as_ptr().add(2 * start);
            let (even, odd) = V::load(x).deinterleave(V::load(x.add(V::LANES)));
            even.store(to.as_mut_ptr().add(places[0] + start));
            odd.store(to.as_mut_ptr().add(places[1] + start));
        }
        done = start + V::LANES;
    }
    for parity in 0..2 {
        for i in done..counts[parity] {
            to[places[parity] + i] = x[2 * i + parity];
        }
    }
}

/// Copies the phases of a row that are used, one by one.
#[inline(always)]
unsafe fn fill_phases<V: Vector<Element: Real>>(
    x: &[V::Element],
    padded: &Padded,
    to: &mut [V::Element],
) {
    let (phases, padding) = (padded.phases, padded.padding[2]);
    let parts = to.chunks_exact_mut(padded.phase).zip(&padded.used_phases);
    for (phase, (to, _)) in parts.enumerate().filter(|(_, (_, is_used))| **is_used) {
        let before = padding.saturating_sub(phase).div_ceil(phases).min(to.len());
        let first = (before * phases + phase).saturating_sub(padding);
        let x = x.get(first..).unwrap_or_default();
        let count = x.len().div_ceil(phases).min(to.len() - before);
        // SAFETY: the caller vouches for the level.
        unsafe { clear_around::<V>(to, before, count) };
        let to = &mut to[before..before + count];
        to.iter_mut()
            .zip(x.iter().step_by(phases))
            .for_each(|(to, &x)| *to = x);
    }
}

/// Writes zeros to all but `count` elements from `before` on.
#[inline(always)]
unsafe fn clear_around<V: Vector<Element: Real>>(
    to: &mut [V::Element],
    before: usize,
    count: usize,
) {
    for (start, end) in [(0, before), (before + count, to.len())] {
        for i in (start..end).step_by(V::LANES) {
            let some = V::LANES.min(end - i);
            // SAFETY: the caller vouches for the level, and the elements are the slice's.
            unsafe { V::splat(num_traits::zero()).store_first(to.as_mut_ptr().add(i), some) };
        }
    }
}
