//! From the objects of a pickle to the value a caller gets.

use std::collections::HashSet;

use rushlight_tensor::Array;

use super::PART;
use super::globals::Global;
use super::heap::{Id, Node};
use super::machine::Pickle;
use crate::{Error, LoadedTensor, Result, Value};

/// The deepest nesting of containers that is read.
///
/// It keeps printing, cloning and dropping a [`Value`] far from the end of any stack, and stops a
/// container that holds itself.
const MAX_DEPTH: usize = 256;

/// How many values may result from any pickle, per byte of a longer one, and in all.
///
/// An object that is referred to twice appears twice in the value. A short pickle could multiply a
/// container by its own references until the memory is full; honest ones hardly repeat any.
const FREE_VALUES: u64 = 1 << 16;
const VALUES_PER_BYTE: u64 = 4;
const MAX_VALUES: u64 = 1 << 22;

enum Step {
    Visit { id: Id, depth: usize },
    Finish(Id),
}

/// Converts the outermost object, with `storages` as the memory of its tensors.
pub(crate) fn to_value(pickle: &Pickle, storages: &[Option<Array>]) -> Result<Value> {
    let heap = &pickle.heap;
    let limit = pickle
        .length
        .saturating_mul(VALUES_PER_BYTE)
        .saturating_add(FREE_VALUES)
        .min(MAX_VALUES);
    let mut visited = 0;
    let mut steps = vec![Step::Visit {
        id: pickle.root,
        depth: 0,
    }];
    let mut values = Vec::new();
    while let Some(step) = steps.pop() {
        match step {
            Step::Visit {
                depth: MAX_DEPTH, ..
            } => {
                let what = "levels of nesting, or a container inside itself";
                return Err(Error::Limit {
                    part: PART,
                    what,
                    limit: MAX_DEPTH as u64,
                });
            }
            Step::Visit { id, depth } => {
                visited += weight(heap.get(id));
                if visited > limit {
                    let what = "repeated values";
                    return Err(Error::Limit {
                        part: PART,
                        what,
                        limit,
                    });
                }
                steps.push(Step::Finish(id));
                let depth = depth + 1;
                children(heap.get(id), |id| steps.push(Step::Visit { id, depth }));
            }
            Step::Finish(id) => {
                let value = finish(heap.get(id), storages, &mut values)?;
                values.push(value);
            }
        }
    }
    values
        .pop()
        .ok_or_else(|| Error::malformed(PART, "no value"))
}

/// Calls `visit` with what `node` holds; the first child is the last to be converted.
fn children(node: &Node, mut visit: impl FnMut(Id)) {
    match node {
        Node::List(items) | Node::Tuple(items) | Node::Set(items) => {
            items.iter().copied().for_each(visit);
        }
        Node::Dict(entries) => entries.iter().for_each(|&(key, value)| {
            visit(key);
            visit(value);
        }),
        Node::OrderedDict(dict) => {
            dict.metadata.iter().copied().for_each(&mut visit);
            dict.entries.iter().for_each(|&(key, value)| {
                visit(key);
                visit(value);
            });
        }
        _ => {}
    }
}

