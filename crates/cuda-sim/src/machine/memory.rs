//! The memory of the device: every access is checked against what is allocated and initialised.

use super::access::LaneFault;
use super::memory_block::Block;
use super::registers::{Mask, Row};
use std::collections::BTreeMap;

/// Where allocations start, and how far apart they are at least.
const FIRST: u64 = 0x7f00_0000_0000;
const GAP: u64 = 4096;
const ALIGNMENT: u64 = 512;

/// Memory of the device.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    blocks: Vec<Block>,
    /// Which of the blocks begins at an address.
    order: BTreeMap<u64, usize>,
    /// Places of released blocks, which others may take.
    vacant: Vec<usize>,
    /// Start and size of what was released, for messages.
    released: Vec<(u64, usize)>,
    end: u64,
    allocated: usize,
}

impl Memory {
    pub(crate) fn allocate(&mut self, bytes: usize) -> u64 {
        let start = self.end.max(FIRST);
        self.end = (start + bytes as u64).next_multiple_of(ALIGNMENT) + GAP;
        self.allocated += bytes;
        let block = Block::new(start, bytes);
        let place = match self.vacant.pop() {
            Some(place) => {
                self.blocks[place] = block;
                place
            }
            None => {
                self.blocks.push(block);
                self.blocks.len() - 1
            }
        };
        self.order.insert(start, place);
        start
    }

    pub(crate) fn free(&mut self, start: u64) -> Result<usize, String> {
        let place = self.order.remove(&start).ok_or_else(|| unknown(start))?;
        let bytes = self.blocks[place].len();
        self.blocks[place] = Block::default();
        self.vacant.push(place);
        self.released.push((start, bytes));
        self.allocated -= bytes;
        Ok(bytes)
    }

    /// Starts a new life of a block, of which so many bytes are in use.
    pub(crate) fn lend(&mut self, start: u64, bytes: usize) -> Result<(), String> {
        self.block(start)?.lend(bytes)
    }

    /// Ends a life of a block.
    pub(crate) fn reclaim(&mut self, start: u64) -> Result<(), String> {
        self.block(start)?.reclaim();
        Ok(())
    }

    pub(crate) fn allocated(&self) -> usize {
        self.allocated
    }

    /// Reads a number for each lane of a mask. `hint` is where the instruction found its block last.
    pub(crate) fn load_lanes(
        &mut self,
        hint: &mut usize,
        addresses: &Row,
        size: usize,
        mask: Mask,
        values: &mut Row,
    ) -> Result<(), LaneFault> {
        let mut rest = mask;
        while rest != 0 {
            let lane = rest.trailing_zeros() as usize;
            let found = self.find(hint, addresses[lane], size);
            let block = found.map_err(|what| (lane, what))?;
            rest = match size {
                1 => block.load_lanes::<1>(addresses, rest, values),
                2 => block.load_lanes::<2>(addresses, rest, values),
                4 => block.load_lanes::<4>(addresses, rest, values),
                _ => block.load_lanes::<8>(addresses, rest, values),
            }?;
        }
        Ok(())
    }

    /// Writes a number for each lane of a mask; of lanes with one address the highest wins.
    pub(crate) fn store_lanes(
        &mut self,
        hint: &mut usize,
        addresses: &Row,
        size: usize,
        mask: Mask,
        values: &Row,
    ) -> Result<(), LaneFault> {
        let mut rest = mask;
        while rest != 0 {
            let lane = rest.trailing_zeros() as usize;
            let found = self.find(hint, addresses[lane], size);
            let block = found.map_err(|what| (lane, what))?;
            rest = match size {
                1 => block.store_lanes::<1>(addresses, rest, values),
                2 => block.store_lanes::<2>(addresses, rest, values),
                4 => block.store_lanes::<4>(addresses, rest, values),
                _ => block.store_lanes::<8>(addresses, rest, values),
            };
        }
        Ok(())
    }

    /// Changes a number, and returns the old one.
    pub(crate) fn exchange(
        &mut self,
        hint: &mut usize,
        address: u64,
        size: usize,
        change: impl FnOnce(u64) -> Result<u64, String>,
    ) -> Result<u64, String> {
        let block = self.find(hint, address, size)?;
        let mut bytes = [0; 8];
        block.read(address, &mut bytes[..size])?;
        let old = u64::from_le_bytes(bytes);
        block.write(address, &change(old)?.to_le_bytes()[..size]);
        Ok(old)
    }

    pub(crate) fn read(&mut self, address: u64, target: &mut [u8]) -> Result<(), String> {
        self.find(&mut 0, address, target.len())?
            .read(address, target)
    }

    pub(crate) fn write(&mut self, address: u64, bytes: &[u8]) -> Result<(), String> {
        self.find(&mut 0, address, bytes.len())?
            .write(address, bytes);
        Ok(())
    }

    fn block(&mut self, start: u64) -> Result<&mut Block, String> {
        let place = self.order.get(&start).ok_or_else(|| unknown(start))?;
        Ok(&mut self.blocks[*place])
    }

    /// The block that holds so many bytes, looked for where it was the last time first.
    #[inline]
    fn find(&mut self, hint: &mut usize, address: u64, size: usize) -> Result<&mut Block, String> {
        let is_there = self
            .blocks
            .get(*hint)
            .is_some_and(|block| block.holds(address, size));
        if !is_there {
            match self.order.range(..=address).next_back() {
                Some((_, &place)) if self.blocks[place].holds(address, size) => *hint = place,
                _ => return Err(self.explain(address, size)),
            }
        }
        Ok(&mut self.blocks[*hint])
    }

    #[cold]
    fn explain(&self, address: u64, size: usize) -> String {
        let access = format!("access of {size} bytes at {address:#x}");
        if let Some((&start, &place)) = self.order.range(..=address).next_back() {
            let (offset, block) = (address - start, &self.blocks[place]);
            if offset < block.len() as u64 + GAP {
                return match block.lent() {
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

fn unknown(start: u64) -> String {
    format!("{start:#x} is not allocated")
}
