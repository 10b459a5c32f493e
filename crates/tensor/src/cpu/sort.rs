//! Sorting kernels.
//!
//! An element becomes an unsigned integer of the same order, its rank, and rank and index together
//! one integer. Sorting those is fast, and stable although the sort is not.

use super::elementwise::with_number;
use super::number::{Int, Number};
use super::parallel::for_each_chunk;
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::ops::sort::{StatisticOp, row_order};
use crate::{Array, DType};
use std::num::Wrapping;

/// Elements per parallel chunk: some microseconds of work.
const GRAIN: usize = 1 << 11;

/// A type whose values have an order in which NaN comes last and all zeros are equal.
pub(crate) trait Ranked: Number {
    /// A number of the same order.
    fn rank(self) -> u64;
}

impl Ranked for f32 {
    #[inline(always)]
    fn rank(self) -> u64 {
        // The sum makes a zero of either sign positive.
        let bits = (self + 0.0).to_bits();
        let sign = (bits as i32 >> 31) as u32;
        (if self.is_nan() {
            u32::MAX
        } else {
            bits ^ (sign | 1 << 31)
        }) as u64
    }
}

impl Ranked for f64 {
    #[inline(always)]
    fn rank(self) -> u64 {
        let bits = (self + 0.0).to_bits();
        let sign = (bits as i64 >> 63) as u64;
        if self.is_nan() {
            u64::MAX
        } else {
            bits ^ (sign | 1 << 63)
        }
    }
}

impl Ranked for Int {
    #[inline(always)]
    fn rank(self) -> u64 {
        self.0 as u64 ^ (1 << 63)
    }
}

/// A rank and an index in one number.
trait Packed: Ord + Copy + Send {
    fn new(rank: u64, index: usize) -> Self;
    fn rank(self) -> u64;
    fn index(self) -> usize;
}

/// For ranks and indices of 32 bits.
impl Packed for u64 {
    #[inline(always)]
    fn new(rank: u64, index: usize) -> u64 {
        rank << 32 | index as u64
    }
    #[inline(always)]
    fn rank(self) -> u64 {
        self >> 32
    }
    #[inline(always)]
    fn index(self) -> usize {
        self as u32 as usize
    }
}

impl Packed for u128 {
    #[inline(always)]
    fn new(rank: u64, index: usize) -> u128 {
        (rank as u128) << 64 | index as u128
    }
    #[inline(always)]
    fn rank(self) -> u64 {
        (self >> 64) as u64
    }
    #[inline(always)]
    fn index(self) -> usize {
        self as u64 as usize
    }
}

/// The order of a row's elements: the highest bits of the ranks may be dropped, and the order
/// reversed.
#[derive(Clone, Copy)]
struct Order {
    flip: u64,
    mask: u64,
}

impl Order {
    fn new(dtype: DType, descending: bool) -> Order {
        let mask = if is_narrow(dtype) {
            u32::MAX as u64
        } else {
            u64::MAX
        };
        let flip = if descending { mask } else { 0 };
        // The offset that makes a narrow integer's rank non-negative is at its own sign.
        let sign = if is_narrow(dtype) && !dtype.is_floating_point() {
            1 << 31
        } else {
            0
        };
        Order {
            flip: flip ^ sign,
            mask,
        }
    }
}

fn is_narrow(dtype: DType) -> bool {
    !matches!(dtype, DType::F64 | DType::I64)
}

/// Calls `f` with each row along `dim` and its packed elements.
fn for_each_row<C: Ranked, P: Packed>(
    order: Order,
    dim: usize,
    x: &Array,
    f: impl Fn(usize, &[C], &mut Vec<P>) + Sync,
) {
    let length = x.shape().get(dim).copied().unwrap_or(1);
    if x.numel() == 0 {
        return;
    }
    let source = Source::in_order(x, &row_order(x.rank(), dim));
    let rows = x.numel() / length;
    for_each_chunk(rows, (GRAIN / length).max(1), |chunk| {
        let mut buffer = Buffer::new();
        let mut row = Vec::<C>::with_capacity(length);
        let mut packed = Vec::<P>::with_capacity(length);
        for number in chunk {
            row.clear();
            for start in (0..length).step_by(BLOCK) {
                let count = BLOCK.min(length - start);
                row.extend_from_slice(source.block(number * length + start, count, &mut buffer));
            }
            packed.clear();
            let pack =
                |(index, x): (usize, &C)| P::new((x.rank() ^ order.flip) & order.mask, index);
            packed.extend(row.iter().enumerate().map(pack));
            f(number, &row, &mut packed);
        }
    });
}

