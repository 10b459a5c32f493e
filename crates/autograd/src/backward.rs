//! The walk: from outputs back to leaves, each operation after all that use it.

use crate::graph::{Edge, Gradients, Input, Node, Wants};
use crate::{Error, Result, Tensor, amp, is_anomaly_enabled, no_grad};
use smallvec::SmallVec;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

/// Settings of a backward pass.
#[derive(Clone, Copy, Debug, Default)]
pub struct BackwardOptions {
    /// Keep the saved values, so that the graph can be walked again.
    pub retain_graph: bool,
    /// Record the computation of the gradients, so that they can be differentiated. Retains.
    pub create_graph: bool,
}

impl Tensor {
    /// Computes the gradients of this single element with respect to all leaves it depends on, and
    /// adds them to their `grad`.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor(3.0)?.requires_grad_(true)?;
    /// x.mul(&x)?.backward()?;
    /// assert_eq!(x.grad().unwrap().item()?, 6.0);
    /// # Ok(()) }
    /// ```
    pub fn backward(&self) -> Result<()> {
        backward(&[self], &[None], BackwardOptions::default())
    }

    /// As [`Tensor::backward`], starting from the given gradient of this tensor.
    pub fn backward_with(&self, gradient: &Tensor, options: BackwardOptions) -> Result<()> {
        backward(&[self], &[Some(gradient)], options)
    }
}

/// Computes the gradients of several outputs at once and adds them to the leaves' `grad`.
///
/// `gradients` has one entry per output; `None` stands for 1, for an output of a single element.
pub fn backward(
    outputs: &[&Tensor],
    gradients: &[Option<&Tensor>],
    options: BackwardOptions,
) -> Result<()> {
    let leaves = walk(outputs, gradients, options, None)?.leaves;
    // Nothing was touched so far, so a failed walk leaves every gradient as it was.
    let leaves = leaves.into_values().map(|(leaf, gradient)| {
        let (hooks, output) = leaf.variable().hooks();
        let gradient = hooks.apply(output, gradient)?;
        Ok((leaf, gradient))
    });
    let leaves: Vec<(Tensor, Tensor)> = leaves.collect::<Result<_>>()?;
    let accumulate = || {
        leaves
            .into_iter()
            .try_for_each(|(leaf, g)| leaf.accumulate_grad(g))
    };
    if options.create_graph {
        accumulate()
    } else {
        no_grad(accumulate)
    }
}

/// Settings of [`grad`].
#[derive(Clone, Copy, Debug, Default)]
pub struct GradOptions {
    /// Keep the saved values, so that the graph can be walked again.
    pub retain_graph: bool,
    /// Record the computation of the gradients, so that they can be differentiated. Retains.
    pub create_graph: bool,
    /// Return `None` for an input that does not take part, instead of an error.
    pub allow_unused: bool,
}

