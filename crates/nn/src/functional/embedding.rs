//! Looking up rows of a table.

use crate::{Error, Result};
use rushlight_autograd::{DType, EmbeddingOptions, Tensor, no_grad};

/// The rows of `weight` that `indices` name.
///
/// Shapes: indices `[...]`, weight `[num_embeddings, embedding_dim]` -> `[..., embedding_dim]`.
pub fn embedding(indices: &Tensor, weight: &Tensor) -> Result<Tensor> {
    weight.embedding(indices, EmbeddingOptions::default())
}

/// As [`embedding`], with a row without gradient or gradients scaled by frequency.
pub fn embedding_with(
    indices: &Tensor,
    weight: &Tensor,
    options: EmbeddingOptions,
) -> Result<Tensor> {
    weight.embedding(indices, options)
}

/// Shrinks those of the named rows whose norm exceeds `max_norm`, in the leaf `weight` itself.
pub fn embedding_renorm_(
    weight: &Tensor,
    indices: &Tensor,
    max_norm: f64,
    norm_type: f64,
) -> Result<()> {
    no_grad(|| {
        let index = indices.flatten(0, -1)?;
        let rows = weight.index_select(0, &index)?;
        let norm = rows
            .abs()?
            .pow(norm_type)?
            .sum_dim(&[1], true)?
            .pow(1.0 / norm_type)?;
        let shrunk = (&rows * (max_norm / (&norm + 1e-7)?)?)?;
        let rows = Tensor::select_where(&norm.gt(max_norm)?, &shrunk, &rows)?;
        weight.set_data(&weight.detach().index_copy(0, &index, &rows)?)
    })
}

/// What the rows of a bag become.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EmbeddingBagMode {
    /// Their mean.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Their maximum.
    Max,
}

/// Settings of [`embedding_bag`].
#[derive(Debug, Clone, Copy, Default)]
pub struct EmbeddingBagOptions<'a> {
    /// What the rows of a bag become. Default: their mean.
    pub mode: EmbeddingBagMode,
    /// Where bags begin among indices of one dimension. Default: none, for indices of two dimensions,
    /// each row of which is a bag.
    pub offsets: Option<&'a Tensor>,
    /// Whether the last offset is the number of indices rather than the begin of a bag. Default: false.
    pub include_last_offset: bool,
    /// Weights of the rows, of the shape of the indices; for sums. Default: none.
    pub per_sample_weights: Option<&'a Tensor>,
    /// A row, counted from the end if negative, that does not count. Default: none.
    pub padding_idx: Option<i64>,
    /// Whether the gradient of a row is divided by how often it was looked up. Default: false.
    pub scale_grad_by_freq: bool,
}

/// Sums, means or maxima of the rows of `weight` that bags of indices name; zeros for empty bags.
///
/// Shapes: indices `[bags, length]`, or `[indices]` with offsets; weight
/// `[num_embeddings, embedding_dim]` -> `[bags, embedding_dim]`.
pub fn embedding_bag(
    indices: &Tensor,
    weight: &Tensor,
    options: EmbeddingBagOptions<'_>,
) -> Result<Tensor> {
    const OP: &str = "embedding_bag";
    if weight.dim() != 2 {
        return Err(Error::shape(OP, weight.shape(), "[num_embeddings, embedding_dim]").into());
    }
    if let Some(weights) = options.per_sample_weights {
        if options.mode != EmbeddingBagMode::Sum {
            let expected = "unset but for sums";
            return Err(Error::argument(OP, "per_sample_weights", "set", expected).into());
        }
        if weights.shape() != indices.shape() {
            let expected = format!("{}, as the indices have", indices.shape());
            return Err(Error::shape(OP, weights.shape(), expected).into());
        }
    }
    let bags = Bags::new(indices, weight, options)?;
    let (count, width) = (bags.sizes.len(), weight.size(1)?);
    let empty = weight.new_zeros(&[count, width])?;
    let lookup = EmbeddingOptions {
        padding_idx: None,
        scale_grad_by_freq: options.scale_grad_by_freq,
    };
    let chosen = |x: &Tensor| x.flatten(0, -1)?.index_select(0, &bags.positions);
    let mut rows = weight.embedding(&chosen(indices)?, lookup)?;
    if let Some(weights) = options.per_sample_weights {
        rows = rows.mul(chosen(weights)?.unsqueeze(1)?)?;
    }
    match options.mode {
        EmbeddingBagMode::Sum => empty.index_add(0, &bags.numbers()?, &rows, 1.0),
        EmbeddingBagMode::Mean => {
            let sizes: Vec<f64> = bags.sizes.iter().map(|&size| size.max(1) as f64).collect();
            let sizes = Tensor::from_vec(sizes, &[count, 1])?.to_device(weight.device())?;
            let sum = empty.index_add(0, &bags.numbers()?, &rows, 1.0)?;
            sum.div(sizes.to_dtype(weight.dtype())?)
        }
        EmbeddingBagMode::Max => bags.maxima(&rows, &empty),
    }
}

