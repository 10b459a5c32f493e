//! The registers of a warp: a row for each, with a place for every lane.

use super::LANES;
use crate::ptx::Kernel;

/// A register of all lanes of a warp.
pub(crate) type Row = [u64; LANES];

/// Which lanes take part: one bit each.
pub(crate) type Mask = u32;

/// With so few lanes the others are left out; otherwise all are computed, which compilers vectorise.
const FEW: u32 = 6;

/// The lanes of a mask, lowest first.
#[inline(always)]
pub(crate) fn lanes(mut mask: Mask) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let lane = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (lane < LANES).then_some(lane)
    })
}

/// Writes the lanes of a mask.
#[inline(always)]
pub(crate) fn write(row: &mut Row, values: &Row, mask: Mask) {
    if mask == Mask::MAX {
        *row = *values;
    } else {
        for lane in 0..LANES {
            row[lane] = match mask >> lane & 1 {
                0 => row[lane],
                _ => values[lane],
            };
        }
    }
}

/// The registers of a warp.
#[derive(Debug)]
pub(crate) struct Registers(Vec<Row>);

impl Registers {
    pub(crate) fn new(kernel: &Kernel) -> Registers {
        let mut rows = vec![[0; LANES]; kernel.rows];
        for &(row, value) in &kernel.constants {
            rows[row as usize] = [value; LANES];
        }
        Registers(rows)
    }

    #[inline(always)]
    pub(crate) fn row(&self, row: u32) -> &Row {
        &self.0[row as usize]
    }

    #[inline(always)]
    pub(crate) fn row_mut(&mut self, row: u32) -> &mut Row {
        &mut self.0[row as usize]
    }

    /// The lanes in which a predicate has a value.
    #[inline(always)]
    pub(crate) fn mask_of(&self, row: u32, value: bool) -> Mask {
        let row = self.row(row);
        (0..LANES).fold(0, |mask, lane| {
            mask | Mask::from((row[lane] != 0) == value) << lane
        })
    }
}

/// Where an instruction reads and writes, and in which lanes.
pub(crate) struct Lanes<'a> {
    pub(crate) registers: &'a mut Registers,
    pub(crate) target: u32,
    pub(crate) operands: [u32; 4],
    pub(crate) mask: Mask,
}

impl Lanes<'_> {
    /// Writes what a function makes of the first `N` operands. It may be called for other lanes, too.
    #[inline(always)]
    pub(crate) fn map<const N: usize>(&mut self, f: impl Fn([u64; N]) -> u64) {
        let rows = &mut self.registers.0;
        let sources: [usize; N] = std::array::from_fn(|k| self.operands[k] as usize);
        let target = self.target as usize;
        if self.mask.count_ones() <= FEW {
            for lane in lanes(self.mask) {
                rows[target][lane] = f(sources.map(|row| rows[row][lane]));
            }
            return;
        }
        let sources = sources.map(|row| &rows[row]);
        let mut results = [0; LANES];
        for (lane, result) in results.iter_mut().enumerate() {
            *result = f(sources.map(|row| row[lane]));
        }
        write(&mut rows[target], &results, self.mask);
    }
}
