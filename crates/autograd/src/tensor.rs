//! [`Tensor`]: an array, and its place in the graph.

use crate::deferred::Content;
use crate::graph::{Edge, Hooks, lock, needs_graph};
use crate::{Error, Result, amp, is_grad_enabled, substitute};
use rushlight_tensor::ops::deferred::Deferred;
use rushlight_tensor::{Array, DType, Device, Element, Scalar, Shape};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard};

/// A multi-dimensional array that remembers how it was computed, so that gradients can flow back.
///
/// A clone is another handle to the same variable, as a second name for a tensor is in Python: it
/// sees the same gradient, and for a leaf the same value. Handles may be sent to and shared between
/// threads.
///
/// ```
/// # use rushlight_autograd::{tensor, Result};
/// # fn main() -> Result<()> {
/// let x = tensor([1.0, 2.0, 3.0])?.requires_grad_(true)?;
/// x.square()?.sum()?.backward()?;
/// assert_eq!(x.grad().unwrap().to_vec::<f32>()?, [2.0, 4.0, 6.0]);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Tensor(Arc<Variable>);

pub(crate) struct Variable {
    content: RwLock<Content>,
    /// Whether the content has still to be computed.
    is_deferred: AtomicBool,
    /// For leaves; a tensor with an edge always requires one.
    requires_grad: AtomicBool,
    /// Where its gradient goes; `None` for a leaf, which collects it itself.
    pub(crate) edge: Option<Edge>,
    grad: Mutex<Option<Tensor>>,
    /// Hooks of a leaf; those of other tensors belong to the operation that made them.
    pub(crate) hooks: Hooks,
    /// How many tensors stand for this one, on any thread.
    pub(crate) stand_ins: AtomicUsize,
}

/// The value of a variable, to be changed by nobody else meanwhile.
struct WriteGuard<'a> {
    content: RwLockWriteGuard<'a, Content>,
    is_deferred: &'a AtomicBool,
}

impl WriteGuard<'_> {
    /// The data, computed now at the latest.
    fn computed(&mut self) -> &mut Array {
        let array = self.content.computed();
        self.is_deferred.store(false, Ordering::Release);
        array
    }
}

/// A registered hook, by which it can be removed.
#[derive(Debug)]
pub struct HookHandle {
    tensor: Tensor,
    handle: u64,
}

impl HookHandle {
    /// Takes the hook away.
    pub fn remove(self) {
        self.tensor.0.hooks().0.remove(self.handle);
    }
}

/// Construction and the parts inside.
impl Tensor {
    /// A tensor that is no part of any graph.
    pub fn new(array: Array) -> Tensor {
        Tensor::from_parts(array, None)
    }

    pub(crate) fn from_parts(array: Array, edge: Option<Edge>) -> Tensor {
        Tensor::of(Content::Computed(array), edge)
    }

    /// A tensor outside of any graph that is computed when somebody looks at it.
    pub(crate) fn deferred(deferred: Deferred) -> Tensor {
        Tensor::of(Content::Deferred(Box::new(deferred)), None)
    }

    fn of(content: Content, edge: Option<Edge>) -> Tensor {
        Tensor(Arc::new(Variable {
            is_deferred: AtomicBool::new(matches!(content, Content::Deferred(_))),
            content: RwLock::new(content),
            requires_grad: AtomicBool::new(false),
            edge,
            grad: Mutex::new(None),
            hooks: Hooks::default(),
            stand_ins: AtomicUsize::new(0),
        }))
    }

    pub(crate) fn variable(&self) -> &Variable {
        &self.0
    }

    /// Where the variable is in memory, by which it is known while it lives.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// What stands for this tensor on this thread.
    fn stand_in(&self) -> Option<Tensor> {
        match self.0.stand_ins.load(Ordering::Relaxed) {
            0 => None,
            _ => substitute::find(self),
        }
    }

    /// The data. It shares memory with the tensor, but never changes.
    pub fn array(&self) -> Array {
        self.read(Array::clone)
    }

