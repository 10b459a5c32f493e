//! Between a model and its `state_dict`: reading it out, and loading it all or not at all.

use crate::field::Kind;
use crate::{Error, Module, Result, StateDict, tree};
use rushlight_autograd::{Shape, Tensor};
use std::collections::HashSet;
use std::fmt;

/// Keys that a model and a state do not share, as a lenient load reports them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IncompatibleKeys {
    /// Keys of the model that the state lacks.
    pub missing_keys: Vec<String>,
    /// Keys of the state that the model lacks.
    pub unexpected_keys: Vec<String>,
}

/// A key whose tensor has another shape in the state than in the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeMismatch {
    /// The key.
    pub key: String,
    /// The shape in the state.
    pub state: Shape,
    /// The shape in the model.
    pub model: Shape,
}

/// Everything that keeps a state from being loaded into a model.
#[derive(Debug, Clone)]
pub struct StateMismatch {
    /// Type of the model.
    pub model: String,
    /// Keys without a counterpart.
    pub keys: IncompatibleKeys,
    /// Keys whose shapes differ.
    pub shapes: Vec<ShapeMismatch>,
}

/// The values of a model by name.
pub(crate) fn state_of(root: &dyn Module) -> StateDict {
    let mut state = StateDict::new();
    tree::walk(root, &mut |stop| {
        state.set_version(&*stop.path, stop.module.version());
        // PyTorch lists a module's parameters before its buffers.
        for (name, entry) in stop.tensors() {
            if let Kind::Parameter(parameter) = entry.kind {
                state.insert(name, parameter.detach());
            }
        }
        for (name, entry) in stop.tensors() {
            if let Kind::Buffer(buffer) = entry.kind
                && buffer.is_persistent()
            {
                state.insert(name, buffer.detach());
            }
        }
    });
    state
}

/// A tensor of the model and the value it is to have.
struct Assignment<'a> {
    tensor: &'a Tensor,
    value: Tensor,
}

pub(crate) fn load(root: &dyn Module, state: &StateDict, strict: bool) -> Result<IncompatibleKeys> {
    let mut assignments = Vec::new();
    let mut known = HashSet::new();
    let mut mismatch = StateMismatch {
        model: root.type_name().to_string(),
        keys: IncompatibleKeys::default(),
        shapes: Vec::new(),
    };
    for stop in &tree::stops(root) {
        for (key, entry) in stop.tensors() {
            let tensor: &Tensor = match entry.kind {
                Kind::Parameter(parameter) => parameter,
                Kind::Buffer(buffer) if buffer.is_persistent() => buffer,
                _ => continue,
            };
            known.insert(key.clone());
            match state.get(&key) {
                Some(value) => match fitted(value, &tensor.shape())? {
                    Some(value) => assignments.push(Assignment { tensor, value }),
                    None => mismatch.shapes.push(ShapeMismatch {
                        key,
                        state: value.shape(),
                        model: tensor.shape(),
                    }),
                },
                // Older versions of the module did not have it; its value stays.
                None if state.version(&stop.path).unwrap_or(0) < entry.since && entry.since > 1 => {
                }
                None => mismatch.keys.missing_keys.push(key),
            }
        }
    }
    let unexpected = state.keys().filter(|key| !known.contains(*key));
    mismatch.keys.unexpected_keys = unexpected.map(str::to_string).collect();
    let keys_differ = mismatch.keys != IncompatibleKeys::default();
    if !mismatch.shapes.is_empty() || strict && keys_differ {
        return Err(Error::State(Box::new(mismatch)).into());
    }

    // Converting can fail, assigning cannot: so first the one for all, then the other.
    for assignment in &mut assignments {
        let (dtype, device) = (assignment.tensor.dtype(), assignment.tensor.device());
        let value = assignment.value.detach().to_device(device)?;
        assignment.value = value.to_dtype(dtype)?.contiguous()?;
    }
    for Assignment { tensor, value } in assignments {
        tensor.set_data(&value)?;
    }
    Ok(mismatch.keys)
}

/// The value in the shape that the model has. Like PyTorch, takes `[1]` for a 0-d tensor.
fn fitted(value: &Tensor, shape: &Shape) -> Result<Option<Tensor>> {
    if value.shape() == *shape {
        return Ok(Some(value.clone()));
    }
    match shape.is_empty() && value.shape() == [1] {
        true => Ok(Some(value.detach().reshape(&[])?)),
        false => Ok(None),
    }
}

/// How many names of a kind an error spells out.
const SPELLED_OUT: usize = 20;

impl fmt::Display for StateMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "load_state_dict: the state does not fit {}", self.model)?;
        let IncompatibleKeys {
            missing_keys,
            unexpected_keys,
        } = &self.keys;
        list(f, "missing", missing_keys, |key| {
            let hint = nearest(key, unexpected_keys.iter().map(String::as_str));
            match hint {
                Some(near) => format!("{key} (the state has {near})"),
                None => key.clone(),
            }
        })?;
        list(f, "unexpected", unexpected_keys, String::clone)?;
        list(f, "mis-shaped", &self.shapes, |mismatch| {
            let ShapeMismatch { key, state, model } = mismatch;
            format!("{key} is {state} in the state, {model} in the model")
        })?;
        if let Some(prefix) = common_prefix(missing_keys, unexpected_keys) {
            write!(
                f,
                "\n  the state's keys begin with `{prefix}`; `state.strip_prefix(\"{prefix}\")` \
                 makes them fit"
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for StateMismatch {}

fn list<T>(
    f: &mut fmt::Formatter<'_>,
    what: &str,
    items: &[T],
    text: impl Fn(&T) -> String,
) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    let spelled: Vec<String> = items.iter().take(SPELLED_OUT).map(text).collect();
    write!(f, "\n  {what}: {}", spelled.join(", "))?;
    match items.len().checked_sub(SPELLED_OUT) {
        Some(more @ 1..) => write!(f, " and {more} more"),
        _ => Ok(()),
    }
}

/// What every missing key becomes an unexpected one by, in front of it.
fn common_prefix<'a>(missing: &[String], unexpected: &'a [String]) -> Option<&'a str> {
    let first = missing.first()?;
    let prefixed = |key: &'a String| {
        key.strip_suffix(first.as_str())
            .filter(|p| p.ends_with('.'))
    };
    let prefix = unexpected.iter().find_map(prefixed)?;
    let known: HashSet<&str> = unexpected.iter().map(String::as_str).collect();
    let all = missing
        .iter()
        .all(|key| known.contains(format!("{prefix}{key}").as_str()));
    all.then_some(prefix)
}

/// Names the nearest of the names there are, in words.
pub(crate) fn did_you_mean(name: &str, names: impl IntoIterator<Item = String>) -> String {
    let names: Vec<String> = names.into_iter().filter(|name| !name.is_empty()).collect();
    match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    }
}

/// The name that differs least, if it differs in less than a third.
fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = name.len() / 3;
    let near = names
        .filter(|other| name.len().abs_diff(other.len()) <= limit)
        .map(|other| (distance(name, other), other))
        .min_by_key(|(distance, _)| *distance)?;
    (near.0 <= limit).then_some(near.1)
}

/// How many characters to insert, delete or replace to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
