//! The memory that the threads of a block share, watched for races between barriers.

use super::access::LaneFault;
use super::registers::{Mask, Row, lanes};
use std::ops::Range;

/// Shared memory of a block.
#[derive(Debug)]
pub(crate) struct Shared {
    bytes: Vec<u8>,
    /// One for each grain.
    marks: Vec<Mark>,
    /// Bytes of the smallest access, into which all others divide.
    grain: usize,
    /// Counts barriers; what happened before the last one is ordered.
    epoch: u32,
    /// The epoch in which the present block began; what is older was another's.
    first: u32,
}

/// Who touched a grain last, and when.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    writer: u16,
    reader: u16,
    written: u32,
    read: u32,
}

/// More than one thread has read a grain.
const SEVERAL: u16 = u16::MAX;

impl Shared {
    pub(crate) fn new(bytes: usize, grain: usize) -> Shared {
        Shared {
            bytes: vec![0xa5; bytes],
            marks: vec![Mark::default(); bytes.div_ceil(grain)],
            grain,
            epoch: 1,
            first: 1,
        }
    }

    /// Forgets what another block did.
    pub(crate) fn reset(&mut self) {
        self.epoch += 1;
        self.first = self.epoch;
    }

    pub(crate) fn pass_barrier(&mut self) {
        self.epoch += 1;
    }

    /// Reads a number for each lane of a mask, of which the first belongs to `thread`.
    pub(crate) fn load(
        &mut self,
        addresses: &Row,
        size: usize,
        mask: Mask,
        thread: usize,
        values: &mut Row,
    ) -> Result<(), LaneFault> {
        for lane in lanes(mask) {
            let at = self
                .check(addresses[lane], size)
                .map_err(|what| (lane, what))?;
            let own = (thread + lane) as u16;
            let (epoch, first) = (self.epoch, self.first);
            for grain in self.grains(at, size) {
                let mark = &mut self.marks[grain];
                if mark.written < first || mark.written == epoch && mark.writer != own {
                    let what = mark.unreadable(first, grain * self.grain, own);
                    return Err((lane, what));
                }
                let another = mark.read == epoch && mark.reader != own;
                mark.reader = if another { SEVERAL } else { own };
                mark.read = epoch;
            }
            values[lane] = self.number(at, size);
        }
        Ok(())
    }

    /// Writes a number for each lane of a mask, of which the first belongs to `thread`.
    pub(crate) fn store(
        &mut self,
        addresses: &Row,
        size: usize,
        mask: Mask,
        thread: usize,
        values: &Row,
    ) -> Result<(), LaneFault> {
        for lane in lanes(mask) {
            let at = self
                .check(addresses[lane], size)
                .map_err(|what| (lane, what))?;
            let own = (thread + lane) as u16;
            for grain in self.grains(at, size) {
                let (epoch, byte) = (self.epoch, grain * self.grain);
                let mark = &mut self.marks[grain];
                if mark.written == epoch && mark.writer != own {
                    let what = format!(
                        "race: threads {} and {own} both write shared byte {byte}",
                        mark.writer
                    );
                    return Err((lane, what));
                }
                if mark.read == epoch && mark.reader != own {
                    let what = format!(
                        "race: thread {own} writes shared byte {byte} that another has read without a barrier between"
                    );
                    return Err((lane, what));
                }
                (mark.writer, mark.written) = (own, epoch);
            }
            self.bytes[at..at + size].copy_from_slice(&values[lane].to_le_bytes()[..size]);
        }
        Ok(())
    }

    /// Changes a number as one: no race with others who do.
    pub(crate) fn exchange(
        &mut self,
        at: u64,
        size: usize,
        change: impl FnOnce(u64) -> Result<u64, String>,
    ) -> Result<u64, String> {
        let at = self.check(at, size)?;
        if self
            .grains(at, size)
            .any(|grain| self.marks[grain].written < self.first)
        {
            return Err(format!("changes shared byte {at} that nobody has written"));
        }
        let old = self.number(at, size);
        self.bytes[at..at + size].copy_from_slice(&change(old)?.to_le_bytes()[..size]);
        Ok(old)
    }

    #[inline]
    fn number(&self, at: usize, size: usize) -> u64 {
        let bytes = &self.bytes[at..at + size];
        match size {
            4 => u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]).into(),
            _ => bytes
                .iter()
                .rev()
                .fold(0, |whole, &byte| whole << 8 | u64::from(byte)),
        }
    }

    #[inline]
    fn grains(&self, at: usize, size: usize) -> Range<usize> {
        // Accesses are aligned, so grains are whole.
        at / self.grain..(at + size) / self.grain
    }

    #[inline]
    fn check(&self, at: u64, size: usize) -> Result<usize, String> {
        match usize::try_from(at) {
            Ok(start) if start.saturating_add(size) <= self.bytes.len() => Ok(start),
            _ => Err(format!(
                "access of {size} bytes at offset {at}: out of bounds of {} shared bytes",
                self.bytes.len()
            )),
        }
    }
}

impl Mark {
    #[cold]
    fn unreadable(&self, first: u32, byte: usize, reader: u16) -> String {
        match self.written < first {
            true => format!("reads shared byte {byte} that nobody has written"),
            false => format!(
                "race: thread {reader} reads shared byte {byte}, written by thread {} without a barrier between",
                self.writer
            ),
        }
    }
}
