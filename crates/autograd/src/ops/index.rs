//! Index expressions: what stands between the brackets of `x[...]` in PyTorch.
//!
//! Numbers, slices, `None` and `...` make a view. What remains are tensors of indices; they broadcast,
//! and together pick elements from the dimensions they stand for.

use super::part::{Part, Step};
use super::slice::Slice;
use crate::{DType, Operand, Result, Tensor, TensorData, tensor};
use rushlight_tensor::Shape;
use rushlight_tensor::ops::rules;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// One entry of an index expression.
#[derive(Clone, Debug)]
pub enum Index {
    /// A position, counted from the end if negative; its dimension goes away.
    At(i64),
    /// A range of positions.
    Slice(Slice),
    /// Python's `None`: a new dimension of size 1.
    NewAxis,
    /// Python's `...`: all dimensions that no other entry stands for.
    Ellipsis,
    /// A boolean: a new dimension of size 1 for `true`, 0 for `false`.
    Bool(bool),
    /// Integers pick along one dimension; a boolean mask picks from as many as it has.
    Tensor(Tensor),
}

/// Python's `None` in an index expression: a new dimension of size 1.
#[derive(Clone, Copy, Debug)]
pub struct NewAxis;

/// Python's `...` in an index expression: all dimensions that no other entry stands for.
#[derive(Clone, Copy, Debug)]
pub struct Ellipsis;

/// What [`Tensor::index`] takes: an entry, a tuple of entries, or a vector of [`Index`].
pub trait Indices {
    /// The entries in order.
    fn into_entries(self) -> Result<Vec<Index>>;
}

impl Tensor {
    /// PyTorch's `x[...]`.
    ///
    /// | PyTorch | here |
    /// |---|---|
    /// | `x[0]`, `x[-1, 2]` | `x.index(0)`, `x.index((-1, 2))` |
    /// | `x[1:3]`, `x[:, ::2]` | `x.index(1..3)`, `x.index((.., Slice::from(..).step(2)))` |
    /// | `x[..., 0]`, `x[:, None]` | `x.index((Ellipsis, 0))`, `x.index((.., NewAxis))` |
    /// | `x[mask]`, `x[rows, 1:]` | `x.index(&mask)`, `x.index((&rows, 1..))` |
    /// | `x[[0, 2]]` | `x.index([0, 2])` |
    ///
    /// Indices may lie in main memory, wherever the tensor does.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Ellipsis, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([[1, 2, 3], [4, 5, 6]])?;
    /// assert_eq!(x.index((1, 1..))?.to_vec::<i64>()?, [5, 6]);
    /// assert_eq!(x.index((Ellipsis, -1))?.to_vec::<i64>()?, [3, 6]);
    /// assert_eq!(x.index(&x.gt(4)?)?.to_vec::<i64>()?, [5, 6]);
    /// assert_eq!(x.index((.., vec![2, 0]))?.to_vec::<i64>()?, [3, 1, 6, 4]);
    /// # Ok(()) }
    /// ```
    pub fn index(&self, indices: impl Indices) -> Result<Tensor> {
        const OP: &str = "index";
        let place = Place::of(OP, self, indices.into_entries()?)?;
        let view = place.view(OP, self)?;
        match Picked::of(OP, &view.shape(), &place.tensors)? {
            None => Ok(view),
            Some(picked) => picked.read(&view),
        }
    }

    /// The tensor with `values`, a number or a tensor that broadcasts, at the places that
    /// [`Tensor::index`] picks; added there if `accumulate`.
    pub fn index_put(
        &self,
        indices: impl Indices,
        values: impl Into<Operand>,
        accumulate: bool,
    ) -> Result<Tensor> {
        const OP: &str = "index_put";
        let place = Place::of(OP, self, indices.into_entries()?)?;
        let values = match values.into() {
            Operand::Tensor(values) => values.to_dtype(self.dtype())?,
            Operand::Scalar(value) => self.scalar_like(value)?,
        };
        let view = place.view(OP, self)?;
        let written = match Picked::of(OP, &view.shape(), &place.tensors)? {
            Some(picked) => picked.written(&view, &values, accumulate)?,
            None if accumulate => view.add(values.spread(OP, &view.shape())?)?,
            None => values.spread(OP, &view.shape())?,
        };
        match place.part.0.is_empty() {
            true => Ok(written),
            false => self.with_part(OP, &place.part, &written),
        }
    }

