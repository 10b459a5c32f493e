//! Elementwise operations: dtypes meet, shapes broadcast, the output is allocated.

use super::rules;
use super::table::{BinaryOp, Class, CompareOp, ParametricOp, PredicateOp, TernaryOp, UnaryOp};
use crate::layout::Layout;
use crate::{Array, DType, Error, Result, Scalar, Shape};

impl Array {
    /// Applies a row of the unary table.
    pub fn unary(&self, op: UnaryOp) -> Result<Array> {
        match (op, self.dtype()) {
            // Inverting all bits of true would leave it true.
            (UnaryOp::BitwiseNot, DType::Bool) => return self.predicate(PredicateOp::LogicalNot),
            // A power of a boolean and an integer is an integer.
            (UnaryOp::Square, DType::Bool) => return self.to_dtype(DType::I64),
            _ => {}
        }
        let dtype = output_dtype(op.name(), op.class(), self.dtype())?;
        let mut out = self.uninit_like(op.name(), dtype)?;
        out.backend(op.name())?.unary(op, self, &mut out)?;
        Ok(out)
    }

    /// Applies a row of the parametric table, in the dtype in which the array meets the parameters.
    pub fn parametric(&self, op: ParametricOp, parameters: [Scalar; 3]) -> Result<Array> {
        let dtype = output_dtype(op.name(), op.class(), self.dtype())?;
        let mut out = self.uninit_like(op.name(), dtype)?;
        out.backend(op.name())?
            .parametric(op, parameters, self, &mut out)?;
        Ok(out)
    }

    /// Tests each element.
    pub fn predicate(&self, op: PredicateOp) -> Result<Array> {
        let mut out = self.uninit_like(op.name(), DType::Bool)?;
        out.backend(op.name())?.predicate(op, self, &mut out)?;
        Ok(out)
    }

    /// Applies a row of the binary table to arrays that broadcast.
    pub fn binary(&self, op: BinaryOp, rhs: &Array) -> Result<Array> {
        let common = rules::common_dtype(&[self, rhs]);
        let dtype = met_dtype(op, common, [self.dtype(), rhs.dtype()])?;
        self.binary_as(op, rhs, dtype)
    }

    /// Applies a row of the binary table to an array and a number.
    pub fn binary_scalar(&self, op: BinaryOp, rhs: Scalar) -> Result<Array> {
        let common = rules::common_dtype_with_scalar(self, rhs);
        let dtype = met_dtype(op, common, [self.dtype(), rhs.dtype()])?;
        self.binary_as(op, &self.operand(rhs, common)?, dtype)
    }

    /// As [`Array::binary_scalar`] with the number on the left.
    pub fn scalar_binary(op: BinaryOp, lhs: Scalar, rhs: &Array) -> Result<Array> {
        let common = rules::common_dtype_with_scalar(rhs, lhs);
        let dtype = met_dtype(op, common, [lhs.dtype(), rhs.dtype()])?;
        rhs.operand(lhs, common)?.binary_as(op, rhs, dtype)
    }

    /// Compares arrays that broadcast.
    pub fn compare(&self, op: CompareOp, rhs: &Array) -> Result<Array> {
        self.compare_as(op, rhs, rules::common_dtype(&[self, rhs]))
    }

    /// Compares an array with a number.
    pub fn compare_scalar(&self, op: CompareOp, rhs: Scalar) -> Result<Array> {
        let common = rules::common_dtype_with_scalar(self, rhs);
        self.compare_as(op, &self.operand(rhs, common)?, common)
    }

    /// Applies a row of the ternary table; a condition has no part in the dtype.
    pub fn ternary(op: TernaryOp, value: Scalar, operands: [&Array; 3]) -> Result<Array> {
        let name = op.name();
        let [a, b, c] = operands;
        rules::same_device(name, a, b)?;
        rules::same_device(name, b, c)?;
        let dtype = output_dtype(name, op.class(), common_of_three(op, operands))?;
        let shape = rules::broadcast(name, b.shape(), c.shape())?;
        let shape = rules::broadcast(name, a.shape(), &shape)?;
        let [a, b, c] = operands.map(|x| x.broadcast_to(name, &shape));
        let (a, b, c) = (a?, b?, c?);
        let layout = output_layout(&[&b, &c, &a], &shape);
        let mut out = Array::uninit(name, layout, dtype, b.device())?;
        out.backend(name)?
            .ternary(op, value, [&a, &b, &c], &mut out)?;
        Ok(out)
    }

