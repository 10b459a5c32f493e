//! Counting elements in bins. Nothing here has a gradient.

use crate::{Error, Result, Tensor};
use rushlight_tensor::ops::rules;
use rushlight_tensor::{DType, Shape};

/// The bins of one dimension of a histogram.
#[derive(Clone, Debug)]
pub enum Bins {
    /// This many of one width.
    Count(usize),
    /// Those between neighbours of these ascending edges.
    Edges(Tensor),
}

impl From<usize> for Bins {
    fn from(count: usize) -> Bins {
        Bins::Count(count)
    }
}

impl From<&Tensor> for Bins {
    fn from(edges: &Tensor) -> Bins {
        Bins::Edges(edges.clone())
    }
}

/// Settings of a histogram.
#[derive(Clone, Copy, Debug, Default)]
pub struct HistogramOptions<'a> {
    /// The ends of bins that are given by their number, by default the least and the largest
    /// element; one pair for each dimension.
    pub range: Option<&'a [(f64, f64)]>,
    /// How much each element counts, by default 1.
    pub weight: Option<&'a Tensor>,
    /// Whether the histogram is divided by its integral.
    pub density: bool,
}

impl Tensor {
    /// How often each number from 0 on occurs among integers, or the sum of the weights where it
    /// does; for at least `minlength` numbers.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let counts = tensor([0, 2, 2])?.bincount(None, 0)?;
    /// assert_eq!(counts.to_vec::<i64>()?, [1, 0, 2]);
    /// # Ok(()) }
    /// ```
    pub fn bincount(&self, weights: Option<&Tensor>, minlength: usize) -> Result<Tensor> {
        const OP: &str = "bincount";
        rules::dtype(
            OP,
            self.dtype(),
            self.dtype().is_integer(),
            "an integer dtype",
        )?;
        if self.dim() != 1 {
            return Err(rushlight_tensor::Error::shape(OP, self.shape(), "one dimension").into());
        }
        let mut bins = minlength;
        if self.numel() > 0 {
            if self.min()?.item()? < 0.0 {
                return Err(Error::argument(
                    OP,
                    "input",
                    "a negative number",
                    "non-negative",
                ));
            }
            let largest = self.max()?.item_scalar()?.to_i64();
            bins = bins.max((largest as usize).saturating_add(1));
        }
        let weights = match weights {
            Some(weights) if weights.dtype() == DType::F32 => Some(weights.array()),
            Some(weights) => Some(weights.array().to_dtype(DType::F64)?),
            None => None,
        };
        Ok(Tensor::new(
            self.array().count_into(bins, weights.as_ref())?,
        ))
    }

    /// How many elements fall into each of `bins` bins of one width between `min` and `max`, or
    /// between the least and the largest element where both are equal.
    pub fn histc(&self, bins: usize, min: f64, max: f64) -> Result<Tensor> {
        const OP: &str = "histc";
        rules::dtype(
            OP,
            self.dtype(),
            self.is_floating_point(),
            "a floating-point dtype",
        )?;
        if bins == 0 {
            return Err(Error::argument(OP, "bins", bins, "positive"));
        }
        let x = self.detach().reshape(&[-1])?;
        let (mut low, mut high) = (min, max);
        if low == high && x.numel() > 0 {
            (low, high) = (x.min()?.item()?, x.max()?.item()?);
        }
        if low == high {
            (low, high) = (low - 1.0, high + 1.0);
        }
        check_range(OP, low, high)?;
        let (low, high) = (x.scalar_like(low)?, x.scalar_like(high)?);
        let inside = x.ge(&low)?.logical_and(&x.le(&high)?)?;
        let places = (((&x - &low)? * bins as f64)? / (high - low)?)?;
        let places = places.masked_where(&inside)?.to_dtype(DType::I64)?;
        // The last bin includes its upper end.
        let last = places.full_like(bins as i64 - 1)?;
        let places =
            Tensor::select_where(&inside, &places.minimum(&last)?, &places.full_like(-1i64)?)?;
        let counts = places.array().count_into(bins, None)?;
        Ok(Tensor::new(counts.to_dtype(self.dtype())?))
    }

    /// How many elements fall into each bin, and the edges of the bins.
    pub fn histogram(
        &self,
        bins: impl Into<Bins>,
        options: HistogramOptions<'_>,
    ) -> Result<(Tensor, Tensor)> {
        let weight = options
            .weight
            .map(|weight| weight.reshape(&[-1]))
            .transpose()?;
        let options = HistogramOptions {
            weight: weight.as_ref(),
            ..options
        };
        let (histogram, mut edges) = self
            .reshape(&[-1, 1])?
            .histogramdd(&[bins.into()], options)?;
        Ok((histogram, edges.remove(0)))
    }