/// The gradients of the sum of `outputs` with respect to `inputs`, without touching any `grad`.
///
/// `grad_outputs` weighs the outputs; an empty slice stands for 1 each, which needs outputs of a
/// single element.
///
/// ```
/// # use rushlight_autograd::{grad, tensor, GradOptions, Result};
/// # fn main() -> Result<()> {
/// let x = tensor(2.0)?.requires_grad_(true)?;
/// let options = GradOptions { create_graph: true, ..Default::default() };
/// let first = grad(&[&x.pow(3.0)?], &[&x], &[], options)?.remove(0).unwrap();
/// let second = grad(&[&first], &[&x], &[], Default::default())?.remove(0).unwrap();
/// assert_eq!((first.item()?, second.item()?), (12.0, 12.0));
/// # Ok(()) }
/// ```
pub fn grad(
    outputs: &[&Tensor],
    inputs: &[&Tensor],
    grad_outputs: &[Option<&Tensor>],
    options: GradOptions,
) -> Result<Vec<Option<Tensor>>> {
    let none = vec![None; outputs.len()];
    let grad_outputs = if grad_outputs.is_empty() {
        &none
    } else {
        grad_outputs
    };
    let wanted = inputs.iter().map(|input| input.edge()).collect::<Vec<_>>();
    let walk_options = BackwardOptions {
        retain_graph: options.retain_graph,
        create_graph: options.create_graph,
    };
    let targets: Vec<Slot> = wanted.iter().flatten().map(Edge::slot).collect();
    let mut found = walk(outputs, grad_outputs, walk_options, Some(&targets))?;
    let mut of_edge = |edge: &Edge| -> Result<Option<Tensor>> {
        match edge {
            Edge::Node(..) => Ok(found.captured.get(&edge.slot()).cloned()),
            Edge::Leaf(leaf) => {
                let Some((leaf, gradient)) = found.leaves.get_mut(&leaf_address(leaf)) else {
                    return Ok(None);
                };
                let (hooks, output) = leaf.variable().hooks();
                Ok(Some(hooks.apply(output, gradient.clone())?))
            }
        }
    };
    let results = wanted.iter().enumerate().map(|(index, edge)| {
        let gradient = edge.as_ref().map(&mut of_edge).transpose()?.flatten();
        match gradient {
            None if !options.allow_unused => Err(Error::Unused { index }),
            gradient => Ok(gradient),
        }
    });
    results.collect()
}

/// Identifies where a gradient goes: a leaf, or an output of a node.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Slot(usize, usize);

impl Edge {
    fn slot(&self) -> Slot {
        match self {
            Edge::Leaf(leaf) => Slot(leaf_address(leaf), usize::MAX),
            Edge::Node(node, output) => Slot(Arc::as_ptr(node) as usize, *output),
        }
    }
}

fn leaf_address(leaf: &Tensor) -> usize {
    std::ptr::from_ref(leaf.variable()) as usize
}

/// What a walk yields.
struct Found {
    /// The total gradient of each leaf, by address.
    leaves: HashMap<usize, (Tensor, Tensor)>,
    /// The gradients of inner tensors that were asked for.
    captured: HashMap<Slot, Tensor>,
}

/// A node that will be visited, and the gradients of its outputs so far.
struct Visit {
    node: Arc<Node>,
    consumers: usize,
    gradients: SmallVec<[Option<Tensor>; 1]>,
    /// Whether the walk has to go through it.
    needed: bool,
}

/// Ready nodes, latest first.
struct Ready(Arc<Node>);

