//! Instructions from their opcodes and operands.

use super::words::{
    atomic_named, binary_named, compare_named, is_float, is_type, part_of, rounding_of, space_of,
    unary_named, vote_named,
};
use super::{Decoder, Frame, Place};
use crate::machine::Conversion;
use crate::ptx::text::{inside, list};
use crate::ptx::{Carry, Matrices, Op, Rounding, Shuffle, Space, Type};

impl Decoder<'_> {
    pub(super) fn instruction(
        &mut self,
        opcode: &str,
        rest: &str,
        guard: Option<(u32, bool)>,
        line: usize,
        frame: &mut Frame,
    ) -> Result<(), String> {
        let words: Vec<&str> = opcode.split('.').collect();
        let has = |word: &str| words.contains(&word);
        let operands = list(rest);
        let types: Vec<Type> = words[1..]
            .iter()
            .filter_map(|word| Type::named(word))
            .collect();
        let ty = types.first().copied().unwrap_or(Type::Unsigned(4));
        let unknown = || format!("{opcode} is not known");
        if words[1..]
            .iter()
            .any(|word| is_type(word) && Type::named(word).is_none())
        {
            return Err(unknown());
        }
        let argument = |i: usize| {
            operands
                .get(i)
                .copied()
                .ok_or("too few operands".to_string())
        };
        let rounding = rounding_of(&words);
        let nearest = rounding.unwrap_or(Rounding::Nearest);
        let flush = has("ftz");

        let (op, sources): (Op, &[usize]) = match words[0] {
            "bra" => {
                let label = self.label(argument(0)?, frame);
                self.emit(Op::Branch(label), 0, [0; 4], guard, line);
                return Ok(());
            }
            "ret" | "exit" => {
                let op = frame
                    .end
                    .filter(|_| words[0] == "ret")
                    .map_or(Op::Return, Op::Branch);
                self.emit(op, 0, [0; 4], guard, line);
                return Ok(());
            }
            "call" if guard.is_none() => return self.call(rest, line, frame),
            "bar" if has("sync") && rest == "0" => {
                self.emit(Op::Barrier, 0, [0; 4], guard, line);
                return Ok(());
            }
            "bar" if has("warp") => {
                let members = self.operand(argument(0)?, Type::Unsigned(4), frame)?;
                self.emit(Op::Meet, 0, [members, 0, 0, 0], guard, line);
                return Ok(());
            }
            "membar" | "fence" => {
                self.emit(Op::Fence, 0, [0; 4], guard, line);
                return Ok(());
            }
            "trap" => {
                self.emit(Op::Trap, 0, [0; 4], guard, line);
                return Ok(());
            }
            "ld" | "st" | "atom" | "red" => {
                return self.memory(&words, ty, &operands, guard, line, frame);
            }
            "mov" if argument(0)?.starts_with('{') => {
                let to = self.vector(argument(0)?, ty, frame)?;
                let from = self.operand(argument(1)?, ty, frame)?;
                self.emit(Op::Unpack { ty, to }, 0, [from, 0, 0, 0], guard, line);
                return Ok(());
            }
            "mov" if argument(1)?.starts_with('{') => {
                let from = self.vector(argument(1)?, ty, frame)?;
                let d = self.operand(argument(0)?, ty, frame)?;
                self.emit(Op::Pack { ty, from }, d, [0; 4], guard, line);
                return Ok(());
            }
            "setp" => return self.set(&words, ty, &operands, guard, line, frame),
            "shfl" if has("sync") => return self.shuffle(&words, &operands, guard, line, frame),
            "vote" if has("sync") => return self.vote(&words, &operands, guard, line, frame),
            "match" if has("sync") => return self.matching(&words, &operands, guard, line, frame),
            "mma" => return self.matrices(opcode, &operands, guard, line, frame),
            "mov" => (Op::Move(ty), &[1]),
            "activemask" => (Op::ActiveMask, &[]),
            "selp" => (Op::Select(ty), &[1, 2, 3]),
            "bfi" => (Op::BitInsert(ty), &[1, 2, 3, 4]),
            "bfe" => (Op::BitExtract(ty), &[1, 2, 3]),
            "cvta" => {
                let space = space_of(&words);
                let op = if has("to") {
                    Op::FromGeneric(space)
                } else {
                    Op::ToGeneric(space)
                };
                (op, &[1])
            }
            "cvt" => {
                let from = *types.get(1).ok_or_else(unknown)?;
                let whole = ["rni", "rzi", "rmi", "rpi"].iter().any(|word| has(word));
                let saturate = has("sat");
                let conversion = Conversion {
                    to: ty,
                    from,
                    rounding,
                    whole,
                    saturate,
                    flush,
                };
                (Op::Convert(conversion), &[1])
            }
            "fma" => (
                Op::Fused {
                    ty,
                    rounding: nearest,
                },
                &[1, 2, 3],
            ),
            "mul" if is_float(ty) => (
                Op::MultiplyFloat {
                    ty,
                    rounding: nearest,
                },
                &[1, 2],
            ),
            "mad" if is_float(ty) => (
                Op::Fused {
                    ty,
                    rounding: nearest,
                },
                &[1, 2, 3],
            ),
            "add" | "sub" if has("cc") => {
                let op = if words[0] == "add" {
                    Carry::Add
                } else {
                    Carry::Subtract
                };
                (
                    Op::Carry {
                        op,
                        ty,
                        takes: false,
                        gives: true,
                    },
                    &[1, 2],
                )
            }
            "addc" => (
                Op::Carry {
                    op: Carry::Add,
                    ty,
                    takes: true,
                    gives: has("cc"),
                },
                &[1, 2],
            ),
            "subc" => (
                Op::Carry {
                    op: Carry::Subtract,
                    ty,
                    takes: true,
                    gives: has("cc"),
                },
                &[1, 2],
            ),
            "mad" | "madc" if has("cc") || words[0] == "madc" => {
                let part = part_of(&words).ok_or_else(unknown)?;
                let (takes, gives) = (words[0] == "madc", has("cc"));
                (
                    Op::Carry {
                        op: Carry::MultiplyAdd(part),
                        ty,
                        takes,
                        gives,
                    },
                    &[1, 2, 3],
                )
            }
            "mul" => {
                let part = part_of(&words).ok_or_else(unknown)?;
                (
                    Op::Multiply {
                        ty,
                        part,
                        add: false,
                    },
                    &[1, 2],
                )
            }
            "mad" => {
                let part = part_of(&words).ok_or_else(unknown)?;
                (
                    Op::Multiply {
                        ty,
                        part,
                        add: true,
                    },
                    &[1, 2, 3],
                )
            }
            name => {
                if let Some(op) = unary_named(name) {
                    (Op::Unary { op, ty, flush }, &[1])
                } else if let Some(op) = binary_named(name) {
                    (
                        Op::Binary {
                            op,
                            ty,
                            rounding: nearest,
                            flush,
                        },
                        &[1, 2],
                    )
                } else {
                    return Err(unknown());
                }
            }
        };
        // Saturation is known for conversions alone.
        if has("sat") && words[0] != "cvt" {
            return Err(unknown());
        }
        if operands.len() != 1 + sources.len() {
            return Err(format!("{} operands of {opcode}", operands.len()));
        }
        let d = self.operand(argument(0)?, ty, frame)?;
        let mut rows = [0; 4];
        for (row, &source) in rows.iter_mut().zip(sources) {
            let ty = match (words[0], source) {
                ("selp", 3) => Type::Predicate,
                ("cvt", _) => types[1],
                _ => ty,
            };
            *row = self.operand(argument(source)?, ty, frame)?;
        }
        self.emit(op, d, rows, guard, line);
        Ok(())
    }

    fn memory(
        &mut self,
        words: &[&str],
        ty: Type,
        operands: &[&str],
        guard: Option<(u32, bool)>,
        line: usize,
        frame: &Frame,
    ) -> Result<(), String> {
        let space = space_of(words);
        let at = match (words[0], operands) {
            ("ld", [_, at]) | ("atom", [_, at, ..]) => at,
            ("st" | "red", [at, ..]) => at,
            _ => return Err("unexpected operands".into()),
        };
        let (base, offset) = self.address(at, frame)?;
        if let ("ld" | "st", Space::Param, Some(Place::Row(slot))) = (
            words[0],
            space,
            frame.find(inside(at).split('+').next().unwrap_or_default().trim()),
        ) {
            // Through a slot of a call, unless the row is an address in the launch's parameters.
            if !inside(at).starts_with('%') {
                let other = operands[usize::from(words[0] == "st")];
                let other = self.operand(other, ty, frame)?;
                let (d, from) = if words[0] == "ld" {
                    (other, slot)
                } else {
                    (slot, other)
                };
                self.emit(Op::Move(ty), d, [from, 0, 0, 0], guard, line);
                return Ok(());
            }
        }
        let mut rows = [base, 0, 0, 0];
        let (op, d) = match words[0] {
            "ld" => {
                let to = self.vector(operands[0], ty, frame)?;
                (
                    Op::Load {
                        ty,
                        space,
                        offset,
                        to,
                    },
                    0,
                )
            }
            "st" => {
                let from = self.vector(operands[1], ty, frame)?;
                (
                    Op::Store {
                        ty,
                        space,
                        offset,
                        from,
                    },
                    0,
                )
            }
            name => {
                let op = words
                    .iter()
                    .find_map(|word| atomic_named(word))
                    .ok_or("no operation")?;
                let result = name == "atom";
                let values = &operands[1 + usize::from(result)..];
                for (row, value) in rows[1..].iter_mut().zip(values) {
                    *row = self.operand(value, ty, frame)?;
                }
                let d = if result {
                    self.operand(operands[0], ty, frame)?
                } else {
                    0
                };
                (
                    Op::Atomic {
                        op,
                        ty,
                        space,
                        offset,
                        result,
                    },
                    d,
                )
            }
        };
        self.emit(op, d, rows, guard, line);
        Ok(())
    }

    fn set(
        &mut self,
        words: &[&str],
        ty: Type,
        operands: &[&str],
        guard: Option<(u32, bool)>,
        line: usize,
        frame: &Frame,
    ) -> Result<(), String> {
        let compare = compare_named(words[1]).ok_or("the relation is not known")?;
        let [targets, a, b, rest @ ..] = operands else {
            return Err("too few operands".into());
        };
        let mut targets = targets.split('|');
        let mut target = |decoder: &mut Self| match targets.next() {
            Some(name) => decoder.operand(name, Type::Predicate, frame).map(Some),
            None => Ok(None),
        };
        let d = target(self)?.ok_or("no target")?;
        let inverse = target(self)?;
        let mut rows = [
            self.operand(a, ty, frame)?,
            self.operand(b, ty, frame)?,
            0,
            0,
        ];
        let mut combine = None;
        if let [other] = rest {
            let op = binary_named(words[2]).ok_or("the combination is not known")?;
            rows[2] = self.operand(other.trim_start_matches('!'), Type::Predicate, frame)?;
            combine = Some((op, other.starts_with('!')));
        }
        self.emit(
            Op::Set {
                compare,
                ty,
                combine,
                inverse,
            },
            d,
            rows,
            guard,
            line,
        );
        Ok(())
    }

    fn shuffle(
        &mut self,
        words: &[&str],
        operands: &[&str],
        guard: Option<(u32, bool)>,
        line: usize,
        frame: &Frame,
    ) -> Result<(), String> {
        let mode = match words[2] {
            "up" => Shuffle::Up,
            "down" => Shuffle::Down,
            "bfly" => Shuffle::Butterfly,
            "idx" => Shuffle::Index,
            _ => return Err("the mode is not known".into()),
        };
        let [target, sources @ ..] = operands else {
            return Err("no target".into());
        };
        let (d, valid) = target.split_once('|').unwrap_or((target, ""));
        let d = self.operand(d, Type::Unsigned(4), frame)?;
        let valid = match valid {
            "" => None,
            name => Some(self.operand(name, Type::Predicate, frame)?),
        };
        let mut rows = [0; 4];
        for (row, source) in rows.iter_mut().zip(sources) {
            *row = self.operand(source, Type::Unsigned(4), frame)?;
        }
        self.emit(Op::Shuffle { mode, valid }, d, rows, guard, line);
        Ok(())
    }

    /// `vote.sync.any.pred p, {!}q, members`.
    fn vote(
        &mut self,
        words: &[&str],
        operands: &[&str],
        guard: Option<(u32, bool)>,
        line: usize,
        frame: &Frame,
    ) -> Result<(), String> {
        let [target, predicate, members] = operands else {
            return Err("three operands are expected".into());
        };
        let negated = predicate.starts_with('!');
        let vote = words.get(2).and_then(|name| vote_named(name, negated));
        let vote = vote.ok_or("the vote is not known")?;
        let rows = [
            self.operand(predicate.trim_start_matches('!'), Type::Predicate, frame)?,
            self.operand(members, Type::Unsigned(4), frame)?,
            0,
            0,
        ];
        let d = self.operand(target, Type::Unsigned(4), frame)?;
        self.emit(Op::Vote(vote), d, rows, guard, line);
        Ok(())
    }

    /// `match.all.sync.b32 d|p, a, members`.
    fn matching(
        &mut self,
        words: &[&str],
        operands: &[&str],
        guard: Option<(u32, bool)>,
        line: usize,
        frame: &Frame,
    ) -> Result<(), String> {
        let ([target, number, members], [_, mode, _, ty]) = (operands, words) else {
            return Err("three operands are expected".into());
        };
        let ty = Type::named(ty).ok_or("the type is not known")?;
        let (d, agreed) = target.split_once('|').unwrap_or((target, ""));
        let agreed = match agreed {
            "" => None,
            name => Some(self.operand(name, Type::Predicate, frame)?),
        };
        let all = *mode == "all";
        let rows = [
            self.operand(number, ty, frame)?,
            self.operand(members, Type::Unsigned(4), frame)?,
            0,
            0,
        ];
        let d = self.operand(d, Type::Unsigned(4), frame)?;
        self.emit(Op::Match { ty, all, agreed }, d, rows, guard, line);
        Ok(())
    }

    /// `mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {d}, {a}, {b}, {c}`.
    fn matrices(
        &mut self,
        opcode: &str,
        operands: &[&str],
        guard: Option<(u32, bool)>,
        line: usize,
        frame: &Frame,
    ) -> Result<(), String> {
        let unknown = || format!("{opcode} is not known");
        let shape = opcode
            .strip_prefix("mma.sync.aligned.m16n8")
            .ok_or_else(unknown)?;
        let (depth, types) = shape.split_once(".row.col.").ok_or_else(unknown)?;
        let ty = match types {
            "f32.f16.f16.f32" => Type::F16,
            "f32.bf16.bf16.f32" => Type::BF16,
            _ => return Err(unknown()),
        };
        let [d, a, b, c] = operands else {
            return Err("four operands are expected".into());
        };
        let bits = Type::Unsigned(4);
        let matrices = Matrices {
            ty,
            d: self.vector(d, Type::F32, frame)?,
            a: self.vector(a, bits, frame)?,
            b: self.vector(b, bits, frame)?,
            c: self.vector(c, Type::F32, frame)?,
        };
        let Matrices { d, a, b, c, .. } = &matrices;
        match (depth, d.len(), a.len(), b.len(), c.len()) {
            ("k8", 4, 2, 1, 4) | ("k16", 4, 4, 2, 4) => {}
            _ => return Err(unknown()),
        }
        self.emit(
            Op::MultiplyMatrices(Box::new(matrices)),
            0,
            [0; 4],
            guard,
            line,
        );
        Ok(())
    }
}
