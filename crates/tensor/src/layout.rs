//! Shape, strides and offset: how an array's elements lie in its storage, and the algebra of views.
//!
//! Nothing here touches data. Every method checks its arguments and uses checked arithmetic.

use crate::ops::rules;
use crate::shape::Strides;
use crate::{Error, Result, Shape};
use smallvec::SmallVec;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

/// Where the elements of an array lie in its storage.
///
/// Handles share it, so that clones and results that lie like their operand cost nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout(Arc<Facts>);

/// A geometry and what every operation asks about it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Facts {
    geometry: Geometry,
    /// `None` where it overflows.
    numel: Option<usize>,
    order: Order,
}

/// What a layout is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Geometry {
    shape: Shape,
    strides: Strides,
    offset: usize,
}

/// How elements follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    /// Row-major without gaps, and the strides are those that a new array would have.
    Usual,
    /// Row-major without gaps; strides along single elements are unusual.
    RowMajor,
    /// In any other way.
    Other,
}

impl From<Geometry> for Layout {
    fn from(geometry: Geometry) -> Layout {
        Layout(Arc::new(Facts {
            numel: geometry.shape.checked_numel(),
            order: geometry.order(),
            geometry,
        }))
    }
}

impl Deref for Facts {
    type Target = Geometry;

    fn deref(&self) -> &Geometry {
        &self.geometry
    }
}

impl Geometry {
    fn order(&self) -> Order {
        let mut order = Order::Usual;
        let mut usual = 1isize;
        for (&size, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if stride != usual {
                order = match size {
                    1 => Order::RowMajor,
                    _ if self.shape.contains(&0) => return Order::RowMajor,
                    _ => return Order::Other,
                };
            }
            usual = usual.saturating_mul(size.max(1) as isize);
        }
        order
    }
}

impl Layout {
    /// Row-major, without gaps, from the start of the storage.
    pub(crate) fn contiguous(shape: Shape) -> Layout {
        if shape.is_empty() {
            return SCALAR.clone();
        }
        Layout::new_contiguous(shape)
    }

    fn new_contiguous(shape: Shape) -> Layout {
        let strides = contiguous_strides(&shape);
        Layout::from(Geometry {
            shape,
            strides,
            offset: 0,
        })
    }

    /// Without gaps, dimensions nested in the order of `like`'s strides (row-major on ties). So an
    /// elementwise result keeps the memory format of its operand.
    pub(crate) fn dense_like(like: &Layout) -> Layout {
        match like.0.order {
            Order::Usual => like.clone().at_start(),
            Order::Other if like.is_dense() => like.clone().at_start(),
            _ => Layout::contiguous(like.0.shape.clone()),
        }
    }

    /// The same geometry from the start of a storage of its own.
    pub(crate) fn at_start(self) -> Layout {
        self.at(0)
    }

    /// The same geometry from another place in the storage.
    pub(crate) fn at(mut self, offset: usize) -> Layout {
        if self.0.offset != offset {
            Arc::make_mut(&mut self.0).geometry.offset = offset;
        }
        self
    }

    /// The same shape with explicit strides nested in the given order of dimensions, outermost first.
    pub(crate) fn in_order(shape: Shape, order: &[usize]) -> Layout {
        let mut strides = Strides::from_elem(0, shape.len());
        let mut next = 1isize;
        for &dim in order.iter().rev() {
            strides[dim] = next;
            next = next.saturating_mul(shape[dim].max(1) as isize);
        }
        Layout::from(Geometry {
            shape,
            strides,
            offset: 0,
        })
    }

    /// The dimensions in the order in which they nest in memory, outermost first.
    pub(crate) fn memory_order(&self) -> SmallVec<[usize; 6]> {
        let mut order: SmallVec<[usize; 6]> = (0..self.rank()).collect();
        if !self.is_contiguous() {
            order.sort_by_key(|&dim| std::cmp::Reverse(self.0.strides[dim]));
        }
        order
    }

    /// Sizes of the dimensions.
    pub fn shape(&self) -> &Shape {
        &self.0.shape
    }

    /// Distance in elements between neighbours along each dimension.
    pub fn strides(&self) -> &[isize] {
        &self.0.strides
    }

    /// Position of the first element in the storage.
    pub fn offset(&self) -> usize {
        self.0.offset
    }

    /// The number of dimensions.
    pub fn rank(&self) -> usize {
        self.0.shape.len()
    }

