//! Distances between points.

use crate::graph::needs_graph;
use crate::{Backward, DType, Error, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::Shape;
use rushlight_tensor::ops::rules;

/// Up to this many points on each side, the differences are formed one by one, which is more exact.
const FEW_POINTS: usize = 25;

/// The backward of Euclidean distances: a point is drawn along the line to every other one.
struct Euclidean {
    x: Saved,
    other: Saved,
    y: Saved,
}

impl Backward for Euclidean {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (x, other, y) = (self.x.get(), self.other.get(), self.y.get());
        // Points that coincide draw in no direction.
        let pull = (g / &y)?.masked_where(&y.ne(0.0)?)?; // [.., points, others]
        let drawn = |from: &Tensor, to: &Tensor, pull: &Tensor| {
            (from * pull.sum_dim(&[-1], true)?)? - pull.matmul(to)?
        };
        gradients![wants;
            drawn(&x, &other, &pull)?,
            drawn(&other, &x, &pull.transpose(-2, -1)?)?]
    }
}

impl Tensor {
    /// The distance of every row of `self` from every row of `other`, in the `p`-norm.
    ///
    /// Shapes: `[..., points, m] x [..., others, m] -> [..., points, others]`; leading dimensions
    /// broadcast. As in PyTorch, Euclidean distances of many points come from one matrix product.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let (x, y) = (tensor([[0.0, 0.0]])?, tensor([[3.0, 4.0], [0.0, 1.0]])?);
    /// assert_eq!(x.cdist(&y, 2.0)?.to_vec::<f32>()?, [5.0, 1.0]);
    /// # Ok(()) }
    /// ```
    pub fn cdist(&self, other: &Tensor, p: f64) -> Result<Tensor> {
        const OP: &str = "cdist";
        if p < 0.0 || p.is_nan() {
            return Err(Error::argument(OP, "p", p, "non-negative"));
        }
        for x in [self, other] {
            let fits = x.is_floating_point();
            rules::dtype(OP, x.dtype(), fits, "a floating-point dtype")?;
            if x.dim() < 2 {
                let expected = "at least two dimensions";
                return Err(rushlight_tensor::Error::shape(OP, x.shape(), expected).into());
            }
        }
        let (points, others) = (self.size(-2)?, other.size(-2)?);
        let columns = self.size(-1)?;
        if other.size(-1)? != columns {
            let expected = format!("{columns} columns");
            return Err(rushlight_tensor::Error::shape(OP, other.shape(), expected).into());
        }
        amp::run(OP, [self, other], |[x, other]| {
            if p == 2.0 && points.max(others) > FEW_POINTS {
                return x.euclidean(other);
            }
            if x.can_measure() && x.dtype() == other.dtype() && !needs_graph(&[x, other]) {
                let batch = |x: &Tensor| Shape::from(&x.shape()[..x.dim() - 2]);
                let batch = rules::broadcast(OP, &batch(x), &batch(other))?;
                let spread = |x: &Tensor| {
                    let shape = x.shape();
                    x.broadcast_to(&[&batch[..], &shape[x.dim() - 2..]].concat())
                };
                let (x, other) = (spread(x)?.array(), spread(other)?.array());
                return Ok(Tensor::new(x.distances(Some(&other), p)?));
            }
            (x.unsqueeze(-2)? - other.unsqueeze(-3)?)?.vector_norm(p, &[-1], false)
        })
    }

    /// The `p`-norms of the differences of all pairs of rows: first with the first, then with the second.
    ///
    /// Shapes: `[n, width] -> [n (n - 1) / 2]`.
    pub fn pdist(&self, p: f64) -> Result<Tensor> {
        const OP: &str = "pdist";
        let [x] = &amp::operands(OP, [self])?;
        let [count, _] = x.shape()[..] else {
            return Err(rushlight_tensor::Error::shape(OP, x.shape(), "[n, width]").into());
        };
        if p.is_nan() || p < 0.0 {
            return Err(Error::argument(OP, "p", p, "at least 0"));
        }
        if x.can_measure() && !needs_graph(&[x]) {
            return Ok(Tensor::new(x.array().distances(None, p)?));
        }
        let pairs = Tensor::triu_indices(count, count, 1)?.to_device(x.device())?;
        let row = |side| x.index_select(0, &pairs.select(0, side)?);
        (row(0)? - row(1)?)?.vector_norm(p, &[-1], false)
    }

    /// Whether there is a kernel for distances that no gradient is needed of; the differences, of which
    /// there are many, are formed otherwise.
    fn can_measure(&self) -> bool {
        let fits = matches!(self.dtype(), DType::F32 | DType::F64);
        fits && self.numel() > 0
    }

    /// Euclidean distances, from `|x - y|^2 = |x|^2 + |y|^2 - 2xy`.
    fn euclidean(&self, other: &Tensor) -> Result<Tensor> {
        let (x, z) = (self.detach(), other.detach());
        let square = |x: &Tensor| (x * x)?.sum_dim(&[-1], true);
        let products = x.matmul(&z.transpose(-2, -1)?)?;
        let sums = (square(&x)? + square(&z)?.transpose(-2, -1)?)?;
        // Rounding may leave less than nothing.
        let y = (sums - (products * 2.0)?)?.clamp_min(0.0)?.sqrt()?;
        Ok(Tensor::record_with_output(
            y.array(),
            "cdist",
            &[self, other],
            |y| Euclidean {
                x: self.save(),
                other: other.save(),
                y: y.save(),
            },
        ))
    }
}
