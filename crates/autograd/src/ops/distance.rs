//! Distances between points.

use super::recomputed::recomputed;
use crate::graph::needs_graph;
use crate::{
    Backward, DType, Device, Error, Gradients, Result, Saved, Tensor, Wants, amp, gradients,
    is_grad_enabled,
};
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

/// The backward of distances in any norm.
struct Distances {
    p: f64,
    x: Saved,
    /// None for the distances of all pairs.
    other: Option<Saved>,
    y: Saved,
}

impl Backward for Distances {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (x, other) = (self.x.get(), self.other.as_ref().map(Saved::get));
        if is_grad_enabled() {
            let operands: Vec<&Tensor> = [Some(&x), other.as_ref()].into_iter().flatten().collect();
            let compute = |own: &[Tensor]| Ok(vec![own[0].formed(own.get(1), self.p)?]);
            return recomputed(&operands, &[Some(g.clone())], wants, compute);
        }
        let (x, y, g) = (x.array(), self.y.get().array(), g.array());
        let Some(other) = other.map(|other| other.array()) else {
            return gradients![wants; Tensor::new(x.distances_backward(None, self.p, &y, &g)?)];
        };
        let (turned_y, turned_g) = (y.transpose(-2, -1)?, g.transpose(-2, -1)?);
        gradients![wants;
            Tensor::new(x.distances_backward(Some(&other), self.p, &y, &g)?),
            Tensor::new(other.distances_backward(Some(&x), self.p, &turned_y, &turned_g)?)]
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
            if x.can_measure() && other.can_measure() && x.dtype() == other.dtype() {
                let batch = |x: &Tensor| Shape::from(&x.shape()[..x.dim() - 2]);
                let batch = rules::broadcast(OP, &batch(x), &batch(other))?;
                let spread = |x: &Tensor| {
                    let shape = x.shape();
                    x.broadcast_to(&[&batch[..], &shape[x.dim() - 2..]].concat())
                };
                return spread(x)?.measured(OP, Some(&spread(other)?), p);
            }
            x.formed(Some(other), p)
        })
    }

    /// The `p`-norms of the differences of all pairs of rows: first with the first, then with the second.
    ///
    /// Shapes: `[n, width] -> [n (n - 1) / 2]`.
    pub fn pdist(&self, p: f64) -> Result<Tensor> {
        const OP: &str = "pdist";
        let [x] = &amp::operands(OP, [self])?;
        let [_, _] = x.shape()[..] else {
            return Err(rushlight_tensor::Error::shape(OP, x.shape(), "[n, width]").into());
        };
        if p.is_nan() || p < 0.0 {
            return Err(Error::argument(OP, "p", p, "at least 0"));
        }
        match x.can_measure() {
            true => x.measured(OP, None, p),
            false => x.formed(None, p),
        }
    }

    /// The distances by the kernel, from `other` points of the same batch or of all pairs.
    fn measured(&self, op: &'static str, other: Option<&Tensor>, p: f64) -> Result<Tensor> {
        let others = other.map(Tensor::array);
        let y = self.array().distances(others.as_ref(), p)?;
        let operands: Vec<&Tensor> = [Some(self), other].into_iter().flatten().collect();
        Ok(Tensor::record_with_output(y, op, &operands, |y| {
            Distances {
                p,
                x: self.save(),
                other: other.map(Tensor::save),
                y: y.save(),
            }
        }))
    }

    /// The same from all differences, of which there are many.
    fn formed(&self, other: Option<&Tensor>, p: f64) -> Result<Tensor> {
        let differences = match other {
            Some(other) => (self.unsqueeze(-2)? - other.unsqueeze(-3)?)?,
            None => {
                let count = self.size(0)?;
                let pairs = Tensor::triu_indices(count, count, 1)?.to_device(self.device())?;
                let row = |side| self.index_select(0, &pairs.select(0, side)?);
                (row(0)? - row(1)?)?
            }
        };
        differences.vector_norm(p, &[-1], false)
    }

    /// Whether there is a kernel for distances, and one for their gradients where they are needed.
    fn can_measure(&self) -> bool {
        let fits = matches!(self.dtype(), DType::F32 | DType::F64);
        let differentiates = self.device() == Device::Cpu || !needs_graph(&[self]);
        fits && differentiates && self.numel() > 0
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
