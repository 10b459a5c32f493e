//! Operations that choose among equal elements, where any choice is right.
//!
//! PyTorch leaves open which of several equal elements `max`, `sort` or `median` name. Where an index
//! differs from the expected one, it is right if it leads to an equal element; where a gradient
//! differs, it is right if equal elements together receive what they together should.

use std::collections::HashSet;

use crate::argument::{Argument, Arguments};
use crate::compare::{self, Element, Tolerance, element};
use crate::container::Contents;
use crate::tensor;
use crate::tensors::Tensors;

/// An operation that chooses along a dimension: the position of `dim`, its default (none for all
/// elements), and whether it names each element at most once.
const CHOOSING: &[(&str, usize, Option<i64>, bool)] = &[
    ("argmax", 1, None, false),
    ("argmin", 1, None, false),
    ("argsort", 1, Some(-1), true),
    ("cummax", 1, Some(-1), false),
    ("cummin", 1, Some(-1), false),
    ("kthvalue", 2, Some(-1), false),
    ("masked.argmax", 1, None, false),
    ("masked.argmin", 1, None, false),
    ("max", 1, None, false),
    ("median", 1, None, false),
    ("min", 1, None, false),
    ("mode", 1, Some(-1), false),
    ("msort", 1, Some(0), true),
    ("nanmedian", 1, None, false),
    ("sort", 1, Some(-1), true),
    ("topk", 2, Some(-1), true),
];

/// The elements among which an operation chooses, as `[outer, length, inner]`.
#[derive(Debug)]
pub struct Ties {
    input: Contents,
    length: usize,
    inner: usize,
    distinct: bool,
}

impl Ties {
    /// Of a call, if it chooses and the choice is not fixed by `stable=True`.
    pub fn of(name: &str, arguments: &Arguments, tensors: &Tensors) -> Option<Self> {
        let &(_, position, default, distinct) = CHOOSING.iter().find(|row| row.0 == name)?;
        let keyword = |key: &str| arguments.keyword.iter().find(|(own, _)| own == key);
        if keyword("stable").is_some_and(|(_, stable)| *stable == Argument::Bool(true)) {
            return None;
        }
        let Some(Argument::Tensor(input)) = arguments.positional.first() else {
            return None;
        };
        let input = tensor::to_contents(&tensors.get(input).ok()?).ok()?;
        let given = arguments
            .positional
            .get(position)
            .or(keyword("dim").map(|(_, dim)| dim));
        let dim = match given {
            Some(Argument::Int(dim)) => Some(*dim),
            _ => default,
        };
        let rank = input.shape.len();
        let (length, inner) = match dim {
            Some(dim) if rank > 0 => {
                let dim = usize::try_from(if dim < 0 { dim + rank as i64 } else { dim }).ok()?;
                (
                    *input.shape.get(dim)?,
                    input.shape[dim + 1..].iter().product(),
                )
            }
            _ => (input.shape.iter().product(), 1),
        };
        Some(Self {
            input,
            length,
            inner,
            distinct,
        })
    }

    /// Whether indices lead to the same elements as the expected ones.
    pub fn indices_agree(&self, got: &Contents, expected: &Contents) -> bool {
        let count: usize = got.shape.iter().product();
        let lines = self
            .input
            .shape
            .iter()
            .product::<usize>()
            .checked_div(self.length);
        let Some(chosen) = count.checked_div(lines.unwrap_or(0)) else {
            return false;
        };
        if got.shape != expected.shape || got.dtype != expected.dtype {
            return false;
        }
        let mut seen = HashSet::new();
        (0..count).all(|at| {
            let (Element::Int(got), Element::Int(expected)) =
                (element(got, at), element(expected, at))
            else {
                return false;
            };
            let line = at / (chosen * self.inner) * self.inner + at % self.inner;
            let (Some(got), Some(expected)) = (self.place(line, got), self.place(line, expected))
            else {
                return false;
            };
            let (got_value, value) = (element(&self.input, got), element(&self.input, expected));
            (!self.distinct || seen.insert(got)) && same(got_value, value)
        })
    }

