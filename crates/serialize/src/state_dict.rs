//! The tensors of a model by name.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use rushlight_tensor::Array;

use crate::{Error, LoadedTensor, Result, Value};

/// The keys under which checkpoints wrap a state dict.
const WRAPPERS: [&str; 3] = ["state_dict", "model_state_dict", "model"];

/// What `DataParallel` puts in front of every name.
const PARALLEL: &str = "module.";

/// Reads the state dict in the file at `path`, whatever its format.
///
/// A checkpoint that holds the state dict under `state_dict`, `model_state_dict` or `model` is
/// unwrapped, and the prefix `module.` is removed where every name has it.
///
/// ```
/// # use rushlight_serialize::{Result, SafeTensors, safetensors, state_dict};
/// # use rushlight_tensor::{Array, DType};
/// # fn main() -> Result<()> {
/// # let path = std::env::temp_dir().join(format!("state-dict-{}.safetensors", std::process::id()));
/// # let bias = Array::from_bytes(&1.5f32.to_le_bytes(), &[1], DType::F32)?;
/// # let tensors = vec![("module.fc.bias".to_owned(), bias)];
/// # safetensors::save(&path, &SafeTensors { tensors, metadata: vec![] })?;
/// let weights = state_dict(&path)?;
/// for (name, array) in weights.iter() {
///     println!("{name}: {:?}", array.shape());
/// }
/// assert!(weights.get("fc.bias").is_some());
/// # std::fs::remove_file(path).ok();
/// # Ok(()) }
/// ```
pub fn state_dict(path: impl AsRef<Path>) -> Result<StateDict> {
    StateDict::try_from(crate::load(path)?)
}

/// The tensors of a model by name, in order, with the versions of its modules.
#[derive(Clone, Debug, Default)]
pub struct StateDict {
    entries: Vec<(String, Array)>,
    positions: HashMap<String, usize>,
    versions: BTreeMap<String, i64>,
}

impl StateDict {
    /// The tensors `entries` in order, of modules of the given versions.
    ///
    /// A name that occurs twice is an error.
    pub fn new(
        entries: impl IntoIterator<Item = (String, Array)>,
        versions: impl IntoIterator<Item = (String, i64)>,
    ) -> Result<StateDict> {
        let mut dict = StateDict::default();
        for (name, array) in entries {
            dict.insert(name, array)?;
        }
        dict.versions.extend(versions);
        Ok(dict)
    }

    /// The number of tensors.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no tensors.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The tensor called `name`.
    pub fn get(&self, name: &str) -> Option<&Array> {
        self.positions
            .get(name)
            .map(|position| &self.entries[*position].1)
    }

    /// The names and tensors in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Array)> {
        self.entries.iter().map(|(name, array)| (&**name, array))
    }

    /// The version of the module called `module`, which is `""` for the outermost one.
    ///
    /// It comes from the attribute `_metadata` of PyTorch's state dicts. A batch norm without a
    /// version, or with one below 2, was saved without `num_batches_tracked`.
    pub fn version(&self, module: &str) -> Option<i64> {
        self.versions.get(module).copied()
    }

    /// The modules whose versions are known, with these, sorted.
    pub fn versions(&self) -> impl Iterator<Item = (&str, i64)> {
        let versions = self.versions.iter();
        versions.map(|(module, version)| (&**module, *version))
    }

    /// The names and tensors in order.
    pub fn into_entries(self) -> Vec<(String, Array)> {
        self.entries
    }

    fn insert(&mut self, name: String, array: Array) -> Result<()> {
        let position = self.entries.len();
        if self.positions.insert(name.clone(), position).is_some() {
            return Err(wrong(format!("the name {name:?} occurs twice")));
        }
        self.entries.push((name, array));
        Ok(())
    }
}

impl IntoIterator for StateDict {
    type Item = (String, Array);
    type IntoIter = std::vec::IntoIter<(String, Array)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl TryFrom<Value> for StateDict {
    type Error = Error;

    /// Accepts what [`state_dict`] accepts. An entry that is no tensor is an error, not skipped.
    fn try_from(value: Value) -> Result<StateDict> {
        let value = unwrap(&value)?;
        let entries = value.entries().unwrap_or_default();
        let prefix = match is_parallel(entries) {
            true => PARALLEL,
            false => "",
        };
        let mut dict = StateDict::default();
        for (key, value) in entries {
            let (Some(name), Some(tensor)) = (key.as_str(), value.as_tensor()) else {
                return Err(wrong(format!("the entry {key:?} is a {}", value.kind())));
            };
            let name = name.strip_prefix(prefix).unwrap_or(name);
            dict.insert(name.to_owned(), tensor.array.clone())?;
        }
        dict.versions = versions(value.metadata().unwrap_or_default(), prefix);
        Ok(dict)
    }
}

impl From<StateDict> for Value {
    /// The ordered dict that `Module.state_dict()` returns in Python, ready for
    /// [`pth::save`](crate::pth::save).
    fn from(dict: StateDict) -> Value {
        let text = |text: &str| Value::Str(text.into());
        let entries = dict.entries.into_iter().map(|(name, array)| {
            let tensor = LoadedTensor {
                array,
                requires_grad: false,
                is_parameter: false,
            };
            (Value::Str(name.into()), Value::Tensor(Box::new(tensor)))
        });
        let metadata = dict.versions.iter().map(|(module, version)| {
            let local = vec![(text("version"), Value::Int(*version))];
            (text(module), Value::Dict(local))
        });
        Value::OrderedDict {
            entries: entries.collect(),
            metadata: Some(metadata.collect()),
        }
    }
}

/// The dict of tensors in `value`: itself, or what stands under one of the usual keys.
fn unwrap(value: &Value) -> Result<&Value> {
    let Some(entries) = value.entries() else {
        return Err(wrong(format!(
            "the file holds a {}, not a dict",
            value.kind()
        )));
    };
    if entries.iter().all(|(_, value)| value.as_tensor().is_some()) {
        return Ok(value);
    }
    let wrapped = WRAPPERS.iter().filter_map(|key| value.get(key));
    Ok(wrapped
        .into_iter()
        .find(|value| value.entries().is_some())
        .unwrap_or(value))
}

fn is_parallel(entries: &[(Value, Value)]) -> bool {
    let has_prefix = |key: &Value| key.as_str().is_some_and(|name| name.starts_with(PARALLEL));
    !entries.is_empty() && entries.iter().all(|(key, _)| has_prefix(key))
}

/// The versions by module, with `prefix` removed from the names of the modules.
fn versions(metadata: &[(Value, Value)], prefix: &str) -> BTreeMap<String, i64> {
    let version = |(module, local): &(Value, Value)| {
        let module = module.as_str()?;
        // The wrapping module itself is called "" and has no place once its prefix is gone.
        let module = match prefix {
            "" => module,
            _ if module == PARALLEL.trim_end_matches('.') => "",
            _ => module.strip_prefix(prefix)?,
        };
        Some((module.to_owned(), local.get("version")?.as_i64()?))
    };
    metadata.iter().filter_map(version).collect()
}

fn wrong(problem: String) -> Error {
    Error::StateDict { problem }
}
