//! From statements to instructions: names become rows, labels positions, and calls are inlined.

use super::instruction::{
    Atomic, Binary, Carry, Compare, Instruction, Op, Part, Rounding, Shuffle, Space, Type, Unary,
};
use super::module::{Kernel, SPECIALS, Surroundings, Variable, variable};
use super::number::literal;
use super::text::{Kind, Piece, inside, list};
use std::collections::HashMap;

/// How deep calls may nest; recursion cannot be inlined.
const DEEPEST_CALL: usize = 16;

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// A register, or a slot through which a call passes a number.
    Row(u32),
    /// A position in the memory of the thread, the block or the launch.
    Address(u64),
}

/// The names of a function's body, innermost scope last, and its labels.
#[derive(Default)]
struct Frame {
    scopes: Vec<HashMap<String, Place>>,
    labels: HashMap<String, usize>,
    /// Where `ret` goes in an inlined function.
    end: Option<usize>,
    depth: usize,
}

struct Decoder<'a> {
    surroundings: &'a Surroundings<'a>,
    code: Vec<Instruction>,
    rows: u32,
    constants: HashMap<u64, u32>,
    /// Positions of labels by number, once they are known.
    labels: Vec<Option<usize>>,
    local: usize,
    shared: usize,
}

pub(crate) fn decode(
    name: &str,
    parameters: &[Variable],
    body: &[Piece],
    surroundings: &Surroundings<'_>,
) -> Result<Kernel, String> {
    let mut decoder = Decoder {
        surroundings,
        code: Vec::new(),
        rows: SPECIALS.len() as u32,
        constants: HashMap::new(),
        labels: Vec::new(),
        local: 0,
        shared: 0,
    };
    let mut names = HashMap::new();
    let mut end = 0;
    let mut places = Vec::new();
    for parameter in parameters {
        let offset = place(&mut end, parameter);
        names.insert(parameter.name.clone(), Place::Address(offset));
        places.push((offset as usize, parameter.bytes));
    }
    let mut open = Vec::new();
    for shared in &surroundings.shared {
        match shared.bytes {
            0 => open.push(shared.name.clone()),
            _ => {
                let offset = place(&mut decoder.shared, shared);
                names.insert(shared.name.clone(), Place::Address(offset));
            }
        }
    }
    decoder.shared = decoder.shared.next_multiple_of(16);
    for name in open {
        names.insert(name, Place::Address(decoder.shared as u64));
    }
    let mut frame = Frame {
        scopes: vec![names],
        ..Frame::default()
    };
    decoder.body(body, &mut frame)?;
    decoder.emit(
        Op::Return,
        0,
        [0; 4],
        None,
        body.last().map_or(0, |piece| piece.line),
    );
    decoder.resolve_labels()?;
    Ok(Kernel {
        name: name.to_string(),
        parameters: places,
        code: decoder.code,
        rows: decoder.rows as usize,
        constants: decoder
            .constants
            .into_iter()
            .map(|(value, row)| (row, value))
            .collect(),
        local: decoder.local,
        shared: decoder.shared,
    })
}

/// Puts a variable behind others.
fn place(end: &mut usize, variable: &Variable) -> u64 {
    let start = end.next_multiple_of(variable.alignment.max(1));
    *end = start + variable.bytes;
    start as u64
}

