//! Elementwise operations: a method for each row of the op table.

use crate::deferred;
use crate::derivatives::{self, Partial, UnaryRule};
use crate::graph::needs_graph;
use crate::{Backward, Gradients, Operand, Result, Saved, Tensor, Wants, amp, gradients};
use rushlight_tensor::ops::deferred::Activation;
use rushlight_tensor::ops::table::{
    BinaryOp, CompareOp, ParametricOp, PredicateOp, TernaryOp, UnaryOp,
};
use rushlight_tensor::{Array, DType, Scalar};
use rushlight_tensor::{
    for_each_binary_op, for_each_compare_op, for_each_predicate_op, for_each_unary_op,
};

struct Unary {
    op: UnaryOp,
    saved: Option<Saved>,
}

impl Backward for Unary {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let saved = || {
            self.saved
                .as_ref()
                .expect("the rule says what it saves")
                .get()
        };
        gradients![wants; match derivatives::unary(self.op) {
            UnaryRule::Zero | UnaryRule::Missing => g.zeros_like()?,
            UnaryRule::Linear(f) => f(g)?,
            UnaryRule::FromInput(f) | UnaryRule::FromOutput(f) => f(g, &saved())?,
        }]
    }
}

struct Parametric {
    op: ParametricOp,
    parameters: [Scalar; 3],
    x: Saved,
}

impl Backward for Parametric {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let rule = derivatives::parametric(self.op);
        gradients![wants; rule(g, &self.x.get(), self.parameters.map(Scalar::to_f64))?]
    }
}

struct Binary {
    op: BinaryOp,
    a: Option<Saved>,
    b: Option<Saved>,
}

impl Binary {
    fn partial(&self, rule: Partial, g: &Tensor) -> Result<Tensor> {
        let get = |x: &Option<Saved>| x.as_ref().expect("the rule says what it saves").get();
        match rule {
            Partial::Zero | Partial::Missing => g.zeros_like(),
            Partial::Linear(f) => f(g),
            Partial::FromLhs(f) => f(g, &get(&self.a)),
            Partial::FromRhs(f) => f(g, &get(&self.b)),
            Partial::FromBoth(f) => f(g, &get(&self.a), &get(&self.b)),
        }
    }
}

impl Backward for Binary {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (lhs, rhs) = derivatives::binary(self.op);
        gradients![wants; self.partial(lhs, g)?, self.partial(rhs, g)?]
    }
}

struct Where {
    condition: Array,
}

impl Backward for Where {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let condition = Tensor::new(self.condition.clone());
        gradients![wants;
            Tensor::select_where(&condition, g, 0.0)?,
            Tensor::select_where(&condition, 0.0, g)?]
    }
}

struct Ternary {
    op: TernaryOp,
    value: Scalar,
    operands: [Saved; 3],
}

impl Backward for Ternary {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let [a, b, c] = &self.operands;
        let operands = [&a.get(), &b.get(), &c.get()];
        let value = self.value.to_f64();
        let [first, second, third] = derivatives::ternary(self.op);
        gradients![wants; first(g, operands, value)?, second(g, operands, value)?, third(g, operands, value)?]
    }
}

/// Dispatch of the tables.
impl Tensor {
    pub(crate) fn unary(&self, op: UnaryOp) -> Result<Tensor> {
        amp::run(op.name(), [self], |[x]| x.unary_as_is(op))
    }

    fn unary_as_is(&self, op: UnaryOp) -> Result<Tensor> {
        if let Some(y) = deferred::activated(self, || Activation::unary(op))? {
            return Ok(y);
        }
        let y = self.read(|x| x.unary(op))?;
        if !needs_graph(&[self]) {
            return Ok(Tensor::new(y));
        }
        let rule = derivatives::unary(op);
        if matches!(rule, UnaryRule::Missing) {
            return Tensor::record_without_derivative(y, op.name(), &[self]);
        }
        Ok(Tensor::record_with_output(y, op.name(), &[self], |y| {
            let saved = match rule {
                UnaryRule::Zero | UnaryRule::Missing | UnaryRule::Linear(_) => None,
                UnaryRule::FromInput(_) => Some(self.save()),
                UnaryRule::FromOutput(_) => Some(y.save()),
            };
            Unary { op, saved }
        }))
    }

    pub(crate) fn parametric<const N: usize>(
        &self,
        op: ParametricOp,
        parameters: [Scalar; N],
    ) -> Result<Tensor> {
        let mut all = [Scalar::Int(0); 3];
        all[..N].copy_from_slice(&parameters);
        amp::run(op.name(), [self], |[x]| {
            if let Some(y) = deferred::activated(x, || Activation::parametric(op, all))? {
                return Ok(y);
            }
            let y = x.read(|x| x.parametric(op, all))?;
            let rule = || Parametric {
                op,
                parameters: all,
                x: x.save(),
            };
            Ok(Tensor::record(y, op.name(), &[x], rule))
        })
    }

