//! The checks that come before kernels: shapes, dimensions, indices, dtypes, devices.
//!
//! Kernels trust what has passed here.

use crate::dtype::{Weight, result_type};
use crate::{Array, DType, Error, Result, Scalar, Shape};

/// The number of elements of a shape.
pub fn numel(op: &'static str, shape: &Shape) -> Result<usize> {
    shape.checked_numel().ok_or_else(|| Error::Overflow {
        op,
        shape: shape.clone(),
    })
}

/// Checks that memory has room for that many numbers of any type, which a kernel works in beside its
/// output.
pub fn room_for(op: &'static str, numbers: usize) -> Result<()> {
    /// What is asked for without a check.
    const SMALL: usize = 1 << 30;
    let bytes = numbers.saturating_mul(size_of::<u128>());
    match bytes <= SMALL || Vec::<u8>::new().try_reserve_exact(bytes).is_ok() {
        true => Ok(()),
        false => Err(Error::OutOfMemory { op, bytes }),
    }
}

/// A dimension number counted from either end, as a position. A 0-d shape counts as 1-d.
pub fn dim(op: &'static str, dim: isize, shape: &Shape) -> Result<usize> {
    let rank = shape.len().max(1) as isize;
    if dim < -rank || dim >= rank {
        return Err(Error::Dimension {
            op,
            dim,
            shape: shape.clone(),
        });
    }
    Ok(dim.rem_euclid(rank) as usize)
}

/// A position where a dimension can be inserted, counted from either end.
pub fn insertion(op: &'static str, dim: isize, shape: &Shape) -> Result<usize> {
    let places = shape.len() as isize + 1;
    if dim < -places || dim >= places {
        return Err(Error::Dimension {
            op,
            dim,
            shape: shape.clone(),
        });
    }
    Ok(dim.rem_euclid(places) as usize)
}

/// The rank up to which lists of dimensions are taken, as in PyTorch.
const MAX_LISTED_RANK: usize = 64;

/// Which dimensions a list names; an empty list names all of them.
pub fn dim_mask(op: &'static str, dims: &[isize], shape: &Shape) -> Result<Vec<bool>> {
    if shape.len() > MAX_LISTED_RANK && !dims.is_empty() {
        let expected = format!("at most {MAX_LISTED_RANK} dimensions");
        return Err(Error::shape(op, shape, expected));
    }
    let mut mask = vec![dims.is_empty(); shape.len().max(1)];
    for &dim in dims {
        let position = self::dim(op, dim, shape)?;
        if std::mem::replace(&mut mask[position], true) {
            return Err(Error::Dimension {
                op,
                dim,
                shape: shape.clone(),
            });
        }
    }
    mask.truncate(shape.len());
    Ok(mask)
}

/// An index counted from either end, as a position below `size`.
pub fn index(op: &'static str, index: i64, size: usize) -> Result<usize> {
    let length = size as i64;
    if index < -length || index >= length {
        return Err(Error::Index { op, index, size });
    }
    Ok(index.rem_euclid(length) as usize)
}

/// Refuses indices below zero or not below `size`.
pub fn indices(op: &'static str, indices: &Array, size: usize) -> Result<()> {
    if indices_from_either_end(op, indices, size)? {
        let (index, _) = indices.backend(op)?.bounds(indices)?;
        return Err(Error::Index { op, index, size });
    }
    Ok(())
}

/// Refuses indices outside `-size..size`; says whether any counts from the end.
pub fn indices_from_either_end(op: &'static str, indices: &Array, size: usize) -> Result<bool> {
    if indices.numel() == 0 {
        return Ok(false);
    }
    let (lowest, highest) = indices.backend(op)?.bounds(&indices.each_once()?)?;
    index(op, lowest, size)?;
    index(op, highest, size)?;
    Ok(lowest < 0)
}