impl Decoder<'_> {
    fn body(&mut self, pieces: &[Piece], frame: &mut Frame) -> Result<(), String> {
        for piece in pieces {
            match piece.kind {
                Kind::Open => frame.scopes.push(HashMap::new()),
                Kind::Close => {
                    frame.scopes.pop();
                }
                Kind::Label => {
                    let label = self.label(&piece.text, frame);
                    self.labels[label] = Some(self.code.len());
                }
                Kind::Header => return Err("a function inside another".into()),
                Kind::Statement => self
                    .statement(&piece.text, piece.line, frame)
                    .map_err(|error| format!("line {}: `{}`: {error}", piece.line, piece.text))?,
            }
        }
        Ok(())
    }

    fn statement(&mut self, text: &str, line: usize, frame: &mut Frame) -> Result<(), String> {
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        match word {
            ".reg" => self.registers(rest, frame),
            ".param" => {
                let slot = variable(text)?;
                self.slot(&slot, frame)
            }
            ".local" => {
                let local = variable(text)?;
                let offset = place(&mut self.local, &local);
                frame.name(local.name, Place::Address(offset));
                Ok(())
            }
            ".shared" => {
                let shared = variable(text)?;
                let offset = place(&mut self.shared, &shared);
                frame.name(shared.name, Place::Address(offset));
                Ok(())
            }
            "" | ".pragma" | ".loc" | ".file" => Ok(()),
            guard if guard.starts_with('@') => {
                let name = guard.trim_start_matches(['@', '!']);
                let row = self.operand(name, Type::Predicate, frame)?;
                let (opcode, rest) = split_opcode(rest.trim());
                self.instruction(opcode, rest, Some((row, !guard.contains('!'))), line, frame)
            }
            _ => {
                let (opcode, rest) = split_opcode(text);
                self.instruction(opcode, rest, None, line, frame)
            }
        }
    }

    /// `.reg .b32 %r<5>` or `.reg .b32 a, b`.
    fn registers(&mut self, declared: &str, frame: &mut Frame) -> Result<(), String> {
        let (_, names) = declared
            .trim()
            .split_once(char::is_whitespace)
            .ok_or("no names")?;
        for name in list(names) {
            match name.split_once('<') {
                None => {
                    let row = self.row();
                    frame.name(name.to_string(), Place::Row(row));
                }
                Some((name, count)) => {
                    let count: u32 = count
                        .trim_end_matches('>')
                        .parse()
                        .map_err(|_| "no count")?;
                    for i in 0..count {
                        let row = self.row();
                        frame.name(format!("{name}{i}"), Place::Row(row));
                    }
                }
            }
        }
        Ok(())
    }

    /// A slot is a row: calls are inlined, and pass single numbers.
    fn slot(&mut self, slot: &Variable, frame: &mut Frame) -> Result<(), String> {
        if slot.bytes > 8 {
            return Err(format!(
                "{} passes more than one number to a function",
                slot.name
            ));
        }
        let row = self.row();
        frame.name(slot.name.clone(), Place::Row(row));
        Ok(())
    }

    fn row(&mut self) -> u32 {
        self.rows += 1;
        self.rows - 1
    }

    fn label(&mut self, name: &str, frame: &mut Frame) -> usize {
        let labels = &mut self.labels;
        *frame.labels.entry(name.to_string()).or_insert_with(|| {
            labels.push(None);
            labels.len() - 1
        })
    }

    fn resolve_labels(&mut self) -> Result<(), String> {
        for instruction in &mut self.code {
            if let Op::Branch(target) = &mut instruction.op {
                *target = self.labels[*target].ok_or("a label is missing")?;
            }
        }
        Ok(())
    }

    /// The row of a register, or one that holds a constant.
    fn operand(&mut self, text: &str, ty: Type, frame: &Frame) -> Result<u32, String> {
        if let Some(row) = SPECIALS.iter().position(|&special| special == text) {
            return Ok(row as u32);
        }
        let constant = match frame.find(text) {
            Some(Place::Row(row)) => return Ok(row),
            Some(Place::Address(address)) => address,
            None => match self.surroundings.globals.get(text) {
                Some(&address) => address,
                None => literal(text, ty).ok_or_else(|| format!("{text} is not known"))?,
            },
        };
        if let Some(&row) = self.constants.get(&constant) {
            return Ok(row);
        }
        let row = self.row();
        self.constants.insert(constant, row);
        Ok(row)
    }

    /// `{a, b}` or a single operand.
    fn vector(&mut self, text: &str, ty: Type, frame: &Frame) -> Result<Vec<u32>, String> {
        list(text.trim_matches(['{', '}']))
            .into_iter()
            .map(|x| self.operand(x, ty, frame))
            .collect()
    }

    /// `[base + offset]`.
    fn address(&mut self, text: &str, frame: &Frame) -> Result<(u32, i64), String> {
        let text = inside(text);
        let (base, offset) = match text.split_once('+') {
            None => (text, 0),
            Some((base, offset)) => (
                base.trim(),
                offset
                    .trim()
                    .parse()
                    .map_err(|_| format!("{offset} is no offset"))?,
            ),
        };
        Ok((self.operand(base, Type::Unsigned(8), frame)?, offset))
    }

    fn emit(
        &mut self,
        op: Op,
        d: u32,
        operands: [u32; 4],
        guard: Option<(u32, bool)>,
        line: usize,
    ) {
        self.code.push(Instruction {
            op,
            guard,
            d,
            operands,
            line,
        });
    }

    /// Inlines a function: its parameters and results are the slots of the call.
    fn call(&mut self, text: &str, line: usize, frame: &mut Frame) -> Result<(), String> {
        let mut parts = list(text);
        let results = match parts[0].starts_with('(') {
            true => list(inside(parts.remove(0))),
            false => Vec::new(),
        };
        let name = *parts.first().ok_or("no function")?;
        let arguments = parts.get(1).map_or(Vec::new(), |text| list(inside(text)));
        let surroundings = self.surroundings;
        let function = surroundings
            .functions
            .get(name)
            .ok_or(format!("{name} is not known"))?;
        if frame.depth >= DEEPEST_CALL {
            return Err(format!("{name} is called too deeply"));
        }
        let mut names = HashMap::new();
        let formal = function.results.iter().zip(results);
        for (formal, actual) in formal.chain(function.parameters.iter().zip(arguments)) {
            let place = frame
                .find(actual)
                .ok_or_else(|| format!("{actual} is not known"))?;
            names.insert(formal.name.clone(), place);
        }
        self.labels.push(None);
        let end = self.labels.len() - 1;
        let mut inner = Frame {
            scopes: vec![names],
            labels: HashMap::new(),
            end: Some(end),
            depth: frame.depth + 1,
        };
        self.body(function.body, &mut inner)
            .map_err(|error| format!("in {name}, called at line {line}: {error}"))?;
        self.labels[end] = Some(self.code.len());
        Ok(())
    }

    fn instruction(
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
                (
                    Op::Convert {
                        to: ty,
                        from,
                        rounding,
                        whole,
                        saturate,
                        flush,
                    },
                    &[1],
                )
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
}

