//! A warp: 32 lanes that share instructions, and part ways where their branches do.
//!
//! Of lanes at different places those at the lowest go first. Compilers put the place where branches
//! meet behind them, so lanes come together again as soon as they can.

use super::arithmetic::{self, Mask, cut, map};
use super::block::{Counts, World};
use super::conversion::{Conversion, convert};
use super::{LANES, Row};
use crate::ptx::{Atomic, Binary, Instruction, Kernel, Op, SPECIALS, Shuffle, Space, Type};

/// Where generic addresses of shared memory and of a thread's own memory begin.
const SHARED_WINDOW: u64 = 1 << 40;
const LOCAL_WINDOW: u64 = 1 << 41;
const WINDOW_SIZE: u64 = 1 << 32;

/// Instructions after which a warp is thought to run for ever.
const PATIENCE: u64 = 1 << 32;

pub(crate) struct Warp {
    rows: Vec<Row>,
    places: [usize; LANES],
    pub(crate) alive: Mask,
    pub(crate) waiting: Mask,
    carry: Mask,
    local: Vec<u8>,
    first_thread: usize,
}

/// A mistake, and the line at which it was made.
pub(crate) type Mistake = (usize, String);

impl Warp {
    pub(crate) fn new(kernel: &Kernel, index: usize) -> Warp {
        let mut rows = vec![[0; LANES]; kernel.rows];
        for &(row, value) in &kernel.constants {
            rows[row as usize] = [value; LANES];
        }
        Warp {
            rows,
            places: [0; LANES],
            alive: 0,
            waiting: 0,
            carry: 0,
            local: vec![0xa5; kernel.local * LANES],
            first_thread: index * LANES,
        }
    }

    /// Starts the warp in a block of so many threads; `specials` are those of a thread.
    pub(crate) fn start(
        &mut self,
        threads: usize,
        specials: impl Fn(usize) -> [u64; SPECIALS.len()],
    ) {
        let lanes = (threads - self.first_thread).min(LANES);
        self.alive = Mask::MAX >> (LANES - lanes);
        (self.waiting, self.carry) = (0, 0);
        self.places = [0; LANES];
        for lane in 0..LANES {
            for (row, value) in specials(self.first_thread + lane).into_iter().enumerate() {
                self.rows[row][lane] = value;
            }
        }
    }

