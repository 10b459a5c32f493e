//! Elementwise operations: a kernel for each row of the op table.

use super::device::Cuda;
use super::launch::{compute, elements, kernel, number};
use crate::ops::table::{BinaryOp, CompareOp, ParametricOp, PredicateOp, TernaryOp, UnaryOp};
use crate::{Array, DType, Result, Scalar};

impl Cuda {
    pub(super) fn map_unary(&self, op: UnaryOp, x: &Array, out: &Array) -> Result<()> {
        let entry = kernel("unary", compute(out.dtype()), op);
        self.launch_over(op.name(), entry, &elements(out, &[x]), &[])
    }

    pub(super) fn map_parametric(
        &self,
        op: ParametricOp,
        parameters: [Scalar; 3],
        x: &Array,
        out: &Array,
    ) -> Result<()> {
        let compute = compute(out.dtype());
        let numbers = parameters.map(|parameter| number(compute, parameter));
        let parameters = numbers.each_ref().map(|number| &number[..]);
        let entry = kernel("parametric", compute, op);
        self.launch_over(op.name(), entry, &elements(out, &[x]), &parameters)
    }

    pub(super) fn map_binary(&self, op: BinaryOp, a: &Array, b: &Array, out: &Array) -> Result<()> {
        let entry = kernel("binary", compute(out.dtype()), op);
        self.launch_over(op.name(), entry, &elements(out, &[a, b]), &[])
    }

    pub(super) fn map_ternary(
        &self,
        op: TernaryOp,
        value: Scalar,
        operands: [&Array; 3],
        out: &Array,
    ) -> Result<()> {
        let compute = compute(out.dtype());
        let entry = kernel("ternary", compute, op);
        let value = number(compute, value);
        self.launch_over(op.name(), entry, &elements(out, &operands), &[&value])
    }

    pub(super) fn map_compare(
        &self,
        op: CompareOp,
        common: DType,
        a: &Array,
        b: &Array,
        out: &Array,
    ) -> Result<()> {
        let entry = kernel("compare", compute(common), op);
        self.launch_over(op.name(), entry, &elements(out, &[a, b]), &[])
    }

    pub(super) fn map_predicate(&self, op: PredicateOp, x: &Array, out: &Array) -> Result<()> {
        let entry = kernel("predicate", compute(x.dtype()), op);
        self.launch_over(op.name(), entry, &elements(out, &[x]), &[])
    }
}
