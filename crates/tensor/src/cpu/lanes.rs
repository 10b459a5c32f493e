//! Combining neighbours, spread over lanes so that vectors compute them side by side.

/// Totals that a run is spread over.
const LANES: usize = 32;

/// The total of a run: `add` takes an element and its place, and `merge` adds a later total.
///
/// The order in which elements meet depends on the length alone.
#[inline(always)]
pub(crate) fn combine<C: Copy, T: Copy>(
    run: &[C],
    empty: T,
    add: impl Fn(&mut T, C, usize),
    merge: impl Fn(T, T) -> T,
) -> T {
    let (rows, rest) = run.as_chunks::<LANES>();
    if rows.len() < 2 {
        let mut total = empty;
        for (place, &x) in run.iter().enumerate() {
            add(&mut total, x, place);
        }
        return total;
    }
    let mut lanes = [empty; LANES];
    for (row, xs) in rows.iter().enumerate() {
        for (lane, (total, &x)) in lanes.iter_mut().zip(xs).enumerate() {
            add(total, x, row * LANES + lane);
        }
    }
    for (lane, (total, &x)) in lanes.iter_mut().zip(rest).enumerate() {
        add(total, x, rows.len() * LANES + lane);
    }
    merge_lanes(lanes, merge)
}

/// As [`combine`], for two runs of one length.
#[inline(always)]
pub(crate) fn combine_pairs<C: Copy, T: Copy>(
    [a, b]: [&[C]; 2],
    empty: T,
    add: impl Fn(&mut T, C, C),
    merge: impl Fn(T, T) -> T,
) -> T {
    let b = &b[..a.len()];
    let ((a_rows, a_rest), (b_rows, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut lanes = [empty; LANES];
    for (a, b) in a_rows.iter().zip(b_rows) {
        for ((total, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            add(total, a, b);
        }
    }
    for ((total, &a), &b) in lanes.iter_mut().zip(a_rest).zip(b_rest) {
        add(total, a, b);
    }
    merge_lanes(lanes, merge)
}

/// The sum of a run.
#[inline(always)]
pub(crate) fn sum<C: Copy + std::ops::Add<Output = C>>(run: &[C], zero: C) -> C {
    combine(run, zero, |total, x, _| *total = *total + x, |a, b| a + b)
}

/// The sum of the products of two runs, the second at least as long as the first.
#[inline(always)]
pub(crate) fn dot<C>(a: &[C], b: &[C], zero: C) -> C
where
    C: Copy + std::ops::Add<Output = C> + std::ops::Mul<Output = C>,
{
    let add = |total: &mut C, a: C, b: C| *total = *total + a * b;
    combine_pairs([a, b], zero, add, |a, b| a + b)
}

/// Halves meet until one total is left. Apart from the loop above: merged there, the lanes would be
/// kept in pieces throughout.
#[inline(never)]
fn merge_lanes<T: Copy>(mut lanes: [T; LANES], merge: impl Fn(T, T) -> T) -> T {
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        let (earlier, later) = lanes.split_at_mut(width);
        for (a, &b) in earlier.iter_mut().zip(&later[..width]) {
            *a = merge(*a, b);
        }
    }
    lanes[0]
}
