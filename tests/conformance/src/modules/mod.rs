//! The mapping of PyTorch's modules: one row per module, one file per family.

use crate::argument::Arguments;
use crate::call::Call;
use crate::outcome::Failure;
use crate::output::Output;
use crate::tensor::{DType, Tensor};
use crate::tensors::Tensors;

/// A module of the library, as the runner needs it.
pub trait Instance {
    /// The module as it prints.
    fn printed(&self) -> String;

    /// Parameters by name, in order.
    fn parameters(&self) -> Vec<(String, Tensor)>;

    /// Parameters and persistent buffers by name, in order.
    fn state(&self) -> Vec<(String, Tensor)>;

    /// Buffers by name, in order.
    fn buffers(&self) -> Vec<(String, Tensor)>;

    /// Replaces the values of the state.
    fn load(&mut self, state: Vec<(String, Tensor)>) -> Result<(), Failure>;

    /// Sets training or evaluation mode.
    fn set_training(&mut self, training: bool);

    /// Converts floating-point parameters and buffers.
    fn convert(&mut self, dtype: DType) -> Result<(), Failure>;

    /// Sets every probability of dropout and stochastic depth to zero.
    fn remove_dropout(&mut self) -> Result<(), Failure>;

    /// Calls the module.
    fn forward(&mut self, call: &Call) -> Result<Output, Failure>;
}

/// How a row constructs a module.
pub type Constructor = fn(&Call) -> Result<Box<dyn Instance>, Failure>;

/// Constructs the module of a name; a row that overlooks an argument does not count.
pub fn construct(
    name: &str,
    arguments: &Arguments,
    tensors: &Tensors,
) -> Result<Box<dyn Instance>, Failure> {
    let Some(constructor) = find(name) else {
        return Err(Failure::Unsupported(format!("`{name}` is not mapped")));
    };
    let call = Call::new(arguments, tensors);
    let result = constructor(&call);
    call.complete(result)
}

fn find(_name: &str) -> Option<Constructor> {
    None
}
