//! [`StateDict`]: the values of a model by name.

use rushlight_autograd::Tensor;
use std::collections::HashMap;

/// Tensors by name, in order, and the versions of the modules they come from.
///
/// ```
/// # use rushlight_autograd::{tensor, Result};
/// # use rushlight_nn::StateDict;
/// # fn main() -> Result<()> {
/// let mut state = StateDict::new();
/// state.insert("module.fc.weight", tensor([[1.0, 2.0]])?);
/// let state = state.strip_prefix("module.");
/// assert_eq!(state.keys().collect::<Vec<_>>(), ["fc.weight"]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
pub struct StateDict {
    entries: Vec<(String, Tensor)>,
    positions: HashMap<String, usize>,
    versions: Vec<(String, u64)>,
}

impl StateDict {
    /// A state without tensors.
    pub fn new() -> StateDict {
        StateDict::default()
    }

    /// The number of tensors.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no tensors.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The tensor of a name.
    pub fn get(&self, name: &str) -> Option<&Tensor> {
        Some(&self.entries[*self.positions.get(name)?].1)
    }

    /// Whether there is a tensor of the name.
    pub fn contains_key(&self, name: &str) -> bool {
        self.positions.contains_key(name)
    }

    /// Sets the tensor of a name, which comes last if it is new. Returns the earlier one.
    pub fn insert(&mut self, name: impl Into<String>, tensor: Tensor) -> Option<Tensor> {
        let name = name.into();
        if let Some(&position) = self.positions.get(&name) {
            return Some(std::mem::replace(&mut self.entries[position].1, tensor));
        }
        self.positions.insert(name.clone(), self.entries.len());
        self.entries.push((name, tensor));
        None
    }

    /// Takes the tensor of a name out.
    pub fn remove(&mut self, name: &str) -> Option<Tensor> {
        let position = self.positions.remove(name)?;
        for later in self.positions.values_mut().filter(|p| **p > position) {
            *later -= 1;
        }
        Some(self.entries.remove(position).1)
    }

    /// Names and tensors, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Tensor)> {
        self.entries.iter().map(|(name, tensor)| (&**name, tensor))
    }

    /// The names, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        self.entries.iter().map(|(name, _)| &**name)
    }

    /// The tensors, in order.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &Tensor> {
        self.entries.iter().map(|(_, tensor)| tensor)
    }

    /// The same tensors under names that `rename` makes of theirs; versions are kept for the paths
    /// it makes of the modules'.
    pub fn rename(self, rename: impl Fn(&str) -> String) -> StateDict {
        let mut renamed: StateDict = self
            .entries
            .into_iter()
            .map(|(name, tensor)| (rename(&name), tensor))
            .collect();
        let versions = self.versions.into_iter();
        renamed.versions = versions.map(|(path, v)| (rename(&path), v)).collect();
        renamed
    }

    /// The same tensors, the names of which lose `prefix` where they have it.
    pub fn strip_prefix(self, prefix: &str) -> StateDict {
        self.rename(|name| name.strip_prefix(prefix).unwrap_or(name).to_string())
    }

    /// The version of the state of the module at `path`, if it is known. PyTorch saves it beside the
    /// tensors; it says, for example, whether batch norms counted their batches yet.
    pub fn version(&self, path: &str) -> Option<u64> {
        let mut versions = self.versions.iter();
        versions.find(|(own, _)| own == path).map(|(_, v)| *v)
    }

    /// Notes the version of the state of the module at `path`.
    pub fn set_version(&mut self, path: impl Into<String>, version: u64) {
        let path = path.into();
        match self.versions.iter_mut().find(|(own, _)| *own == path) {
            Some((_, known)) => *known = version,
            None => self.versions.push((path, version)),
        }
    }

    /// The paths of modules with the versions of their state, in order.
    pub fn versions(&self) -> impl Iterator<Item = (&str, u64)> {
        self.versions
            .iter()
            .map(|(path, version)| (&**path, *version))
    }
}

impl<N: Into<String>> FromIterator<(N, Tensor)> for StateDict {
    fn from_iter<I: IntoIterator<Item = (N, Tensor)>>(tensors: I) -> StateDict {
        let mut state = StateDict::new();
        state.extend(tensors);
        state
    }
}

impl<N: Into<String>> Extend<(N, Tensor)> for StateDict {
    fn extend<I: IntoIterator<Item = (N, Tensor)>>(&mut self, tensors: I) {
        for (name, tensor) in tensors {
            self.insert(name, tensor);
        }
    }
}

impl IntoIterator for StateDict {
    type Item = (String, Tensor);
    type IntoIter = std::vec::IntoIter<(String, Tensor)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}