    /// Elements of `a` where `condition` is non-zero, of `b` elsewhere.
    pub fn select_where(condition: &Array, a: &Array, b: &Array) -> Result<Array> {
        Array::ternary(TernaryOp::Where, Scalar::Int(1), [condition, a, b])
    }

    fn binary_as(&self, op: BinaryOp, rhs: &Array, dtype: DType) -> Result<Array> {
        let name = op.name();
        rules::same_device(name, self, rhs)?;
        refuse_integer_hazards(op, self, rhs, dtype)?;
        self.met_by(name, rhs, |lhs, rhs, layout| {
            let mut out = Array::uninit(name, layout, dtype, self.device())?;
            out.backend(name)?.binary(op, lhs, rhs, &mut out)?;
            Ok(out)
        })
    }

    fn compare_as(&self, op: CompareOp, rhs: &Array, common: DType) -> Result<Array> {
        let name = op.name();
        rules::same_device(name, self, rhs)?;
        self.met_by(name, rhs, |lhs, rhs, layout| {
            let mut out = Array::uninit(name, layout, DType::Bool, self.device())?;
            out.backend(name)?.compare(op, common, lhs, rhs, &mut out)?;
            Ok(out)
        })
    }

    /// What `compute` makes of two operands of one shape, given the layout of its result.
    fn met_by(
        &self,
        op: &'static str,
        rhs: &Array,
        compute: impl Fn(&Array, &Array, Layout) -> Result<Array>,
    ) -> Result<Array> {
        if self.shape() == rhs.shape() {
            return compute(self, rhs, output_layout(&[self, rhs], self.shape()));
        }
        let shape = rules::broadcast(op, self.shape(), rhs.shape())?;
        let lhs = self.broadcast_to(op, &shape)?;
        let rhs = rhs.broadcast_to(op, &shape)?;
        let layout = output_layout(&[&lhs, &rhs], &shape);
        compute(&lhs, &rhs, layout)
    }

    /// A number as an operand. Half types keep it in `f32`, in which they compute.
    fn operand(&self, value: Scalar, common: DType) -> Result<Array> {
        Array::scalar(value, common.to_accumulate(), self.device())
    }

    /// Applies a row of the unary table in place; `false`, and nothing is done, where the result needs
    /// memory of its own.
    pub fn unary_assign(&mut self, op: UnaryOp) -> Result<bool> {
        let dtype = output_dtype(op.name(), op.class(), self.dtype())?;
        let inverts = op == UnaryOp::BitwiseNot && dtype == DType::Bool;
        if !self.holds(dtype) || inverts {
            return Ok(false);
        }
        let x = self.clone();
        self.backend(op.name())?.unary(op, &x, self)?;
        Ok(true)
    }

    /// As [`Array::unary_assign`], for the binary table.
    pub fn binary_assign(&mut self, op: BinaryOp, rhs: &Array) -> Result<bool> {
        let name = op.name();
        rules::same_device(name, self, rhs)?;
        let common = rules::common_dtype(&[self, rhs]);
        let dtype = met_dtype(op, common, [self.dtype(), rhs.dtype()])?;
        let grows = rhs.rank() > self.rank() || rhs.broadcast_to(name, self.shape()).is_err();
        if !self.holds(dtype) || grows {
            return Ok(false);
        }
        refuse_integer_hazards(op, self, rhs, dtype)?;
        let (lhs, rhs) = (self.clone(), rhs.broadcast_to(name, self.shape())?);
        self.backend(name)?.binary(op, &lhs, &rhs, self)?;
        Ok(true)
    }

    /// As [`Array::binary_assign`], with a number.
    pub fn binary_scalar_assign(&mut self, op: BinaryOp, rhs: Scalar) -> Result<bool> {
        let common = rules::common_dtype_with_scalar(self, rhs);
        if common != self.dtype() {
            return Ok(false);
        }
        let dtype = met_dtype(op, common, [self.dtype(), rhs.dtype()])?;
        let rhs = self.operand(rhs, common)?;
        if !self.holds(dtype) {
            return Ok(false);
        }
        refuse_integer_hazards(op, self, &rhs, dtype)?;
        let (lhs, rhs) = (self.clone(), rhs.broadcast_to(op.name(), self.shape())?);
        self.backend(op.name())?.binary(op, &lhs, &rhs, self)?;
        Ok(true)
    }