    /// Looks at the data without taking a share in it.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Array) -> T) -> T {
        if let Some(stand_in) = self.stand_in() {
            return look(&stand_in.array());
        }
        if self.is_deferred() {
            return look(self.write().computed());
        }
        self.look(|content| match content {
            Content::Computed(array) => look(array),
            Content::Deferred(_) => unreachable!("only what is new is deferred"),
        })
    }

    /// Looks at what is known of the data before it is computed.
    fn look<T>(&self, look: impl FnOnce(&Content) -> T) -> T {
        if let Some(stand_in) = self.stand_in() {
            return stand_in.look(look);
        }
        look(
            &self
                .0
                .content
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// As [`Tensor::read`], for two tensors.
    ///
    /// The second lock is only tried for: who holds one must not wait for another.
    pub(crate) fn read_both<T>(&self, other: &Tensor, look: impl FnOnce(&Array, &Array) -> T) -> T {
        let stand_ins = [self, other].map(|x| x.0.stand_ins.load(Ordering::Relaxed));
        if stand_ins == [0, 0]
            && let Ok(first) = self.0.content.read()
            && let Ok(second) = other.0.content.try_read()
            && let (Content::Computed(first), Content::Computed(second)) = (&*first, &*second)
        {
            return look(first, second);
        }
        look(&self.array(), &other.array())
    }

    /// Whether the data has still to be computed.
    pub(crate) fn is_deferred(&self) -> bool {
        self.0.is_deferred.load(Ordering::Acquire)
    }

    /// The data of a variable itself, to be changed.
    fn write(&self) -> WriteGuard<'_> {
        WriteGuard {
            content: self
                .0
                .content
                .write()
                .unwrap_or_else(PoisonError::into_inner),
            is_deferred: &self.0.is_deferred,
        }
    }

    /// The longer computation that one that waits becomes, if it does.
    pub(crate) fn extend(
        &self,
        by: impl FnOnce(&mut Deferred) -> Result<Option<Deferred>>,
    ) -> Result<Option<Tensor>> {
        if !self.is_deferred() {
            return Ok(None);
        }
        let longer = match &mut *self.write().content {
            Content::Deferred(deferred) => by(deferred)?,
            Content::Computed(_) => None,
        };
        Ok(longer.map(Tensor::deferred))
    }

    /// Where the gradient of this tensor goes, if it needs one.
    pub(crate) fn edge(&self) -> Option<Edge> {
        if let Some(stand_in) = self.stand_in() {
            return stand_in.edge();
        }
        match &self.0.edge {
            Some(edge) => Some(edge.clone()),
            None => self.requires_grad().then(|| Edge::Leaf(self.clone())),
        }
    }

    /// Whether both handles name the same variable.
    pub fn is_same(&self, other: &Tensor) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// What a tensor is.
impl Tensor {
    /// Sizes of the dimensions.
    pub fn shape(&self) -> Shape {
        self.look(|content| content.layout().shape().clone())
    }

    /// The size of dimension `dim`, which counts from the end if negative.
    pub fn size(&self, dim: isize) -> Result<usize> {
        let shape = self.shape();
        if shape.is_empty() {
            return Err(rushlight_tensor::Error::Dimension {
                op: "size",
                dim,
                shape,
            }
            .into());
        }
        Ok(shape[rushlight_tensor::ops::rules::dim("size", dim, &shape)?])
    }

    /// The number of dimensions.
    pub fn dim(&self) -> usize {
        self.look(|content| content.layout().rank())
    }

    /// The number of elements.
    pub fn numel(&self) -> usize {
        self.look(|content| content.layout().numel())
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.look(Content::dtype)
    }

    /// Where the data lives.
    pub fn device(&self) -> Device {
        self.look(Content::device)
    }

    /// Distance in elements between neighbours along each dimension.
    pub fn stride(&self) -> Vec<isize> {
        self.look(|content| content.layout().strides().to_vec())
    }

    /// Position of the first element in its storage.
    pub fn storage_offset(&self) -> usize {
        self.look(|content| content.layout().offset())
    }

    /// Whether the elements lie row-major without gaps.
    pub fn is_contiguous(&self) -> bool {
        self.look(|content| content.layout().is_contiguous())
    }

    /// Whether elements have fractions, so that gradients are possible.
    pub fn is_floating_point(&self) -> bool {
        self.dtype().is_floating_point()
    }

    /// The elements in row-major order; T must be the tensor's own type.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        Ok(self.array().to_vec()?)
    }

    /// The elements in row-major order as little-endian bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        Ok(self.array().to_bytes()?)
    }

    /// The single element of a tensor that has one, as `f64`.
    pub fn item(&self) -> Result<f64> {
        Ok(self.array().item()?.to_f64())
    }

    /// The single element of a tensor that has one, as the number it is.
    pub fn item_scalar(&self) -> Result<Scalar> {
        Ok(self.array().item()?)
    }
}

