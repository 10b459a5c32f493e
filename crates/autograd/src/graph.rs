//! The graph: which operation made a tensor, from what, and how gradients flow back.
//!
//! A node knows its rule and where the gradients of its inputs go; it keeps no operand alive. What a
//! rule needs of the operands it saves itself, as [`Saved`] values, so only those stay in memory.

use crate::checkpoint::{self, Frame, Value};
use crate::tensor::Variable;
use crate::{Error, Result, Tensor, is_anomaly_enabled, is_grad_enabled};
use rushlight_tensor::{Array, DType, Layout};
use smallvec::SmallVec;
use std::cell::RefCell;
use std::fmt;
use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// The gradients of an operation's inputs; `None` where there is none.
pub type Gradients = SmallVec<[Option<Tensor>; 2]>;

/// Which inputs of an operation need a gradient.
#[derive(Debug, Clone, Copy)]
pub struct Wants<'a>(pub(crate) &'a [bool]);

impl Wants<'_> {
    /// Whether input `index` needs one. Computing it otherwise is wasted.
    pub fn input(&self, index: usize) -> bool {
        self.0.get(index).copied().unwrap_or(false)
    }
}

/// The derivative of an operation: how the gradient of its output becomes those of its inputs.
///
/// Rules are written in tensor operations, so that gradients can be differentiated again. A rule
/// only returns gradients: the walk adds them, undoes broadcasting and restores dtypes.
pub trait Backward: Send + Sync + 'static {
    /// The gradients of the inputs, in their order, for the gradient `g` of the output.
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients>;

    /// As [`Backward::backward`], for an operation with several outputs, where some may have
    /// received no gradient.
    fn backward_many(&self, g: &[Option<Tensor>], wants: Wants<'_>) -> Result<Gradients> {
        match g {
            [Some(g)] => self.backward(g, wants),
            _ => Ok(Gradients::new()),
        }
    }

    /// Whether the rule holds values of the forward pass. They are freed by the first backward pass
    /// unless the graph is retained; a rule without any serves all passes.
    fn holds_values(&self) -> bool {
        true
    }
}

/// Lists the gradients of the inputs in order, computing only those that are wanted.
///
/// ```ignore
/// gradients![wants; g.matmul(&rhs.mt()?)?, lhs.mt()?.matmul(g)?]
/// ```
#[macro_export]
macro_rules! gradients {
    ($wants:expr; $($gradient:expr),+ $(,)?) => {{
        let wants: $crate::Wants<'_> = $wants;
        let mut gradients = $crate::Gradients::new();
        $(
            let wanted = wants.input(gradients.len());
            gradients.push(if wanted { Some($gradient) } else { None });
        )+
        Ok(gradients)
    }};
}

pub(crate) type Hook = Arc<dyn Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync>;

/// Hooks on gradients, with the handles by which they are removed.
#[derive(Default)]
pub(crate) struct Hooks(Mutex<Vec<(u64, usize, Hook)>>);

impl Hooks {
    pub(crate) fn add(&self, output: usize, hook: Hook) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let handle = NEXT.fetch_add(1, Ordering::Relaxed);
        lock(&self.0).push((handle, output, hook));
        handle
    }

    pub(crate) fn remove(&self, handle: u64) {
        lock(&self.0).retain(|hook| hook.0 != handle);
    }

    /// Passes a gradient through the hooks of an output, each of which may replace it.
    pub(crate) fn apply(&self, output: usize, mut gradient: Tensor) -> Result<Tensor> {
        let hooks = lock(&self.0).clone();
        for (_, _, hook) in hooks.iter().filter(|hook| hook.1 == output) {
            if let Some(replaced) = hook(&gradient)? {
                gradient = replaced;
            }
        }
        Ok(gradient)
    }
}

/// Where a gradient goes.
#[derive(Clone)]
pub(crate) enum Edge {
    /// It accumulates in the `grad` of a leaf.
    Leaf(Tensor),
    /// It is that of output `usize` of an operation.
    Node(Arc<Node>, usize),
}

/// An input of a node that needs a gradient, and the form the gradient must have.
pub(crate) struct Input {
    pub(crate) edge: Edge,
    /// How it lies; only the shape matters, but the layout is there to be shared.
    pub(crate) layout: Layout,
    pub(crate) dtype: DType,
}

