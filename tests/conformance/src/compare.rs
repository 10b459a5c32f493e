//! Whether a result agrees with the expected one.

use half::{bf16, f16};
use serde_json::Value;

use crate::container::Contents;
use crate::tensor::DType;

/// The largest difference that a case grants to floating-point values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tolerance {
    /// Relative to the expected value.
    pub relative: f64,
    /// In absolute terms.
    pub absolute: f64,
}

impl Tolerance {
    /// Reads the fields of a case; a missing one is zero.
    pub fn parse(case: &Value, relative: &str, absolute: &str) -> Self {
        let field = |name: &str| case[name].as_f64().unwrap_or(0.0);
        Self {
            relative: field(relative),
            absolute: field(absolute),
        }
    }

    /// Whether `got` is near enough to `expected`; infinities agree with themselves, NaN with NaN.
    pub fn admits(&self, got: f64, expected: f64) -> bool {
        got == expected
            || (got.is_nan() && expected.is_nan())
            || (expected.is_finite()
                && (got - expected).abs() <= self.absolute + self.relative * expected.abs())
    }
}

/// Compares shape, element type and elements; the error names the first difference.
pub fn tensors(got: &Contents, expected: &Contents, tolerance: Tolerance) -> Result<(), String> {
    forms(got, &expected.shape, expected.dtype)?;
    let count = expected.shape.iter().product();
    let differing: Vec<usize> = (0..count)
        .filter(
            |&index| match (element(got, index), element(expected, index)) {
                (Element::Float(got), Element::Float(expected)) => !tolerance.admits(got, expected),
                (got, expected) => got != expected,
            },
        )
        .collect();
    let Some(&first) = differing.first() else {
        return Ok(());
    };
    Err(format!(
        "at {:?} got {}, expected {} ({} of {count} differ)",
        position(first, &expected.shape),
        element(got, first),
        element(expected, first),
        differing.len(),
    ))
}

/// Compares shape and element type only.
pub fn forms(got: &Contents, shape: &[usize], dtype: DType) -> Result<(), String> {
    if got.shape != shape {
        return Err(format!("got shape {:?}, expected {shape:?}", got.shape));
    }
    if got.dtype != dtype {
        return Err(format!("got {:?}, expected {dtype:?}", got.dtype));
    }
    Ok(())
}

/// One element of a tensor, exactly.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Element {
    /// Of a floating-point tensor.
    Float(f64),
    /// Of an integer tensor.
    Int(i64),
    /// Of a boolean tensor.
    Bool(bool),
}

impl std::fmt::Display for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Bool(value) => write!(f, "{value}"),
        }
    }
}

/// The element at a row-major index that lies inside the tensor.
pub fn element(contents: &Contents, index: usize) -> Element {
    let bytes =
        &contents.bytes[index * contents.dtype.size_in_bytes()..][..contents.dtype.size_in_bytes()];
    macro_rules! read {
        ($type:ty) => {{
            let mut array = [0; size_of::<$type>()];
            array.copy_from_slice(bytes);
            <$type>::from_le_bytes(array)
        }};
    }
    match contents.dtype {
        DType::F64 => Element::Float(read!(f64)),
        DType::F32 => Element::Float(read!(f32).into()),
        DType::F16 => Element::Float(read!(f16).into()),
        DType::BF16 => Element::Float(read!(bf16).into()),
        DType::I64 => Element::Int(read!(i64)),
        DType::I32 => Element::Int(read!(i32).into()),
        DType::I16 => Element::Int(read!(i16).into()),
        DType::I8 => Element::Int(read!(i8).into()),
        DType::U8 => Element::Int(read!(u8).into()),
        DType::Bool => Element::Bool(bytes[0] != 0),
    }
}

/// The index in each dimension of a row-major index.
fn position(mut index: usize, shape: &[usize]) -> Vec<usize> {
    let mut position = vec![0; shape.len()];
    for (place, &size) in position.iter_mut().zip(shape).rev() {
        *place = index % size;
        index /= size;
    }
    position
}

#[cfg(test)]
mod tests {
    use super::*;

    fn floats(values: &[f32]) -> Contents {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        Contents {
            dtype: DType::F32,
            shape: vec![values.len()],
            bytes,
        }
    }

    const TOLERANCE: Tolerance = Tolerance {
        relative: 1e-3,
        absolute: 1e-6,
    };

    #[test]
    fn the_bound_is_absolute_plus_relative_to_the_expected_value() {
        assert!(TOLERANCE.admits(1001.0, 1000.0));
        assert!(!TOLERANCE.admits(1001.1, 1000.0));
        assert!(TOLERANCE.admits(1e-6, 0.0));
        assert!(!TOLERANCE.admits(1.1e-6, 0.0));
    }

    #[test]
    fn equal_infinities_and_nan_agree_and_nothing_else_does() {
        let infinity = f64::INFINITY;
        let loose = Tolerance {
            relative: infinity,
            absolute: infinity,
        };
        assert!(TOLERANCE.admits(infinity, infinity));
        assert!(TOLERANCE.admits(f64::NAN, f64::NAN));
        assert!(!loose.admits(infinity, -infinity));
        assert!(!loose.admits(1.0, infinity));
        assert!(!loose.admits(f64::NAN, 1.0));
        assert!(!loose.admits(1.0, f64::NAN));
    }

    #[test]
    fn the_first_difference_is_named() {
        let text = tensors(
            &floats(&[1.0, 2.5, 3.0]),
            &floats(&[1.0, 2.0, 4.0]),
            TOLERANCE,
        );
        assert_eq!(
            text.unwrap_err(),
            "at [1] got 2.5, expected 2.0 (2 of 3 differ)"
        );
    }

    #[test]
    fn shape_and_dtype_count() {
        let expected = floats(&[1.0]);
        let scalar = Contents {
            shape: vec![],
            ..expected.clone()
        };
        let double = Contents {
            dtype: DType::F64,
            bytes: 1f64.to_le_bytes().to_vec(),
            ..expected.clone()
        };
        assert!(tensors(&scalar, &expected, TOLERANCE).is_err());
        assert!(tensors(&double, &expected, TOLERANCE).is_err());
        assert!(tensors(&expected, &expected, TOLERANCE).is_ok());
    }

    #[test]
    fn integers_agree_exactly() {
        let integers = |value: i64| Contents {
            dtype: DType::I64,
            shape: vec![],
            bytes: value.to_le_bytes().to_vec(),
        };
        let loose = Tolerance {
            relative: 1.0,
            absolute: 1.0,
        };
        assert!(tensors(&integers(7), &integers(7), loose).is_ok());
        assert!(tensors(&integers(i64::MAX), &integers(i64::MAX - 1), loose).is_err());
    }
}
