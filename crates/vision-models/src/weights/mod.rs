//! [`Weights`]: where the values of a model come from, and those that torchvision publishes.

mod published;
mod table;

pub use published::{
    ImageClassification, Interpolation, Normalisation, Published, get_model_weights, get_weight,
};
pub use table::*;

use crate::Error;
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Module, StateDict};
use std::path::{Path, PathBuf};

/// Where the values of a model come from.
///
/// ```no_run
/// # use rushlight_autograd::Result;
/// # use rushlight_vision_models::weights::ResNet18_Weights;
/// # use rushlight_vision_models::{Weights, resnet18};
/// # fn main() -> Result<()> {
/// let model = resnet18(Weights::path("resnet18-f37072fd.pth"))?;
/// let model = resnet18(ResNet18_Weights::IMAGENET1K_V1)?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum Weights {
    /// Random initial values, those of PyTorch under the same seed.
    #[default]
    None,
    /// A file: `.pth` in any of its forms, or safetensors.
    Path(PathBuf),
    /// A file that torchvision publishes, where [PyTorch keeps it](Published::path).
    Published(&'static Published),
    /// The state of another model.
    StateDict(StateDict),
}

impl Weights {
    /// The weights in a file: `.pth` in any of its forms, or safetensors.
    pub fn path(path: impl Into<PathBuf>) -> Weights {
        Weights::Path(path.into())
    }

    /// Whether the model keeps its random initial values.
    pub fn is_none(&self) -> bool {
        matches!(self, Weights::None)
    }

    /// The values by name, read from where they are; `None` for random ones.
    ///
    /// Errors if the file is not there or holds something else.
    pub fn get_state_dict(&self) -> Result<Option<StateDict>> {
        Ok(Some(match self {
            Weights::None => return Ok(None),
            Weights::Path(path) => read(path)?,
            Weights::Published(published) => {
                let path = published.path();
                if !path.exists() {
                    let url = published.url();
                    return Err(Error::NotDownloaded { path, url }.into());
                }
                read(&path)?
            }
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
