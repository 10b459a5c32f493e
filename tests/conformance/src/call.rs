//! A call of the corpus, and typed access to its arguments.
//!
//! PyTorch accepts most arguments by position or by name, so every getter takes both;
//! a keyword-only argument has the position [`KEYWORD`]. Three spellings of a getter:
//!
//! | | where the argument is missing or `None` |
//! |---|---|
//! | `int("dim", 1)` | the case is not covered |
//! | `int_or("dim", 1, -1)` | the default |
//! | `opt_int("dim", 1)` | `None` |
//!
//! An argument of a kind that the getter does not read, say a tensor where an integer is asked
//! for, makes the case "not implemented". So does an argument that nothing has asked for: a
//! mapping that overlooks an argument calls something else than the case means.

use std::cell::RefCell;

use rushlight_optim::PerGroup;

use crate::argument::{Argument, Arguments};
use crate::outcome::Failure;
use crate::tensor::{DType, Operand, Scalar, Tensor};
use crate::tensors::Tensors;

/// The position of an argument that is passed by name only.
pub const KEYWORD: usize = usize::MAX;

/// What a getter returns.
pub type Given<T> = Result<T, Failure>;

/// The arguments of a case and the tensors they name.
#[derive(Debug)]
pub struct Call<'a> {
    arguments: &'a Arguments,
    tensors: &'a Tensors<'a>,
    asked: RefCell<Vec<&'a Argument>>,
}

/// A Rust type that an argument may be read as.
pub trait FromArgument: Sized {
    /// Reads the argument; `None` if it is of another kind.
    fn from_argument(argument: &Argument, tensors: &Tensors) -> Given<Option<Self>>;
}

impl<'a> Call<'a> {
    /// A call with these arguments.
    pub fn new(arguments: &'a Arguments, tensors: &'a Tensors<'a>) -> Self {
        Self {
            arguments,
            tensors,
            asked: RefCell::default(),
        }
    }

    /// How many positional arguments there are.
    pub fn positional(&self) -> usize {
        self.arguments.positional.len()
    }

    /// Whether the argument is there and not `None`.
    pub fn has(&self, name: &str, position: usize) -> bool {
        self.find(name, position)
            .is_some_and(|argument| *argument != Argument::None)
    }

    /// Whether the argument is there, be it `None`.
    pub fn is_given(&self, name: &str, position: usize) -> bool {
        self.find(name, position).is_some()
    }