/// Gradients.
impl Tensor {
    /// Whether operations on this tensor are recorded.
    pub fn requires_grad(&self) -> bool {
        if let Some(stand_in) = self.stand_in() {
            return stand_in.requires_grad();
        }
        self.0.edge.is_some() || self.0.requires_grad.load(Ordering::Relaxed)
    }

    /// Starts or stops recording operations on a leaf. Returns the same variable, for chaining.
    ///
    /// Errors for integers and booleans, and for `false` on a tensor that is not a leaf.
    pub fn requires_grad_(&self, requires_grad: bool) -> Result<Tensor> {
        if requires_grad && !self.is_floating_point() {
            return Err(Error::NotDifferentiable {
                dtype: self.dtype(),
            });
        }
        if self.0.edge.is_some() && !requires_grad {
            let reason = "only a leaf can stop requiring a gradient; use `detach`";
            return Err(Error::Leaf {
                op: "requires_grad_",
                reason,
            });
        }
        self.0.requires_grad.store(requires_grad, Ordering::Relaxed);
        Ok(self.clone())
    }

    /// Whether the tensor was made by the user rather than by a recorded operation.
    pub fn is_leaf(&self) -> bool {
        match self.stand_in() {
            Some(stand_in) => stand_in.is_leaf(),
            None => self.0.edge.is_none(),
        }
    }

    /// The name of the operation that made the tensor, if it was recorded.
    pub fn grad_fn(&self) -> Option<&'static str> {
        match &self.0.edge {
            Some(Edge::Node(node, _)) => Some(node.name),
            _ => None,
        }
    }

    /// The gradient that backward passes have accumulated.
    pub fn grad(&self) -> Option<Tensor> {
        lock(&self.0.grad).clone()
    }

    /// Replaces the accumulated gradient.
    ///
    /// Errors if its shape or dtype is not the tensor's.
    pub fn set_grad(&self, grad: Option<Tensor>) -> Result<()> {
        if let Some(grad) = &grad {
            if grad.shape() != self.shape() {
                return Err(Error::GradientShape {
                    gradient: grad.shape(),
                    output: self.shape(),
                });
            }
            if grad.dtype() != self.dtype() {
                let expected = self.dtype().name();
                let (op, got) = ("set_grad", grad.dtype());
                return Err(rushlight_tensor::Error::DType { op, got, expected }.into());
            }
        }
        *lock(&self.0.grad) = grad;
        Ok(())
    }

    /// Forgets the accumulated gradient.
    pub fn zero_grad(&self) {
        *lock(&self.0.grad) = None;
    }

    /// Adds to the accumulated gradient, in its own memory where possible.
    pub(crate) fn accumulate_grad(&self, gradient: Tensor) -> Result<()> {
        let mut slot = lock(&self.0.grad);
        let total = match slot.take() {
            Some(mut earlier) => {
                earlier.add_(gradient)?;
                earlier
            }
            None => gradient,
        };
        *slot = Some(total);
        Ok(())
    }

    /// The same value outside of any graph.
    pub fn detach(&self) -> Tensor {
        Tensor::new(self.array())
    }

    /// Keeps the gradient of this tensor in `grad` although it is no leaf.
    pub fn retain_grad(&self) -> Result<()> {
        if !self.requires_grad() {
            let reason = "only a tensor that requires a gradient can retain it";
            return Err(Error::Leaf {
                op: "retain_grad",
                reason,
            });
        }
        if self.is_leaf() {
            return Ok(());
        }
        let inner = Arc::downgrade(&self.0);
        self.register_hook(move |gradient| {
            if let Some(inner) = inner.upgrade() {
                Tensor(inner).accumulate_grad(gradient.clone())?;
            }
            Ok(None)
        })?;
        Ok(())
    }

    /// Calls `hook` with the gradient of this tensor in every backward pass, before it is used
    /// further; what it returns, if anything, takes the gradient's place.
    pub fn register_hook(
        &self,
        hook: impl Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> Result<HookHandle> {
        if !self.requires_grad() {
            let reason = "only a tensor that requires a gradient can have a hook";
            return Err(Error::Leaf {
                op: "register_hook",
                reason,
            });
        }
        if let Some(stand_in) = self.stand_in() {
            return stand_in.register_hook(hook);
        }
        let (hooks, output) = self.0.hooks();
        let handle = hooks.add(output, Arc::new(hook));
        Ok(HookHandle {
            tensor: self.clone(),
            handle,
        })
    }
}