    /// PyTorch's `x[...] = values`.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result, Tensor};
    /// # fn main() -> Result<()> {
    /// let mut x = Tensor::zeros(&[2, 2])?;
    /// x.index_put_((.., 0), 7.0)?;
    /// assert_eq!(x.to_vec::<f32>()?, [7.0, 0.0, 7.0, 0.0]);
    /// # Ok(()) }
    /// ```
    pub fn index_put_(&mut self, indices: impl Indices, values: impl Into<Operand>) -> Result<()> {
        self.assign("index_put_", self.index_put(indices, values, false)?)
    }

    /// As [`index_put_`](Tensor::index_put_), adding to what is there; values for one place add up.
    pub fn index_put_accumulate_(
        &mut self,
        indices: impl Indices,
        values: impl Into<Operand>,
    ) -> Result<()> {
        let result = self.index_put(indices, values, true)?;
        self.assign("index_put_accumulate_", result)
    }

    /// Broadcasts a value to a place; leading dimensions of size 1 may be too many.
    fn spread(&self, op: &'static str, shape: &Shape) -> Result<Tensor> {
        let own = self.shape();
        let surplus = own.len().saturating_sub(shape.len());
        if own[..surplus].iter().any(|&size| size != 1) {
            let (lhs, rhs) = (own, shape.clone());
            return Err(rushlight_tensor::Error::Broadcast { op, lhs, rhs }.into());
        }
        self.reshape_to(&own[surplus..])?.broadcast_to(shape)
    }
}

/// An index expression applied to a shape: a view, and what each of its dimensions is indexed by.
struct Place {
    part: Part,
    tensors: Vec<Option<Tensor>>,
}

impl Place {
    fn of(op: &'static str, x: &Tensor, entries: Vec<Index>) -> Result<Place> {
        let shape = x.shape();
        let named: usize = entries.iter().map(Index::dims).sum();
        let ellipses = entries.iter().filter(|e| matches!(e, Index::Ellipsis));
        let rest = shape
            .len()
            .checked_sub(named)
            .filter(|_| ellipses.count() <= 1);
        let Some(rest) = rest else {
            let expected = format!("{named} dimensions and one ellipsis at most");
            return Err(rushlight_tensor::Error::shape(op, shape, expected).into());
        };
        let mut steps = Vec::new();
        let mut tensors = Vec::new();
        let mut sizes = shape.iter().copied();
        for entry in entries {
            let dim = tensors.len() as isize;
            match entry {
                Index::At(index) => {
                    sizes.next();
                    steps.push(Step::Select { dim, index });
                }
                Index::Slice(slice) => {
                    let size = sizes.next().unwrap_or(0);
                    if slice != Slice::from(..) {
                        steps.push(slice.step_along(op, dim, size)?);
                    }
                    tensors.push(None);
                }
                Index::Ellipsis => {
                    tensors.extend(std::iter::repeat_n(None, rest));
                    sizes.by_ref().take(rest).for_each(drop);
                }
                Index::NewAxis => {
                    steps.push(Step::Unsqueeze { dim });
                    tensors.push(None);
                }
                Index::Bool(keep) => {
                    steps.push(Step::Unsqueeze { dim });
                    tensors.push(Some(Tensor::full(
                        &[keep.into()],
                        0,
                        DType::I64,
                        x.device(),
                    )?));
                }
                Index::Tensor(index) => {
                    let dims = Index::mask_dims(&index);
                    sizes.by_ref().take(dims.unwrap_or(1)).for_each(drop);
                    tensors.push(Some(index.to_device(x.device())?));
                    tensors.extend(std::iter::repeat_n(
                        None,
                        dims.unwrap_or(1).saturating_sub(1),
                    ));
                }
            }
        }
        let part = Part(steps);
        Ok(Place { part, tensors })
    }

    fn view(&self, op: &'static str, x: &Tensor) -> Result<Tensor> {
        match self.part.0.is_empty() {
            true => Ok(x.clone()),
            false => x.part(op, self.part.clone()),
        }
    }
}

impl Index {
    /// How many dimensions the entry stands for.
    fn dims(&self) -> usize {
        match self {
            Index::At(_) | Index::Slice(_) => 1,
            Index::NewAxis | Index::Ellipsis | Index::Bool(_) => 0,
            Index::Tensor(index) => Index::mask_dims(index).unwrap_or(1),
        }
    }

