//! What the lanes of a warp tell each other.

use super::LANES;
use super::arithmetic::cut;
use super::registers::{Lanes, Mask, lanes, write};
use crate::ptx::{Shuffle, Type, Vote};

/// Refuses an instruction that names lanes which do not take part; operand `members` names them.
pub(super) fn meet(instruction: &Lanes<'_>, members: usize) -> Result<(), String> {
    let members = instruction.registers.row(instruction.operands[members]);
    for lane in lanes(instruction.mask) {
        let missing = members[lane] as Mask & !instruction.mask;
        if missing != 0 {
            return Err(format!("expects lanes {missing:#x}, which are not there"));
        }
        if members[lane] >> lane & 1 == 0 {
            return Err(format!("lane {lane} is not among those it names"));
        }
    }
    Ok(())
}

/// Takes numbers of other lanes.
pub(super) fn shuffle(
    mode: Shuffle,
    valid: Option<u32>,
    instruction: &mut Lanes<'_>,
) -> Result<(), String> {
    meet(instruction, 3)?;
    let mask = instruction.mask;
    let [a, distance, bounds] =
        [0, 1, 2].map(|k| *instruction.registers.row(instruction.operands[k]));
    let (mut results, mut found) = (a, [0; LANES]);
    for lane in lanes(mask) {
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
    write(
        instruction.registers.row_mut(instruction.target),
        &results,
        mask,
    );
    if let Some(row) = valid {
        write(instruction.registers.row_mut(row), &found, mask);
    }
    Ok(())
}

/// Counts in which lanes a predicate holds.
pub(super) fn vote(vote: Vote, instruction: &mut Lanes<'_>) -> Result<(), String> {
    meet(instruction, 1)?;
    let voters = instruction.mask;
    let yes = instruction
        .registers
        .mask_of(instruction.operands[0], vote != Vote::None)
        & voters;
    let result = match vote {
        Vote::All | Vote::None => u64::from(yes == voters),
        Vote::Any => u64::from(yes != 0),
        Vote::Uniform => u64::from(yes == voters || yes == 0),
        Vote::Ballot => yes.into(),
    };
    instruction.map(|[]| result);
    Ok(())
}

/// Finds the lanes with an equal number; of `all`, whether that is every one, which `agreed` tells.
pub(super) fn matching(
    ty: Type,
    all: bool,
    agreed: Option<u32>,
    instruction: &mut Lanes<'_>,
) -> Result<(), String> {
    meet(instruction, 1)?;
    let mask = instruction.mask;
    let numbers = instruction
        .registers
        .row(instruction.operands[0])
        .map(|x| cut(x, ty));
    let equal = |lane: usize| {
        lanes(mask)
            .filter(|&other| numbers[other] == numbers[lane])
            .fold(0, |equal: Mask, other| equal | 1 << other)
    };
    let (mut results, mut agree) = ([0; LANES], [0; LANES]);
    for lane in lanes(mask) {
        let equal = equal(lane);
        agree[lane] = u64::from(equal == mask);
        results[lane] = if all && equal != mask {
            0
        } else {
            equal.into()
        };
    }
    write(
        instruction.registers.row_mut(instruction.target),
        &results,
        mask,
    );
    if let Some(row) = agreed {
        write(instruction.registers.row_mut(row), &agree, mask);
    }
    Ok(())
}
