//! Named options of a parameter group, in the order in which an optimizer lists them.

use crate::{Error, Result};
use std::fmt;

/// The value of an option.
#[derive(Clone, Debug, PartialEq)]
pub enum OptionValue {
    /// Nothing.
    None,
    /// On or off.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// Two numbers.
    Pair(f64, f64),
}

impl From<f64> for OptionValue {
    fn from(x: f64) -> OptionValue {
        OptionValue::Float(x)
    }
}

impl From<bool> for OptionValue {
    fn from(x: bool) -> OptionValue {
        OptionValue::Bool(x)
    }
}

impl From<(f64, f64)> for OptionValue {
    fn from((x, y): (f64, f64)) -> OptionValue {
        OptionValue::Pair(x, y)
    }
}

/// As Python prints it.
impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OptionValue::None => f.write_str("None"),
            OptionValue::Bool(true) => f.write_str("True"),
            OptionValue::Bool(false) => f.write_str("False"),
            OptionValue::Int(i) => write!(f, "{i}"),
            OptionValue::Float(x) => f.write_str(&python_float(*x)),
            OptionValue::Pair(x, y) => write!(f, "({}, {})", python_float(*x), python_float(*y)),
        }
    }
}

/// The shortest decimal that reads back as the same number, in Python's notation.
fn python_float(x: f64) -> String {
    let magnitude = x.abs();
    if x == 0.0 || !x.is_finite() || (1e-4..1e16).contains(&magnitude) {
        return match x {
            x if x.is_nan() => "nan".into(),
            x if x.is_infinite() => if x > 0.0 { "inf" } else { "-inf" }.into(),
            x => format!("{x:?}"),
        };
    }
    let text = format!("{x:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

/// Options by name, in a fixed order.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Options(Vec<(&'static str, OptionValue)>);

impl Options {
    pub(crate) fn new(defaults: &[(&'static str, OptionValue)]) -> Options {
        Options(defaults.to_vec())
    }

    /// The options in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &OptionValue)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// The value of an option, if there is one of that name.
    pub fn get(&self, name: &str) -> Option<&OptionValue> {
        self.0
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Sets an option. `optimizer` names who refuses an unknown name.
    pub fn set(
        &mut self,
        optimizer: &'static str,
        name: &str,
        value: impl Into<OptionValue>,
    ) -> Result<()> {
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, slot)) => {
                *slot = value.into();
                Ok(())
            }
            None => {
                let known: Vec<&str> = self.0.iter().map(|(name, _)| *name).collect();
                let (name, known) = (name.to_string(), known.join(", "));
                Err(Error::UnknownOption {
                    optimizer,
                    name,
                    known,
                })
            }
        }
    }

    /// An option that is a number; integers and booleans count as such, all else as NaN.
    pub fn float(&self, name: &str) -> f64 {
        match self.get(name) {
            Some(OptionValue::Float(x)) => *x,
            Some(OptionValue::Int(i)) => *i as f64,
            Some(OptionValue::Bool(b)) => f64::from(*b),
            _ => f64::NAN,
        }
    }

    /// An option that is on.
    pub fn is_on(&self, name: &str) -> bool {
        match self.get(name) {
            Some(OptionValue::Bool(on)) => *on,
            Some(OptionValue::Int(i)) => *i != 0,
            Some(OptionValue::Float(x)) => *x != 0.0,
            _ => false,
        }
    }

    /// An option that is a pair of numbers.
    pub fn pair(&self, name: &str) -> (f64, f64) {
        match self.get(name) {
            Some(OptionValue::Pair(x, y)) => (*x, *y),
            _ => (f64::NAN, f64::NAN),
        }
    }

    /// Refuses a number that is negative or NaN.
    pub(crate) fn check_non_negative(&self, optimizer: &'static str, name: &str) -> Result<()> {
        let got = self.float(name);
        let fits = got >= 0.0;
        self.check(optimizer, name, fits, "a number that is not negative")
    }

    /// Refuses moment decay rates outside `[0, 1)`.
    pub(crate) fn check_betas(&self, optimizer: &'static str) -> Result<()> {
        let (first, second) = self.pair("betas");
        let fits = (0.0..1.0).contains(&first) && (0.0..1.0).contains(&second);
        self.check(optimizer, "betas", fits, "two numbers in [0, 1)")
    }

    /// Refuses an option unless it fits.
    pub(crate) fn check(
        &self,
        optimizer: &'static str,
        name: &str,
        fits: bool,
        expected: &'static str,
    ) -> Result<()> {
        if fits {
            return Ok(());
        }
        let got = self
            .get(name)
            .map_or_else(|| "missing".to_string(), OptionValue::to_string);
        Err(Error::Option {
            optimizer,
            name: name.to_string(),
            got,
            expected,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_as_in_python() {
        let cases = [
            (0.1, "0.1"),
            (1e-8, "1e-08"),
            (0.0003, "0.0003"),
            (1.0, "1.0"),
            (1.5e-5, "1.5e-05"),
            (2e16, "2e+16"),
        ];
        for (x, text) in cases {
            assert_eq!(OptionValue::Float(x).to_string(), text);
        }
    }
}
