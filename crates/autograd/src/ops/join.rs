//! Joining tensors.

use crate::{Backward, Error, Gradients, Result, Tensor, Wants};
use rushlight_tensor::ops::rules;
use rushlight_tensor::{Array, Shape};
use std::borrow::Borrow;

/// The backward of joining: each tensor gets its part of the gradient.
struct Cat {
    dim: isize,
    /// Sizes along the joined dimension; `None` for an empty tensor that was left out.
    sizes: Vec<Option<usize>>,
}

impl Backward for Cat {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let mut start = 0;
        let part = |(input, size): (usize, &Option<usize>)| {
            let Some(size) = *size else {
                return g.new_zeros(&[0]).map(Some);
            };
            let begin = start;
            start += size;
            match wants.input(input) {
                true => g.narrow(self.dim, begin, size).map(Some),
                false => Ok(None),
            }
        };
        self.sizes.iter().enumerate().map(part).collect()
    }
}

/// How [`Tensor::meshgrid`] orders its dimensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Indexing {
    /// As the tensors come.
    #[default]
    Ij,
    /// The first two exchanged, as in Cartesian coordinates.
    Xy,
}

/// Joining tensors that exist.
impl Tensor {
    /// Joins tensors along a dimension; the others must have equal sizes.
    ///
    /// Empty 1-d tensors are left out, whatever the shape of the others.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result, Tensor};
    /// # fn main() -> Result<()> {
    /// let (a, b) = (tensor([[1, 2]])?, tensor([[3, 4], [5, 6]])?);
    /// assert_eq!(Tensor::cat(&[a, b], 0)?.shape(), [3, 2]);
    /// # Ok(()) }
    /// ```
    pub fn cat(tensors: &[impl Borrow<Tensor>], dim: isize) -> Result<Tensor> {
        let tensors: Vec<&Tensor> = tensors.iter().map(Borrow::borrow).collect();
        let arrays: Vec<Array> = tensors.iter().map(|x| x.array()).collect();
        let y = Array::cat(&arrays, dim)?;
        Ok(Tensor::record(y, "cat", &tensors, || {
            let is_left_out = |x: &Array| *x.shape() == [0];
            let size = |x: &Array| match is_left_out(x) {
                true => None,
                false => Some(x.shape()[dim.rem_euclid(x.rank() as isize) as usize]),
            };
            let sizes = arrays.iter().map(size).collect();
            Cat { dim, sizes }
        }))
    }

    /// Joins tensors of one shape along a new dimension.
    pub fn stack(tensors: &[impl Borrow<Tensor>], dim: isize) -> Result<Tensor> {
        const OP: &str = "stack";
        let first = first_of(OP, tensors)?.shape();
        let stacked = |x: &Tensor| {
            if x.shape() != first {
                let expected = format!("the shape {first} of the first tensor");
                return Err(rushlight_tensor::Error::shape(OP, x.shape(), expected).into());
            }
            x.unsqueeze(dim)
        };
        let tensors = tensors
            .iter()
            .map(|x| stacked(x.borrow()))
            .collect::<Result<Vec<_>>>()?;
        let at = rules::insertion(OP, dim, &first)?;
        Tensor::cat(&tensors, at as isize)
    }

    /// Joins tensors side by side: along dimension 1, or 0 if they have one dimension only.
    pub fn hstack(tensors: &[impl Borrow<Tensor>]) -> Result<Tensor> {
        let tensors = each(tensors, Tensor::atleast_1d)?;
        let is_flat = first_of("hstack", &tensors)?.dim() == 1;
        Tensor::cat(&tensors, if is_flat { 0 } else { 1 })
    }

    /// Joins tensors as rows, along dimension 0.
    pub fn vstack(tensors: &[impl Borrow<Tensor>]) -> Result<Tensor> {
        Tensor::cat(&each(tensors, Tensor::atleast_2d)?, 0)
    }

    /// Joins tensors in depth, along dimension 2.
    pub fn dstack(tensors: &[impl Borrow<Tensor>]) -> Result<Tensor> {
        Tensor::cat(&each(tensors, Tensor::atleast_3d)?, 2)
    }

