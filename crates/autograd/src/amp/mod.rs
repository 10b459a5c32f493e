//! Mixed precision: `autocast`.
//!
//! Inside a region, operations that gain from a half type run in it, and those that need range or
//! accuracy run in `f32`; `lists.rs` says which do what. Nothing else looks at it: an operation that is
//! listed hands its operands to [`run`].

mod lists;

use crate::{Result, Tensor, is_grad_enabled};
use lists::{Precision, precision};
use rushlight_tensor::DType;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::marker::PhantomData;

thread_local! {
    /// The half type in which operations run, if any.
    static HALF: Cell<Option<DType>> = const { Cell::new(None) };
    /// How many regions this thread is in.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    /// What leaves were cast to in the outermost region, with the leaves themselves.
    static CASTS: RefCell<HashMap<Cast, (Tensor, Tensor)>> = RefCell::default();
}

/// A leaf by its address, the type it was cast to, and whether the cast was recorded.
type Cast = (usize, DType, bool);

/// Ends a region of [`autocast`] when dropped.
#[derive(Debug)]
#[must_use = "the region ends when the guard is dropped"]
pub struct AutocastGuard {
    earlier: Option<DType>,
    /// The region is the thread's, so the guard stays on it.
    thread: PhantomData<*const ()>,
}

impl Drop for AutocastGuard {
    fn drop(&mut self) {
        HALF.set(self.earlier);
        DEPTH.set(DEPTH.get() - 1);
        if DEPTH.get() == 0 {
            forget_casts();
        }
    }
}

/// Starts a region of [`autocast`] that lasts until the guard is dropped.
pub fn autocast_guard(dtype: DType) -> AutocastGuard {
    let half = matches!(dtype, DType::F16 | DType::BF16).then_some(dtype);
    DEPTH.set(DEPTH.get() + 1);
    AutocastGuard {
        earlier: HALF.replace(half),
        thread: PhantomData,
    }
}

/// Runs `f` in mixed precision: PyTorch's `torch.autocast`.
///
/// The lists are PyTorch's, which differ by the device that holds the operands:
///
/// | runs in | on CUDA | on the CPU |
/// |---|---|---|
/// | the half type | products of matrices, and of matrices with vectors; `vecdot`; convolutions, linear layers, `prelu`, attention | the same, but for `mv`, `addmv` and `addr` |
/// | `f32` | softmax, layer and group norm, losses, sums, products, norms and distances, powers, exponentials and logarithms, `stft` | losses, products, `cdist`, `trace`, quantiles, `grid_sample`, pools in three dimensions, fractional pools, unpooling, reflected and replicated padding, Fourier transforms, factorizations of matrices and what is made of them |
/// | the widest type of its operands | `dot`, `bilinear`, `tensordot`, `scatter_add`, `grid_sample` | `index_copy` |
///
/// All other operations take their operands as they come, or run their parts in the precision of
/// each. Tensors of `f64` and integers are never cast. Gradients have the type of their tensors, so
/// parameters stay `f32`. A parameter is cast once in a region, and again when it changes.
///
/// Any other type casts nothing, which exempts a part of a region: `autocast(DType::F32, ..)` is
/// PyTorch's `enabled=False`. Backward passes are never cast; they follow the forward pass.
///
/// ```
/// # use rushlight_autograd::{autocast, DType, Result, Tensor};
/// # fn main() -> Result<()> {
/// let (x, w) = (Tensor::ones(&[2, 3])?, Tensor::ones(&[3, 4])?.requires_grad_(true)?);
/// let y = autocast(DType::BF16, || x.matmul(&w))?;
/// let loss = autocast(DType::BF16, || y.float()?.square()?.sum())?;
/// assert_eq!((y.dtype(), loss.dtype()), (DType::BF16, DType::F32));
/// loss.backward()?;
/// assert_eq!(w.grad().unwrap().dtype(), DType::F32);
/// # Ok(()) }
/// ```
pub fn autocast<T>(dtype: DType, f: impl FnOnce() -> T) -> T {
    let _guard = autocast_guard(dtype);
    f()
}

/// Whether this thread casts operands.
pub fn is_autocast_enabled() -> bool {
    HALF.get().is_some()
}

/// The half type of this thread's region, if it is in one.
pub fn autocast_dtype() -> Option<DType> {
    HALF.get()
}