impl PartialEq for Ready {
    fn eq(&self, other: &Ready) -> bool {
        self.0.sequence == other.0.sequence
    }
}
impl Eq for Ready {}
impl PartialOrd for Ready {
    fn partial_cmp(&self, other: &Ready) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Ready {
    fn cmp(&self, other: &Ready) -> Ordering {
        self.0.sequence.cmp(&other.0.sequence)
    }
}

fn walk(
    outputs: &[&Tensor],
    gradients: &[Option<&Tensor>],
    options: BackwardOptions,
    targets: Option<&[Slot]>,
) -> Result<Found> {
    if outputs.len() != gradients.len() {
        let got = format!("{} for {} outputs", gradients.len(), outputs.len());
        return Err(Error::argument(
            "backward",
            "gradients",
            got,
            "one per output",
        ));
    }
    let mut roots = Vec::new();
    for (output, gradient) in outputs.iter().zip(gradients) {
        let edge = output.edge().ok_or(Error::NoGraph)?;
        roots.push((edge, initial_gradient(output, *gradient)?));
    }
    let visits = plan(roots.iter().map(|(edge, _)| edge), targets);
    let mut walk = Walk {
        visits,
        targets,
        found: Found {
            leaves: HashMap::new(),
            captured: HashMap::new(),
        },
        ready: BinaryHeap::new(),
    };
    // What the forward pass cast, the rules cast back.
    let _paused = amp::Paused::new();
    let run = || {
        for (edge, gradient) in roots {
            walk.deliver(&edge, gradient)?;
            walk.release(&edge);
        }
        walk.run(options)?;
        Ok(walk.found)
    };
    if options.create_graph {
        run()
    } else {
        no_grad(run)
    }
}

fn initial_gradient(output: &Tensor, gradient: Option<&Tensor>) -> Result<Tensor> {
    match gradient {
        None if output.numel() == 1 => output.full_like(1.0),
        None => Err(Error::NotScalar {
            shape: output.shape(),
        }),
        Some(g) if g.shape() != output.shape() => Err(Error::GradientShape {
            gradient: g.shape(),
            output: output.shape(),
        }),
        Some(g) => g.to_dtype(output.dtype()),
    }
}

/// Finds all nodes behind the roots, how many gradients each will receive, and, if only some
/// gradients are asked for, which nodes lead to them.
fn plan<'a>(
    roots: impl Iterator<Item = &'a Edge>,
    targets: Option<&[Slot]>,
) -> HashMap<usize, Visit> {
    let mut visits: HashMap<usize, Visit> = HashMap::new();
    let mut stack: Vec<Arc<Node>> = Vec::new();
    let mut discover = |edge: &Edge, stack: &mut Vec<Arc<Node>>| {
        let Edge::Node(node, _) = edge else { return };
        let visit = visits.entry(Arc::as_ptr(node) as usize).or_insert_with(|| {
            stack.push(Arc::clone(node));
            let gradients = std::iter::repeat_n(None, node.outputs).collect();
            Visit {
                node: Arc::clone(node),
                consumers: 0,
                gradients,
                needed: targets.is_none(),
            }
        });
        visit.consumers += 1;
    };
    roots.for_each(|edge| discover(edge, &mut stack));
    while let Some(node) = stack.pop() {
        node.inputs
            .iter()
            .flatten()
            .for_each(|input| discover(&input.edge, &mut stack));
    }
    if let Some(targets) = targets {
        mark_needed(&mut visits, targets);
    }
    visits
}

fn mark_needed(visits: &mut HashMap<usize, Visit>, targets: &[Slot]) {
    let targets: std::collections::HashSet<Slot> = targets.iter().copied().collect();
    let mut order: Vec<Arc<Node>> = visits.values().map(|visit| visit.node.clone()).collect();
    // Inputs have lower numbers than their consumers.
    order.sort_unstable_by_key(|node| node.sequence);
    for node in order {
        let leads = node.inputs.iter().flatten().any(|input| {
            let slot = input.edge.slot();
            targets.contains(&slot) || visits.get(&slot.0).is_some_and(|visit| visit.needed)
        });
        if let Some(visit) = visits.get_mut(&(Arc::as_ptr(&node) as usize)) {
            visit.needed = leads;
        }
    }
}

struct Walk<'a> {
    visits: HashMap<usize, Visit>,
    targets: Option<&'a [Slot]>,
    found: Found,
    ready: BinaryHeap<Ready>,
}

