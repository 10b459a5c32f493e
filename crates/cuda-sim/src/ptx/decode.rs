//! From statements to instructions: names become rows, labels positions, and calls are inlined.

mod opcode;
mod words;

use super::instruction::{Instruction, Op, Type};
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
    let accesses = decoder.code.iter().filter_map(|it| it.op.shared_access());
    let grain = accesses.min().unwrap_or(1);
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
        grain,
        most_threads: None,
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