/// Builds the value of `node`; those of its children are on top of `values`, the first uppermost.
fn finish(node: &Node, storages: &[Option<Array>], values: &mut Vec<Value>) -> Result<Value> {
    Ok(match node {
        Node::None => Value::None,
        Node::Bool(value) => Value::Bool(*value),
        Node::Int(value) => Value::Int(*value),
        Node::BigInt(digits) => Value::BigInt(digits.clone()),
        Node::Float(value) => Value::Float(*value),
        Node::Complex(real, imaginary) => Value::Complex(*real, *imaginary),
        Node::Str(text) => Value::Str(text.clone()),
        Node::Bytes(bytes) => Value::Bytes(bytes.clone()),
        Node::Size(sizes) => Value::Size(sizes.clone()),
        Node::Device(device) => Value::Device(device.clone()),
        Node::Layout(layout) => Value::Layout(layout.clone()),
        Node::Global(Global::DType(dtype)) => Value::DType(*dtype),
        Node::List(items) => Value::List(take(values, items.len())),
        Node::Tuple(items) => Value::Tuple(take(values, items.len())),
        Node::Set(items) => Value::Set(take(values, items.len())),
        Node::Dict(entries) => Value::Dict(take_entries(values, entries.len())?),
        Node::OrderedDict(dict) => {
            let metadata = dict
                .metadata
                .and_then(|_| values.pop())
                .map(mapping)
                .transpose()?;
            let entries = take_entries(values, dict.entries.len())?;
            Value::OrderedDict { entries, metadata }
        }
        Node::Tensor(tensor) => {
            let storage = storages.get(tensor.storage).and_then(Option::as_ref);
            let storage = storage.ok_or_else(|| Error::malformed(PART, "a tensor has no data"))?;
            let layout = &tensor.layout;
            let array = storage.as_strided(&layout.shape, &layout.strides, layout.offset)?;
            let (requires_grad, is_parameter) = (tensor.requires_grad, tensor.is_parameter);
            let loaded = LoadedTensor {
                array,
                requires_grad,
                is_parameter,
            };
            Value::Tensor(Box::new(loaded))
        }
        Node::NumpyArray(Some(array)) => Value::Tensor(Box::new(LoadedTensor {
            array: array.clone(),
            requires_grad: false,
            is_parameter: false,
        })),
        Node::Global(_) | Node::Storage(_) | Node::NumpyDType(_) | Node::NumpyArray(None) => {
            return Err(Error::unsupported(
                PART,
                format!("{} as a value", node.kind()),
            ));
        }
    })
}

/// The keys and values of the attribute `_metadata`.
fn mapping(value: Value) -> Result<Vec<(Value, Value)>> {
    match value {
        Value::Dict(entries) | Value::OrderedDict { entries, .. } => Ok(entries),
        other => Err(Error::malformed(
            PART,
            format!("a _metadata that is a {}", other.kind()),
        )),
    }
}

/// How many values `node` counts for by itself.
fn weight(node: &Node) -> u64 {
    match node {
        Node::Size(sizes) => 1 + sizes.len() as u64,
        Node::Tensor(tensor) => 1 + tensor.layout.shape.len() as u64,
        _ => 1,
    }
}

/// The uppermost `count` values, the uppermost first.
fn take(values: &mut Vec<Value>, count: usize) -> Vec<Value> {
    let mut taken = values.split_off(values.len() - count);
    taken.reverse();
    taken
}

/// The uppermost `count` pairs of a key and a value.
fn take_entries(values: &mut Vec<Value>, count: usize) -> Result<Vec<(Value, Value)>> {
    let mut halves = take(values, 2 * count).into_iter();
    let mut entries = Vec::with_capacity(count);
    while let (Some(key), Some(value)) = (halves.next(), halves.next()) {
        entries.push((key, value));
    }
    check_keys(&entries)?;
    Ok(entries)
}

/// Refuses keys that Python could not use, and keys that occur twice: which value would count?
fn check_keys(entries: &[(Value, Value)]) -> Result<()> {
    let (mut texts, mut integers) = (HashSet::new(), HashSet::new());
    for (key, _) in entries {
        let is_new = match key {
            Value::Str(text) => texts.insert(&**text),
            Value::Int(value) => integers.insert(*value),
            Value::List(_) | Value::Set(_) | Value::Dict(_) | Value::OrderedDict { .. } => {
                return Err(Error::malformed(PART, format!("a {} as a key", key.kind())));
            }
            _ => true,
        };
        if !is_new {
            return Err(Error::malformed(
                PART,
                format!("the key {key:?} occurs twice"),
            ));
        }
    }
    Ok(())
}