/// Computes an operation on its operands, cast as PyTorch's lists say for its name.
///
/// This is where an operation meets [`autocast`]. Inside a listed operation nothing is cast again, so
/// that it may compute in the types it needs.
pub fn run<const N: usize, T>(
    op: &'static str,
    operands: [&Tensor; N],
    compute: impl FnOnce([&Tensor; N]) -> Result<T>,
) -> Result<T> {
    let Some(half) = HALF.get() else {
        return compute(operands);
    };
    let precision = precision_of(op, &operands);
    if precision == Precision::Parts {
        return compute(operands);
    }
    let cast = match target(precision, half, &operands) {
        Some(dtype) => cast_all(&operands, dtype)?,
        None => operands.map(Tensor::clone).into(),
    };
    let _paused = Paused::new();
    compute(std::array::from_fn(|index| &cast[index]))
}

/// The operands of an operation, cast as [`run`] casts them: for one that is made of others.
pub fn operands<const N: usize>(op: &'static str, operands: [&Tensor; N]) -> Result<[Tensor; N]> {
    run(op, operands, |operands| Ok(operands.map(Tensor::clone)))
}

/// As [`run`], for an operation with a bias.
pub fn run_with_bias<const N: usize, T>(
    op: &'static str,
    operands: [&Tensor; N],
    bias: Option<&Tensor>,
    compute: impl FnOnce([&Tensor; N], Option<&Tensor>) -> Result<T>,
) -> Result<T> {
    let Some(half) = HALF.get() else {
        return compute(operands, bias);
    };
    let target = target(precision_of(op, &operands), half, &operands);
    let bias = match (bias, target) {
        (Some(bias), Some(dtype)) => Some(cast(bias, dtype)?),
        (bias, _) => bias.cloned(),
    };
    run(op, operands, |operands| compute(operands, bias.as_ref()))
}

/// The precision of an operation on the device of its operands.
fn precision_of(op: &str, operands: &[&Tensor]) -> Precision {
    let device = operands.first().map(|operand| operand.device());
    precision(op, device.unwrap_or_default())
}

/// The type that the operands of an operation are cast to, if they are.
fn target(precision: Precision, half: DType, operands: &[&Tensor]) -> Option<DType> {
    match precision {
        Precision::Own | Precision::Parts => None,
        Precision::Half => Some(half),
        Precision::Single => Some(DType::F32),
        Precision::Widest => {
            let types = operands.iter().map(|operand| operand.dtype());
            let mut cast = types.filter(|dtype| is_cast(*dtype)).peekable();
            cast.peek()?;
            Some(if cast.all(|dtype| dtype == half) {
                half
            } else {
                DType::F32
            })
        }
    }
}

fn cast_all(operands: &[&Tensor], dtype: DType) -> Result<Vec<Tensor>> {
    operands
        .iter()
        .map(|operand| cast(operand, dtype))
        .collect()
}

/// Whether tensors of a type are cast at all.
fn is_cast(dtype: DType) -> bool {
    dtype.is_floating_point() && dtype != DType::F64
}

fn cast(x: &Tensor, dtype: DType) -> Result<Tensor> {
    if x.dtype() == dtype || !is_cast(x.dtype()) {
        return Ok(x.clone());
    }
    if !(x.is_leaf() && x.requires_grad() && dtype != DType::F32) {
        return x.to_dtype(dtype);
    }
    let key = (x.address(), dtype, is_grad_enabled());
    let known = CASTS.with_borrow(|casts| casts.get(&key).map(|(_, cast)| cast.clone()));
    if let Some(known) = known {
        return Ok(known);
    }
    let cast = x.to_dtype(dtype)?;
    CASTS.with_borrow_mut(|casts| casts.insert(key, (x.clone(), cast.clone())));
    Ok(cast)
}

/// Forgets what a leaf was cast to, since it changes.
pub(crate) fn forget(leaf: &Tensor) {
    if DEPTH.get() > 0 {
        let address = leaf.address();
        CASTS.with_borrow_mut(|casts| casts.retain(|key, _| key.0 != address));
    }
}

fn forget_casts() {
    // Freed outside of the borrow: what is dropped may be the last handle to a graph.
    drop(CASTS.take());
}

/// Casts nothing until dropped.
pub(crate) struct Paused {
    earlier: Option<DType>,
}

impl Paused {
    pub(crate) fn new() -> Paused {
        Paused {
            earlier: HALF.take(),
        }
    }
}

impl Drop for Paused {
    fn drop(&mut self) {
        HALF.set(self.earlier);
    }
}
