//! Loads, stores and atomic operations of the lanes of a warp.

use super::LANES;
use super::arithmetic;
use super::block::World;
use super::registers::{Mask, Row, lanes, write};
use super::warp::Warp;
use crate::ptx::{Instruction, Op, Space, Type};

/// Where generic addresses of shared memory and of a thread's own memory begin.
const SHARED_WINDOW: u64 = 1 << 40;
const LOCAL_WINDOW: u64 = 1 << 41;
const WINDOW_SIZE: u64 = 1 << 32;

/// A lane, and what it did wrong.
pub(crate) type LaneFault = (usize, String);

/// Where the generic addresses of a space begin.
pub(crate) fn window(space: Space) -> u64 {
    match space {
        Space::Shared => SHARED_WINDOW,
        Space::Local => LOCAL_WINDOW,
        Space::Global | Space::Generic | Space::Param => 0,
    }
}

/// The addresses of an access, and the lanes that each space has to serve.
struct Places {
    addresses: Row,
    spaces: [(Space, Mask); 3],
}

impl Places {
    /// Generic addresses become those of the space they are in.
    fn of(space: Space, mut addresses: Row, mask: Mask) -> Places {
        let mut spaces = [(space, mask), (space, 0), (space, 0)];
        if space == Space::Generic {
            let mut rest = mask;
            for (place, space) in spaces.iter_mut().zip([Space::Shared, Space::Local]) {
                let start = window(space);
                let inside = |&lane: &usize| addresses[lane].wrapping_sub(start) < WINDOW_SIZE;
                let own = lanes(rest)
                    .filter(inside)
                    .fold(0, |own, lane| own | 1 << lane);
                lanes(own).for_each(|lane| addresses[lane] -= start);
                rest &= !own;
                *place = (space, own);
            }
            spaces[2] = (Space::Global, rest);
        }
        Places { addresses, spaces }
    }

    fn served(&self) -> impl Iterator<Item = (Space, Mask)> {
        self.spaces
            .into_iter()
            .filter(|&(_, lanes_of_it)| lanes_of_it != 0)
    }

    fn shift(&mut self, bytes: usize) {
        for address in &mut self.addresses {
            *address = address.wrapping_add(bytes as u64);
        }
    }
}

impl Warp {
    pub(super) fn load(
        &mut self,
        place: usize,
        instruction: &Instruction,
        mask: Mask,
        world: &mut World<'_>,
    ) -> Result<(), String> {
        let Op::Load {
            ty,
            space,
            offset,
            ref to,
        } = instruction.op
        else {
            return Ok(());
        };
        let bytes = ty.size() * to.len();
        let mut places = self.places_of(instruction, space, offset, bytes, mask)?;
        for (k, &row) in to.iter().enumerate() {
            if k > 0 {
                places.shift(ty.size());
            }
            let mut values = [0; LANES];
            for (space, mask) in places.served() {
                self.load_from(
                    space,
                    &places.addresses,
                    ty.size(),
                    mask,
                    place,
                    world,
                    &mut values,
                )
                .map_err(|fault| self.named(fault))?;
            }
            // A register of any width holds the sign of a loaded integer.
            if matches!(ty, Type::Signed(_)) {
                values = values.map(|value| arithmetic::signed(value, ty) as u64);
            }
            write(self.registers.row_mut(row), &values, mask);
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "each is one fact of an access")]
    fn load_from(
        &self,
        space: Space,
        addresses: &Row,
        size: usize,
        mask: Mask,
        place: usize,
        world: &mut World<'_>,
        values: &mut Row,
    ) -> Result<(), LaneFault> {
        match space {
            Space::Shared => world
                .shared
                .load(addresses, size, mask, self.first_thread, values),
            Space::Local => {
                for lane in lanes(mask) {
                    let at = self.own(addresses[lane], size, lane)?;
                    values[lane] = number(&self.local[at..at + size]);
                }
                Ok(())
            }
            Space::Param => {
                for lane in lanes(mask) {
                    let at = addresses[lane] as usize;
                    let bytes = world.parameters.get(at..at.saturating_add(size));
                    let outside = || (lane, format!("reads offset {at} of the parameters"));
                    values[lane] = number(bytes.ok_or_else(outside)?);
                    // Mostly all lanes read the same.
                    if addresses.iter().all(|&address| address == addresses[lane]) {
                        *values = [values[lane]; LANES];
                        break;
                    }
                }
                Ok(())
            }
            Space::Global | Space::Generic => {
                let hint = &mut world.hints[place];
                world.memory.load_lanes(hint, addresses, size, mask, values)
            }
        }
    }

