//! Named options of a parameter group, in the order in which an optimizer lists them.

use crate::{Error, Result};
use rushlight_autograd::Tensor;
use std::borrow::Cow;
use std::fmt;

/// The value of an option.
#[derive(Clone, Debug)]
pub enum OptionValue {
    /// Nothing.
    None,
    /// On or off.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A word, such as the name of a line search.
    Text(Cow<'static, str>),
    /// Several values.
    Tuple(Cow<'static, [OptionValue]>),
    /// A number in a tensor of one element, whose value may change between steps.
    Tensor(Tensor),
}

/// Entries that schedules add to the options of a group.
const SCHEDULED: &[&str] = &[
    "initial_lr",
    "max_lr",
    "min_lr",
    "base_momentum",
    "max_momentum",
    "swa_lr",
];

impl OptionValue {
    /// Several values that are known beforehand.
    pub(crate) const fn tuple(values: &'static [OptionValue]) -> OptionValue {
        OptionValue::Tuple(Cow::Borrowed(values))
    }

    /// The value as a number, if it is one: integers, booleans and tensors of one element count.
    pub fn number(&self) -> Option<f64> {
        match self {
            OptionValue::Float(x) => Some(*x),
            OptionValue::Int(i) => Some(*i as f64),
            OptionValue::Bool(b) => Some(f64::from(*b)),
            OptionValue::Tensor(tensor) if tensor.numel() == 1 => tensor.item().ok(),
            _ => None,
        }
    }

    /// The values of a tuple, if it is one.
    pub fn values(&self) -> Option<&[OptionValue]> {
        match self {
            OptionValue::Tuple(values) => Some(values),
            _ => None,
        }
    }
}

macro_rules! option_value_from {
    ($($Type:ty: |$x:ident| $value:expr;)*) => { $(
        impl From<$Type> for OptionValue {
            fn from($x: $Type) -> OptionValue {
                $value
            }
        }
    )* };
}

option_value_from! {
    f64: |x| OptionValue::Float(x);
    i64: |x| OptionValue::Int(x);
    i32: |x| OptionValue::Int(x.into());
    bool: |x| OptionValue::Bool(x);
    &'static str: |x| OptionValue::Text(Cow::Borrowed(x));
    Tensor: |x| OptionValue::Tensor(x);
    &Tensor: |x| OptionValue::Tensor(x.clone());
    Vec<OptionValue>: |x| OptionValue::Tuple(Cow::Owned(x));
    (f64, f64): |x| vec![x.0.into(), x.1.into()].into();
    (f64, f64, f64): |x| vec![x.0.into(), x.1.into(), x.2.into()].into();
    (Option<f64>, f64): |x| vec![x.0.into(), x.1.into()].into();
    Option<f64>: |x| x.map_or(OptionValue::None, OptionValue::Float);
}

/// Equal values of the same kind; tensors are equal to themselves only.
impl PartialEq for OptionValue {
    fn eq(&self, other: &OptionValue) -> bool {
        match (self, other) {
            (OptionValue::None, OptionValue::None) => true,
            (OptionValue::Bool(a), OptionValue::Bool(b)) => a == b,
            (OptionValue::Int(a), OptionValue::Int(b)) => a == b,
            (OptionValue::Float(a), OptionValue::Float(b)) => a == b,
            (OptionValue::Text(a), OptionValue::Text(b)) => a == b,
            (OptionValue::Tuple(a), OptionValue::Tuple(b)) => a == b,
            (OptionValue::Tensor(a), OptionValue::Tensor(b)) => a.is_same(b),
            _ => false,
        }
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
            OptionValue::Text(text) => f.write_str(text),
            OptionValue::Tensor(tensor) => write!(f, "{tensor}"),
            OptionValue::Tuple(values) => {
                let values: Vec<String> = values.iter().map(OptionValue::to_string).collect();
                match values.as_slice() {
                    [single] => write!(f, "({single},)"),
                    _ => write!(f, "({})", values.join(", ")),
                }
            }
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

/// Options by name, in a fixed order; behind them come entries that schedules add.
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

    /// Sets an option, or an entry of a schedule such as `initial_lr`. `optimizer` names who refuses
    /// an unknown name.
    pub fn set(
        &mut self,
        optimizer: &'static str,
        name: &str,
        value: impl Into<OptionValue>,
    ) -> Result<()> {
        if let Some((_, slot)) = self.0.iter_mut().find(|(known, _)| *known == name) {
            *slot = value.into();
            return Ok(());
        }
        if let Some(&name) = SCHEDULED.iter().find(|known| **known == name) {
            self.0.push((name, value.into()));
            return Ok(());
        }
        let known: Vec<&str> = self.0.iter().map(|(name, _)| *name).collect();
        let (name, known) = (name.to_string(), known.join(", "));
        Err(Error::UnknownOption {
            optimizer,
            name,
            known,
        })
    }

    /// Changes an option that is a number. A tensor keeps its place: all handles to it see the change.
    pub(crate) fn set_number(&mut self, optimizer: &'static str, name: &str, x: f64) -> Result<()> {
        match self.get(name) {
            Some(OptionValue::Tensor(tensor)) => Ok(tensor.set_data(&tensor.full_like(x)?)?),
            _ => self.set(optimizer, name, x),
        }
    }

    /// An option that is a number, in the sense of [`OptionValue::number`]; all else as NaN.
    pub fn float(&self, name: &str) -> f64 {
        let number = self.get(name).and_then(OptionValue::number);
        number.unwrap_or(f64::NAN)
    }

    /// An option that is on.
    pub fn is_on(&self, name: &str) -> bool {
        self.get(name)
            .and_then(OptionValue::number)
            .is_some_and(|x| x != 0.0)
    }

    /// An option that is a word.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(OptionValue::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// An option that is a tuple of `N` numbers; what is missing or no number is NaN.
    pub fn numbers<const N: usize>(&self, name: &str) -> [f64; N] {
        let values = self.get(name).and_then(OptionValue::values);
        let values = values.filter(|values| values.len() == N).unwrap_or(&[]);
        std::array::from_fn(|i| {
            let number = values.get(i).and_then(OptionValue::number);
            number.unwrap_or(f64::NAN)
        })
    }

    /// The factor of the gradient: -1 to climb.
    pub(crate) fn sign(&self) -> f64 {
        if self.is_on("maximize") { -1.0 } else { 1.0 }
    }

    /// How the weight decay acts: the factor of the parameter, and the part that the gradient gets.
    pub(crate) fn decays(&self) -> (f64, f64) {
        let weight_decay = self.float("weight_decay");
        match self.is_on("decoupled_weight_decay") {
            true => (1.0 - self.float("lr") * weight_decay, 0.0),
            false => (1.0, weight_decay),
        }
    }

    /// Refuses numbers that are negative or NaN.
    pub(crate) fn check_non_negative(
        &self,
        optimizer: &'static str,
        names: &[&'static str],
    ) -> Result<()> {
        for &name in names {
            let fits = self.float(name) >= 0.0;
            self.check(optimizer, name, fits, "a number that is not negative")?;
        }
        Ok(())
    }

    /// Refuses moment decay rates outside `[0, 1)`.
    pub(crate) fn check_betas(&self, optimizer: &'static str) -> Result<()> {
        let betas: [f64; 2] = self.numbers("betas");
        let fits = betas.iter().all(|beta| (0.0..1.0).contains(beta));
        self.check(optimizer, "betas", fits, "two numbers in [0, 1)")
    }

    /// Refuses what no optimizer can do: steps that are recorded, and two implementations at once.
    pub(crate) fn check_implementation(&self, optimizer: &'static str) -> Result<()> {
        let differentiable = self.is_on("differentiable");
        let expected = "False: steps are not recorded";
        self.check(optimizer, "differentiable", !differentiable, expected)?;
        let both = self.is_on("fused") && self.is_on("foreach");
        self.check(optimizer, "foreach", !both, "off where `fused` is on")
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

    #[test]
    fn tuples_print_as_in_python() {
        let eps: OptionValue = (None, 1e-3).into();
        assert_eq!(eps.to_string(), "(None, 0.001)");
        let single: OptionValue = vec![OptionValue::Int(2)].into();
        assert_eq!(single.to_string(), "(2,)");
    }
}