    /// As [`Array::binary_assign`], for the ternary table and its first operand.
    pub fn ternary_assign(
        &mut self,
        op: TernaryOp,
        value: Scalar,
        others: [&Array; 2],
    ) -> Result<bool> {
        let name = op.name();
        let [b, c] = others;
        rules::same_device(name, self, b)?;
        rules::same_device(name, b, c)?;
        let dtype = output_dtype(name, op.class(), common_of_three(op, [self, b, c]))?;
        let (Ok(b), Ok(c)) = (
            b.broadcast_to(name, self.shape()),
            c.broadcast_to(name, self.shape()),
        ) else {
            return Ok(false);
        };
        if !self.holds(dtype) {
            return Ok(false);
        }
        let a = self.clone();
        self.backend(name)?.ternary(op, value, [&a, &b, &c], self)?;
        Ok(true)
    }

    /// Whether a result of this dtype can be written over the elements.
    fn holds(&self, dtype: DType) -> bool {
        self.dtype() == dtype && self.is_unshared() && self.layout().is_dense()
    }

    pub(crate) fn uninit_like(&self, op: &'static str, dtype: DType) -> Result<Array> {
        Array::uninit(op, Layout::dense_like(self.layout()), dtype, self.device())
    }
}

/// The dtype in which the operands meet, those that only steer left out.
fn common_of_three(op: TernaryOp, [a, b, c]: [&Array; 3]) -> DType {
    match op {
        TernaryOp::Where => rules::common_dtype(&[b, c]),
        TernaryOp::Lerp => rules::common_dtype(&[a, b]),
        _ => rules::common_dtype(&[a, b, c]),
    }
}

/// What a row of the binary table returns for operands that meet in `common`.
///
/// As in PyTorch, truth values take part in no difference: that of sets is `bitwise_xor`.
fn met_dtype(op: BinaryOp, common: DType, given: [DType; 2]) -> Result<DType> {
    let refused = op == BinaryOp::Sub && given.contains(&DType::Bool);
    rules::dtype(op.name(), DType::Bool, !refused, "numbers, not bool")?;
    output_dtype(op.name(), op.class(), common)
}

/// What a row returns for operands that meet in `dtype`.
fn output_dtype(op: &'static str, class: Class, dtype: DType) -> Result<DType> {
    match class {
        Class::Any => Ok(dtype),
        Class::Float => Ok(dtype.to_float()),
        Class::Number => {
            rules::dtype(op, dtype, dtype != DType::Bool, "a number, not bool")?;
            Ok(dtype)
        }
        Class::Real => {
            rules::dtype(
                op,
                dtype,
                dtype.is_floating_point(),
                "a floating-point type",
            )?;
            Ok(dtype)
        }
        Class::Integer => {
            rules::dtype(op, dtype, dtype.is_integer(), "an integer")?;
            Ok(dtype)
        }
        Class::Bits => {
            rules::dtype(op, dtype, !dtype.is_floating_point(), "an integer or bool")?;
            Ok(dtype)
        }
    }
}

/// The memory format of the first operand that has one of its own.
fn output_layout(operands: &[&Array], shape: &Shape) -> Layout {
    match operands.iter().find(|x| x.layout().is_dense()) {
        Some(x) => Layout::dense_like(x.layout()),
        None => Layout::contiguous(shape.clone()),
    }
}

/// Integer operations that have no result for some operands.
fn refuse_integer_hazards(op: BinaryOp, lhs: &Array, rhs: &Array, dtype: DType) -> Result<()> {
    use BinaryOp::*;
    if dtype.is_floating_point() {
        return Ok(());
    }
    let any = |x: &Array, relation: CompareOp| -> Result<bool> {
        Ok(x.compare_scalar(relation, Scalar::Int(0))?
            .to_vec::<bool>()?
            .contains(&true))
    };
    match op {
        FloorDivide | TruncDivide | Remainder | Fmod
            if lhs.numel() > 0 && any(rhs, CompareOp::Eq)? =>
        {
            Err(Error::argument(
                op.name(),
                "divisor",
                0,
                "non-zero for integers",
            ))
        }
        _ => Ok(()),
    }
}