    /// Joins tensors as columns, along dimension 1.
    pub fn column_stack(tensors: &[impl Borrow<Tensor>]) -> Result<Tensor> {
        let column = |x: &Tensor| match x.dim() {
            0 | 1 => x.reshape(&[-1, 1]),
            _ => Ok(x.clone()),
        };
        Tensor::cat(&each(tensors, column)?, 1)
    }

    /// A matrix with the given ones, of at most two dimensions, along its diagonal.
    pub fn block_diag(tensors: &[impl Borrow<Tensor>]) -> Result<Tensor> {
        const OP: &str = "block_diag";
        let block = |x: &Tensor| match x.dim() {
            0..=2 => x.atleast_2d(),
            _ => {
                let expected = "at most two dimensions";
                Err(rushlight_tensor::Error::shape(OP, x.shape(), expected).into())
            }
        };
        let blocks = each(tensors, block)?;
        let widths: Vec<isize> = blocks
            .iter()
            .map(|block| block.shape()[1] as isize)
            .collect();
        let total: isize = widths.iter().sum();
        let mut left = 0;
        let mut rows = Vec::with_capacity(blocks.len());
        for (block, width) in blocks.iter().zip(widths) {
            rows.push(block.constant_pad_nd(&[left, total - left - width], 0)?);
            left += width;
        }
        Tensor::cat(&rows, 0)
    }

    /// Cuts each tensor, padded with zeros, into `num_chunks` along `dim`, and joins what belongs to
    /// the same chunk.
    ///
    /// Shapes: `[before.., size, after..] -> [before.., num_chunks, total]`.
    pub fn chunk_cat(
        tensors: &[impl Borrow<Tensor>],
        dim: isize,
        num_chunks: usize,
    ) -> Result<Tensor> {
        const OP: &str = "chunk_cat";
        let first = first_of(OP, tensors)?.shape();
        if num_chunks == 0 {
            return Err(Error::argument(OP, "num_chunks", num_chunks, "positive"));
        }
        let ranks_differ = tensors.iter().any(|x| x.borrow().dim() != first.len());
        if dim < 0 && ranks_differ {
            let expected = "non-negative for tensors of different rank";
            return Err(Error::argument(OP, "dim", dim, expected));
        }
        let at = rules::dim(OP, dim, &first)?;
        let cut = |x: &Tensor| -> Result<Tensor> {
            let shape = x.shape();
            let fits = at < shape.len() && shape[..at] == first[..at] && x.numel() > 0;
            if !fits {
                let expected = format!("as {first} before dimension {at}, and not empty");
                return Err(rushlight_tensor::Error::shape(OP, shape, expected).into());
            }
            let missing = shape[at].next_multiple_of(num_chunks) - shape[at];
            let mut padding = vec![0; 2 * (shape.len() - at)];
            padding[2 * (shape.len() - at) - 1] = missing as isize;
            let mut sizes: Vec<isize> = shape[..at].iter().map(|&size| size as isize).collect();
            sizes.extend([num_chunks as isize, -1]);
            x.constant_pad_nd(&padding, 0)?.reshape(&sizes)
        };
        Tensor::cat(&each(tensors, cut)?, at as isize + 1)
    }
}

/// Combining elements of several tensors.
impl Tensor {
    /// The tensors, each as a view of the shape they broadcast to together.
    pub fn broadcast_tensors(tensors: &[impl Borrow<Tensor>]) -> Result<Vec<Tensor>> {
        let shapes: Vec<Shape> = tensors.iter().map(|x| x.borrow().shape()).collect();
        let shape = broadcast_shapes(&shapes)?;
        each(tensors, |x| x.broadcast_to(&shape))
    }

    /// Coordinate grids: every tensor, of at most one dimension, along a dimension of its own.
    pub fn meshgrid(tensors: &[impl Borrow<Tensor>], indexing: Indexing) -> Result<Vec<Tensor>> {
        const OP: &str = "meshgrid";
        first_of(OP, tensors)?;
        let swaps = indexing == Indexing::Xy && tensors.len() >= 2;
        let place = |number: usize| match number {
            0 | 1 if swaps => 1 - number,
            _ => number,
        };
        let along = |(number, x): (usize, &Tensor)| -> Result<Tensor> {
            if x.dim() > 1 {
                let expected = "at most one dimension";
                return Err(rushlight_tensor::Error::shape(OP, x.shape(), expected).into());
            }
            let mut sizes = vec![1; tensors.len()];
            sizes[place(number)] = -1;
            x.reshape(&sizes)
        };
        let along = tensors.iter().map(Borrow::borrow).enumerate().map(along);
        Tensor::broadcast_tensors(&along.collect::<Result<Vec<_>>>()?)
    }