    /// The place at which waiting lanes continue; all have one place, or an error.
    pub(crate) fn places_of_waiting(&self) -> impl Iterator<Item = usize> {
        (0..LANES)
            .filter(|lane| self.waiting >> lane & 1 == 1)
            .map(|lane| self.places[lane])
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
            let of = |mask: Mask| (0..LANES).filter(move |lane| mask >> lane & 1 == 1);
            let place = of(ready).map(|lane| self.places[lane]).min().unwrap_or(0);
            let here = of(ready)
                .filter(|&lane| self.places[lane] == place)
                .fold(0, |mask, lane| mask | 1 << lane);
            let meeting = of(ready & !here)
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
                Some((row, value)) => active & self.mask_of(row, value),
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
                    .execute(instruction, chosen, world)
                    .map_err(|what| (instruction.line, what))?,
            }
        }
        self.set_places(active, place);
        Ok(())
    }

    fn set_places(&mut self, mask: Mask, place: usize) {
        (0..LANES)
            .filter(|lane| mask >> lane & 1 == 1)
            .for_each(|lane| self.places[lane] = place);
    }

    fn mask_of(&self, row: u32, value: bool) -> Mask {
        let row = &self.rows[row as usize];
        (0..LANES).fold(0, |mask, lane| {
            mask | Mask::from((row[lane] != 0) == value) << lane
        })
    }

    fn row(&self, row: u32) -> Row {
        self.rows[row as usize]
    }

    fn execute(
        &mut self,
        instruction: &Instruction,
        mask: Mask,
        world: &mut World<'_>,
    ) -> Result<(), String> {
        let [first, second, third, fourth] = instruction.operands;
        let a = self.row(first);
        let target = instruction.d as usize;
        match instruction.op {
            Op::Move(_) => map(&mut self.rows[target], mask, |i| a[i]),
            Op::Unary { op, ty, flush } => {
                arithmetic::unary(op, ty, flush, &a, &mut self.rows[target], mask)?;
            }
            Op::Binary {
                op,
                ty,
                rounding,
                flush,
            } => {
                let b = self.row(second);
                arithmetic::binary(
                    op,
                    ty,
                    rounding,
                    flush,
                    [&a, &b],
                    &mut self.rows[target],
                    mask,
                )?;
            }
            Op::Multiply { ty, part, add } => {
                let (b, c) = (self.row(second), self.row(third));
                arithmetic::multiply(
                    ty,
                    part,
                    &a,
                    &b,
                    add.then_some(&c),
                    &mut self.rows[target],
                    mask,
                );
            }
            Op::MultiplyFloat { ty, rounding } => {
                let b = self.row(second);
                arithmetic::multiply_float(ty, rounding, &a, &b, &mut self.rows[target], mask)?;
            }
            Op::Fused { ty, rounding } => {
                let (b, c) = (self.row(second), self.row(third));
                arithmetic::fused(ty, rounding, &a, &b, &c, &mut self.rows[target], mask)?;
            }
            Op::Carry { .. } => self.carry(instruction, mask),
            Op::Set { .. } => self.set(instruction, mask),
            Op::Select(_) => {
                let (b, c) = (self.row(second), self.row(third));
                map(&mut self.rows[target], mask, |i| {
                    if c[i] != 0 { a[i] } else { b[i] }
                });
            }
            Op::Convert {
                to,
                from,
                rounding,
                whole,
                saturate,
                flush,
            } => {
                let conversion = Conversion {
                    to,
                    from,
                    rounding,
                    whole,
                    saturate,
                    flush,
                };
                convert(conversion, &a, &mut self.rows[target], mask);
            }
            Op::ToGeneric(space) => map(&mut self.rows[target], mask, |i| {
                a[i].wrapping_add(window(space))
            }),
            Op::FromGeneric(space) => map(&mut self.rows[target], mask, |i| {
                a[i].wrapping_sub(window(space))
            }),
            Op::Load {
                ty,
                space,
                offset,
                ref to,
            } => {
                self.each_lane(mask, |warp, lane| {
                    let address = a[lane].wrapping_add(offset as u64);
                    aligned(address, ty.size() * to.len())?;
                    for (k, &row) in to.iter().enumerate() {
                        let value = warp.load(
                            space,
                            address + (k * ty.size()) as u64,
                            ty.size(),
                            lane,
                            world,
                        )?;
                        let is_signed = matches!(ty, Type::Signed(_));
                        warp.rows[row as usize][lane] = if is_signed {
                            extended(value, ty)
                        } else {
                            value
                        };
                    }
                    Ok(())
                })?;
            }
            Op::Store {
                ty,
                space,
                offset,
                ref from,
            } => {
                self.each_lane(mask, |warp, lane| {
                    let address = a[lane].wrapping_add(offset as u64);
                    aligned(address, ty.size() * from.len())?;
                    for (k, &row) in from.iter().enumerate() {
                        let value = warp.rows[row as usize][lane];
                        warp.store(
                            space,
                            address + (k * ty.size()) as u64,
                            ty.size(),
                            value,
                            lane,
                            world,
                        )?;
                    }
                    Ok(())
                })?;
            }
            Op::Atomic {
                op,
                ty,
                space,
                offset,
                result,
            } => {
                let (b, c) = (self.row(second), self.row(third));
                self.each_lane(mask, |warp, lane| {
                    let address = a[lane].wrapping_add(offset as u64);
                    let old = exchange(op, ty, space, address, b[lane], c[lane], world)?;
                    if result {
                        warp.rows[target][lane] = old;
                    }
                    Ok(())
                })?;
            }
            Op::Shuffle { mode, valid } => {
                let (b, c, members) = (self.row(second), self.row(third), self.row(fourth));
                self.shuffle(mode, valid, target, [&a, &b, &c, &members], mask)?;
            }
            Op::BitInsert(ty) => {
                let (b, c, e) = (self.row(second), self.row(third), self.row(fourth));
                map(&mut self.rows[target], mask, |i| {
                    arithmetic::insert_bits(a[i], b[i], c[i], e[i], ty)
                });
            }
            Op::BitExtract(ty) => {
                let (b, c) = (self.row(second), self.row(third));
                map(&mut self.rows[target], mask, |i| {
                    arithmetic::extract_bits(a[i], b[i], c[i], ty)
                });
            }
            Op::Pack { ty, ref from } => {
                let bits = 8 * ty.size() / from.len();
                let parts: Vec<Row> = from.iter().map(|&row| self.row(row)).collect();
                let low = u64::MAX >> (64 - bits);
                map(&mut self.rows[target], mask, |i| {
                    parts
                        .iter()
                        .rev()
                        .fold(0, |whole, part| whole << bits | (part[i] & low))
                });
            }
            Op::Unpack { ty, ref to } => {
                let bits = 8 * ty.size() / to.len();
                for (k, &row) in to.iter().enumerate() {
                    map(&mut self.rows[row as usize], mask, |i| {
                        a[i] >> (k * bits) & (u64::MAX >> (64 - bits))
                    });
                }
            }
            Op::ActiveMask => map(&mut self.rows[target], mask, |_| mask.into()),
            Op::Fence => {}
            Op::Trap => return Err("a trap".into()),
            Op::Branch(_) | Op::Return | Op::Barrier => {
                unreachable!("the warp follows these itself")
            }
        }
        Ok(())
    }

    fn each_lane(
        &mut self,
        mask: Mask,
        mut action: impl FnMut(&mut Warp, usize) -> Result<(), String>,
    ) -> Result<(), String> {
        for lane in (0..LANES).filter(|lane| mask >> lane & 1 == 1) {
            let thread = self.first_thread + lane;
            action(self, lane).map_err(|what| format!("thread {thread}: {what}"))?;
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
        let mut holds = arithmetic::compare(compare, ty, &self.row(first), &self.row(second));
        let mut opposite = !holds;
        if let Some((op, negated)) = combine {
            let other = self.mask_of(third, !negated);
            let joined = |x: Mask| match op {
                Binary::And => x & other,
                Binary::Or => x | other,
                _ => x ^ other,
            };
            (holds, opposite) = (joined(holds), joined(opposite));
        }
        map(&mut self.rows[instruction.d as usize], mask, |i| {
            u64::from(holds >> i & 1)
        });
        if let Some(row) = inverse {
            map(&mut self.rows[row as usize], mask, |i| {
                u64::from(opposite >> i & 1)
            });
        }
    }

    fn carry(&mut self, instruction: &Instruction, mask: Mask) {
        use crate::ptx::Carry;
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
        let (a, b, c) = (self.row(first), self.row(second), self.row(third));
        let (before, mut after) = (self.carry, self.carry);
        let mut results = [0; LANES];
        for i in (0..LANES).filter(|i| mask >> i & 1 == 1) {
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
        map(&mut self.rows[instruction.d as usize], mask, |i| results[i]);
        if gives {
            self.carry = after;
        }
    }

    fn shuffle(
        &mut self,
        mode: Shuffle,
        valid: Option<u32>,
        target: usize,
        [a, distance, bounds, members]: [&Row; 4],
        mask: Mask,
    ) -> Result<(), String> {
        let (mut results, mut found) = (*a, [0; LANES]);
        for lane in (0..LANES).filter(|lane| mask >> lane & 1 == 1) {
            let missing = members[lane] as Mask & !mask;
            if missing != 0 {
                return Err(format!(
                    "a shuffle expects lanes {missing:#x}, which are not there"
                ));
            }
            let (clamp, segment) = (bounds[lane] & 31, bounds[lane] >> 8 & 31);
            let (own, distance) = (lane as u64, distance[lane] & 31);
            let last = own & segment | clamp & !segment;
            let (source, in_range) = match mode {
                Shuffle::Up => (own.wrapping_sub(distance), own >= distance + last),
                Shuffle::Down => (own + distance, own + distance <= last),
                Shuffle::Butterfly => (own ^ distance, own ^ distance <= last),
                Shuffle::Index => {
                    let source = own & segment | distance & !segment;
                    (source, source <= last)
                }
            };
            if in_range {
                if mask >> source & 1 == 0 {
                    return Err(format!(
                        "lane {lane} reads from lane {source}, which is not there"
                    ));
                }
                results[lane] = a[source as usize];
            }
            found[lane] = in_range.into();
        }
        map(&mut self.rows[target], mask, |i| results[i]);
        if let Some(row) = valid {
            map(&mut self.rows[row as usize], mask, |i| found[i]);
        }
        Ok(())
    }

    #[inline]
    fn load(
        &mut self,
        space: Space,
        address: u64,
        size: usize,
        lane: usize,
        world: &mut World<'_>,
    ) -> Result<u64, String> {
        match located(space, address) {
            (Space::Shared, at) => world.shared.load(at, size, self.first_thread + lane),
            (Space::Local, at) => {
                let at = self.own(at, size, lane)?;
                let mut bytes = [0; 8];
                bytes[..size].copy_from_slice(&self.local[at..at + size]);
                Ok(u64::from_le_bytes(bytes))
            }
            (Space::Param, at) => {
                let at = at as usize;
                let bytes = world.parameters.get(at..at.saturating_add(size));
                let bytes = bytes.ok_or_else(|| format!("reads offset {at} of the parameters"))?;
                let mut whole = [0; 8];
                whole[..size].copy_from_slice(bytes);
                Ok(u64::from_le_bytes(whole))
            }
            (_, address) => world.memory.load(address, size),
        }
    }

    #[inline]
    fn store(
        &mut self,
        space: Space,
        address: u64,
        size: usize,
        value: u64,
        lane: usize,
        world: &mut World<'_>,
    ) -> Result<(), String> {
        match located(space, address) {
            (Space::Shared, at) => world
                .shared
                .store(at, size, value, self.first_thread + lane),
            (Space::Local, at) => {
                let at = self.own(at, size, lane)?;
                self.local[at..at + size].copy_from_slice(&value.to_le_bytes()[..size]);
                Ok(())
            }
            (Space::Param, _) => Err("writes to the parameters".into()),
            (_, address) => world.memory.store(address, size, value),
        }
    }

    /// Where a lane's own memory is.
    fn own(&self, at: u64, size: usize, lane: usize) -> Result<usize, String> {
        let each = self.local.len() / LANES;
        match usize::try_from(at) {
            Ok(at) if at.saturating_add(size) <= each => Ok(lane * each + at),
            _ => Err(format!(
                "access at offset {at}: out of bounds of {each} bytes of the thread"
            )),
        }
    }
}

fn window(space: Space) -> u64 {
    match space {
        Space::Shared => SHARED_WINDOW,
        Space::Local => LOCAL_WINDOW,
        Space::Global | Space::Generic | Space::Param => 0,
    }
}

/// The space of an address, and its address there.
#[inline]
fn located(space: Space, address: u64) -> (Space, u64) {
    if space != Space::Generic {
        return (space, address);
    }
    for window_of in [Space::Shared, Space::Local] {
        let start = window(window_of);
        if (start..start + WINDOW_SIZE).contains(&address) {
            return (window_of, address - start);
        }
    }
    (Space::Global, address)
}

fn aligned(address: u64, size: usize) -> Result<(), String> {
    if address.is_multiple_of(size as u64) {
        return Ok(());
    }
    Err(format!("misaligned access of {size} bytes at {address:#x}"))
}

/// What a register of any width holds of a loaded integer.
fn extended(value: u64, ty: Type) -> u64 {
    arithmetic::signed(value, ty) as u64
}

fn exchange(
    op: Atomic,
    ty: Type,
    space: Space,
    address: u64,
    x: u64,
    y: u64,
    world: &mut World<'_>,
) -> Result<u64, String> {
    aligned(address, ty.size())?;
    match located(space, address) {
        (Space::Shared, at) => {
            let mut outcome = Ok(0);
            let old = world.shared.exchange(at, ty.size(), |old| {
                outcome = arithmetic::atomic(op, ty, old, x, y);
                outcome.clone().unwrap_or(old)
            })?;
            outcome.map(|_| old)
        }
        (Space::Global, address) => {
            let old = world.memory.load(address, ty.size())?;
            world
                .memory
                .store(address, ty.size(), arithmetic::atomic(op, ty, old, x, y)?)?;
            Ok(old)
        }
        (space, _) => Err(format!("an atomic operation on {space:?} memory")),
    }
}
