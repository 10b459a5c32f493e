//! What a device has to offer: one method per kernel family.
//!
//! Everything that arrives here is checked: operands share the device, are broadcast to the shape of
//! the output, and the output is dense, unshared and of the right dtype.

use crate::cpu::Cpu;
use crate::ops::reduce::ReduceOp;
use crate::ops::table::{BinaryOp, CompareOp, ParametricOp, PredicateOp, TernaryOp, UnaryOp};
use crate::ops::update::{HYPERPARAMETERS, UpdateOp};
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

    /// Multiplies the matrices in the last two dimensions; leading dimensions are equal.
    fn matmul(&self, a: &Array, b: &Array, out: &mut Array) -> Result<()>;

    /// Takes one step of an optimizer, in place; parameter and states share one dense layout.
    fn update(
        &self,
        op: UpdateOp,
        hyperparameters: &[f64; HYPERPARAMETERS],
        gradient: &Array,
        parameter: &mut Array,
        states: &mut [Array],
    ) -> Result<()>;
}

/// The backend that is always there.
pub(crate) static CPU: Cpu = Cpu;