/// The shape two operands broadcast to.
pub fn broadcast(op: &'static str, lhs: &Shape, rhs: &Shape) -> Result<Shape> {
    if lhs == rhs {
        return Ok(lhs.clone());
    }
    let rank = lhs.len().max(rhs.len());
    let size = |shape: &Shape, dim: usize| match (dim + shape.len()).checked_sub(rank) {
        Some(own) => shape[own],
        None => 1,
    };
    let shape = (0..rank)
        .map(|dim| match (size(lhs, dim), size(rhs, dim)) {
            (a, b) if a == b => Some(a),
            (1, size) | (size, 1) => Some(size),
            _ => None,
        })
        .collect::<Option<Vec<usize>>>()
        .ok_or_else(|| Error::Broadcast {
            op,
            lhs: lhs.clone(),
            rhs: rhs.clone(),
        })?;
    let shape = Shape::from(shape);
    numel(op, &shape)?;
    Ok(shape)
}

/// A permutation of all dimensions, as positions.
pub fn permutation(op: &'static str, order: &[isize], shape: &Shape) -> Result<Vec<usize>> {
    if order.len() != shape.len() {
        return Err(Error::shape(
            op,
            shape,
            format!("{} dimensions", order.len()),
        ));
    }
    let mut seen = vec![false; shape.len()];
    order
        .iter()
        .map(|&dim| {
            let position = self::dim(op, dim, shape)?;
            if std::mem::replace(&mut seen[position], true) {
                return Err(Error::Dimension {
                    op,
                    dim,
                    shape: shape.clone(),
                });
            }
            Ok(position)
        })
        .collect()
}

/// A target shape in which one size may be -1, to be inferred from the number of elements.
pub fn infer_shape(op: &'static str, sizes: &[isize], from: &Shape) -> Result<Shape> {
    let numel = numel(op, from)?;
    let refuse = || Error::shape(op, from, format!("a size that can be viewed as {sizes:?}"));
    let mut inferred = None;
    let mut known = 1usize;
    for (dim, &size) in sizes.iter().enumerate() {
        match size {
            -1 if inferred.is_none() => inferred = Some(dim),
            size if size < 0 => return Err(refuse()),
            size => known = known.checked_mul(size as usize).ok_or_else(refuse)?,
        }
    }
    let mut shape: Shape = sizes.iter().map(|&size| size.max(0) as usize).collect();
    match inferred {
        Some(dim) if known > 0 && numel.is_multiple_of(known) => shape[dim] = numel / known,
        None if known == numel => {}
        _ => return Err(refuse()),
    }
    Ok(shape)
}

/// The dtype in which arrays meet.
pub fn common_dtype(arrays: &[&Array]) -> DType {
    if let [first, rest @ ..] = arrays
        && rest.iter().all(|other| other.dtype() == first.dtype())
    {
        return first.dtype();
    }
    let mut operands = smallvec::SmallVec::<[_; 4]>::new();
    operands.extend(arrays.iter().map(|a| (a.dtype(), weight(a))));
    result_type(&operands)
}

/// The dtype in which an array meets a Rust number.
pub fn common_dtype_with_scalar(array: &Array, scalar: Scalar) -> DType {
    result_type(&[
        (array.dtype(), weight(array)),
        (scalar.dtype(), Weight::Scalar),
    ])
}

fn weight(array: &Array) -> Weight {
    if array.rank() == 0 {
        Weight::ZeroDim
    } else {
        Weight::Tensor
    }
}

/// Refuses operands on different devices.
pub fn same_device(op: &'static str, lhs: &Array, rhs: &Array) -> Result<()> {
    if lhs.device() != rhs.device() {
        return Err(Error::DeviceMismatch {
            op,
            lhs: lhs.device(),
            rhs: rhs.device(),
        });
    }
    Ok(())
}

/// Refuses a dtype that a predicate does not accept.
pub fn dtype(op: &'static str, got: DType, fits: bool, expected: &'static str) -> Result<()> {
    if fits {
        Ok(())
    } else {
        Err(Error::DType { op, got, expected })
    }
}