    pub(crate) fn ternary(op: TernaryOp, value: Scalar, operands: [&Tensor; 3]) -> Result<Tensor> {
        let [a, b, c] = operands.map(Tensor::array);
        let y = Array::ternary(op, value, [&a, &b, &c])?;
        let rule = || Ternary {
            op,
            value,
            operands: operands.map(Tensor::save),
        };
        Ok(Tensor::record(y, op.name(), &operands, rule))
    }

    pub(crate) fn binary(&self, op: BinaryOp, rhs: Operand) -> Result<Tensor> {
        if let (BinaryOp::Pow, Operand::Scalar(exponent)) = (op, &rhs) {
            return self.pow_scalar(*exponent);
        }
        match rhs {
            Operand::Tensor(rhs) => amp::run(op.name(), [self, &rhs], |[a, b]| {
                if op == BinaryOp::Add
                    && let Some(y) = deferred::sum(a, b)?
                {
                    return Ok(y);
                }
                let y = a.read_both(b, |a, b| a.binary(op, b))?;
                record_binary(op, y, a, b)
            }),
            Operand::Scalar(value) => {
                let y = self.read(|x| x.binary_scalar(op, value))?;
                if !needs_graph(&[self]) {
                    return Ok(Tensor::new(y));
                }
                let rhs = self.scalar_operand(value, y.dtype())?;
                record_binary(op, y, self, &rhs)
            }
        }
    }

    fn unary_(&mut self, op: UnaryOp, name: &'static str) -> Result<()> {
        match self.change_in_place(&[], |x| x.unary_assign(op))? {
            true => Ok(()),
            false => self.assign(name, self.unary(op)?),
        }
    }

    fn binary_(&mut self, op: BinaryOp, name: &'static str, rhs: Operand) -> Result<()> {
        let done = match &rhs {
            Operand::Tensor(rhs) => {
                let array = rhs.array();
                self.change_in_place(&[rhs], |x| x.binary_assign(op, &array))?
            }
            Operand::Scalar(value) => {
                self.change_in_place(&[], |x| x.binary_scalar_assign(op, *value))?
            }
        };
        match done {
            true => Ok(()),
            false => self.assign(name, self.binary(op, rhs)?),
        }
    }

    /// The operation on `self`, `a` and `b` in place.
    pub(crate) fn ternary_(
        &mut self,
        op: TernaryOp,
        name: &'static str,
        value: Scalar,
        [a, b]: [&Tensor; 2],
    ) -> Result<()> {
        let (first, second) = (a.array(), b.array());
        let change = |x: &mut Array| x.ternary_assign(op, value, [&first, &second]);
        match self.change_in_place(&[a, b], change)? {
            true => Ok(()),
            false => self.assign(name, Tensor::ternary(op, value, [self, a, b])?),
        }
    }

    /// The operation with a number on the left.
    pub(crate) fn binary_from_scalar(&self, op: BinaryOp, lhs: Scalar) -> Result<Tensor> {
        let name = match op {
            BinaryOp::Div => "rdiv",
            _ => op.name(),
        };
        amp::run(name, [self], |[x]| {
            let y = x.read(|x| Array::scalar_binary(op, lhs, x))?;
            if !needs_graph(&[x]) {
                return Ok(Tensor::new(y));
            }
            let lhs = x.scalar_operand(lhs, y.dtype())?;
            record_binary(op, y, &lhs, x)
        })
    }

    fn scalar_operand(&self, value: Scalar, dtype: DType) -> Result<Tensor> {
        Ok(Tensor::new(Array::scalar(
            value,
            dtype.to_accumulate(),
            self.device(),
        )?))
    }

    fn compare(&self, op: CompareOp, rhs: Operand) -> Result<Tensor> {
        Ok(Tensor::new(match rhs {
            Operand::Tensor(rhs) => self.read_both(&rhs, |x, rhs| x.compare(op, rhs))?,
            Operand::Scalar(value) => self.read(|x| x.compare_scalar(op, value))?,
        }))
    }

    fn predicate(&self, op: PredicateOp) -> Result<Tensor> {
        Ok(Tensor::new(self.read(|x| x.predicate(op))?))
    }

    /// Elements of `a` where `condition` is non-zero, of `b` elsewhere; all three broadcast.
    ///
    /// PyTorch's `torch.where(condition, a, b)`.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result, Tensor};
    /// # fn main() -> Result<()> {
    /// let x = tensor([-1.0, 2.0])?;
    /// let y = Tensor::select_where(&x.gt(0.0)?, &x, 0.5)?;
    /// assert_eq!(y.to_vec::<f32>()?, [0.5, 2.0]);
    /// # Ok(()) }
    /// ```
    pub fn select_where(
        condition: &Tensor,
        a: impl Into<Operand>,
        b: impl Into<Operand>,
    ) -> Result<Tensor> {
        let (a, b) = Operand::beside_each_other(a.into(), b.into(), condition.device())?;
        let condition = condition.array();
        let operands = [&condition, &a.array(), &b.array()];
        let y = Array::ternary(TernaryOp::Where, Scalar::Int(1), operands)?;
        Ok(Tensor::record(y, "where", &[&a, &b], || Where {
            condition,
        }))
    }

