//! A module: its kernels, and what they refer to.

use super::decode::decode;
use super::instruction::{Instruction, Type};
use super::number::literal;
use super::text::{Kind, Piece, inside, list, pieces};
use std::collections::HashMap;

/// The registers that say where a thread is, in the first rows of a warp.
pub(crate) const SPECIALS: [&str; 13] = [
    "%tid.x",
    "%tid.y",
    "%tid.z",
    "%ntid.x",
    "%ntid.y",
    "%ntid.z",
    "%ctaid.x",
    "%ctaid.y",
    "%ctaid.z",
    "%nctaid.x",
    "%nctaid.y",
    "%nctaid.z",
    "%laneid",
];

/// The row of the first register that says which block it is.
pub(crate) const BLOCK_ROW: u32 = 6;

/// A kernel, ready to run.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub(crate) name: String,
    /// Offset and size of each parameter.
    pub(crate) parameters: Vec<(usize, usize)>,
    pub(crate) code: Vec<Instruction>,
    pub(crate) rows: usize,
    /// Rows that hold a constant.
    pub(crate) constants: Vec<(u32, u64)>,
    /// Bytes of memory of each thread.
    pub(crate) local: usize,
    /// Bytes of memory of each block, without what the launch adds.
    pub(crate) shared: usize,
    /// Bytes of the smallest access to that.
    pub(crate) grain: usize,
    /// The most threads of a block that it is compiled for, where it says so.
    pub(crate) most_threads: Option<u64>,
}

/// What a text of PTX declares.
#[derive(Debug, Default)]
pub(crate) struct Module {
    pub(crate) kernels: HashMap<String, Kernel>,
}

/// A variable as it is declared: `.align 4 .b8 name[24]`.
#[derive(Debug, Clone)]
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) bytes: usize,
    pub(crate) alignment: usize,
}

/// A function to be inlined at its calls.
#[derive(Debug)]
pub(crate) struct Function<'a> {
    pub(crate) results: Vec<Variable>,
    pub(crate) parameters: Vec<Variable>,
    pub(crate) body: &'a [Piece],
}

/// What the kernels of a module share.
#[derive(Debug, Default)]
pub(crate) struct Surroundings<'a> {
    pub(crate) functions: HashMap<String, Function<'a>>,
    /// Addresses of global variables.
    pub(crate) globals: HashMap<String, u64>,
    /// Shared variables declared outside of kernels; those of unknown size lie behind all others.
    pub(crate) shared: Vec<Variable>,
}

impl Module {
    /// Reads a module; `allocate` places global variables with their content.
    pub(crate) fn parse(
        source: &str,
        mut allocate: impl FnMut(Vec<u8>) -> u64,
    ) -> Result<Module, String> {
        let pieces = pieces(source);
        let mut surroundings = Surroundings::default();
        let mut kernels = Vec::new();
        let mut at = 0;
        while at < pieces.len() {
            let piece = &pieces[at];
            at += 1;
            match piece.kind {
                Kind::Statement if piece.text.contains(".shared") => {
                    surroundings.shared.push(variable(&piece.text)?);
                }
                Kind::Statement
                    if piece.text.contains(".global") || piece.text.contains(".const") =>
                {
                    let (variable, content) = global(&piece.text)?;
                    surroundings
                        .globals
                        .insert(variable.name, allocate(content));
                }
                Kind::Header => {
                    let end = at + closing(&pieces[at..])?;
                    let body = &pieces[at + 1..end];
                    at = end + 1;
                    if piece.text.contains(".entry") {
                        kernels.push((piece, body));
                    } else {
                        let (name, function) = function(&piece.text, body)?;
                        surroundings.functions.insert(name, function);
                    }
                }
                _ => {}
            }
        }
        let mut module = Module::default();
        for (header, body) in kernels {
            let signature = header.text.split(".entry").nth(1).unwrap_or_default();
            let (name, parameters) = signature.split_once('(').unwrap_or((signature, ""));
            let (parameters, directives) = parameters.rsplit_once(')').unwrap_or_default();
            let parameters: Result<Vec<_>, _> =
                list(parameters).into_iter().map(variable).collect();
            let name = name.trim().to_string();
            let mut kernel = decode(&name, &parameters?, body, &surroundings)
                .map_err(|error| format!("{name}: {error}"))?;
            kernel.most_threads = most_threads(directives);
            module.kernels.insert(name, kernel);
        }
        Ok(module)
    }
}

/// What `.maxntid x, y, z` says, if it is there.
fn most_threads(directives: &str) -> Option<u64> {
    let (_, rest) = directives.split_once(".maxntid")?;
    let sizes = rest.split('.').next()?.split(',');
    sizes.map(|size| size.trim().parse::<u64>().ok()).product()
}

/// Where the brace that the first piece opens is closed.
fn closing(pieces: &[Piece]) -> Result<usize, String> {
    let mut depth = 0;
    for (i, piece) in pieces.iter().enumerate() {
        match piece.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(i);
        }
    }
    Err("a body has no end".into())
}

/// Reads a declaration, without its content.
pub(crate) fn variable(text: &str) -> Result<Variable, String> {
    let declared = text.split('=').next().unwrap_or_default();
    let (mut name, mut ty, mut alignment) = ("", None, None);
    let mut words = declared.split_whitespace();
    while let Some(word) = words.next() {
        match word.strip_prefix('.') {
            Some("align") => alignment = words.next().and_then(|word| word.parse().ok()),
            Some(word) => ty = ty.or(Type::named(word)),
            None => name = word,
        }
    }
    let ty = ty.ok_or_else(|| format!("`{text}` has no type"))?;
    let (name, length) = match name.split_once('[') {
        None => (name, 1),
        Some((name, length)) => (name, length.trim_end_matches(']').parse().unwrap_or(0)),
    };
    Ok(Variable {
        name: name.to_string(),
        ty,
        bytes: length * ty.size(),
        alignment: alignment.unwrap_or(ty.size()),
    })
}

/// A global variable and its bytes.
fn global(text: &str) -> Result<(Variable, Vec<u8>), String> {
    let variable = variable(text)?;
    let mut content = Vec::new();
    if let Some((_, values)) = text.split_once('=') {
        for value in list(inside(values)) {
            let bits = literal(value, variable.ty)
                .ok_or_else(|| format!("{}: `{value}` is no number", variable.name))?;
            content.extend_from_slice(&bits.to_le_bytes()[..variable.ty.size()]);
        }
    }
    content.resize(variable.bytes, 0);
    Ok((variable, content))
}

/// The name, results and parameters of `.func (results) name (parameters)`.
fn function<'a>(header: &str, body: &'a [Piece]) -> Result<(String, Function<'a>), String> {
    let mut rest = header
        .split_once(".func")
        .map_or("", |(_, rest)| rest)
        .trim();
    let mut results = Vec::new();
    if let Some((list_of_results, behind)) = rest.strip_prefix('(').and_then(|r| r.split_once(')'))
    {
        results = list(list_of_results)
            .into_iter()
            .map(variable)
            .collect::<Result<_, _>>()?;
        rest = behind.trim();
    }
    let (name, parameters) = rest.split_once('(').unwrap_or((rest, ""));
    let parameters = parameters.rsplit_once(')').map_or("", |(list, _)| list);
    let parameters = list(parameters)
        .into_iter()
        .map(variable)
        .collect::<Result<_, _>>()?;
    let function = Function {
        results,
        parameters,
        body,
    };
    Ok((name.trim().to_string(), function))
}
