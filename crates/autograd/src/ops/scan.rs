//! Scans: every element meets those before it along a dimension.

use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::Array;
use rushlight_tensor::ops::reduce::ExtremeOp;
use rushlight_tensor::ops::scan::{Direction, ScanOp};

/// The backward of a scan. `x` and `y` are kept where the rule needs them.
struct Scan {
    op: ScanOp,
    dim: isize,
    direction: Direction,
    x: Option<Saved>,
    y: Option<Saved>,
}

impl Scan {
    fn gradient(&self, g: &Tensor) -> Result<Tensor> {
        let get = |x: &Option<Saved>| x.as_ref().expect("the scan saves what it needs").get();
        let back = self.direction.reversed();
        let recur = |a: &Tensor, b: &Tensor| Tensor::recurrence(a, b, self.dim, back);
        match self.op {
            ScanOp::Sum => g.scan(ScanOp::Sum, self.dim, back),
            // All products that contain an element share those before it; what follows is a
            // recurrence, which needs no division and so no element that is not zero.
            ScanOp::Prod => {
                let x = get(&self.x);
                let before = x.scan(ScanOp::ProdBefore, self.dim, self.direction)?;
                before * (g + recur(&x, &(&x * g)?)?)?
            }
            ScanOp::ProdBefore => get(&self.y) * recur(&get(&self.x), g)?,
            // An element takes its share of its own sum, and of the part that sum has in the next.
            ScanOp::LogSumExp => {
                let (x, y) = (get(&self.x), get(&self.y));
                let distance = (&x - &y)?;
                let share = distance
                    .exp()?
                    .masked_where(&x.isneginf()?.logical_not()?)?;
                let rest = (1.0 - &share)?;
                share * (g + recur(&rest, &(&rest * g)?)?)?
            }
        }
    }
}

impl Backward for Scan {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        gradients![wants; self.gradient(g)?]
    }
}

/// The backward of `y[i] = b[i - 1] + a[i - 1] * y[i - 1]`: the same recurrence, backwards.
struct Recurrence {
    dim: isize,
    direction: Direction,
    a: Saved,
    y: Saved,
}

impl Backward for Recurrence {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let back = Tensor::recurrence(&self.a.get(), g, self.dim, self.direction.reversed())?;
        gradients![wants; (self.y.get() * &back)?, back.clone()]
    }
}

impl Tensor {
    /// The sums of the elements up to each along a dimension; those of integers are `i64`.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([1.0, 2.0, 3.0])?;
    /// assert_eq!(x.cumsum(0)?.to_vec::<f32>()?, [1.0, 3.0, 6.0]);
    /// # Ok(()) }
    /// ```
    pub fn cumsum(&self, dim: isize) -> Result<Tensor> {
        self.scan(ScanOp::Sum, dim, Direction::Forward)
    }

    /// In-place form of [`cumsum`](Tensor::cumsum).
    pub fn cumsum_(&mut self, dim: isize) -> Result<()> {
        self.assign("cumsum_", self.cumsum(dim)?)
    }

    /// The products of the elements up to each along a dimension; those of integers are `i64`.
    pub fn cumprod(&self, dim: isize) -> Result<Tensor> {
        self.scan(ScanOp::Prod, dim, Direction::Forward)
    }

    /// In-place form of [`cumprod`](Tensor::cumprod).
    pub fn cumprod_(&mut self, dim: isize) -> Result<()> {
        self.assign("cumprod_", self.cumprod(dim)?)
    }

    /// `log(cumsum(exp(x)))` along a dimension, without overflow.
    pub fn logcumsumexp(&self, dim: isize) -> Result<Tensor> {
        self.scan(ScanOp::LogSumExp, dim, Direction::Forward)
    }

    /// The largest elements up to each along a dimension, and the index of each, of several the last.
    pub fn cummax(&self, dim: isize) -> Result<(Tensor, Tensor)> {
        self.picked(
            "cummax",
            self.array().scan_extreme(ExtremeOp::Max, dim)?,
            dim,
            true,
        )
    }

    /// The smallest elements up to each along a dimension, and the index of each, of several the last.
    pub fn cummin(&self, dim: isize) -> Result<(Tensor, Tensor)> {
        self.picked(
            "cummin",
            self.array().scan_extreme(ExtremeOp::Min, dim)?,
            dim,
            true,
        )
    }

    pub(crate) fn scan(&self, op: ScanOp, dim: isize, direction: Direction) -> Result<Tensor> {
        amp::run(op.name(), [self], |[x]| {
            let y = x.array().scan(op, dim, direction)?;
            Ok(Tensor::record_with_output(y, op.name(), &[x], |y| Scan {
                op,
                dim,
                direction,
                x: (op != ScanOp::Sum).then(|| x.save()),
                y: matches!(op, ScanOp::ProdBefore | ScanOp::LogSumExp).then(|| y.save()),
            }))
        })
    }

    /// `y[i] = b[i - 1] + a[i - 1] * y[i - 1]` along a dimension, from 0.
    fn recurrence(a: &Tensor, b: &Tensor, dim: isize, direction: Direction) -> Result<Tensor> {
        let y = Array::recurrence(&a.array(), &b.array(), dim, direction)?;
        Ok(Tensor::record_with_output(y, "recurrence", &[a, b], |y| {
            Recurrence {
                dim,
                direction,
                a: a.save(),
                y: y.save(),
            }
        }))
    }
}