/// Changing values.
impl Tensor {
    /// Changes the value of a leaf, for all handles to it and without being recorded.
    ///
    /// The memory is written in place when no graph or other tensor still views it. This is how
    /// optimizers update parameters and layers their running statistics.
    pub fn update<E: From<Error>>(
        &self,
        change: impl FnOnce(&mut Array) -> Result<(), E>,
    ) -> Result<(), E> {
        if !self.is_leaf() {
            let reason = "only the value of a leaf can be updated";
            return Err(Error::Leaf {
                op: "update",
                reason,
            }
            .into());
        }
        if let Some(stand_in) = self.stand_in() {
            return stand_in.update(change);
        }
        amp::forget(self);
        change(self.write().computed())
    }

    /// Replaces the value of a leaf, for all handles to it; shape, dtype and device may change.
    pub fn set_data(&self, value: &Tensor) -> Result<()> {
        let value = value.array();
        self.update(|array| {
            *array = value;
            Ok(())
        })
    }

    /// Offers the memory for an operation in place on this tensor and `others`, if that may happen
    /// unrecorded and nobody else would notice. `change` says whether it made use of it.
    pub(crate) fn change_in_place(
        &mut self,
        others: &[&Tensor],
        change: impl FnOnce(&mut Array) -> rushlight_tensor::Result<bool>,
    ) -> Result<bool> {
        if needs_graph(others) || needs_graph(&[self]) || self.0.edge.is_some() {
            return Ok(false);
        }
        if self.stand_in().is_some() {
            return Ok(false);
        }
        if self.requires_grad() {
            amp::forget(self);
            // A leaf has one value for all its handles.
            return Ok(change(self.write().computed())?);
        }
        if Arc::get_mut(&mut self.0).is_none() {
            return Ok(false);
        }
        Ok(change(self.write().computed())?)
    }

    /// The end of an operation in place: `self` becomes `value`, which keeps shape and dtype.
    pub(crate) fn assign(&mut self, op: &'static str, value: Tensor) -> Result<()> {
        let (shape, dtype) = (self.shape(), self.dtype());
        if value.shape() != shape {
            let expected = format!("a result of the tensor's own shape {shape}");
            return Err(rushlight_tensor::Error::shape(op, value.shape(), expected).into());
        }
        let loses = value.is_floating_point() && !dtype.is_floating_point();
        if loses || (dtype == DType::Bool && value.dtype() != DType::Bool) {
            let expected = "a result that can be cast to the tensor's own dtype";
            return Err(rushlight_tensor::Error::DType {
                op,
                got: value.dtype(),
                expected,
            }
            .into());
        }
        let value = value.to_dtype(dtype)?;
        if !(self.is_leaf() && self.requires_grad()) {
            *self = value;
            return Ok(());
        }
        if is_grad_enabled() {
            return Err(Error::LeafInPlace { op });
        }
        self.set_data(&value)
    }
}

impl From<&Tensor> for Tensor {
    fn from(tensor: &Tensor) -> Tensor {
        tensor.clone()
    }
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (dtype, shape) = (self.dtype(), self.shape());
        write!(f, "Tensor({} {shape})", dtype.name())
    }
}
