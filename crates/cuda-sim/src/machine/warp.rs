//! A warp: 32 lanes that share instructions, and part ways where their branches do.
//!
//! Of lanes at different places those at the lowest go first. Compilers put the place where branches
//! meet behind them, so lanes come together again as soon as they can.

use super::LANES;
use super::access::window;
use super::arithmetic::{self, cut};
use super::block::{Counts, World};
use super::conversion::convert;
use super::exchange;
use super::matrices;
use super::registers::{Lanes, Mask, Registers, lanes, write};
use crate::ptx::{BLOCK_ROW, Binary, Carry, Instruction, Kernel, Op, SPECIALS};

/// Instructions after which a warp is thought to run for ever.
const PATIENCE: u64 = 1 << 32;

pub(crate) struct Warp {
    pub(super) registers: Registers,
    places: [usize; LANES],
    /// The lanes that have a thread.
    all: Mask,
    pub(crate) alive: Mask,
    pub(crate) waiting: Mask,
    carry: Mask,
    pub(super) local: Vec<u8>,
    pub(super) first_thread: usize,
}

/// A mistake, and the line at which it was made.
pub(crate) type Mistake = (usize, String);

impl Warp {
    /// A warp of a block of so many threads; `specials` are the registers of a thread.
    pub(crate) fn new(
        kernel: &Kernel,
        index: usize,
        threads: usize,
        specials: impl Fn(usize) -> [u64; SPECIALS.len()],
    ) -> Warp {
        let first_thread = index * LANES;
        let mut registers = Registers::new(kernel);
        for lane in 0..LANES {
            for (row, value) in specials(first_thread + lane).into_iter().enumerate() {
                registers.row_mut(row as u32)[lane] = value;
            }
        }
        Warp {
            registers,
            all: Mask::MAX >> LANES.saturating_sub(threads - first_thread),
            places: [0; LANES],
            alive: 0,
            waiting: 0,
            carry: 0,
            local: vec![0xa5; kernel.local * LANES],
            first_thread,
        }
    }

    /// Starts the warp in a block.
    pub(crate) fn start(&mut self, block: [u32; 3]) {
        for (row, place) in (BLOCK_ROW..).zip(block) {
            *self.registers.row_mut(row) = [place.into(); LANES];
        }
        self.alive = self.all;
        (self.waiting, self.carry) = (0, 0);
        self.places = [0; LANES];
    }

    /// The place at which waiting lanes continue; all have one place, or an error.
    pub(crate) fn places_of_waiting(&self) -> impl Iterator<Item = usize> {
        lanes(self.waiting).map(|lane| self.places[lane])
    }

    /// Runs until every lane has ended or waits at a barrier.
    pub(crate) fn run(
        &mut self,
        world: &mut World<'_>,
        counts: &mut Counts,
    ) -> Result<(), Mistake> {
        let start = counts.instructions;
        loop {
            let ready = self.alive & !self.waiting;
            if ready == 0 {
                return Ok(());
            }
            let place = lanes(ready)
                .map(|lane| self.places[lane])
                .min()
                .unwrap_or(0);
            let here = lanes(ready)
                .filter(|&lane| self.places[lane] == place)
                .fold(0, |mask, lane| mask | 1 << lane);
            let meeting = lanes(ready & !here)
                .map(|lane| self.places[lane])
                .min()
                .unwrap_or(usize::MAX);
            self.run_together(here, place, meeting, world, counts)?;
            if counts.instructions - start > PATIENCE {
                let line = world
                    .kernel
                    .code
                    .get(place)
                    .map_or(0, |instruction| instruction.line);
                return Err((line, "runs for ever".into()));
            }
        }
    }

    /// Runs some lanes while they stay together and before the place where others wait.
    fn run_together(
        &mut self,
        active: Mask,
        mut place: usize,
        meeting: usize,
        world: &mut World<'_>,
        counts: &mut Counts,
    ) -> Result<(), Mistake> {
        let kernel = world.kernel;
        let mut budget = 1 << 20;
        while place < meeting && budget > 0 {
            let instruction = &kernel.code[place];
            counts.instructions += 1;
            counts.lanes += u64::from(active.count_ones());
            budget -= 1;
            let chosen = match instruction.guard {
                None => active,
                Some((row, value)) => active & self.registers.mask_of(row, value),
            };
            place += 1;
            match &instruction.op {
                Op::Branch(target) if chosen == active => place = *target,
                Op::Branch(_) if chosen == 0 => {}
                Op::Branch(target) => {
                    self.set_places(active & !chosen, place);
                    self.set_places(chosen, *target);
                    return Ok(());
                }
                Op::Return => {
                    self.alive &= !chosen;
                    if chosen != 0 {
                        self.set_places(active, place);
                        return Ok(());
                    }
                }
                Op::Barrier if chosen == active => {
                    self.waiting |= active;
                    self.set_places(active, place);
                    return Ok(());
                }
                Op::Barrier => {
                    return Err((instruction.line, "a barrier for some lanes only".into()));
                }
                _ if chosen == 0 => {}
                _ => self
                    .execute(place - 1, instruction, chosen, world)
                    .map_err(|what| (instruction.line, what))?,
            }
        }
        self.set_places(active, place);
        Ok(())
    }

    fn set_places(&mut self, mask: Mask, place: usize) {
        lanes(mask).for_each(|lane| self.places[lane] = place);
    }