    /// All tuples of elements, one from each 1-d tensor, as rows; of one tensor, the tensor itself.
    pub fn cartesian_prod(tensors: &[impl Borrow<Tensor>]) -> Result<Tensor> {
        const OP: &str = "cartesian_prod";
        let first = first_of(OP, tensors)?;
        if let Some(x) = tensors.iter().map(Borrow::borrow).find(|x| x.dim() != 1) {
            return Err(rushlight_tensor::Error::shape(OP, x.shape(), "one dimension").into());
        }
        if tensors.len() == 1 {
            return Ok(first.clone());
        }
        let grids = Tensor::meshgrid(tensors, Indexing::Ij)?;
        Tensor::stack(&each(&grids, |grid| grid.flatten(0, -1))?, 1)
    }

    /// All choices of `r` elements of a 1-d tensor, as rows, in the order of the positions.
    pub fn combinations(&self, r: usize, with_replacement: bool) -> Result<Tensor> {
        const OP: &str = "combinations";
        let shape = self.shape();
        let [size] = shape[..] else {
            return Err(rushlight_tensor::Error::shape(OP, shape, "one dimension").into());
        };
        if r == 0 {
            return self.new_empty(&[0]);
        }
        let positions = choices(OP, size, r, with_replacement)?;
        let rows = positions.len() / r;
        let count = positions.len();
        let positions = Tensor::from_vec(positions, &[count])?.to_device(self.device())?;
        self.index_select(0, &positions)?.reshape_to(&[rows, r])
    }
}

/// Non-decreasing sequences of `r` positions below `size`, one after the other; strictly increasing
/// ones unless positions may repeat.
fn choices(op: &'static str, size: usize, r: usize, repeat: bool) -> Result<Vec<i64>> {
    let pool = if repeat {
        (size + r).saturating_sub(1)
    } else {
        size
    };
    let too_many = || Error::argument(op, "r", r, "small enough for all choices to fit in memory");
    let count = match size {
        0 => 0,
        _ => binomial(pool, r).ok_or_else(too_many)?,
    };
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut all = Vec::new();
    let total = count.checked_mul(r).ok_or_else(too_many)?;
    all.try_reserve_exact(total).map_err(|_| too_many())?;
    let gap = usize::from(!repeat);
    let mut choice: Vec<usize> = (0..r).map(|place| place * gap).collect();
    for _ in 0..count {
        all.extend(choice.iter().map(|&position| position as i64));
        // The last place that can still move on does; those behind it start next to it.
        let last = |place: usize| size - 1 - (r - 1 - place) * gap;
        if let Some(place) = (0..r).rev().find(|&place| choice[place] < last(place)) {
            let start = choice[place] + 1;
            for (distance, position) in choice[place..].iter_mut().enumerate() {
                *position = start + distance * gap;
            }
        }
    }
    Ok(all)
}

/// How many ways there are to choose `r` of `n`.
fn binomial(n: usize, r: usize) -> Option<usize> {
    if r > n {
        return Some(0);
    }
    let mut ways = 1usize;
    for taken in 0..r.min(n - r) {
        ways = ways.checked_mul(n - taken)? / (taken + 1);
    }
    Some(ways)
}

/// The shape that tensors of the given shapes broadcast to together.
pub fn broadcast_shapes(shapes: &[Shape]) -> Result<Shape> {
    let mut joint = Shape::default();
    for shape in shapes {
        joint = rules::broadcast("broadcast_shapes", &joint, shape)?;
    }
    Ok(joint)
}

fn each(
    tensors: &[impl Borrow<Tensor>],
    f: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<Vec<Tensor>> {
    tensors.iter().map(|x| f(x.borrow())).collect()
}

fn first_of<'a>(op: &'static str, tensors: &'a [impl Borrow<Tensor>]) -> Result<&'a Tensor> {
    match tensors.first() {
        Some(first) => Ok(first.borrow()),
        None => Err(Error::argument(op, "tensors", "none", "at least one")),
    }
}