/// One recorded operation.
pub(crate) struct Node {
    pub(crate) name: &'static str,
    /// Later operations have higher numbers, so inputs come before their consumers.
    pub(crate) sequence: u64,
    /// `None` once the saved values are freed.
    rule: Mutex<Option<Arc<dyn Backward>>>,
    pub(crate) inputs: SmallVec<[Option<Input>; 2]>,
    pub(crate) outputs: usize,
    pub(crate) hooks: Hooks,
    /// Where the operation was recorded, when anomaly detection was on.
    pub(crate) recorded: Option<Box<str>>,
    /// The checkpointed call that has to run again before the rule can be used.
    checkpoint: Option<Arc<Frame>>,
}

impl Node {
    /// The rule, which is forgotten unless the graph is retained or nothing is freed by that.
    pub(crate) fn rule(&self, retain: bool) -> Result<Arc<dyn Backward>> {
        if let Some(frame) = &self.checkpoint {
            frame.ensure_values()?;
        }
        let mut rule = lock(&self.rule);
        let stays = retain || rule.as_ref().is_some_and(|rule| !rule.holds_values());
        let found = if stays { rule.clone() } else { rule.take() };
        found.ok_or(Error::GraphFreed { op: self.name })
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.name)
    }
}

/// What of a node can own other nodes.
type Links = (
    SmallVec<[Option<Input>; 2]>,
    Option<Arc<dyn Backward>>,
    Option<Arc<Frame>>,
);

thread_local! {
    /// Nodes that wait to be dropped while an outer drop is running.
    static DROPPING: RefCell<Option<Vec<Links>>> = const { RefCell::new(None) };
}

/// Dropping the last handle of a deep graph must not recurse: an inner drop leaves its links to the
/// outermost one, which works through them.
impl Drop for Node {
    fn drop(&mut self) {
        let is_outermost = DROPPING.try_with(|dropping| match &mut *dropping.borrow_mut() {
            Some(queue) => {
                queue.push(self.take_links());
                false
            }
            idle => {
                *idle = Some(Vec::new());
                true
            }
        });
        if is_outermost != Ok(true) {
            return;
        }
        self.drop_links();
        let next = || DROPPING.with(|dropping| dropping.borrow_mut().as_mut().and_then(Vec::pop));
        while let Some(links) = next() {
            drop(links);
        }
        DROPPING.with(|dropping| *dropping.borrow_mut() = None);
    }
}

impl Node {
    fn own_rule(&mut self) -> &mut Option<Arc<dyn Backward>> {
        let rule = self.rule.get_mut();
        rule.unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn take_links(&mut self) -> Links {
        let rule = self.own_rule().take();
        (mem::take(&mut self.inputs), rule, self.checkpoint.take())
    }

    /// As dropping what [`Node::take_links`] returns, where it lies.
    fn drop_links(&mut self) {
        self.inputs.clear();
        *self.own_rule() = None;
        self.checkpoint = None;
    }
}

/// A value that a rule keeps for backward.
///
/// It is a snapshot: later changes to the tensor do not reach it. Its place in the graph is kept too,
/// so that second derivatives flow through it.
pub struct Saved {
    value: Value,
    edge: SavedEdge,
}

enum SavedEdge {
    None,
    To(Edge),
    /// The output of the very node that saves it: a strong edge would be a cycle.
    Output(Weak<Node>, usize),
}

impl Saved {
    /// The saved tensor.
    pub fn get(&self) -> Tensor {
        let edge = match &self.edge {
            SavedEdge::None => None,
            SavedEdge::To(edge) => Some(edge.clone()),
            SavedEdge::Output(node, output) => node.upgrade().map(|node| Edge::Node(node, *output)),
        };
        Tensor::from_parts(self.value.get(), edge)
    }
}

impl fmt::Debug for Saved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Value::Kept(array) => write!(f, "Saved({} {})", array.dtype().name(), array.shape()),
            Value::Again(_) => f.write_str("Saved(to be computed again)"),
        }
    }
}

/// The output of an operation that is being recorded, for rules that need it.
#[derive(Debug)]
pub struct Output<'a> {
    array: &'a Array,
    node: &'a Weak<Node>,
    index: usize,
}

impl Output<'_> {
    /// Keeps the output for backward.
    pub fn save(&self) -> Saved {
        let edge = SavedEdge::Output(self.node.clone(), self.index);
        Saved {
            value: Value::new(self.array.clone()),
            edge,
        }
    }
}

impl Tensor {
    /// Keeps the tensor's present value for backward.
    pub fn save(&self) -> Saved {
        let edge = self.edge().map_or(SavedEdge::None, SavedEdge::To);
        Saved {
            value: Value::new(self.array()),
            edge,
        }
    }

