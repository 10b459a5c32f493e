//! What a call returned, and whether that is what the case expects.

use crate::argument::{Argument, TensorArgument};
use crate::compare::{self, Tolerance};
use crate::container::Container;
use crate::outcome::Failure;
use crate::tensor::{self, Error, Scalar, Tensor};
use crate::ties::Ties;

/// The result of a call.
#[derive(Debug, Clone)]
pub enum Output {
    /// A tensor.
    Tensor(Tensor),
    /// A boolean.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float.
    Float(f64),
    /// Several results, in order; a tuple and a list are alike.
    Sequence(Vec<Output>),
}

/// What a row of a mapping table may evaluate to.
pub trait IntoOutput {
    /// The result of the call, or why there is none.
    fn into_output(self) -> Result<Output, Failure>;
}

macro_rules! outputs {
    ($($type:ty, $value:ident => $output:expr;)*) => {$(
        impl IntoOutput for $type {
            fn into_output(self) -> Result<Output, Failure> {
                let $value = self;
                Ok($output)
            }
        }
    )*};
}

outputs! {
    Output, value => value;
    Tensor, value => Output::Tensor(value);
    &Tensor, value => Output::Tensor(value.clone());
    bool,   value => Output::Bool(value);
    i64,    value => Output::Int(value);
    f64,    value => Output::Float(value);
    usize,  value => Output::Int(i64::try_from(value).map_err(|_| Failure::Wrong(value.to_string()))?);
}

impl IntoOutput for Scalar {
    fn into_output(self) -> Result<Output, Failure> {
        Ok(match self {
            Self::Bool(value) => Output::Bool(value),
            Self::Int(value) => Output::Int(value),
            Self::Float(value) => Output::Float(value),
        })
    }
}

impl<T: IntoOutput> IntoOutput for Result<T, Error> {
    fn into_output(self) -> Result<Output, Failure> {
        self?.into_output()
    }
}

impl<T: IntoOutput> IntoOutput for Result<T, Failure> {
    fn into_output(self) -> Result<Output, Failure> {
        self?.into_output()
    }
}

impl<T: IntoOutput> IntoOutput for Vec<T> {
    fn into_output(self) -> Result<Output, Failure> {
        let items = self
            .into_iter()
            .map(T::into_output)
            .collect::<Result<_, _>>()?;
        Ok(Output::Sequence(items))
    }
}

impl<T: IntoOutput, const N: usize> IntoOutput for [T; N] {
    fn into_output(self) -> Result<Output, Failure> {
        Vec::from(self).into_output()
    }
}

macro_rules! tuple_outputs {
    ($($name:ident)*) => {
        impl<$($name: IntoOutput),*> IntoOutput for ($($name,)*) {
            #[allow(non_snake_case, reason = "a type parameter names its own value")]
            fn into_output(self) -> Result<Output, Failure> {
                let ($($name,)*) = self;
                Ok(Output::Sequence(vec![$($name.into_output()?),*]))
            }
        }
    };
}

tuple_outputs!(A B);
tuple_outputs!(A B C);
tuple_outputs!(A B C D);
tuple_outputs!(A B C D E);

impl Output {
    /// The single values of nested results, depth first.
    pub fn leaves(&self) -> Vec<&Output> {
        let mut leaves = Vec::new();
        let mut pending = vec![self];
        while let Some(output) = pending.pop() {
            match output {
                Self::Sequence(items) => pending.extend(items.iter().rev()),
                leaf => leaves.push(leaf),
            }
        }
        leaves
    }

    /// Compares with the values of a case that returned a sequence or, if `single`, with the one
    /// value it returned.
    pub fn compare(
        &self,
        expected: &[Argument],
        single: bool,
        rules: &Rules,
    ) -> Result<(), Failure> {
        match (self, expected) {
            (Self::Sequence(items), _) if !single => rules.compare_all(items, expected),
            (value, [expected]) if single => rules.compare(value, expected, "output"),
            _ => {
                let (got, count) = (self.kind(), expected.len());
                let form = if single {
                    "value"
                } else {
                    "values in a sequence"
                };
                Err(Failure::Wrong(format!(
                    "got {got}, expected {count} {form}"
                )))
            }
        }
    }

    fn kind(&self) -> String {
        match self {
            Self::Tensor(_) => "a tensor".into(),
            Self::Bool(value) => format!("{value}"),
            Self::Int(value) => format!("{value}"),
            Self::Float(value) => format!("{value:?}"),
            Self::Sequence(items) => format!("a sequence of {}", items.len()),
        }
    }
}

/// What decides whether a result agrees.
#[derive(Debug)]
pub struct Rules<'a> {
    /// Where the expected values are stored.
    pub file: &'a Container,
    /// What floating-point values may differ by.
    pub tolerance: Tolerance,
    /// The choice that the operation has, where any choice is right.
    pub ties: Option<Ties>,
}

impl<'a> Rules<'a> {
    /// Rules without a choice.
    pub fn new(file: &'a Container, tolerance: Tolerance) -> Self {
        Self {
            file,
            tolerance,
            ties: None,
        }
    }

    /// Compares a tensor with a stored one.
    pub fn compare_stored(&self, got: Output, key: &str) -> Result<(), Failure> {
        let expected = TensorArgument {
            key: key.to_owned(),
            ..TensorArgument::default()
        };
        self.compare(&got, &Argument::Tensor(expected), "output")
    }

    fn compare(&self, got: &Output, expected: &Argument, place: &str) -> Result<(), Failure> {
        let differ = |text: String| Failure::Wrong(format!("{place}: {text}"));
        match (got, expected) {
            (Output::Tensor(got), Argument::Tensor(expected)) => {
                let expected = self.file.tensor(&expected.key);
                let expected = expected.ok_or(Failure::Corpus(format!("{place} is not stored")))?;
                let got = tensor::to_contents(got)?;
                let may_choose = |ties: &Ties| ties.indices_agree(&got, &expected);
                match compare::tensors(&got, &expected, self.tolerance) {
                    Err(_) if self.ties.as_ref().is_some_and(may_choose) => Ok(()),
                    result => result.map_err(differ),
                }
            }
            (Output::Tensor(got), Argument::Uninitialised(shape, dtype)) => {
                compare::forms(&tensor::to_contents(got)?, shape, *dtype).map_err(differ)
            }
            (Output::Bool(got), Argument::Bool(expected)) if got == expected => Ok(()),
            (Output::Int(got), Argument::Int(expected)) if got == expected => Ok(()),
            (Output::Float(got), Argument::Float(expected))
                if self.tolerance.admits(*got, *expected) =>
            {
                Ok(())
            }
            (Output::Sequence(got), Argument::List(expected) | Argument::Tuple(expected)) => {
                self.compare_all(got, expected)
            }
            _ => Err(differ(format!("got {}, expected {expected:?}", got.kind()))),
        }
    }

    fn compare_all(&self, got: &[Output], expected: &[Argument]) -> Result<(), Failure> {
        if got.len() != expected.len() {
            let text = format!("got {} values, expected {}", got.len(), expected.len());
            return Err(Failure::Wrong(text));
        }
        for (index, (got, expected)) in got.iter().zip(expected).enumerate() {
            self.compare(got, expected, &format!("output {index}"))?;
        }
        Ok(())
    }
}