    /// The row-major place of an index on a line.
    fn place(&self, line: usize, index: i64) -> Option<usize> {
        let index = usize::try_from(index)
            .ok()
            .filter(|&index| index < self.length)?;
        let (outer, inner) = (line / self.inner, line % self.inner);
        Some((outer * self.length + index) * self.inner + inner)
    }

    /// Whether equal elements together receive the expected gradient.
    pub fn gradients_agree(
        &self,
        got: &Contents,
        expected: &Contents,
        tolerance: Tolerance,
    ) -> bool {
        let fits = |gradient: &Contents| {
            compare::forms(gradient, &self.input.shape, self.input.dtype).is_ok()
        };
        let count: usize = self.input.shape.iter().product();
        fits(got)
            && fits(expected)
            && (0..count).all(|at| {
                let equals = self.equals(at);
                let sum = |gradient| equals.iter().map(|&at| float(element(gradient, at))).sum();
                tolerance.admits(sum(got), sum(expected))
            })
    }

    /// The places on the same line whose elements are equal.
    fn equals(&self, at: usize) -> Vec<usize> {
        let value = element(&self.input, at);
        let start = at / (self.length * self.inner) * self.length * self.inner + at % self.inner;
        let line = (0..self.length).map(|index| start + index * self.inner);
        line.filter(|&other| same(element(&self.input, other), value))
            .collect()
    }
}

/// Equal, or both NaN.
fn same(a: Element, b: Element) -> bool {
    a == b || (float(a).is_nan() && float(b).is_nan())
}

fn float(element: Element) -> f64 {
    match element {
        Element::Float(value) => value,
        Element::Int(value) => value as f64,
        Element::Bool(value) => f64::from(u8::from(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::DType;

    fn floats(values: &[f32], shape: &[usize]) -> Contents {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Contents {
            dtype: DType::F32,
            shape: shape.to_vec(),
            bytes,
        }
    }

    fn indices(values: &[i64], shape: &[usize]) -> Contents {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Contents {
            dtype: DType::I64,
            shape: shape.to_vec(),
            bytes,
        }
    }

    /// Two lines along dimension 0: 1, 2, 2 and 5, 5, 4.
    fn columns(distinct: bool) -> Ties {
        let input = floats(&[1.0, 5.0, 2.0, 5.0, 2.0, 4.0], &[3, 2]);
        Ties {
            input,
            length: 3,
            inner: 2,
            distinct,
        }
    }

    #[test]
    fn another_of_two_equal_elements_is_as_right() {
        let agree = |got: &[i64]| {
            columns(false).indices_agree(&indices(got, &[2]), &indices(&[1, 0], &[2]))
        };
        assert!(agree(&[1, 0]));
        assert!(agree(&[2, 1]));
        assert!(!agree(&[0, 1]));
        assert!(!agree(&[2, 2]));
        assert!(!agree(&[3, 0]));
        assert!(!agree(&[-1, 0]));
    }

    #[test]
    fn a_sorted_order_names_each_element_once() {
        let expected = indices(&[0, 2, 1, 0, 2, 1], &[3, 2]);
        let agree = |got: &[i64]| columns(true).indices_agree(&indices(got, &[3, 2]), &expected);
        assert!(agree(&[0, 2, 2, 1, 1, 0]));
        assert!(!agree(&[0, 2, 2, 1, 2, 0]));
    }

    #[test]
    fn equal_elements_share_a_gradient() {
        let tolerance = Tolerance::default();
        let expected = floats(&[0.0, 3.0, 7.0, 0.0, 0.0, 0.0], &[3, 2]);
        let agree = |got: &[f32]| {
            columns(false).gradients_agree(&floats(got, &[3, 2]), &expected, tolerance)
        };
        assert!(agree(&[0.0, 1.0, 0.0, 2.0, 7.0, 0.0]));
        assert!(!agree(&[7.0, 3.0, 0.0, 0.0, 0.0, 0.0]));
        assert!(!agree(&[0.0, 0.0, 7.0, 0.0, 0.0, 3.0]));
    }
}
