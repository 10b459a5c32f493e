//! [`Weights`]: where the values of a model come from.

use crate::Error;
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Module, StateDict};
use std::path::PathBuf;

/// Where the values of a model come from.
///
/// ```no_run
/// # use rushlight_autograd::Result;
/// # use rushlight_vision_models::{Weights, resnet18};
/// # fn main() -> Result<()> {
/// let model = resnet18(Weights::path("resnet18-f37072fd.pth"))?;
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
    pub fn get_state_dict(&self) -> Result<Option<StateDict>> {
        match self {
            Weights::None => Ok(None),
            Weights::Path(path) => match rushlight_serialize::state_dict(path) {
                Ok(state) => Ok(Some(of_tensors(state))),
                Err(source) => Err(Error::Weights {
                    path: path.clone(),
                    source,
                }
                .into()),
            },
            Weights::StateDict(state) => Ok(Some(state.clone())),
        }
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
