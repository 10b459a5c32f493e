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

/// As [`combine`], for two totals of one run.
#[inline(always)]
pub(crate) fn combine_both<C: Copy, A: Copy, B: Copy>(
    run: &[C],
    empty: (A, B),
    add: impl Fn(&mut A, &mut B, C),
    merge: (impl Fn(A, A) -> A, impl Fn(B, B) -> B),
) -> (A, B) {
    let (rows, rest) = run.as_chunks::<LANES>();
    if rows.len() < 2 {
        let mut totals = empty;
        run.iter()
            .for_each(|&x| add(&mut totals.0, &mut totals.1, x));
        return totals;
    }
    let (mut first, mut second) = ([empty.0; LANES], [empty.1; LANES]);
    for xs in rows {
        for ((a, b), &x) in first.iter_mut().zip(&mut second).zip(xs) {
            add(a, b, x);
        }
    }
    for ((a, b), &x) in first.iter_mut().zip(&mut second).zip(rest) {
        add(a, b, x);
    }
    (merge_lanes(first, merge.0), merge_lanes(second, merge.1))
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

/// Halves meet until one total is left; apart from the loop that made them, if they are large, which would
/// keep them in pieces throughout.
#[inline(always)]
fn merge_lanes<T: Copy>(lanes: [T; LANES], merge: impl Fn(T, T) -> T) -> T {
    match size_of::<T>() {
        ..=8 => merge_here(lanes, merge),
        _ => merge_apart(lanes, merge),
    }
}

#[inline(never)]
fn merge_apart<T: Copy>(lanes: [T; LANES], merge: impl Fn(T, T) -> T) -> T {
    merge_here(lanes, merge)
}

#[inline(always)]
fn merge_here<T: Copy>(lanes: [T; LANES], merge: impl Fn(T, T) -> T) -> T {
    let lanes: [T; 16] = halve(lanes, &merge);
    let lanes: [T; 8] = halve(lanes, &merge);
    let lanes: [T; 4] = halve(lanes, &merge);
    let [earlier, later] = halve(lanes, &merge);
    merge(earlier, later)
}

#[inline(always)]
fn halve<T: Copy, const LANES: usize, const HALF: usize>(
    lanes: [T; LANES],
    merge: impl Fn(T, T) -> T,
) -> [T; HALF] {
    std::array::from_fn(|lane| merge(lanes[lane], lanes[lane + HALF]))
}