    fn execute(
        &mut self,
        place: usize,
        instruction: &Instruction,
        mask: Mask,
        world: &mut World<'_>,
    ) -> Result<(), String> {
        let mut lanes = Lanes {
            registers: &mut self.registers,
            target: instruction.d,
            operands: instruction.operands,
            mask,
        };
        match instruction.op {
            Op::Move(_) => lanes.map(|[x]| x),
            Op::Unary { op, ty, flush } => arithmetic::unary(op, ty, flush, &mut lanes)?,
            Op::Binary {
                op,
                ty,
                rounding,
                flush,
            } => arithmetic::binary(op, ty, rounding, flush, &mut lanes)?,
            Op::Multiply { ty, part, add } => arithmetic::multiply(ty, part, add, &mut lanes),
            Op::MultiplyFloat { ty, rounding } => {
                arithmetic::multiply_float(ty, rounding, &mut lanes)?;
            }
            Op::Fused { ty, rounding } => arithmetic::fused(ty, rounding, &mut lanes)?,
            Op::Carry { .. } => self.carry(instruction, mask),
            Op::Set { .. } => self.set(instruction, mask),
            Op::Select(_) => lanes.map(|[x, y, chosen]| if chosen != 0 { x } else { y }),
            Op::Convert(conversion) => convert(conversion, &mut lanes),
            Op::ToGeneric(space) => lanes.map(|[x]| x.wrapping_add(window(space))),
            Op::FromGeneric(space) => lanes.map(|[x]| x.wrapping_sub(window(space))),
            Op::Load { .. } => self.load(place, instruction, mask, world)?,
            Op::Store { .. } => self.store(place, instruction, mask, world)?,
            Op::Atomic { .. } => self.exchange(place, instruction, mask, world)?,
            Op::Shuffle { mode, valid } => exchange::shuffle(mode, valid, &mut lanes)?,
            Op::Vote(vote) => exchange::vote(vote, &mut lanes)?,
            Op::Match { ty, all, agreed } => exchange::matching(ty, all, agreed, &mut lanes)?,
            Op::Meet => exchange::meet(&lanes, 0)?,
            Op::MultiplyMatrices(ref matrices) => matrices::multiply(matrices, &mut lanes)?,
            Op::BitInsert(ty) => {
                lanes.map(|[x, y, start, length]| arithmetic::insert_bits(x, y, start, length, ty));
            }
            Op::BitExtract(ty) => {
                lanes.map(|[x, start, length]| arithmetic::extract_bits(x, start, length, ty));
            }
            Op::Pack { ty, ref from } => {
                let bits = 8 * ty.size() / from.len();
                let mut whole = [0; LANES];
                for (k, &row) in from.iter().enumerate() {
                    let part = lanes.registers.row(row);
                    for lane in 0..LANES {
                        whole[lane] |= (part[lane] & (u64::MAX >> (64 - bits))) << (k * bits);
                    }
                }
                write(lanes.registers.row_mut(instruction.d), &whole, mask);
            }
            Op::Unpack { ty, ref to } => {
                let bits = 8 * ty.size() / to.len();
                // Kept, since it may be among the targets.
                let whole = *lanes.registers.row(lanes.operands[0]);
                for (k, &row) in to.iter().enumerate() {
                    let part = whole.map(|x| x >> (k * bits) & (u64::MAX >> (64 - bits)));
                    write(lanes.registers.row_mut(row), &part, mask);
                }
            }
            Op::ActiveMask => lanes.map(|[]| mask.into()),
            Op::Fence => {}
            Op::Trap => return Err("a trap".into()),
            Op::Branch(_) | Op::Return | Op::Barrier => {
                unreachable!("the warp follows these itself")
            }
        }
        Ok(())
    }

    fn set(&mut self, instruction: &Instruction, mask: Mask) {
        let Op::Set {
            compare,
            ty,
            combine,
            inverse,
        } = instruction.op
        else {
            return;
        };
        let [first, second, third, _] = instruction.operands;
        let [a, b] = [first, second].map(|row| self.registers.row(row));
        let mut holds = arithmetic::compare(compare, ty, a, b);
        let mut opposite = !holds;
        if let Some((op, negated)) = combine {
            let other = self.registers.mask_of(third, !negated);
            let joined = |x: Mask| match op {
                Binary::And => x & other,
                Binary::Or => x | other,
                _ => x ^ other,
            };
            (holds, opposite) = (joined(holds), joined(opposite));
        }
        let bits = |of: Mask| std::array::from_fn(|lane| u64::from(of >> lane & 1));
        write(self.registers.row_mut(instruction.d), &bits(holds), mask);
        if let Some(row) = inverse {
            write(self.registers.row_mut(row), &bits(opposite), mask);
        }
    }

    fn carry(&mut self, instruction: &Instruction, mask: Mask) {
        let Op::Carry {
            op,
            ty,
            takes,
            gives,
        } = instruction.op
        else {
            return;
        };
        let [first, second, third, _] = instruction.operands;
        let [a, b, c] = [first, second, third].map(|row| self.registers.row(row));
        let (before, mut after) = (self.carry, self.carry);
        let mut results = [0; LANES];
        for i in lanes(mask) {
            let carry = u128::from(takes && before >> i & 1 == 1);
            let number = |x: u64| u128::from(cut(x, ty));
            let exact = match op {
                Carry::Add => number(a[i]) + number(b[i]) + carry,
                Carry::Subtract => number(a[i]).wrapping_sub(number(b[i])).wrapping_sub(carry),
                Carry::MultiplyAdd(part) => {
                    number(arithmetic::product(a[i], b[i], ty, part)) + number(c[i]) + carry
                }
            };
            results[i] = cut(exact as u64, ty);
            after = after & !(1 << i) | Mask::from(exact >> (8 * ty.size()) & 1 == 1) << i;
        }
        write(self.registers.row_mut(instruction.d), &results, mask);
        if gives {
            self.carry = after;
        }
    }
}
