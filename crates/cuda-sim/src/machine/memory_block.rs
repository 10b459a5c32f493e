//! One allocation of the device: its bytes, and which of them were written.

use super::LANES;
use super::access::LaneFault;
use super::registers::{Mask, Row, lanes};
use std::ops::Range;

/// An allocation.
#[derive(Debug, Default)]
pub(crate) struct Block {
    start: u64,
    bytes: Vec<u8>,
    /// One bit for each byte that was written.
    written: Vec<u64>,
    /// Bytes in use, the rest being out of bounds; none while it waits to be lent again.
    lent: Option<usize>,
}

impl Block {
    pub(crate) fn new(start: u64, bytes: usize) -> Block {
        Block {
            start,
            // Not zeros, so that reading too early shows even where it is not checked.
            bytes: vec![0xa5; bytes],
            written: vec![0; bytes.div_ceil(64)],
            lent: Some(bytes),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn lent(&self) -> Option<usize> {
        self.lent
    }

    pub(crate) fn lend(&mut self, bytes: usize) -> Result<(), String> {
        if bytes > self.len() {
            return Err(format!("{bytes} bytes of a block of {}", self.len()));
        }
        self.lent = Some(bytes);
        self.written.fill(0);
        Ok(())
    }

    pub(crate) fn reclaim(&mut self) {
        self.lent = None;
    }

    /// Where so many bytes lie in the block, if they do.
    #[inline(always)]
    fn place(&self, address: u64, size: usize) -> Option<usize> {
        let (at, end) = (address.wrapping_sub(self.start), self.lent.unwrap_or(0));
        (at < end as u64 && size <= end - at as usize).then_some(at as usize)
    }

    #[inline]
    pub(crate) fn holds(&self, address: u64, size: usize) -> bool {
        self.place(address, size).is_some()
    }

    /// Reads for those lanes whose numbers lie here, and returns the others.
    pub(crate) fn load_lanes<const SIZE: usize>(
        &self,
        addresses: &Row,
        mask: Mask,
        values: &mut Row,
    ) -> Result<Mask, LaneFault> {
        if let Some(at) = self.run::<SIZE>(addresses, mask)
            && self.is_written(at..at + LANES * SIZE)
        {
            let numbers = self.bytes[at..].chunks_exact(SIZE);
            for (value, bytes) in values.iter_mut().zip(numbers) {
                *value = number::<SIZE>(bytes);
            }
            return Ok(0);
        }
        let mut rest = mask;
        for lane in lanes(mask) {
            let Some(at) = self.place(addresses[lane], SIZE) else {
                continue;
            };
            // An aligned number has all its bits in one word.
            let bits = (u64::MAX >> (64 - SIZE)) << (at % 64);
            if self.written[at / 64] & bits != bits {
                let what = format!(
                    "reads {SIZE} bytes at offset {at} of {} that nobody has written",
                    self.len()
                );
                return Err((lane, what));
            }
            values[lane] = number::<SIZE>(&self.bytes[at..at + SIZE]);
            rest &= !(1 << lane);
        }
        Ok(rest)
    }

    /// Writes for those lanes whose numbers lie here, and returns the others.
    pub(crate) fn store_lanes<const SIZE: usize>(
        &mut self,
        addresses: &Row,
        mask: Mask,
        values: &Row,
    ) -> Mask {
        if let Some(at) = self.run::<SIZE>(addresses, mask) {
            self.mark_written(at..at + LANES * SIZE);
            let numbers = self.bytes[at..].chunks_exact_mut(SIZE);
            for (value, bytes) in values.iter().zip(numbers) {
                bytes.copy_from_slice(&value.to_le_bytes()[..SIZE]);
            }
            return 0;
        }
        let mut rest = mask;
        for lane in lanes(mask) {
            let Some(at) = self.place(addresses[lane], SIZE) else {
                continue;
            };
            self.written[at / 64] |= (u64::MAX >> (64 - SIZE)) << (at % 64);
            self.bytes[at..at + SIZE].copy_from_slice(&values[lane].to_le_bytes()[..SIZE]);
            rest &= !(1 << lane);
        }
        rest
    }

    /// Where the numbers of all lanes lie side by side, if they do.
    #[inline(always)]
    fn run<const SIZE: usize>(&self, addresses: &Row, mask: Mask) -> Option<usize> {
        let first = addresses[0];
        let strays = (0..LANES).fold(0, |strays, lane| {
            strays | (addresses[lane] ^ first.wrapping_add((lane * SIZE) as u64))
        });
        match mask == Mask::MAX && strays == 0 {
            true => self.place(first, LANES * SIZE),
            false => None,
        }
    }

    /// Copies out; the bytes lie in the block.
    pub(crate) fn read(&self, address: u64, target: &mut [u8]) -> Result<(), String> {
        let at = (address - self.start) as usize;
        if !self.is_written(at..at + target.len()) {
            return Err(format!(
                "a copy reads some of {} bytes that nobody has written",
                target.len()
            ));
        }
        target.copy_from_slice(&self.bytes[at..at + target.len()]);
        Ok(())
    }

    /// Copies in; the bytes lie in the block.
    pub(crate) fn write(&mut self, address: u64, bytes: &[u8]) {
        let at = (address - self.start) as usize;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        self.mark_written(at..at + bytes.len());
    }

    fn is_written(&self, range: Range<usize>) -> bool {
        words(range).all(|(word, bits)| self.written[word] & bits == bits)
    }

    fn mark_written(&mut self, range: Range<usize>) {
        words(range).for_each(|(word, bits)| self.written[word] |= bits);
    }
}

/// The words that have the bits of a range, and those bits.
#[inline]
fn words(range: Range<usize>) -> impl Iterator<Item = (usize, u64)> {
    let Range { start, end } = range;
    let last = if start < end {
        (end - 1) / 64 + 1
    } else {
        start / 64
    };
    (start / 64..last).map(move |word| {
        let from = start.saturating_sub(64 * word);
        let beyond = (64 * (word + 1)).saturating_sub(end);
        (word, (u64::MAX << from) & (u64::MAX >> beyond))
    })
}

/// Up to eight bytes as a number.
#[inline(always)]
fn number<const SIZE: usize>(bytes: &[u8]) -> u64 {
    let mut whole = [0; 8];
    whole[..SIZE].copy_from_slice(&bytes[..SIZE]);
    u64::from_le_bytes(whole)
}