impl Frame {
    fn find(&self, name: &str) -> Option<Place> {
        self.scopes
            .iter()
            .rev()
            .find_map(|scope| scope.get(name).copied())
    }

    fn name(&mut self, name: String, place: Place) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name, place);
        }
    }
}

fn split_opcode(text: &str) -> (&str, &str) {
    let (opcode, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (opcode, rest.trim())
}

fn is_float(ty: Type) -> bool {
    matches!(ty, Type::F16 | Type::F32 | Type::F64)
}

fn part_of(words: &[&str]) -> Option<Part> {
    words.iter().find_map(|word| match *word {
        "lo" => Some(Part::Low),
        "hi" => Some(Part::High),
        "wide" => Some(Part::Wide),
        _ => None,
    })
}

fn rounding_of(words: &[&str]) -> Option<Rounding> {
    words.iter().find_map(|word| match *word {
        "rn" | "rni" => Some(Rounding::Nearest),
        "rz" | "rzi" => Some(Rounding::Zero),
        "rm" | "rmi" => Some(Rounding::Down),
        "rp" | "rpi" => Some(Rounding::Up),
        _ => None,
    })
}

fn space_of(words: &[&str]) -> Space {
    let named = words.iter().find_map(|word| match *word {
        "global" | "const" => Some(Space::Global),
        "shared" => Some(Space::Shared),
        "local" => Some(Space::Local),
        "param" => Some(Space::Param),
        _ => None,
    });
    named.unwrap_or(Space::Generic)
}

fn unary_named(name: &str) -> Option<Unary> {
    Some(match name {
        "neg" => Unary::Negative,
        "abs" => Unary::Absolute,
        "not" => Unary::Not,
        "ex2" => Unary::Exp2,
        "lg2" => Unary::Log2,
        "rcp" => Unary::Reciprocal,
        "sqrt" => Unary::SquareRoot,
        "rsqrt" => Unary::ReciprocalRoot,
        "popc" => Unary::CountOnes,
        "clz" => Unary::CountZeros,
        "brev" => Unary::Reverse,
        _ => return None,
    })
}

fn binary_named(name: &str) -> Option<Binary> {
    Some(match name {
        "add" => Binary::Add,
        "sub" => Binary::Subtract,
        "div" => Binary::Divide,
        "rem" => Binary::Remainder,
        "min" => Binary::Minimum,
        "max" => Binary::Maximum,
        "and" => Binary::And,
        "or" => Binary::Or,
        "xor" => Binary::Xor,
        "shl" => Binary::ShiftLeft,
        "shr" => Binary::ShiftRight,
        "copysign" => Binary::CopySign,
        _ => return None,
    })
}

fn atomic_named(name: &str) -> Option<Atomic> {
    Some(match name {
        "add" => Atomic::Add,
        "min" => Atomic::Minimum,
        "max" => Atomic::Maximum,
        "and" => Atomic::And,
        "or" => Atomic::Or,
        "xor" => Atomic::Xor,
        "exch" => Atomic::Exchange,
        "cas" => Atomic::CompareAndSwap,
        _ => return None,
    })
}

fn compare_named(name: &str) -> Option<Compare> {
    let compare = |less, equal, greater, unordered| Compare {
        less,
        equal,
        greater,
        unordered,
    };
    Some(match name {
        "eq" => compare(false, true, false, false),
        "ne" => compare(true, false, true, false),
        "lt" | "lo" => compare(true, false, false, false),
        "le" | "ls" => compare(true, true, false, false),
        "gt" | "hi" => compare(false, false, true, false),
        "ge" | "hs" => compare(false, true, true, false),
        "num" => compare(true, true, true, false),
        "equ" => compare(false, true, false, true),
        "neu" => compare(true, false, true, true),
        "ltu" => compare(true, false, false, true),
        "leu" => compare(true, true, false, true),
        "gtu" => compare(false, false, true, true),
        "geu" => compare(false, true, true, true),
        "nan" => compare(false, false, false, true),
        _ => return None,
    })
}
