//! [`Weights`]: where the values of a model come from, and those that torchvision publishes.

mod published;
mod table;

pub use published::{Meta, Published, get_model_weights, get_weight};
pub use table::*;

use crate::{Error, hub, registry};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Module, StateDict};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where the values of a model come from.
///
/// ```no_run
/// # use rushlight_autograd::Result;
/// # use rushlight_vision_models::{ResNet18Weights, Weights, resnet18};
/// # fn main() -> Result<()> {
/// let model = resnet18(Weights::path("resnet18-f37072fd.pth"))?;
/// let model = resnet18(ResNet18Weights::Imagenet1kV1)?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Weights {
    /// Random initial values, those of PyTorch under the same seed.
    #[default]
    None,
    /// The best of those that torchvision publishes for the model.
    Default,
    /// A file: `.pth` in any of its forms, or safetensors.
    Path(PathBuf),
    /// The bytes of such a file.
    Bytes(Arc<[u8]>),
    /// A file that torchvision publishes, where [PyTorch keeps it](Published::path); it is fetched if
    /// need be, with the feature `download`.
    Published(&'static Published),
    /// The state of another model.
    StateDict(StateDict),
}

impl Weights {
    /// The weights in a file: `.pth` in any of its forms, or safetensors.
    pub fn path(path: impl Into<PathBuf>) -> Weights {
        Weights::Path(path.into())
    }

    /// The bytes of a file: `.pth` in any of its forms, or safetensors.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Weights {
        Weights::Bytes(bytes.into())
    }

    /// The same, with the best weights of the model of that name for [`Weights::Default`]; those that are
    /// published for another model are an error.
    pub(crate) fn of_model(self, name: &str) -> Result<Weights> {
        Ok(match self {
            Weights::Default => registry::find(name)?.default().into(),
            Weights::Published(published) if published.model != name => {
                let (model, weights) = (name.to_owned(), published.to_string());
                return Err(Error::OtherModel { model, weights }.into());
            }
            other => other,
        })
    }

    /// Whether the model keeps its random initial values.
    pub fn is_none(&self) -> bool {
        matches!(self, Weights::None)
    }

    /// The values by name, read from where they are; `None` for random ones.
    ///
    /// Errors if the file is not there and cannot be fetched, or holds something else.
    pub fn get_state_dict(&self) -> Result<Option<StateDict>> {
        Ok(Some(match self {
            Weights::None => return Ok(None),
            Weights::Path(path) => read(path)?,
            Weights::Default => return Err(Error::DefaultOfNone.into()),
            Weights::Bytes(bytes) => {
                let state = rushlight_serialize::load_bytes(bytes)
                    .and_then(rushlight_serialize::StateDict::try_from);
                of_tensors(state.map_err(Error::Bytes)?)
            }
            Weights::Published(published) => read(&hub::obtain(published)?)?,
            Weights::StateDict(state) => state.clone(),
        }))
    }

    /// Gives a model its values, all of them or an error; nothing for [`Weights::None`].
    pub(crate) fn load_into(&self, model: &impl Module) -> Result<()> {
        self.load_renamed_into(model, str::to_owned)
    }

    /// As [`Weights::load_into`], with each name as what `rename` makes of it.
    pub(crate) fn load_renamed_into(
        &self,
        model: &impl Module,
        rename: impl Fn(&str) -> String,
    ) -> Result<()> {
        if let Some(state) = self.get_state_dict()? {
            model.load_state_dict(&state.rename(rename), true)?;
        }
        Ok(())
    }
}

impl From<StateDict> for Weights {
    fn from(state: StateDict) -> Weights {
        Weights::StateDict(state)
    }
}

fn read(path: &Path) -> Result<StateDict> {
    match rushlight_serialize::state_dict(path) {
        Ok(state) => Ok(of_tensors(state)),
        Err(source) => {
            let path = path.to_owned();
            Err(Error::Weights { path, source }.into())
        }
    }
}

/// The state as modules load it, with the versions that tell what older files lack.
fn of_tensors(arrays: rushlight_serialize::StateDict) -> StateDict {
    let mut state = StateDict::new();
    for (path, version) in arrays.versions() {
        state.set_version(path, u64::try_from(version).unwrap_or(0));
    }
    let tensors = arrays.into_entries().into_iter();
    state.extend(tensors.map(|(name, array)| (name, Tensor::new(array))));
    state
}
