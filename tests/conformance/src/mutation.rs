//! Changes of arguments that make most calls invalid: wrong ranks, dtypes and shapes, empty tensors,
//! numbers that overflow, NaN.

use crate::argument::{Argument, Arguments, TensorArgument};
use crate::outcome::Failure;
use crate::tensor::{DType, Error, Tensor};
use crate::tensors::Tensors;

/// A change of one argument.
#[derive(Debug, Clone)]
pub enum Change {
    /// Another argument in its place.
    Replace(Argument),
    /// A tensor made of the one that stands there.
    Tensor(&'static str, Remake),
}

/// Sizes, dimensions, indices and counts that nothing has room for, and some that are merely wrong.
const INTEGERS: [i64; 6] = [i64::MAX, i64::MIN, 1 << 40, -7, 0, 1];

const FLOATS: [f64; 6] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1.0, 0.0];

/// Makes another tensor of one.
type Remake = fn(&Tensor) -> Result<Tensor, Error>;

const TENSORS: [(&str, Remake); 13] = [
    ("0-d", |x| x.new_full(&[], 1)),
    ("empty", |x| x.new_zeros(&[0])),
    ("empty rows", |x| x.new_zeros(&[3, 0])),
    ("one more dimension", |x| x.unsqueeze(0)),
    ("nine dimensions", |x| {
        x.new_zeros(&[1, 2, 1, 1, 2, 1, 1, 1, 2])
    }),
    ("longer", |x| match x.dim() {
        0 => x.new_zeros(&[3]),
        _ => Tensor::cat(&[&x.detach(), &x.detach()], -1),
    }),
    ("long without elements", |x| {
        x.new_zeros(&[0])?.expand(&[1 << 40, 0])
    }),
    ("bool", |x| x.to_dtype(DType::Bool)),
    ("u8", |x| x.to_dtype(DType::U8)),
    ("i64", |x| x.to_dtype(DType::I64)),
    ("f16", |x| x.to_dtype(DType::F16)),
    ("largest", |x| match x.is_floating_point() {
        true => x.full_like(f64::NAN),
        false => x.full_like(i64::MAX),
    }),
    ("smallest", |x| match x.is_floating_point() {
        true => x.full_like(f64::NEG_INFINITY),
        false => x.full_like(i64::MIN),
    }),
];

/// The changes that an argument admits.
pub fn changes(argument: &Argument) -> Vec<Change> {
    let replaced = |arguments: Vec<Argument>| arguments.into_iter().map(Change::Replace).collect();
    match argument {
        Argument::Int(_) => replaced(INTEGERS.map(Argument::Int).into()),
        Argument::Float(_) => replaced(FLOATS.map(Argument::Float).into()),
        Argument::Bool(value) => replaced(vec![Argument::Bool(!value)]),
        Argument::Text(_) => replaced(vec![Argument::Text("no such name".into())]),
        Argument::DType(_) => replaced(
            [DType::Bool, DType::U8, DType::BF16]
                .map(Argument::DType)
                .into(),
        ),
        Argument::List(items) => replaced(lengths(items).map(Argument::List).into()),
        Argument::Tuple(items) => replaced(lengths(items).map(Argument::Tuple).into()),
        Argument::Tensor(_) => TENSORS
            .iter()
            .map(|&(name, make)| Change::Tensor(name, make))
            .collect(),
        _ => Vec::new(),
    }
}

/// No items, one less, and one more.
fn lengths(items: &[Argument]) -> [Vec<Argument>; 3] {
    let shorter = items.split_last().map_or(&[][..], |(_, rest)| rest);
    let longer = items.iter().chain(items.last()).cloned();
    [Vec::new(), shorter.to_vec(), longer.collect()]
}

impl Change {
    /// What stands in the place of an argument afterwards.
    pub fn of(&self, argument: &Argument, tensors: &Tensors) -> Result<Argument, Failure> {
        match (self, argument) {
            (Change::Replace(other), _) => Ok(other.clone()),
            (Change::Tensor(name, make), Argument::Tensor(tensor)) => {
                let changed = make(&tensors.get(tensor)?.detach())?;
                let requires_grad = tensor.requires_grad && changed.is_floating_point();
                let changed = changed.requires_grad_(requires_grad)?;
                let key = tensors.put(&format!("{} {name}", tensor.key), changed);
                Ok(Argument::Tensor(TensorArgument {
                    key,
                    requires_grad,
                    ..TensorArgument::default()
                }))
            }
            _ => Err(Failure::Corpus(
                "a change of a tensor of something else".into(),
            )),
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Change::Replace(argument) => write!(f, "{argument:?}"),
            Change::Tensor(name, _) => f.write_str(name),
        }
    }
}

/// All arguments, and what stands inside of sequences, depth first.
pub fn places(arguments: &Arguments) -> Vec<&Argument> {
    let mut places = Vec::new();
    let mut pending: Vec<&Argument> = arguments.iter().collect();
    pending.reverse();
    while let Some(argument) = pending.pop() {
        places.push(argument);
        pending.extend(argument.items().unwrap_or_default().iter().rev());
    }
    places
}

/// The arguments with the one at a place of [`places`] replaced.
pub fn with(arguments: &Arguments, place: usize, argument: Argument) -> Arguments {
    let mut changed = arguments.clone();
    let positional = changed.positional.iter_mut();
    let keyword = changed.keyword.iter_mut().map(|(_, argument)| argument);
    let mut pending: Vec<&mut Argument> = positional.chain(keyword).collect();
    pending.reverse();
    for _ in 0..place {
        if let Some(Argument::List(items) | Argument::Tuple(items)) = pending.pop() {
            pending.extend(items.iter_mut().rev());
        }
    }
    if let Some(there) = pending.pop() {
        *there = argument;
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_inside_a_sequence_is_replaced() {
        let list = |items: [i64; 2]| Argument::List(items.map(Argument::Int).into());
        let arguments = |items| Arguments {
            positional: vec![Argument::None, list(items)],
            keyword: vec![("p".into(), Argument::Int(3))],
        };
        let before = arguments([1, 2]);
        let place = places(&before)
            .iter()
            .position(|&argument| *argument == Argument::Int(2));
        let after = with(&before, place.unwrap(), Argument::Int(9));
        assert_eq!(after, arguments([1, 9]));
    }
}