    pub(super) fn store(
        &mut self,
        place: usize,
        instruction: &Instruction,
        mask: Mask,
        world: &mut World<'_>,
    ) -> Result<(), String> {
        let Op::Store {
            ty,
            space,
            offset,
            ref from,
        } = instruction.op
        else {
            return Ok(());
        };
        let size = ty.size();
        let mut places = self.places_of(instruction, space, offset, size * from.len(), mask)?;
        for (k, &row) in from.iter().enumerate() {
            if k > 0 {
                places.shift(size);
            }
            let (addresses, values) = (&places.addresses, *self.registers.row(row));
            for (space, mask) in places.served() {
                let stored = match space {
                    Space::Shared => {
                        let thread = self.first_thread;
                        world.shared.store(addresses, size, mask, thread, &values)
                    }
                    Space::Local => self.store_own(addresses, size, mask, &values),
                    Space::Param => Err((0, "writes to the parameters".into())),
                    Space::Global | Space::Generic => {
                        let hint = &mut world.hints[place];
                        world
                            .memory
                            .store_lanes(hint, addresses, size, mask, &values)
                    }
                };
                stored.map_err(|fault| self.named(fault))?;
            }
        }
        Ok(())
    }

    /// An atomic operation, lane after lane.
    pub(super) fn exchange(
        &mut self,
        place: usize,
        instruction: &Instruction,
        mask: Mask,
        world: &mut World<'_>,
    ) -> Result<(), String> {
        let Op::Atomic {
            op,
            ty,
            space,
            offset,
            result,
        } = instruction.op
        else {
            return Ok(());
        };
        let size = ty.size();
        let places = self.places_of(instruction, space, offset, size, mask)?;
        let [_, second, third, _] = instruction.operands;
        let [x, y] = [second, third].map(|row| *self.registers.row(row));
        for (space, mask) in places.served() {
            for lane in lanes(mask) {
                let at = places.addresses[lane];
                let change = |old| arithmetic::atomic(op, ty, old, x[lane], y[lane]);
                let old = match space {
                    Space::Shared => world.shared.exchange(at, size, change),
                    Space::Global | Space::Generic => {
                        let hint = &mut world.hints[place];
                        world.memory.exchange(hint, at, size, change)
                    }
                    _ => Err(format!("an atomic operation on {space:?} memory")),
                };
                let old = old.map_err(|what| self.named((lane, what)))?;
                if result {
                    self.registers.row_mut(instruction.d)[lane] = old;
                }
            }
        }
        Ok(())
    }

    /// Where the lanes go; vectors of numbers are aligned as one.
    fn places_of(
        &self,
        instruction: &Instruction,
        space: Space,
        offset: i64,
        bytes: usize,
        mask: Mask,
    ) -> Result<Places, String> {
        let base = self.registers.row(instruction.operands[0]);
        let addresses = base.map(|address| address.wrapping_add_signed(offset));
        // Sizes are powers of two.
        let within = bytes as u64 - 1;
        if addresses.iter().fold(0, |all, address| all | address) & within != 0
            && let Some(lane) = lanes(mask).find(|&lane| addresses[lane] & within != 0)
        {
            let address = addresses[lane];
            let what = format!("misaligned access of {bytes} bytes at {address:#x}");
            return Err(self.named((lane, what)));
        }
        Ok(Places::of(space, addresses, mask))
    }

    fn store_own(
        &mut self,
        addresses: &Row,
        size: usize,
        mask: Mask,
        values: &Row,
    ) -> Result<(), LaneFault> {
        for lane in lanes(mask) {
            let at = self.own(addresses[lane], size, lane)?;
            self.local[at..at + size].copy_from_slice(&values[lane].to_le_bytes()[..size]);
        }
        Ok(())
    }

    /// Where a lane's own memory is.
    fn own(&self, at: u64, size: usize, lane: usize) -> Result<usize, LaneFault> {
        let each = self.local.len() / LANES;
        match usize::try_from(at) {
            Ok(at) if at.saturating_add(size) <= each => Ok(lane * each + at),
            _ => {
                let what =
                    format!("access at offset {at}: out of bounds of {each} bytes of the thread");
                Err((lane, what))
            }
        }
    }

    fn named(&self, (lane, what): LaneFault) -> String {
        format!("thread {}: {what}", self.first_thread + lane)
    }
}

/// Up to eight bytes as a number.
fn number(bytes: &[u8]) -> u64 {
    let mut whole = [0; 8];
    whole[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(whole)
}
