//! What a device has to offer: one method per kernel family.
//!
//! Everything that arrives here is checked: operands share the device, are broadcast to the shape of
//! the output, and the output is dense, unshared and of the right dtype.

use crate::cpu::Cpu;
use crate::ops::reduce::{ExtremeOp, ReduceOp, SpreadOp};
use crate::ops::table::{BinaryOp, CompareOp, ParametricOp, PredicateOp, TernaryOp, UnaryOp};
use crate::{Array, DType, Result, Scalar, Storage};

/// The kernels of one kind of device.
pub trait Backend: Send + Sync + std::fmt::Debug {
    /// A name for messages.
    fn name(&self) -> &'static str;

    /// Uninitialised memory on a device of this kind.
    fn allocate(&self, op: &'static str, bytes: usize, device: crate::Device) -> Result<Storage>;

    /// Copies bytes from main memory to the start of a storage.
    fn upload(&self, bytes: &[u8], storage: &mut Storage) -> Result<()>;

    /// Copies a storage to main memory.
    fn download(&self, storage: &Storage) -> Result<Vec<u8>>;

    /// Writes one number everywhere.
    fn fill(&self, value: Scalar, out: &mut Array) -> Result<()>;

    /// Copies between any two layouts, converting the dtype.
    fn copy(&self, x: &Array, out: &mut Array) -> Result<()>;

    /// Applies a unary operation. `out` may lie exactly on `x`.
    fn unary(&self, op: UnaryOp, x: &Array, out: &mut Array) -> Result<()>;

    /// Applies a unary operation with parameters. `out` may lie exactly on `x`.
    fn parametric(
        &self,
        op: ParametricOp,
        parameters: [f64; 3],
        x: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Applies a binary operation. `out` may lie exactly on `a` or `b`.
    fn binary(&self, op: BinaryOp, a: &Array, b: &Array, out: &mut Array) -> Result<()>;

    /// Compares in dtype `common`.
    fn compare(
        &self,
        op: CompareOp,
        common: DType,
        a: &Array,
        b: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Tests each element.
    fn predicate(&self, op: PredicateOp, x: &Array, out: &mut Array) -> Result<()>;

    /// Applies an operation on three operands.
    fn ternary(
        &self,
        op: TernaryOp,
        a: &Array,
        b: &Array,
        c: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Reduces the marked dimensions, which have size 1 in `out`.
    fn reduce(&self, op: ReduceOp, reduced: &[bool], x: &Array, out: &mut Array) -> Result<()>;

    /// Finds extreme elements along the one marked dimension, and where they are.
    fn extreme(
        &self,
        op: ExtremeOp,
        reduced: &[bool],
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()>;

    /// Computes variances or standard deviations over the marked dimensions, and means.
    fn spread(
        &self,
        op: SpreadOp,
        correction: f64,
        reduced: &[bool],
        x: &Array,
        spread: &mut Array,
        mean: &mut Array,
    ) -> Result<()>;
}

/// The backend that is always there.
pub(crate) static CPU: Cpu = Cpu;