    /// The argument as it stands in the corpus, unless it is missing or `None`.
    pub fn argument(&self, name: &str, position: usize) -> Option<&'a Argument> {
        let argument = self.find(name, position)?;
        self.asked.borrow_mut().push(argument);
        (*argument != Argument::None).then_some(argument)
    }

    fn find(&self, name: &str, position: usize) -> Option<&'a Argument> {
        let positional = self.arguments.positional.get(position);
        let keyword = || self.arguments.keyword.iter().find(|(key, _)| key == name);
        positional.or_else(|| Some(&keyword()?.1))
    }

    /// The constructor of a module that is passed as an argument.
    pub fn module(&self, name: &str, position: usize) -> Given<Call<'a>> {
        match self.argument(name, position) {
            Some(Argument::Module(_, arguments)) => Ok(Call::new(arguments, self.tensors)),
            _ => Err(Failure::Kind(format!("`{name}` is not a module"))),
        }
    }

    /// Names an argument that nothing has asked for.
    pub fn overlooked(&self) -> Option<String> {
        let asked = self.asked.borrow();
        let is_new = |argument: &Argument| {
            *argument != Argument::None && !asked.iter().any(|&known| std::ptr::eq(known, argument))
        };
        if let Some(position) = self.arguments.positional.iter().position(is_new) {
            return Some(format!("positional argument {position}"));
        }
        let keyword = self
            .arguments
            .keyword
            .iter()
            .find(|(_, argument)| is_new(argument));
        keyword.map(|(name, _)| format!("argument `{name}`"))
    }

    /// The result of the call, unless it overlooked an argument and so was another call.
    pub fn complete<T>(&self, result: Given<T>) -> Given<T> {
        match (self.overlooked(), &result) {
            (Some(what), Ok(_) | Err(Failure::Library(_))) => {
                Err(Failure::Unsupported(format!("{what} is not mapped")))
            }
            _ => result,
        }
    }

    /// An error for what a row of a table does not cover.
    pub fn unsupported<T>(&self, what: &str) -> Given<T> {
        Err(Failure::Unsupported(what.to_owned()))
    }

    /// Any argument that may be missing or `None`.
    pub fn opt<T: FromArgument>(&self, name: &str, position: usize) -> Given<Option<T>> {
        let Some(argument) = self.argument(name, position) else {
            return Ok(None);
        };
        match T::from_argument(argument, self.tensors)? {
            Some(value) => Ok(Some(value)),
            None => Err(Failure::Kind(format!("`{name}` is {}", argument.kind()))),
        }
    }

    /// Reads what stands inside an argument.
    pub fn read<T: FromArgument>(&self, argument: &Argument) -> Given<T> {
        T::from_argument(argument, self.tensors)?
            .ok_or_else(|| Failure::Kind(format!("an argument holds {}", argument.kind())))
    }

    /// Any argument that must be there.
    pub fn get<T: FromArgument>(&self, name: &str, position: usize) -> Given<T> {
        self.opt(name, position)?
            .ok_or_else(|| Failure::Kind(format!("`{name}` is missing")))
    }

    /// Any argument that has a default.
    pub fn get_or<T: FromArgument>(&self, name: &str, position: usize, default: T) -> Given<T> {
        Ok(self.opt(name, position)?.unwrap_or(default))
    }

    /// The arguments from `position` on, or those in a sequence that stands there alone.
    pub fn rest<T: FromArgument>(&self, name: &str, position: usize) -> Given<Vec<T>> {
        let sequence = self
            .find(name, position)
            .is_some_and(|first| first.items().is_some());
        if sequence || self.positional() <= position {
            return self.get(name, position);
        }
        (position..self.positional())
            .map(|position| self.get(name, position))
            .collect()
    }

    /// Reads an argument for which only one value has a meaning here.
    pub fn only(&self, name: &str, position: usize, value: &Argument) -> Given<()> {
        match self.argument(name, position) {
            Some(argument) if argument != value => {
                self.unsupported(&format!("{name}={argument:?}"))
            }
            _ => Ok(()),
        }
    }

    /// Reads a memory format that changes nothing about the values.
    pub fn only_row_major(&self) -> Given<()> {
        match self.argument("memory_format", KEYWORD) {
            Some(Argument::MemoryFormat(name)) if name == "channels_last" => {
                self.unsupported("memory_format=channels_last")
            }
            _ => Ok(()),
        }
    }

    /// Reads what functions that create tensors also take: the CPU, dense memory, no pinning.
    pub fn only_dense_cpu(&self) -> Given<()> {
        if self.argument("device", KEYWORD) != Some(&Argument::Text("cpu".into())) {
            self.only("device", KEYWORD, &Argument::Device("cpu".into()))?;
        }
        self.only("layout", KEYWORD, &Argument::Layout("strided".into()))?;
        self.only("pin_memory", KEYWORD, &Argument::Bool(false))
    }
}