/// Which indices lie in which bag.
struct Bags {
    /// The indices that count, in order.
    positions: Tensor,
    /// How many of them each bag has.
    sizes: Vec<usize>,
}

impl Bags {
    fn new(indices: &Tensor, weight: &Tensor, options: EmbeddingBagOptions<'_>) -> Result<Bags> {
        const OP: &str = "embedding_bag";
        let shape = indices.shape();
        let total = indices.numel();
        let starts: Vec<usize> = match (&shape[..], options.offsets) {
            (&[bags, length], None) => {
                // Refuses more bags than memory has room for, be they empty.
                indices.new_empty(&[bags])?;
                (0..=bags).map(|bag| bag * length).collect()
            }
            (&[_], Some(offsets)) if offsets.dim() == 1 => {
                let starts = offsets.to_dtype(DType::I64)?.to_vec::<i64>()?;
                let starts = starts.iter().map(|&start| usize::try_from(start).ok());
                let mut starts = starts.collect::<Option<Vec<_>>>().unwrap_or_default();
                if !options.include_last_offset {
                    starts.push(total);
                }
                starts
            }
            _ => {
                let expected = "[bags, length], or [indices] with offsets of one dimension";
                return Err(Error::shape(OP, shape, expected).into());
            }
        };
        if starts.first() != Some(&0) || !starts.is_sorted() || starts.last() > Some(&total) {
            let expected = "increasing from 0 to at most the number of indices";
            return Err(Error::argument(OP, "offsets", format!("{starts:?}"), expected).into());
        }
        let padding = options.padding_idx.map(|row| match row {
            0.. => row,
            _ => row + weight.shape()[0] as i64,
        });
        let names = indices.to_dtype(DType::I64)?.to_vec::<i64>()?;
        let (mut positions, mut sizes) = (Vec::new(), Vec::new());
        for range in starts.windows(2) {
            let before = positions.len();
            let counting = (range[0]..range[1]).filter(|&at| Some(names[at]) != padding);
            positions.extend(counting.map(|at| at as i64));
            sizes.push(positions.len() - before);
        }
        let count = positions.len();
        let positions = Tensor::from_vec(positions, &[count])?.to_device(weight.device())?;
        Ok(Bags { positions, sizes })
    }

    /// The bag of each index that counts.
    fn numbers(&self) -> Result<Tensor> {
        let bags = self.sizes.iter().enumerate();
        let numbers = bags.flat_map(|(bag, &size)| std::iter::repeat_n(bag as i64, size));
        let numbers: Vec<i64> = numbers.collect();
        Tensor::from_slice(&numbers, &[numbers.len()])?.to_device(self.positions.device())
    }

    /// The first of the largest elements of each bag.
    fn maxima(&self, rows: &Tensor, empty: &Tensor) -> Result<Tensor> {
        let longest = self.sizes.iter().copied().max().unwrap_or(0);
        if longest == 0 {
            return empty.add(rows.sum()?);
        }
        // [bags, longest]: the rows of each bag, and where there are none.
        let (mut places, mut absent) = (Vec::new(), Vec::new());
        let mut start = 0;
        for &size in &self.sizes {
            let inside = |at: usize| at < size;
            places.extend((0..longest).map(|at| if inside(at) { (start + at) as i64 } else { 0 }));
            absent.extend((0..longest).map(|at| !inside(at)));
            start += size;
        }
        let shape = [self.sizes.len(), longest];
        let places = Tensor::from_vec(places, &[shape[0] * longest])?.to_device(rows.device())?;
        let absent = Tensor::from_vec(absent, &shape)?.to_device(rows.device())?;
        let sizes = shape.map(|size| size as isize);
        let table = rows.index_select(0, &places)?.unflatten(0, &sizes)?;
        let table = table.masked_fill(&absent.unsqueeze(2)?, f64::NEG_INFINITY)?;
        let maxima = table.max_dim(1, false)?.0;
        maxima.masked_fill(&absent.all_dim(&[1], true)?, 0.0)
    }
}
