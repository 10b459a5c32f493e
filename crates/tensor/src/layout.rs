//! Shape, strides and offset: how an array's elements lie in its storage, and the algebra of views.
//!
//! Nothing here touches data. Every method checks its arguments and uses checked arithmetic.

use crate::ops::rules;
use crate::shape::Strides;
use crate::{Error, Result, Shape};
use smallvec::SmallVec;

/// Where the elements of an array lie in its storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    pub(crate) shape: Shape,
    pub(crate) strides: Strides,
    pub(crate) offset: usize,
}

impl Layout {
    /// Row-major, without gaps, from the start of the storage.
    pub(crate) fn contiguous(shape: Shape) -> Layout {
        let strides = contiguous_strides(&shape);
        Layout {
            shape,
            strides,
            offset: 0,
        }
    }

    /// Without gaps, dimensions nested in the order of `like`'s strides (row-major on ties). So an
    /// elementwise result keeps the memory format of its operand.
    pub(crate) fn dense_like(like: &Layout) -> Layout {
        let shape = like.shape.clone();
        if like.is_contiguous() || !like.is_dense() {
            return Layout::contiguous(shape);
        }
        Layout {
            strides: like.strides.clone(),
            shape,
            offset: 0,
        }
    }

    /// The same geometry from the start of a storage of its own.
    pub(crate) fn at_start(self) -> Layout {
        Layout { offset: 0, ..self }
    }

    /// The same shape with explicit strides nested in the given order of dimensions, outermost first.
    pub(crate) fn in_order(shape: Shape, order: &[usize]) -> Layout {
        let mut strides: Strides = shape.iter().map(|_| 0).collect();
        let mut next = 1isize;
        for &dim in order.iter().rev() {
            strides[dim] = next;
            next = next.saturating_mul(shape[dim].max(1) as isize);
        }
        Layout {
            shape,
            strides,
            offset: 0,
        }
    }

    /// The dimensions in the order in which they nest in memory, outermost first.
    pub(crate) fn memory_order(&self) -> SmallVec<[usize; 6]> {
        let mut order: SmallVec<[usize; 6]> = (0..self.rank()).collect();
        if !self.is_contiguous() {
            order.sort_by_key(|&dim| std::cmp::Reverse(self.strides[dim]));
        }
        order
    }

    /// Sizes of the dimensions.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Distance in elements between neighbours along each dimension.
    pub fn strides(&self) -> &[isize] {
        &self.strides
    }