/// The getters again by kind, for rows where the library's signature leaves the type open.
impl Call<'_> {
    /// The first argument, a tensor.
    pub fn input(&self) -> Given<Tensor> {
        self.get("input", 0)
    }

    /// A tensor.
    pub fn tensor(&self, name: &str, position: usize) -> Given<Tensor> {
        self.get(name, position)
    }

    /// A tensor that may be missing.
    pub fn opt_tensor(&self, name: &str, position: usize) -> Given<Option<Tensor>> {
        self.opt(name, position)
    }

    /// A sequence of tensors.
    pub fn tensors(&self, name: &str, position: usize) -> Given<Vec<Tensor>> {
        self.get(name, position)
    }

    /// A tensor or a number.
    pub fn operand(&self, name: &str, position: usize) -> Given<Operand> {
        self.get(name, position)
    }

    /// A number.
    pub fn scalar(&self, name: &str, position: usize) -> Given<Scalar> {
        self.get(name, position)
    }

    /// A number that has a default.
    pub fn scalar_or(&self, name: &str, position: usize, default: Scalar) -> Given<Scalar> {
        self.get_or(name, position, default)
    }

    /// A number that may be missing.
    pub fn opt_scalar(&self, name: &str, position: usize) -> Given<Option<Scalar>> {
        self.opt(name, position)
    }

    /// An integer.
    pub fn int<T: TryFrom<i64>>(&self, name: &str, position: usize) -> Given<T> {
        narrow(name, self.get(name, position)?)
    }

    /// An integer that has a default.
    pub fn int_or<T: TryFrom<i64>>(&self, name: &str, position: usize, default: T) -> Given<T> {
        Ok(self.opt_int(name, position)?.unwrap_or(default))
    }

    /// An integer that may be missing.
    pub fn opt_int<T: TryFrom<i64>>(&self, name: &str, position: usize) -> Given<Option<T>> {
        self.opt(name, position)?
            .map(|value| narrow(name, value))
            .transpose()
    }

    /// An integer, which PyTorch also takes as a tensor of one element.
    pub fn index<T: TryFrom<i64>>(&self, name: &str, position: usize) -> Given<T> {
        match self.operand(name, position)? {
            Operand::Tensor(tensor) => match tensor.item_scalar()? {
                Scalar::Int(value) => narrow(name, value),
                _ => Err(Failure::Kind(format!(
                    "`{name}` is a tensor of another kind"
                ))),
            },
            Operand::Scalar(_) => self.int(name, position),
        }
    }

    /// A sequence of integers, or a single one.
    pub fn ints<T: TryFrom<i64>>(&self, name: &str, position: usize) -> Given<Vec<T>> {
        let missing = || Failure::Kind(format!("`{name}` is missing"));
        self.opt_ints(name, position)?.ok_or_else(missing)
    }

    /// A sequence of integers, or a single one, that may be missing.
    pub fn opt_ints<T: TryFrom<i64>>(&self, name: &str, position: usize) -> Given<Option<Vec<T>>> {
        let values: Option<Vec<i64>> = self.opt(name, position)?;
        let narrow = |values: Vec<i64>| values.into_iter().map(|value| narrow(name, value));
        values.map(|values| narrow(values).collect()).transpose()
    }

    /// The integers from `position` on, or those in a sequence that stands there alone.
    pub fn rest_ints<T: TryFrom<i64>>(&self, name: &str, position: usize) -> Given<Vec<T>> {
        self.rest(name, position)?
            .into_iter()
            .map(|value| narrow(name, value))
            .collect()
    }

    /// A float; an integer will do.
    pub fn float(&self, name: &str, position: usize) -> Given<f64> {
        self.get(name, position)
    }

    /// A float that has a default.
    pub fn float_or(&self, name: &str, position: usize, default: f64) -> Given<f64> {
        self.get_or(name, position, default)
    }

    /// A float that may be missing.
    pub fn opt_float(&self, name: &str, position: usize) -> Given<Option<f64>> {
        self.opt(name, position)
    }

    /// A boolean.
    pub fn bool(&self, name: &str, position: usize) -> Given<bool> {
        self.get(name, position)
    }

    /// A boolean that has a default.
    pub fn bool_or(&self, name: &str, position: usize, default: bool) -> Given<bool> {
        self.get_or(name, position, default)
    }

    /// A string.
    pub fn text(&self, name: &str, position: usize) -> Given<String> {
        self.get(name, position)
    }

    /// A string that has a default.
    pub fn text_or(&self, name: &str, position: usize, default: &str) -> Given<String> {
        self.get_or(name, position, default.to_owned())
    }

    /// An element type that may be missing.
    pub fn opt_dtype(&self, name: &str, position: usize) -> Given<Option<DType>> {
        self.opt(name, position)
    }
}

fn narrow<T: TryFrom<i64>>(name: &str, value: i64) -> Given<T> {
    T::try_from(value).map_err(|_| Failure::Range(format!("`{name}` cannot be {value}")))
}

macro_rules! from_argument {
    ($($type:ty: |$argument:pat_param, $tensors:ident| $value:expr;)*) => {$(
        impl FromArgument for $type {
            fn from_argument(argument: &Argument, $tensors: &Tensors) -> Given<Option<Self>> {
                match argument {
                    $argument => Ok(Some($value)),
                    #[allow(unreachable_patterns, reason = "some types read every argument")]
                    _ => Ok(None),
                }
            }
        }
    )*};
}

from_argument! {
    Argument: |any, _tensors| any.clone();
    bool:     |Argument::Bool(value), _tensors| *value;
    i64:      |Argument::Int(value), _tensors| *value;
    String:   |Argument::Text(value), _tensors| value.clone();
    DType:    |Argument::DType(value), _tensors| *value;
    Tensor:   |Argument::Tensor(value), tensors| tensors.get(value)?;
}

impl FromArgument for f64 {
    fn from_argument(argument: &Argument, _: &Tensors) -> Given<Option<Self>> {
        Ok(match argument {
            Argument::Float(value) => Some(*value),
            Argument::Int(value) => Some(*value as f64),
            _ => None,
        })
    }
}

