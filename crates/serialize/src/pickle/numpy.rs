//! Arrays of NumPy, which are rebuilt empty and then get their shape, type and elements.

use std::sync::Arc;

use rushlight_tensor::{Array, DType};

use super::PART;
use super::heap::{Id, Node};
use super::machine::Machine;
use crate::layout::{MAX_DIMS, byte_length};
use crate::npy::dtype_of_code;
use crate::{Error, Result};

/// The type of a code such as `u1`.
pub(super) fn dtype(code: &str) -> Result<Node> {
    let dtype = dtype_of_code(code.trim_start_matches(['|', '<']));
    let dtype = dtype.ok_or_else(|| unsupported(format!("arrays of {code:?}")))?;
    Ok(Node::NumpyDType(dtype))
}

impl Machine<'_, '_> {
    /// Gives an array, or the type of one, what it consists of.
    pub(super) fn set_numpy_state(&mut self, target: Id, state: Id) -> Result<()> {
        let fields = match self.heap.get(state) {
            Node::Tuple(fields) => fields.iter().take(6).copied().collect::<Vec<_>>(),
            other => {
                return Err(malformed(format!(
                    "the state of an array is a {}",
                    other.kind()
                )));
            }
        };
        match self.heap.get(target) {
            Node::NumpyDType(dtype) => self.check_byte_order(*dtype, &fields),
            _ => {
                let array = self.numpy_array(&fields)?;
                *self.heap.get_mut(target) = Node::NumpyArray(Some(array));
                Ok(())
            }
        }
    }

    /// `(version, byte order, ...)`.
    fn check_byte_order(&self, dtype: DType, fields: &[Id]) -> Result<()> {
        let order = match fields.get(1) {
            Some(order) => self.text(*order)?,
            None => return Err(malformed("a type without a byte order")),
        };
        match &*order {
            "|" | "<" => Ok(()),
            "=" | ">" if dtype.size_in_bytes() == 1 => Ok(()),
            order => Err(unsupported(format!("arrays of the byte order {order:?}"))),
        }
    }

    /// `(version, shape, type, whether columns come first, elements)`.
    fn numpy_array(&mut self, fields: &[Id]) -> Result<Array> {
        let [_version, shape, dtype, columns_first, elements] = *fields else {
            return Err(malformed(format!("an array of {} parts", fields.len())));
        };
        let shape = self.integers(shape)?;
        let shape: Option<Vec<usize>> = shape.iter().map(|&size| size.try_into().ok()).collect();
        let shape = shape.filter(|shape| shape.len() <= MAX_DIMS);
        let shape = shape.ok_or_else(|| malformed("an array of a negative size"))?;
        let Node::NumpyDType(dtype) = *self.heap.get(dtype) else {
            return Err(malformed("an array without a type"));
        };
        if self.boolean(columns_first)? && shape.len() > 1 {
            return Err(unsupported("arrays whose columns come first"));
        }
        let bytes: Arc<[u8]> = match self.heap.get(elements) {
            Node::Bytes(bytes) => bytes.clone(),
            Node::Str(text) => text.clone().into(),
            other => return Err(malformed(format!("elements that are a {}", other.kind()))),
        };
        if byte_length(&shape, dtype) != Some(bytes.len() as u64) {
            let got = bytes.len();
            return Err(malformed(format!("{got} bytes for an array of {shape:?}")));
        }
        // They may be those of many arrays.
        self.charge_copy(bytes.len())?;
        Ok(Array::from_bytes(&bytes, &shape, dtype)?)
    }
}

fn malformed(problem: impl Into<String>) -> Error {
    Error::malformed(PART, problem)
}

fn unsupported(what: impl Into<String>) -> Error {
    Error::unsupported(PART, what)
}