    /// The histogram of points, whose coordinates are the last dimension, and the edges of the bins
    /// of each coordinate.
    pub fn histogramdd(
        &self,
        bins: &[Bins],
        options: HistogramOptions<'_>,
    ) -> Result<(Tensor, Vec<Tensor>)> {
        const OP: &str = "histogramdd";
        let shape = self.shape();
        let fits = matches!(self.dtype(), DType::F32 | DType::F64);
        rules::dtype(OP, self.dtype(), fits, "float32 or float64")?;
        let Some((&coordinates, points)) = shape.split_last() else {
            return Err(rushlight_tensor::Error::shape(OP, shape, "at least one dimension").into());
        };
        if bins.len() != coordinates {
            let expected = format!("as many coordinates as there are bins, {}", bins.len());
            return Err(rushlight_tensor::Error::shape(OP, shape, expected).into());
        }
        if let Some(weight) = options.weight
            && (weight.shape() != *points || weight.dtype() != self.dtype())
        {
            let expected = format!("{} weights of shape {:?}", self.dtype().name(), points);
            return Err(rushlight_tensor::Error::shape(OP, weight.shape(), expected).into());
        }
        let x = self.detach().reshape(&[-1, coordinates as isize])?;
        let range = |dim: usize| options.range.and_then(|range| range.get(dim)).copied();
        let edges = bins
            .iter()
            .enumerate()
            .map(|(dim, bins)| edges(&x.select(1, dim as i64)?, bins, range(dim)))
            .collect::<Result<Vec<Tensor>>>()?;
        let sizes: Shape = edges.iter().map(|edges| edges.numel() - 1).collect();
        let total = rules::numel(OP, &sizes)?;
        let mut place = Tensor::full(&[x.size(0)?], 0i64, DType::I64, x.device())?;
        let mut inside = place.eq(0i64)?;
        for (dim, edges) in edges.iter().enumerate() {
            let column = x.select(1, dim as i64)?;
            let (first, last) = (edges.select(0, 0)?, edges.select(0, -1)?);
            let within = column.ge(&first)?.logical_and(&column.le(&last)?)?;
            inside = inside.logical_and(&within)?;
            // The last bin includes its upper end.
            let bin = (column.bucketize(edges, true)? - 1i64)?;
            let bin = bin.minimum(sizes[dim] as i64 - 1)?;
            place = ((place * sizes[dim] as i64)? + bin)?;
        }
        let place = Tensor::select_where(&inside, &place, &place.full_like(-1i64)?)?;
        let weight = options
            .weight
            .map(|weight| weight.reshape(&[-1]))
            .transpose()?;
        let weight = weight.map(|weight| weight.array());
        let counts = place.array().count_into(total, weight.as_ref())?;
        let mut histogram = Tensor::new(counts.to_dtype(x.dtype())?.reshape(&sizes)?);
        if options.density {
            histogram = (&histogram / histogram.sum()?)?;
            for (dim, edges) in edges.iter().enumerate() {
                let mut along = vec![1; sizes.len()];
                along[dim] = -1;
                histogram = (histogram / edges.diff(1, 0, None, None)?.reshape(&along)?)?;
            }
        }
        Ok((histogram, edges))
    }
}

/// The edges of the bins of one coordinate.
fn edges(column: &Tensor, bins: &Bins, range: Option<(f64, f64)>) -> Result<Tensor> {
    const OP: &str = "histogram";
    let count = match bins {
        Bins::Edges(edges) if edges.dim() != 1 || edges.numel() < 2 => {
            let expected = "one dimension of at least two edges";
            return Err(rushlight_tensor::Error::shape(OP, edges.shape(), expected).into());
        }
        Bins::Edges(edges) => {
            rules::dtype(
                OP,
                edges.dtype(),
                edges.dtype() == column.dtype(),
                "that of the input",
            )?;
            return Ok(edges.detach());
        }
        Bins::Count(0) => return Err(Error::argument(OP, "bins", 0, "positive")),
        Bins::Count(count) => *count,
    };
    let (mut low, mut high) = match range {
        Some(range) => range,
        None if column.numel() == 0 => (0.0, 1.0),
        None => (column.min()?.item()?, column.max()?.item()?),
    };
    check_range(OP, low, high)?;
    if low == high {
        (low, high) = (low - 0.5, high + 0.5);
    }
    column.options().linspace(low, high, count + 1)
}

fn check_range(op: &'static str, low: f64, high: f64) -> Result<()> {
    if !(low.is_finite() && high.is_finite() && low <= high) {
        let got = format!("{low} to {high}");
        return Err(Error::argument(op, "range", got, "finite and ascending"));
    }
    Ok(())
}