/// Runs `kernel` with the packed type that holds all ranks and indices of the rows.
macro_rules! with_packed {
    ($x:expr, $dim:expr, $P:ident => $kernel:expr) => {{
        let length = $x.shape().get($dim).copied().unwrap_or(1);
        if is_narrow($x.dtype()) && u32::try_from(length).is_ok() {
            type $P = u64;
            $kernel
        } else {
            type $P = u128;
            $kernel
        }
    }};
}

/// Writes the elements of a row that the packed ones name, and their indices.
fn write_row<C: Number, P: Packed>(targets: &[Target; 2], number: usize, row: &[C], chosen: &[P]) {
    let first = number * chosen.len();
    for (block, chosen) in chosen.chunks(BLOCK).enumerate() {
        let start = first + block * BLOCK;
        // SAFETY: each row of the outputs is written once.
        unsafe {
            targets[0].write(start, chosen.len(), |out: &mut [C]| {
                out.iter_mut()
                    .zip(chosen)
                    .for_each(|(out, packed)| *out = row[packed.index()]);
            });
            targets[1].write(start, chosen.len(), |out: &mut [Int]| {
                out.iter_mut()
                    .zip(chosen)
                    .for_each(|(out, packed)| *out = Wrapping(packed.index() as i64));
            });
        }
    }
}

pub(crate) fn sort(
    dim: usize,
    descending: bool,
    x: &Array,
    values: &mut Array,
    indices: &mut Array,
) {
    let order = Order::new(x.dtype(), descending);
    let targets = [Target::new(values), Target::new(indices)];
    with_packed!(x, dim, P => with_number!(x.dtype(),
    real C => for_each_row::<C, P>(order, dim, x, |number, row, packed| {
        packed.sort_unstable();
        write_row(&targets, number, row, packed);
    }),
    int => for_each_row::<C, P>(order, dim, x, |number, row, packed| {
        packed.sort_unstable();
        write_row(&targets, number, row, packed);
    })));
}

pub(crate) fn topk(
    dim: usize,
    largest: bool,
    sorted: bool,
    x: &Array,
    values: &mut Array,
    indices: &mut Array,
) {
    let k = values.shape().get(dim).copied().unwrap_or(1);
    let order = Order::new(x.dtype(), largest);
    let targets = [Target::new(values), Target::new(indices)];
    with_packed!(x, dim, P => with_number!(x.dtype(),
    real C => for_each_row::<C, P>(order, dim, x, |number, row, packed| {
        write_row(&targets, number, row, lowest(packed, k, sorted));
    }),
    int => for_each_row::<C, P>(order, dim, x, |number, row, packed| {
        write_row(&targets, number, row, lowest(packed, k, sorted));
    })));
}

/// The `k` lowest ones, of which there is at least one.
fn lowest<P: Packed>(packed: &mut [P], k: usize, sorted: bool) -> &[P] {
    if k < packed.len() {
        packed.select_nth_unstable(k - 1);
    }
    let lowest = &mut packed[..k];
    if sorted {
        lowest.sort_unstable();
    }
    lowest
}

pub(crate) fn statistic(
    op: StatisticOp,
    dim: usize,
    x: &Array,
    values: &mut Array,
    indices: &mut Array,
) {
    let order = Order::new(x.dtype(), false);
    let targets = [Target::new(values), Target::new(indices)];
    with_packed!(x, dim, P => with_number!(x.dtype(),
    real C => for_each_row::<C, P>(order, dim, x, |number, row, packed| {
        write_row(&targets, number, row, &[statistic_of(op, row, packed)]);
    }),
    int => for_each_row::<C, P>(order, dim, x, |number, row, packed| {
        write_row(&targets, number, row, &[statistic_of(op, row, packed)]);
    })));
}

fn statistic_of<C: Ranked, P: Packed>(op: StatisticOp, row: &[C], packed: &mut [P]) -> P {
    let numbers = || row.iter().filter(|x| !x.is_nan()).count();
    let rank = match op {
        StatisticOp::Rank(rank) => rank,
        StatisticOp::Median => match row.iter().position(|x| x.is_nan()) {
            Some(place) => return packed[place],
            None => (row.len() - 1) / 2,
        },
        StatisticOp::NanMedian => numbers().saturating_sub(1) / 2,
        StatisticOp::Mode => return mode(packed),
    };
    *packed.select_nth_unstable(rank).1
}

/// The last of the first longest run of equal ranks.
fn mode<P: Packed>(packed: &mut [P]) -> P {
    packed.sort_unstable();
    let runs = packed.chunk_by(|a, b| a.rank() == b.rank());
    let longest = runs.reduce(|best, run| if run.len() > best.len() { run } else { best });
    *longest.and_then(<[P]>::last).expect("a row has an element")
}
