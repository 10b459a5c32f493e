//! The memory of the device: every access is checked against what is allocated and initialised.

use std::collections::BTreeMap;

/// Where allocations start, and how far apart they are at least.
const FIRST: u64 = 0x7f00_0000_0000;
const GAP: u64 = 4096;
const ALIGNMENT: u64 = 512;

/// Memory of the device.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    allocations: BTreeMap<u64, Allocation>,
    /// Start and size of what was released, for messages.
    released: Vec<(u64, usize)>,
    end: u64,
    last: u64,
}

#[derive(Debug)]
struct Allocation {
    bytes: Vec<u8>,
    /// One bit for each byte that was written.
    written: Vec<u64>,
    /// Bytes in use, the rest being out of bounds; none while it waits to be lent again.
    lent: Option<usize>,
}

impl Memory {
    pub(crate) fn allocate(&mut self, bytes: usize) -> u64 {
        let start = self.end.max(FIRST);
        self.end = (start + bytes as u64).next_multiple_of(ALIGNMENT) + GAP;
        let allocation = Allocation {
            // Not zeros, so that reading too early shows even where it is not checked.
            bytes: vec![0xa5; bytes],
            written: vec![0; bytes.div_ceil(64)],
            lent: Some(bytes),
        };
        self.allocations.insert(start, allocation);
        start
    }

    pub(crate) fn free(&mut self, start: u64) -> Result<usize, String> {
        let allocation = self.allocations.remove(&start);
        let allocation = allocation.ok_or_else(|| format!("{start:#x} is not allocated"))?;
        self.released.push((start, allocation.bytes.len()));
        Ok(allocation.bytes.len())
    }

    /// Starts a new life of a block, of which so many bytes are in use.
    pub(crate) fn lend(&mut self, start: u64, bytes: usize) -> Result<(), String> {
        let allocation = self.allocations.get_mut(&start);
        let allocation = allocation.ok_or_else(|| format!("{start:#x} is not allocated"))?;
        if bytes > allocation.bytes.len() {
            return Err(format!(
                "{bytes} bytes of a block of {}",
                allocation.bytes.len()
            ));
        }
        allocation.lent = Some(bytes);
        allocation.written.fill(0);
        Ok(())
    }

    /// Ends a life of a block.
    pub(crate) fn reclaim(&mut self, start: u64) -> Result<(), String> {
        let allocation = self.allocations.get_mut(&start);
        allocation
            .ok_or_else(|| format!("{start:#x} is not allocated"))?
            .lent = None;
        Ok(())
    }

    pub(crate) fn allocated(&self) -> usize {
        self.allocations
            .values()
            .map(|allocation| allocation.bytes.len())
            .sum()
    }

    /// Up to eight bytes as a number.
    #[inline]
    pub(crate) fn load(&mut self, address: u64, size: usize) -> Result<u64, String> {
        let (allocation, at) = self.find(address, size)?;
        if !allocation.is_written(at, size) {
            return Err(format!(
                "reads {size} bytes at offset {at} of {} that nobody has written",
                allocation.bytes.len()
            ));
        }
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&allocation.bytes[at..at + size]);
        Ok(u64::from_le_bytes(bytes))
    }

    #[inline]
    pub(crate) fn store(&mut self, address: u64, size: usize, value: u64) -> Result<(), String> {
        let (allocation, at) = self.find(address, size)?;
        allocation.bytes[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
        allocation.mark_written(at, size);
        Ok(())
    }

    pub(crate) fn read(&mut self, address: u64, target: &mut [u8]) -> Result<(), String> {
        let (allocation, at) = self.find(address, target.len())?;
        if !(at..at + target.len()).all(|i| allocation.is_written(i, 1)) {
            return Err(format!(
                "a copy reads some of {} bytes that nobody has written",
                target.len()
            ));
        }
        target.copy_from_slice(&allocation.bytes[at..at + target.len()]);
        Ok(())
    }

    pub(crate) fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), String> {
        let (allocation, at) = self.find(address, bytes.len())?;
        allocation.bytes[at..at + bytes.len()].copy_from_slice(bytes);
        (at..at + bytes.len()).for_each(|i| allocation.mark_written(i, 1));
        Ok(())
    }

    #[inline]
    fn find(&mut self, address: u64, size: usize) -> Result<(&mut Allocation, usize), String> {
        let holds = |start: u64, allocation: &Allocation| {
            let end = start + allocation.lent.unwrap_or(0) as u64;
            allocation.lent.is_some()
                && address >= start
                && address.saturating_add(size as u64) <= end
        };
        let is_last = self
            .allocations
            .get(&self.last)
            .is_some_and(|x| holds(self.last, x));
        if !is_last {
            match self.allocations.range(..=address).next_back() {
                Some((&start, allocation)) if holds(start, allocation) => self.last = start,
                _ => return Err(self.explain(address, size)),
            }
        }
        let allocation = self.allocations.get_mut(&self.last).ok_or("no memory")?;
        Ok((allocation, (address - self.last) as usize))
    }

    #[cold]
    fn explain(&self, address: u64, size: usize) -> String {
        let access = format!("access of {size} bytes at {address:#x}");
        if let Some((&start, allocation)) = self.allocations.range(..=address).next_back() {
            let offset = address - start;
            if offset < allocation.bytes.len() as u64 + GAP {
                return match allocation.lent {
                    None => {
                        format!("{access}: use after release, at offset {offset} of a cached block")
                    }
                    Some(bytes) => {
                        format!("{access}: out of bounds, at offset {offset} of {bytes} bytes")
                    }
                };
            }
        }
        let inside =
            |&&(start, bytes): &&(u64, usize)| address >= start && address - start < bytes as u64;
        match self.released.iter().rev().find(inside) {
            Some((start, bytes)) => {
                format!(
                    "{access}: use after release, at offset {} of {bytes} bytes",
                    address - start
                )
            }
            None => format!("{access}: no memory of the device is near"),
        }
    }
}

impl Allocation {
    #[inline]
    fn is_written(&self, at: usize, size: usize) -> bool {
        let (word, bit) = (at / 64, at % 64);
        if bit + size <= 64 {
            let mask = (u64::MAX >> (64 - size)) << bit;
            return self.written[word] & mask == mask;
        }
        (at..at + size).all(|i| self.written[i / 64] >> (i % 64) & 1 == 1)
    }

    #[inline]
    fn mark_written(&mut self, at: usize, size: usize) {
        let (word, bit) = (at / 64, at % 64);
        if bit + size <= 64 {
            self.written[word] |= (u64::MAX >> (64 - size)) << bit;
        } else {
            (at..at + size).for_each(|i| self.written[i / 64] |= 1 << (i % 64));
        }
    }
}