    /// Position of the first element in the storage.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The number of dimensions.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements. Layouts whose number overflows cannot be built.
    pub fn numel(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the elements lie row-major without gaps.
    pub fn is_contiguous(&self) -> bool {
        let mut expected = 1;
        for (&size, &stride) in self.shape.iter().zip(&self.strides).rev() {
            if size != 1 {
                if stride != expected {
                    return self.shape.contains(&0);
                }
                expected *= size as isize;
            }
        }
        true
    }

    /// Whether two elements may lie at one place: some stride is no longer than what lies within it.
    pub fn overlaps(&self) -> bool {
        let strides = self.strides.iter().map(|stride| stride.unsigned_abs());
        let mut dims: SmallVec<[(usize, usize); 6]> = strides
            .zip(self.shape.iter().copied())
            .filter(|&(_, size)| size != 1)
            .collect();
        dims.sort_unstable();
        let mut reach = 0;
        !self.shape.contains(&0)
            && dims.iter().any(|&(stride, size)| {
                let meets = stride <= reach;
                reach += stride * (size - 1);
                meets
            })
    }

    /// Whether the elements fill a run of the storage, each place once, in some order of dimensions.
    pub fn is_dense(&self) -> bool {
        let mut dims: SmallVec<[(isize, usize); 6]> = self
            .strides
            .iter()
            .zip(self.shape.iter())
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
        Ok(Layout {
            shape,
            strides: strides.iter().copied().collect(),
            // An empty view may start anywhere, but pointers stay inside the storage.
            offset: offset.min(storage_len),
        })
    }

    /// `length` elements of dimension `dim` from `start` on.
    pub(crate) fn narrow(&self, dim: usize, start: usize, length: usize) -> Result<Layout> {
        let size = self.shape[dim];
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
        let size = self.shape[dim];
        let start = start.min(size);
        let length = end.min(size).saturating_sub(start).div_ceil(step);
        let mut view = self.clone();
        if length > 0 && self.numel() > 0 {
            view.offset += start * self.strides[dim] as usize;
        }
        view.shape[dim] = length;
        view.strides[dim] =
            self.strides[dim].saturating_mul(step.min(isize::MAX as usize) as isize);
        Ok(view)
    }

    /// Drops dimension `dim`, keeping the elements at `index`.
    pub(crate) fn select(&self, dim: usize, index: usize) -> Result<Layout> {
        let size = self.shape[dim];
        if index >= size {
            return Err(Error::Index {
                op: "select",
                index: index as i64,
                size,
            });
        }
        let mut view = self.clone();
        if self.numel() > 0 {
            view.offset += index * self.strides[dim] as usize;
        }
        view.shape.remove(dim);
        view.strides.remove(dim);
        Ok(view)
    }

    /// Reorders dimensions: dimension `i` of the result is dimension `order[i]` of `self`.
    pub(crate) fn permute(&self, order: &[usize]) -> Layout {
        Layout {
            shape: order.iter().map(|&dim| self.shape[dim]).collect(),
            strides: order.iter().map(|&dim| self.strides[dim]).collect(),
            offset: self.offset,
        }
    }

    /// Exchanges two dimensions.
    pub(crate) fn transpose(&self, a: usize, b: usize) -> Layout {
        let mut view = self.clone();
        view.shape.swap(a, b);
        view.strides.swap(a, b);
        view
    }

    /// Inserts a dimension of size 1 before position `at`.
    pub(crate) fn unsqueeze(&self, at: usize) -> Layout {
        let mut view = self.clone();
        let stride = match self.shape.get(at) {
            Some(&size) => self.strides[at].saturating_mul(size as isize),
            None => 1,
        };
        view.shape.insert(at, 1);
        view.strides.insert(at, stride);
        view
    }

    /// Drops the marked dimensions, which have size 1.
    pub(crate) fn squeeze(&self, drop: impl Fn(usize) -> bool) -> Layout {
        let kept = (0..self.rank()).filter(|&dim| !(self.shape[dim] == 1 && drop(dim)));
        let kept: Vec<usize> = kept.collect();
        self.permute(&kept)
    }

    /// Repeats dimensions of size 1, and leading ones, by giving them stride 0.
    pub(crate) fn broadcast_to(&self, op: &'static str, shape: &Shape) -> Result<Layout> {
        if self.shape == *shape {
            return Ok(self.clone());
        }
        let refuse = || Error::Broadcast {
            op,
            lhs: self.shape.clone(),
            rhs: shape.clone(),
        };
        let leading = shape.len().checked_sub(self.rank()).ok_or_else(refuse)?;
        let mut strides: Strides = std::iter::repeat_n(0, leading).collect();
        for (dim, &size) in self.shape.iter().enumerate() {
            let wanted = shape[leading + dim];
            match size {
                _ if size == wanted => strides.push(self.strides[dim]),
                1 => strides.push(0),
                _ => return Err(refuse()),
            }
        }
        Ok(Layout {
            shape: shape.clone(),
            strides,
            offset: self.offset,
        })
    }

    /// The same elements in another shape, if strides can express it without a copy.
    pub(crate) fn view(&self, shape: &Shape) -> Option<Layout> {
        debug_assert_eq!(self.numel(), shape.iter().product::<usize>());
        if self.is_contiguous() {
            return Some(Layout {
                offset: self.offset,
                ..Layout::contiguous(shape.clone())
            });
        }
        // Walk both shapes from the inside; each run of old dimensions that is one block of
        // memory can be cut into new dimensions of the same product.
        let mut strides: Strides = shape.iter().map(|_| 0).collect();
        let mut new_dim = shape.len();
        let mut old_dim = self.rank();
        while old_dim > 0 {
            old_dim -= 1;
            let base = self.strides[old_dim];
            let mut block = self.shape[old_dim];
            while old_dim > 0
                && (self.shape[old_dim - 1] == 1
                    || self.strides[old_dim - 1] == base * block as isize)
            {
                old_dim -= 1;
                block *= self.shape[old_dim];
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
        (new_dim == 0).then(|| Layout {
            shape: shape.clone(),
            strides,
            offset: self.offset,
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
            return Ok(Layout {
                shape: Shape::from([size]),
                strides: Strides::from_elem(1, 1),
                offset: self.offset,
            });
        }
        let length = self.shape[dim];
        if size > length {
            let index = size.min(i64::MAX as usize) as i64;
            return Err(Error::Index {
                op: OP,
                index,
                size: length,
            });
        }
        let mut view = self.clone();
        view.shape[dim] = (length - size) / step + 1;
        view.strides[dim] =
            self.strides[dim].saturating_mul(step.min(isize::MAX as usize) as isize);
        view.shape.push(size);
        view.strides.push(self.strides[dim]);
        Ok(view)
    }

    /// The marked dimensions walked backwards. Their strides are negative, so the layout is only fit
    /// to be copied from.
    pub(crate) fn flip(&self, flipped: &[bool]) -> Layout {
        let mut view = self.clone();
        for dim in (0..self.rank()).filter(|&dim| flipped[dim]) {
            let last = self.shape[dim].saturating_sub(1) as isize;
            view.offset += (last * self.strides[dim]) as usize;
            view.strides[dim] = -self.strides[dim];
        }
        view
    }

    /// The diagonal `offset` above the main one of two dimensions, as a new last dimension.
    pub(crate) fn diagonal(&self, offset: isize, first: usize, second: usize) -> Layout {
        let (rows, columns) = (self.shape[first], self.shape[second]);
        let skip = offset.unsigned_abs();
        let length = if offset >= 0 {
            columns.saturating_sub(skip).min(rows)
        } else {
            rows.saturating_sub(skip).min(columns)
        };
        let kept: Vec<usize> = (0..self.rank())
            .filter(|&d| d != first && d != second)
            .collect();
        let mut view = self.permute(&kept);
        if length > 0 && self.numel() > 0 {
            let along = if offset >= 0 { second } else { first };
            view.offset += skip * self.strides[along] as usize;
        }
        view.shape.push(length);
        // Strides can be of any size where there are no elements.
        let both = self.strides[first].saturating_add(self.strides[second]);
        view.strides.push(both);
        view
    }
}

/// Row-major strides.
pub(crate) fn contiguous_strides(shape: &[usize]) -> Strides {
    let mut strides: Strides = shape.iter().map(|_| 1).collect();
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