    /// The rank of a mask.
    fn mask_dims(index: &Tensor) -> Option<usize> {
        matches!(index.dtype(), DType::Bool | DType::U8).then(|| index.dim())
    }

    /// A tensor as an entry; one with a single element and no dimension stands for that element.
    fn of_tensor(index: Tensor) -> Result<Index> {
        if index.dim() > 0 {
            return Ok(Index::Tensor(index));
        }
        match (index.dtype(), index.item_scalar()?) {
            (DType::Bool | DType::U8, value) => Ok(Index::Bool(value.to_i64() != 0)),
            (dtype, value) if dtype.is_integer() => Ok(Index::At(value.to_i64())),
            _ => Ok(Index::Tensor(index)),
        }
    }
}

/// Elements that tensors of indices pick from a shape: row-major positions within a run of
/// dimensions, once those that are indexed stand next to each other.
struct Picked {
    order: Vec<isize>,
    /// Sizes before, inside and behind the indexed run.
    before: Vec<usize>,
    inside: usize,
    behind: Vec<usize>,
    /// Shape of the indices, and the positions they mean, 1-d.
    shape: Shape,
    positions: Tensor,
}

impl Picked {
    /// `None` where no dimension is indexed.
    fn of(op: &'static str, shape: &Shape, tensors: &[Option<Tensor>]) -> Result<Option<Picked>> {
        let (dims, indices) = integers(op, shape, tensors)?;
        let Some((&first, &last)) = dims.first().zip(dims.last()) else {
            return Ok(None);
        };
        // Where indexed dimensions are apart, the picked one comes first.
        let is_run = last - first + 1 == dims.len();
        let start = if is_run { first } else { 0 };
        let others: Vec<usize> = (0..shape.len()).filter(|dim| !dims.contains(dim)).collect();
        let order = [&others[..start], &dims[..], &others[start..]].concat();
        let size = |dim: &usize| shape[*dim];
        let broadcast = Tensor::broadcast_tensors(&indices)?;
        let picked = broadcast.first().map_or_else(Shape::default, Tensor::shape);
        let mut positions: Option<Tensor> = None;
        for (index, &dim) in broadcast.iter().zip(&dims) {
            let index = index.wrapped(op, shape[dim])?;
            positions = Some(match positions {
                None => index,
                Some(outer) => outer.mul(shape[dim] as i64)?.add(index)?,
            });
        }
        let Some(positions) = positions else {
            return Ok(None);
        };
        Ok(Some(Picked {
            order: order.iter().map(|&dim| dim as isize).collect(),
            before: others[..start].iter().map(size).collect(),
            inside: dims.iter().map(size).product(),
            behind: others[start..].iter().map(size).collect(),
            positions: positions.flatten(0, -1)?,
            shape: picked,
        }))
    }

    /// The view with the indexed dimensions as one.
    fn run_of(&self, view: &Tensor) -> Result<Tensor> {
        let sizes = [&self.before[..], &[self.inside], &self.behind[..]].concat();
        view.permute(&self.order)?.reshape_to(&sizes)
    }

    fn dim(&self) -> isize {
        self.before.len() as isize
    }

    fn output_shape(&self) -> Shape {
        [&self.before[..], &self.shape[..], &self.behind[..]]
            .concat()
            .into()
    }

    fn read(&self, view: &Tensor) -> Result<Tensor> {
        self.run_of(view)?
            .index_select(self.dim(), &self.positions)?
            .reshape_to(&self.output_shape())
    }

    fn written(&self, view: &Tensor, values: &Tensor, accumulate: bool) -> Result<Tensor> {
        let flat = [
            &self.before[..],
            &[self.positions.numel()],
            &self.behind[..],
        ]
        .concat();
        let values = values
            .spread("index_put", &self.output_shape())?
            .reshape_to(&flat)?;
        let run = self.run_of(view)?;
        let written = match accumulate {
            true => run.index_add(self.dim(), &self.positions, &values, 1)?,
            false => run.index_copy(self.dim(), &self.positions, &values)?,
        };
        let shape = view.shape();
        let permuted: Vec<usize> = self.order.iter().map(|&dim| shape[dim as usize]).collect();
        let mut inverse = vec![0; self.order.len()];
        for (to, &from) in self.order.iter().enumerate() {
            inverse[from as usize] = to as isize;
        }
        written.reshape_to(&permuted)?.permute(&inverse)
    }
}

