//! Combining neighbours, spread over lanes so that vectors compute them side by side.

/// Lanes of a short run, which merging many would cost more than they save.
const NARROW: usize = 32;
/// Lanes of a long run: as many totals as half of the registers hold, so that none waits for the one
/// before it.
const WIDE: usize = 64;
/// The same of totals of 8 bytes, or more.
const WIDE_OF_LARGE: usize = 32;
/// From here on a run is long.
const LONG: usize = 32 * WIDE;

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
    combine_all(
        [run],
        empty,
        |total, [x], place| add(total, x, place),
        merge,
    )
}

/// As [`combine`], for runs side by side, all as long as the first.
#[inline(always)]
pub(crate) fn combine_all<C: Copy, T: Copy, const N: usize>(
    runs: [&[C]; N],
    empty: T,
    add: impl Fn(&mut T, [C; N], usize),
    merge: impl Fn(T, T) -> T,
) -> T {
    let length = runs[0].len();
    let runs = runs.map(|run| &run[..length]);
    match (length, size_of::<T>()) {
        (LONG.., ..=4) => spread::<C, T, N, WIDE>(runs, empty, add, merge),
        (LONG.., _) => spread::<C, T, N, WIDE_OF_LARGE>(runs, empty, add, merge),
        (NARROW.., _) => spread::<C, T, N, NARROW>(runs, empty, add, merge),
        _ => {
            let mut total = empty;
            for place in 0..length {
                add(&mut total, runs.map(|run| run[place]), place);
            }
            total
        }
    }
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
    let add = |total: &mut C, [a, b]: [C; 2], _| *total = *total + a * b;
    combine_all([a, b], zero, add, |a, b| a + b)
}

#[inline(always)]
fn spread<C: Copy, T: Copy, const N: usize, const LANES: usize>(
    runs: [&[C]; N],
    empty: T,
    add: impl Fn(&mut T, [C; N], usize),
    merge: impl Fn(T, T) -> T,
) -> T {
    let parts = runs.map(|run| run.as_chunks::<LANES>());
    let count = parts[0].0.len();
    let rows = parts.map(|(rows, _)| &rows[..count]);
    let mut lanes = [empty; LANES];
    for row in 0..count {
        let xs = rows.map(|rows| &rows[row]);
        for (lane, total) in lanes.iter_mut().enumerate() {
            add(total, xs.map(|xs| xs[lane]), row * LANES + lane);
        }
    }
    let length = parts[0].1.len();
    let rest = parts.map(|(_, rest)| &rest[..length]);
    for (lane, total) in lanes.iter_mut().enumerate().take(length) {
        add(total, rest.map(|rest| rest[lane]), count * LANES + lane);
    }
    merge_lanes(lanes, merge)
}

/// Halves meet until one total is left. Apart from the loop above: merged there, the lanes would be
/// kept in pieces throughout.
#[inline(never)]
fn merge_lanes<T: Copy, const LANES: usize>(mut lanes: [T; LANES], merge: impl Fn(T, T) -> T) -> T {
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