impl Walk<'_> {
    fn run(&mut self, options: BackwardOptions) -> Result<()> {
        let retain = options.retain_graph || options.create_graph;
        while let Some(Ready(node)) = self.ready.pop() {
            let Some(visit) = self.visits.remove(&(Arc::as_ptr(&node) as usize)) else {
                continue;
            };
            let gradients = self.finish_outputs(&node, visit.gradients)?;
            let wants: SmallVec<[bool; 4]> = node
                .inputs
                .iter()
                .map(|input| self.wants(input.as_ref()))
                .collect();
            if visit.needed && gradients.iter().any(Option::is_some) {
                let rule = node.rule(retain)?;
                let computed = match &gradients[..] {
                    [Some(g)] => rule.backward(g, Wants(&wants))?,
                    gradients => rule.backward_many(gradients, Wants(&wants))?,
                };
                drop(rule);
                self.distribute(&node, computed)?;
            }
            node.inputs
                .iter()
                .flatten()
                .for_each(|input| self.release(&input.edge));
        }
        Ok(())
    }

    /// Hooks and captures on the now complete gradients of a node's outputs.
    fn finish_outputs(
        &mut self,
        node: &Arc<Node>,
        gradients: SmallVec<[Option<Tensor>; 1]>,
    ) -> Result<SmallVec<[Option<Tensor>; 1]>> {
        let finish = |(output, gradient): (usize, Option<Tensor>)| {
            let Some(gradient) = gradient else {
                return Ok(None);
            };
            let gradient = node.hooks.apply(output, gradient)?;
            let slot = Slot(Arc::as_ptr(node) as usize, output);
            if self.targets.is_some_and(|targets| targets.contains(&slot)) {
                self.found.captured.insert(slot, gradient.clone());
            }
            Ok(Some(gradient))
        };
        gradients.into_iter().enumerate().map(finish).collect()
    }

    fn wants(&self, input: Option<&Input>) -> bool {
        let (Some(input), Some(targets)) = (input, self.targets) else {
            return input.is_some();
        };
        let slot = input.edge.slot();
        targets.contains(&slot) || self.visits.get(&slot.0).is_some_and(|visit| visit.needed)
    }

    /// Brings computed gradients into the form of their inputs and passes them on.
    fn distribute(&mut self, node: &Arc<Node>, computed: Gradients) -> Result<()> {
        if computed.iter().skip(node.inputs.len()).any(Option::is_some) {
            let (got, expected) = (computed.len(), node.inputs.len());
            return Err(Error::GradientCount {
                op: node.name,
                got,
                expected,
            });
        }
        for (input, gradient) in node.inputs.iter().zip(computed) {
            let (Some(input), Some(gradient)) = (input, gradient) else {
                continue;
            };
            let gradient = gradient
                .sum_to(input.layout.shape())?
                .to_dtype(input.dtype)?;
            if is_anomaly_enabled() && gradient.has_nan()? {
                let recorded = node
                    .recorded
                    .as_deref()
                    .unwrap_or("(not recorded)")
                    .to_string();
                return Err(Error::Anomaly {
                    op: node.name,
                    recorded,
                });
            }
            self.deliver(&input.edge, gradient)?;
        }
        Ok(())
    }

    /// Adds a gradient to what an edge has received.
    fn deliver(&mut self, edge: &Edge, gradient: Tensor) -> Result<()> {
        let earlier = match edge {
            Edge::Leaf(leaf) => self
                .found
                .leaves
                .remove(&leaf_address(leaf))
                .map(|(_, earlier)| earlier),
            Edge::Node(node, output) => self
                .visits
                .get_mut(&(Arc::as_ptr(node) as usize))
                .and_then(|visit| visit.gradients[*output].take()),
        };
        let total = match earlier {
            Some(mut earlier) => {
                earlier.add_(gradient)?;
                earlier
            }
            None => gradient,
        };
        match edge {
            Edge::Leaf(leaf) => {
                self.found
                    .leaves
                    .insert(leaf_address(leaf), (leaf.clone(), total));
            }
            Edge::Node(node, output) => {
                if let Some(visit) = self.visits.get_mut(&(Arc::as_ptr(node) as usize)) {
                    visit.gradients[*output] = Some(total);
                }
            }
        }
        Ok(())
    }

    /// One consumer of an edge is done; after the last one its node is ready.
    fn release(&mut self, edge: &Edge) {
        let Edge::Node(node, _) = edge else { return };
        if let Some(visit) = self.visits.get_mut(&(Arc::as_ptr(node) as usize)) {
            visit.consumers -= 1;
            if visit.consumers == 0 {
                self.ready.push(Ready(Arc::clone(node)));
            }
        }
    }
}
