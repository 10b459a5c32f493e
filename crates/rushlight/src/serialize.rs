//! Saving and loading the state of models, optimizers and schedules.
//!
//! [`save_state`] writes safetensors, or a checkpoint that `torch.load` reads, by the file's extension.
//! [`load_state`] reads every format of [`rushlight_serialize`], which it tells by the content.

mod optimizer;

pub use optimizer::{
    load_optimizer, optimizer_state, optimizer_value, save_optimizer, scheduler_state,
    scheduler_value,
};
pub use rushlight_serialize::*;

use crate::nn::StateDict as State;
use rushlight_autograd::Tensor;
use std::path::Path;

/// Writes a state to a file: `.pth` and `.pt` as PyTorch's zip archive, all else as safetensors.
///
/// The file appears under its name only when it is complete.
///
/// ```no_run
/// use rushlight::prelude::*;
///
/// # fn main() -> rushlight::Result<()> {
/// let model = Linear::new(4, 2)?;
/// serialize::save_state(&model.state_dict(), "model.safetensors")?;
/// model.load_state_dict(&serialize::load_state("model.safetensors")?, true)?;
/// # Ok(()) }
/// ```
pub fn save_state(state: &State, path: impl AsRef<Path>) -> crate::Result<()> {
    let path = path.as_ref();
    let is_checkpoint = path
        .extension()
        .is_some_and(|extension| extension == "pth" || extension == "pt");
    if is_checkpoint {
        pth::save(path, &checkpoint(state))?;
    } else {
        safetensors::save(path, &safe_tensors(state))?;
    }
    Ok(())
}

/// Reads a state from a file of any known format. A checkpoint that wraps it is unwrapped.
pub fn load_state(path: impl AsRef<Path>) -> crate::Result<State> {
    Ok(of_tensors(&state_dict(path)?))
}

/// As [`load_state`], with tensors that stay in the file until they are looked at; see [`load_mapped`].
///
/// A model that takes its weights from such a state needs no memory for the file beside its own.
#[cfg(feature = "mmap")]
pub fn load_state_mapped(path: impl AsRef<Path>) -> crate::Result<State> {
    Ok(of_tensors(&StateDict::try_from(load_mapped(path)?)?))
}

fn of_tensors(loaded: &StateDict) -> State {
    let mut state: State = loaded
        .iter()
        .map(|(name, array)| (name, Tensor::new(array.clone())))
        .collect();
    for (path, version) in loaded.versions() {
        state.set_version(path, u64::try_from(version).unwrap_or(0));
    }
    state
}

fn safe_tensors(state: &State) -> SafeTensors {
    let tensors = state
        .iter()
        .map(|(name, tensor)| (name.to_string(), tensor.array()));
    SafeTensors {
        tensors: tensors.collect(),
        metadata: vec![("format".into(), "pt".into())],
    }
}

fn checkpoint(state: &State) -> Value {
    let entries = state
        .iter()
        .map(|(name, value)| (Value::Str(name.into()), optimizer::tensor(value)));
    let version = |(path, version): (&str, u64)| {
        let version = Value::Int(i64::try_from(version).unwrap_or(i64::MAX));
        let entry = (Value::Str("version".into()), version);
        (Value::Str(path.into()), Value::Dict(vec![entry]))
    };
    let metadata = Some(state.versions().map(version).collect());
    Value::OrderedDict {
        entries: entries.collect(),
        metadata,
    }
}