    /// The elements where `mask` is true, zero elsewhere: whatever was there, NaN included.
    pub(crate) fn masked_where(&self, mask: &Tensor) -> Result<Tensor> {
        Tensor::select_where(mask, self, false)
    }

    /// A mask that is false everywhere.
    pub(crate) fn nowhere(&self) -> Result<Tensor> {
        Tensor::full(&[], false, DType::Bool, self.device())
    }

    pub(crate) fn has_nan(&self) -> Result<bool> {
        Ok(self.isnan()?.to_vec::<bool>()?.contains(&true))
    }
}

fn record_binary(op: BinaryOp, y: Array, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    if !needs_graph(&[a, b]) {
        return Ok(Tensor::new(y));
    }
    let (lhs, rhs) = derivatives::binary(op);
    let rules = [(&lhs, a.requires_grad()), (&rhs, b.requires_grad())];
    let used = || {
        rules
            .iter()
            .filter(|(_, needed)| *needed)
            .map(|(rule, _)| *rule)
    };
    if used().any(|rule| matches!(rule, Partial::Missing)) {
        return Tensor::record_without_derivative(y, op.name(), &[a, b]);
    }
    let save_a = used().any(|rule| matches!(rule, Partial::FromLhs(_) | Partial::FromBoth(_)));
    let save_b = used().any(|rule| matches!(rule, Partial::FromRhs(_) | Partial::FromBoth(_)));
    Ok(Tensor::record(y, op.name(), &[a, b], || Binary {
        op,
        a: save_a.then(|| a.save()),
        b: save_b.then(|| b.save()),
    }))
}

macro_rules! unary_methods {
    ($($(#[$doc:meta])* $name:ident, $name_:ident, $Variant:ident, $Class:ident, |$x:ident| $formula:expr, $domain:expr;)*) => {
        /// Unary operations.
        impl Tensor { $(
            $(#[$doc])*
            pub fn $name(&self) -> Result<Tensor> {
                self.unary(UnaryOp::$Variant)
            }

            #[doc = concat!("In-place form of [`", stringify!($name), "`](Tensor::", stringify!($name), ").")]
            pub fn $name_(&mut self) -> Result<()> {
                self.unary_(UnaryOp::$Variant, stringify!($name_))
            }
        )* }
    };
}
for_each_unary_op!(unary_methods);

macro_rules! binary_methods {
    ($($(#[$doc:meta])* $name:ident, $name_:ident, $Variant:ident, $Class:ident, |$a:ident, $b:ident| $formula:expr, $domain:expr;)*) => {
        /// Binary operations; `rhs` is a tensor that broadcasts, or a number.
        impl Tensor { $(
            $(#[$doc])*
            pub fn $name(&self, rhs: impl Into<Operand>) -> Result<Tensor> {
                self.binary(BinaryOp::$Variant, rhs.into())
            }

            #[doc = concat!("In-place form of [`", stringify!($name), "`](Tensor::", stringify!($name), ").")]
            pub fn $name_(&mut self, rhs: impl Into<Operand>) -> Result<()> {
                self.binary_(BinaryOp::$Variant, stringify!($name_), rhs.into())
            }
        )* }

        /// Binary operations with a number, or a tensor, on the left.
        #[allow(
            clippy::should_implement_trait,
            reason = "the operators are there, too; these are their names in PyTorch"
        )]
        impl Operand { $(
            $(#[$doc])*
            pub fn $name(self, rhs: impl Into<Operand>) -> Result<Tensor> {
                self.binary(BinaryOp::$Variant, rhs.into())
            }
        )* }
    };
}
for_each_binary_op!(binary_methods);

macro_rules! compare_methods {
    ($($(#[$doc:meta])* $name:ident, $Variant:ident, |$a:ident, $b:ident| $formula:expr;)*) => {
        /// Relations between elements, as booleans; `rhs` is a tensor that broadcasts, or a number.
        impl Tensor { $(
            $(#[$doc])*
            pub fn $name(&self, rhs: impl Into<Operand>) -> Result<Tensor> {
                self.compare(CompareOp::$Variant, rhs.into())
            }
        )* }
    };
}
for_each_compare_op!(compare_methods);

macro_rules! predicate_methods {
    ($($(#[$doc:meta])* $name:ident, $Variant:ident, |$x:ident| $formula:expr;)*) => {
        /// Properties of elements, as booleans.
        impl Tensor { $(
            $(#[$doc])*
            pub fn $name(&self) -> Result<Tensor> {
                self.predicate(PredicateOp::$Variant)
            }
        )* }
    };
}
for_each_predicate_op!(predicate_methods);