    /// Every operation ends here: the rule is built and kept only if someone needs gradients.
    pub fn record<R: Backward>(
        array: Array,
        name: &'static str,
        inputs: &[&Tensor],
        rule: impl FnOnce() -> R,
    ) -> Tensor {
        if !array.dtype().is_floating_point() || !needs_graph(inputs) {
            return Tensor::new(array);
        }
        let rule = Arc::new(checkpoint::building(rule));
        let node = Arc::new(Node::new(name, inputs, 1, rule));
        Tensor::from_parts(array, Some(Edge::Node(node, 0)))
    }

    /// As [`Tensor::record`], for rules that save the output.
    pub fn record_with_output<R: Backward>(
        array: Array,
        name: &'static str,
        inputs: &[&Tensor],
        rule: impl FnOnce(Output<'_>) -> R,
    ) -> Tensor {
        if !array.dtype().is_floating_point() || !needs_graph(inputs) {
            return Tensor::new(array);
        }
        let node = Arc::new_cyclic(|node| {
            let output = Output {
                array: &array,
                node,
                index: 0,
            };
            let rule = checkpoint::building(|| rule(output));
            Node::new(name, inputs, 1, Arc::new(rule))
        });
        Tensor::from_parts(array, Some(Edge::Node(node, 0)))
    }

    /// As [`Tensor::record`], for an operation with several outputs.
    pub fn record_many<R: Backward>(
        arrays: Vec<Array>,
        name: &'static str,
        inputs: &[&Tensor],
        rule: impl FnOnce() -> R,
    ) -> Vec<Tensor> {
        Tensor::record_many_with_outputs(arrays, name, inputs, |_| rule())
    }

    /// As [`Tensor::record_many`], for rules that save outputs.
    pub fn record_many_with_outputs<R: Backward>(
        arrays: Vec<Array>,
        name: &'static str,
        inputs: &[&Tensor],
        rule: impl FnOnce(&[Output<'_>]) -> R,
    ) -> Vec<Tensor> {
        if !needs_graph(inputs) {
            return arrays.into_iter().map(Tensor::new).collect();
        }
        let node = Arc::new_cyclic(|node| {
            let output = |(index, array)| Output { array, node, index };
            let outputs: Vec<Output<'_>> = arrays.iter().enumerate().map(output).collect();
            let rule = checkpoint::building(|| rule(&outputs));
            Node::new(name, inputs, arrays.len(), Arc::new(rule))
        });
        let edge = |(output, array): (usize, Array)| {
            let carries = array.dtype().is_floating_point();
            let edge = carries.then(|| Edge::Node(Arc::clone(&node), output));
            Tensor::from_parts(array, edge)
        };
        arrays.into_iter().enumerate().map(edge).collect()
    }

    /// The end of an operation that has no derivative: an error if one would be needed.
    pub fn record_without_derivative(
        array: Array,
        op: &'static str,
        inputs: &[&Tensor],
    ) -> Result<Tensor> {
        if array.dtype().is_floating_point() && needs_graph(inputs) {
            return Err(Error::NoDerivative { op });
        }
        Ok(Tensor::new(array))
    }
}

impl Node {
    fn new(
        name: &'static str,
        inputs: &[&Tensor],
        outputs: usize,
        rule: Arc<dyn Backward>,
    ) -> Node {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let input = |tensor: &&Tensor| {
            let edge = tensor.edge()?;
            let (layout, dtype) = tensor.read(|x| (x.layout().clone(), x.dtype()));
            Some(Input {
                edge,
                layout,
                dtype,
            })
        };
        Node {
            name,
            sequence: NEXT.fetch_add(1, Ordering::Relaxed),
            rule: Mutex::new(Some(rule)),
            inputs: inputs.iter().map(input).collect(),
            outputs,
            hooks: Hooks::default(),
            recorded: is_anomaly_enabled().then(|| {
                std::backtrace::Backtrace::force_capture()
                    .to_string()
                    .into()
            }),
            checkpoint: checkpoint::frame(),
        }
    }
}

/// Whether an operation on these inputs is to be recorded.
pub(crate) fn needs_graph(inputs: &[&Tensor]) -> bool {
    is_grad_enabled() && inputs.iter().any(|tensor| tensor.requires_grad())
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

impl Variable {
    /// The hooks on the gradient of this tensor, and which output of their owner it is.
    pub(crate) fn hooks(&self) -> (&Hooks, usize) {
        match &self.edge {
            Some(Edge::Node(node, output)) => (&node.hooks, *output),
            Some(Edge::Leaf(leaf)) => leaf.variable().hooks(),
            None => (&self.hooks, 0),
        }
    }
}