/// The indexed dimensions and their indices, masks turned into the coordinates they pick.
fn integers(
    op: &'static str,
    shape: &Shape,
    tensors: &[Option<Tensor>],
) -> Result<(Vec<usize>, Vec<Tensor>)> {
    let (mut dims, mut indices) = (Vec::new(), Vec::new());
    for (dim, index) in tensors.iter().enumerate() {
        let Some(index) = index else { continue };
        let Some(rank) = Index::mask_dims(index) else {
            rules::dtype(
                op,
                index.dtype(),
                matches!(index.dtype(), DType::I64 | DType::I32) || index.numel() == 0,
                "int64, int32, uint8 or bool as index",
            )?;
            dims.push(dim);
            indices.push(index.clone());
            continue;
        };
        let own = index.shape();
        if shape.get(dim..dim + rank) != Some(&own) {
            let expected = format!("a mask that fits shape {shape} from dimension {dim} on");
            return Err(rushlight_tensor::Error::shape(op, own, expected).into());
        }
        dims.extend(dim..dim + rank);
        indices.extend(index.nonzero_as_tuple()?);
    }
    Ok((dims, indices))
}

macro_rules! entries { ($($T:ty: |$value:ident| $entry:expr;)*) => { $(
    impl Indices for $T {
        fn into_entries(self) -> Result<Vec<Index>> {
            Ok(vec![self.into_entry()?])
        }
    }

    impl Entry for $T {
        fn into_entry(self) -> Result<Index> {
            let $value = self;
            Ok($entry)
        }
    }
)* } }

/// What can be an entry of an index expression.
pub trait Entry {
    /// The entry.
    fn into_entry(self) -> Result<Index>;
}

entries! {
    Index: |entry| entry;
    i64: |index| Index::At(index);
    i32: |index| Index::At(index.into());
    isize: |index| Index::At(index as i64);
    usize: |index| Index::At(i64::try_from(index).unwrap_or(i64::MAX));
    bool: |keep| Index::Bool(keep);
    Slice: |slice| Index::Slice(slice);
    RangeFull: |range| Index::Slice(range.into());
    NewAxis: |_axis| Index::NewAxis;
    Ellipsis: |_rest| Index::Ellipsis;
    Tensor: |index| Index::of_tensor(index)?;
    &Tensor: |index| Index::of_tensor(index.clone())?;
}

macro_rules! list_entries { ($([$($generics:tt)*] $List:ty),*) => { $(
    impl<$($generics)*> Indices for $List {
        fn into_entries(self) -> Result<Vec<Index>> {
            Ok(vec![self.into_entry()?])
        }
    }

    impl<$($generics)*> Entry for $List {
        fn into_entry(self) -> Result<Index> {
            Ok(Index::Tensor(tensor(self)?))
        }
    }
)* } }
list_entries!([D: TensorData, const N: usize] [D; N], [D: TensorData] Vec<D>, [D: TensorData] &[D]);

macro_rules! range_entries { ($($Range:ident)*) => { $(
    entries! {
        $Range<i64>: |range| Index::Slice(range.into());
        $Range<i32>: |range| Index::Slice(range.into());
        $Range<isize>: |range| Index::Slice(range.into());
        $Range<usize>: |range| Index::Slice(range.into());
    }
)* } }
range_entries!(Range RangeFrom RangeTo RangeInclusive RangeToInclusive);

impl Indices for Vec<Index> {
    fn into_entries(self) -> Result<Vec<Index>> {
        Ok(self)
    }
}

macro_rules! tuple_indices { ($($name:ident)*) => {
    impl<$($name: Entry),*> Indices for ($($name,)*) {
        #[allow(non_snake_case, reason = "a type parameter names its own value")]
        fn into_entries(self) -> Result<Vec<Index>> {
            let ($($name,)*) = self;
            Ok(vec![$($name.into_entry()?),*])
        }
    }
} }
tuple_indices!(A);
tuple_indices!(A B);
tuple_indices!(A B C);
tuple_indices!(A B C D);
tuple_indices!(A B C D E);
tuple_indices!(A B C D E F);
tuple_indices!(A B C D E F G);
tuple_indices!(A B C D E F G H);