impl FromArgument for PerGroup {
    fn from_argument(argument: &Argument, tensors: &Tensors) -> Given<Option<Self>> {
        match argument.items() {
            Some(_) => Ok(Vec::from_argument(argument, tensors)?.map(Self::Each)),
            None => Ok(f64::from_argument(argument, tensors)?.map(Self::Same)),
        }
    }
}

impl FromArgument for Scalar {
    fn from_argument(argument: &Argument, _: &Tensors) -> Given<Option<Self>> {
        Ok(match argument {
            Argument::Bool(value) => Some(Scalar::Bool(*value)),
            Argument::Int(value) => Some(Scalar::Int(*value)),
            Argument::Float(value) => Some(Scalar::Float(*value)),
            _ => None,
        })
    }
}

impl FromArgument for Operand {
    fn from_argument(argument: &Argument, tensors: &Tensors) -> Given<Option<Self>> {
        if let Some(tensor) = Tensor::from_argument(argument, tensors)? {
            return Ok(Some(Self::Tensor(tensor)));
        }
        Ok(Scalar::from_argument(argument, tensors)?.map(Self::Scalar))
    }
}

impl<T: FromArgument> FromArgument for Option<T> {
    fn from_argument(argument: &Argument, tensors: &Tensors) -> Given<Option<Self>> {
        if *argument == Argument::None {
            return Ok(Some(None));
        }
        Ok(T::from_argument(argument, tensors)?.map(Some))
    }
}

impl<T: FromArgument> FromArgument for Vec<T> {
    fn from_argument(argument: &Argument, tensors: &Tensors) -> Given<Option<Self>> {
        match argument.items() {
            Some(items) => items
                .iter()
                .map(|item| T::from_argument(item, tensors))
                .collect(),
            // PyTorch reads a single integer as a sequence of one; other kinds it refuses.
            None if matches!(argument, Argument::Int(_)) => {
                Ok(T::from_argument(argument, tensors)?.map(|item| vec![item]))
            }
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::Container;

    /// `f(2, "sum", dim=1, out=None)`
    fn arguments() -> Arguments {
        Arguments {
            positional: vec![Argument::Int(2), Argument::Text("sum".into())],
            keyword: vec![
                ("dim".into(), Argument::Int(1)),
                ("out".into(), Argument::None),
            ],
        }
    }

    fn check(test: impl Fn(&Call)) {
        let (arguments, file) = (arguments(), Container::default());
        let tensors = Tensors::of(&file);
        test(&Call::new(&arguments, &tensors));
    }

    #[test]
    fn arguments_are_found_by_position_or_by_name() {
        check(|call| {
            assert_eq!(call.int::<usize>("input", 0), Ok(2));
            assert_eq!(call.int::<isize>("dim", 2), Ok(1));
            assert_eq!(call.text("reduction", 1), Ok("sum".into()));
            assert_eq!(call.opt_int::<i64>("out", KEYWORD), Ok(None));
            assert_eq!(call.int_or::<i64>("absent", 2, 7), Ok(7));
        });
    }

    #[test]
    fn a_single_integer_is_a_sequence_of_one() {
        check(|call| assert_eq!(call.ints::<i64>("dim", KEYWORD), Ok(vec![1])));
    }

    #[test]
    fn another_kind_or_range_is_refused() {
        check(|call| {
            assert!(matches!(call.bool("input", 0), Err(Failure::Kind(_))));
            assert!(matches!(call.tensor("input", 0), Err(Failure::Kind(_))));
            assert!(matches!(
                call.int::<i64>("absent", 5),
                Err(Failure::Kind(_))
            ));
            assert!(matches!(
                narrow::<usize>("size", -1),
                Err(Failure::Range(_))
            ));
        });
    }

    #[test]
    fn an_overlooked_argument_spoils_the_call() {
        check(|call| {
            assert!(call.int::<i64>("input", 0).is_ok());
            assert_eq!(call.overlooked(), Some("positional argument 1".into()));
            assert!(call.text("reduction", 1).is_ok());
            assert_eq!(call.overlooked(), Some("argument `dim`".into()));
            assert!(matches!(
                call.complete(Ok(())),
                Err(Failure::Unsupported(_))
            ));
            assert!(call.int::<i64>("dim", 2).is_ok());
            assert_eq!(call.complete(Ok(())), Ok(()));
        });
    }
}