    /// The number of elements. No array has so many that it overflows.
    pub fn numel(&self) -> usize {
        self.0.numel.unwrap_or(usize::MAX)
    }

    /// The number of elements of an array to be made.
    pub(crate) fn checked_numel(&self, op: &'static str) -> Result<usize> {
        self.0.numel.ok_or_else(|| Error::Overflow {
            op,
            shape: self.0.shape.clone(),
        })
    }

    /// Whether both nest in memory alike, wherever they start.
    pub(crate) fn has_strides_of(&self, other: &Layout) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.strides == other.0.strides
    }

    /// Whether the elements lie row-major without gaps.
    pub fn is_contiguous(&self) -> bool {
        self.0.order != Order::Other
    }

    /// Whether two elements may lie at one place: some stride is no longer than what lies within it.
    pub fn overlaps(&self) -> bool {
        let strides = self.0.strides.iter().map(|stride| stride.unsigned_abs());
        let mut dims: SmallVec<[(usize, usize); 6]> = strides
            .zip(self.0.shape.iter().copied())
            .filter(|&(_, size)| size != 1)
            .collect();
        dims.sort_unstable();
        let mut reach = 0;
        !self.0.shape.contains(&0)
            && dims.iter().any(|&(stride, size)| {
                let meets = stride <= reach;
                reach += stride * (size - 1);
                meets
            })
    }

    /// Whether the elements fill a run of the storage, each place once, in some order of dimensions.
    pub fn is_dense(&self) -> bool {
        if self.is_contiguous() {
            return true;
        }
        let mut dims: SmallVec<[(isize, usize); 6]> = self
            .0
            .strides
            .iter()
            .zip(self.0.shape.iter())
            .filter(|&(_, &size)| size != 1)
            .map(|(&stride, &size)| (stride, size))
            .collect();
        dims.sort_unstable();
        let mut expected = 1;
        dims.iter().all(|&(stride, size)| {
            let fits = stride == expected;
            expected *= size as isize;
            fits
        }) || self.numel() == 0
    }

    /// A view with the given geometry, which must stay inside `storage_len` elements.
    pub(crate) fn as_strided(
        shape: &[usize],
        strides: &[isize],
        offset: usize,
        storage_len: usize,
    ) -> Result<Layout> {
        const OP: &str = "as_strided";
        let shape = Shape::from(shape);
        let numel = rules::numel(OP, &shape)?;
        if shape.len() != strides.len() {
            return Err(Error::argument(
                OP,
                "strides",
                format!("{strides:?}"),
                "one per dimension",
            ));
        }
        if strides.iter().any(|&stride| stride < 0) {
            return Err(Error::argument(
                OP,
                "strides",
                format!("{strides:?}"),
                "non-negative",
            ));
        }
        let overflow = || Error::Overflow {
            op: OP,
            shape: shape.clone(),
        };
        if numel > 0 {
            let mut last = offset;
            for (&size, &stride) in shape.iter().zip(strides) {
                let span = (size - 1)
                    .checked_mul(stride as usize)
                    .ok_or_else(overflow)?;
                last = last.checked_add(span).ok_or_else(overflow)?;
            }
            if last >= storage_len {
                return Err(Error::Index {
                    op: OP,
                    index: last as i64,
                    size: storage_len,
                });
            }
        }
        Ok(Layout::from(Geometry {
            shape,
            strides: Strides::from_slice(strides),
            // An empty view may start anywhere, but pointers stay inside the storage.
            offset: offset.min(storage_len),
        }))
    }

    /// `length` elements of dimension `dim` from `start` on.
    pub(crate) fn narrow(&self, dim: usize, start: usize, length: usize) -> Result<Layout> {
        let size = self.0.shape[dim];
        let end = start.checked_add(length).filter(|&end| end <= size);
        let Some(end) = end else {
            let index = start.saturating_add(length).min(i64::MAX as usize) as i64;
            return Err(Error::Index {
                op: "narrow",
                index,
                size,
            });
        };
        self.slice(dim, start, end, 1)
    }

    /// Every `step`-th element of dimension `dim` in `start..end`, bounds clamped to the size.
    pub(crate) fn slice(
        &self,
        dim: usize,
        start: usize,
        end: usize,
        step: usize,
    ) -> Result<Layout> {
        if step == 0 {
            return Err(Error::argument("slice", "step", step, "positive"));
        }
        let size = self.0.shape[dim];
        let start = start.min(size);
        let length = end.min(size).saturating_sub(start).div_ceil(step);
        let mut view = self.0.geometry.clone();
        if length > 0 && self.numel() > 0 {
            view.offset += start * self.0.strides[dim] as usize;
        }
        view.shape[dim] = length;
        view.strides[dim] =
            self.0.strides[dim].saturating_mul(step.min(isize::MAX as usize) as isize);
        Ok(view.into())
    }

    /// Drops dimension `dim`, keeping the elements at `index`.
    pub(crate) fn select(&self, dim: usize, index: usize) -> Result<Layout> {
        let size = self.0.shape[dim];
        if index >= size {
            return Err(Error::Index {
                op: "select",
                index: index as i64,
                size,
            });
        }
        let mut view = self.0.geometry.clone();
        if self.numel() > 0 {
            view.offset += index * self.0.strides[dim] as usize;
        }
        view.shape.remove(dim);
        view.strides.remove(dim);
        Ok(view.into())
    }

    /// Reorders dimensions: dimension `i` of the result is dimension `order[i]` of `self`.
    pub(crate) fn permute(&self, order: &[usize]) -> Layout {
        Layout::from(Geometry {
            shape: order.iter().map(|&dim| self.0.shape[dim]).collect(),
            strides: order.iter().map(|&dim| self.0.strides[dim]).collect(),
            offset: self.0.offset,
        })
    }

    /// Exchanges two dimensions.
    pub(crate) fn transpose(&self, a: usize, b: usize) -> Layout {
        let mut view = self.0.geometry.clone();
        view.shape.swap(a, b);
        view.strides.swap(a, b);
        view.into()
    }

    /// Inserts a dimension of size 1 before position `at`.
    pub(crate) fn unsqueeze(&self, at: usize) -> Layout {
        let mut view = self.0.geometry.clone();
        let stride = match self.0.shape.get(at) {
            Some(&size) => self.0.strides[at].saturating_mul(size as isize),
            None => 1,
        };
        view.shape.insert(at, 1);
        view.strides.insert(at, stride);
        view.into()
    }

    /// Drops the marked dimensions, which have size 1.
    pub(crate) fn squeeze(&self, drop: impl Fn(usize) -> bool) -> Layout {
        let kept = (0..self.rank()).filter(|&dim| !(self.0.shape[dim] == 1 && drop(dim)));
        let kept: Vec<usize> = kept.collect();
        self.permute(&kept)
    }

    /// Repeats dimensions of size 1, and leading ones, by giving them stride 0.
    pub(crate) fn broadcast_to(&self, op: &'static str, shape: &Shape) -> Result<Layout> {
        if self.0.shape == *shape {
            return Ok(self.clone());
        }
        let refuse = || Error::Broadcast {
            op,
            lhs: self.0.shape.clone(),
            rhs: shape.clone(),
        };
        let leading = shape.len().checked_sub(self.rank()).ok_or_else(refuse)?;
        let mut strides = Strides::from_elem(0, leading);
        for (dim, &size) in self.0.shape.iter().enumerate() {
            let wanted = shape[leading + dim];
            match size {
                _ if size == wanted => strides.push(self.0.strides[dim]),
                1 => strides.push(0),
                _ => return Err(refuse()),
            }
        }
        Ok(Layout::from(Geometry {
            shape: shape.clone(),
            strides,
            offset: self.0.offset,
        }))
    }

    /// The same elements in another shape, if strides can express it without a copy.
    pub(crate) fn view(&self, shape: &Shape) -> Option<Layout> {
        debug_assert_eq!(self.numel(), shape.iter().product::<usize>());
        if self.is_contiguous() {
            return Some(Layout::from(Geometry {
                strides: contiguous_strides(shape),
                shape: shape.clone(),
                offset: self.0.offset,
            }));
        }
        // Walk both shapes from the inside; each run of old dimensions that is one block of
        // memory can be cut into new dimensions of the same product.
        let mut strides = Strides::from_elem(0, shape.len());
        let mut new_dim = shape.len();
        let mut old_dim = self.rank();
        while old_dim > 0 {
            old_dim -= 1;
            let base = self.0.strides[old_dim];
            let mut block = self.0.shape[old_dim];
            while old_dim > 0
                && (self.0.shape[old_dim - 1] == 1
                    || self.0.strides[old_dim - 1] == base * block as isize)
            {
                old_dim -= 1;
                block *= self.0.shape[old_dim];
            }
            let mut cut = 1;
            while new_dim > 0 && (cut < block || shape[new_dim - 1] == 1) {
                new_dim -= 1;
                strides[new_dim] = base * cut as isize;
                cut *= shape[new_dim];
            }
            if cut != block {
                return None;
            }
        }
        (new_dim == 0).then(|| {
            Layout::from(Geometry {
                shape: shape.clone(),
                strides,
                offset: self.0.offset,
            })
        })
    }

    /// All windows of `size` along `dim`, `step` apart, as a new last dimension.
    pub(crate) fn unfold(&self, dim: usize, size: usize, step: usize) -> Result<Layout> {
        const OP: &str = "unfold";
        if step == 0 {
            return Err(Error::argument(OP, "step", step, "positive"));
        }
        if self.rank() == 0 {
            if size > 1 {
                return Err(Error::Index {
                    op: OP,
                    index: size as i64,
                    size: 1,
                });
            }
            return Ok(Layout::from(Geometry {
                shape: Shape::from([size]),
                strides: Strides::from_elem(1, 1),
                offset: self.0.offset,
            }));
        }
        let length = self.0.shape[dim];
        if size > length {
            let index = size.min(i64::MAX as usize) as i64;
            return Err(Error::Index {
                op: OP,
                index,
                size: length,
            });
        }
        let mut view = self.0.geometry.clone();
        view.shape[dim] = (length - size) / step + 1;
        view.strides[dim] =
            self.0.strides[dim].saturating_mul(step.min(isize::MAX as usize) as isize);
        view.shape.push(size);
        view.strides.push(self.0.strides[dim]);
        Ok(view.into())
    }

    /// The marked dimensions walked backwards. Their strides are negative, so the layout is only fit
    /// to be copied from.
    pub(crate) fn flip(&self, flipped: &[bool]) -> Layout {
        let mut view = self.0.geometry.clone();
        for dim in (0..self.rank()).filter(|&dim| flipped[dim]) {
            let last = self.0.shape[dim].saturating_sub(1) as isize;
            view.offset += (last * self.0.strides[dim]) as usize;
            view.strides[dim] = -self.0.strides[dim];
        }
        view.into()
    }

    /// The diagonal `offset` above the main one of two dimensions, as a new last dimension.
    pub(crate) fn diagonal(&self, offset: isize, first: usize, second: usize) -> Layout {
        let (rows, columns) = (self.0.shape[first], self.0.shape[second]);
        let skip = offset.unsigned_abs();
        let length = if offset >= 0 {
            columns.saturating_sub(skip).min(rows)
        } else {
            rows.saturating_sub(skip).min(columns)
        };
        let kept: Vec<usize> = (0..self.rank())
            .filter(|&d| d != first && d != second)
            .collect();
        let mut view = self.permute(&kept).0.geometry.clone();
        if length > 0 && self.numel() > 0 {
            let along = if offset >= 0 { second } else { first };
            view.offset += skip * self.0.strides[along] as usize;
        }
        view.shape.push(length);
        // Strides can be of any size where there are no elements.
        let both = self.0.strides[first].saturating_add(self.0.strides[second]);
        view.strides.push(both);
        view.into()
    }
}

/// The layout of every array that holds one number.
static SCALAR: LazyLock<Layout> = LazyLock::new(|| Layout::new_contiguous(Shape::default()));

/// Row-major strides.
pub(crate) fn contiguous_strides(shape: &[usize]) -> Strides {
    let mut strides = Strides::from_elem(1, shape.len());
    for dim in (0..shape.len().saturating_sub(1)).rev() {
        strides[dim] = strides[dim + 1].saturating_mul(shape[dim + 1].max(1) as isize);
    }
    strides
}

#[cfg(test)]
mod tests {
    use crate::Array;

    #[test]
    fn an_empty_view_from_beyond_the_storage_has_no_elements() {
        let array = Array::from_slice(&[0f32; 6], &[6]).unwrap();
        for offset in [6, 7, 1 << 61, usize::MAX] {
            let empty = array.as_strided(&[0], &[1], offset).unwrap();
            assert!(empty.offset() <= 6);
            assert!(empty.to_bytes().unwrap().is_empty());
            assert!(empty.to_vec::<f32>().unwrap().is_empty());
        }
    }
}
