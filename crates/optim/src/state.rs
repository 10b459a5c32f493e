//! Saved state of an optimizer.

use crate::OptionValue;
use rushlight_autograd::Tensor;

/// What PyTorch's `optimizer.state_dict()` holds.
#[derive(Clone, Debug, Default)]
pub struct OptimizerState {
    /// The state of each parameter, numbered through all groups.
    pub parameters: Vec<ParameterState>,
    /// The groups: their options and which parameters they hold.
    pub groups: Vec<GroupState>,
}

/// What an optimizer keeps for one parameter.
#[derive(Clone, Debug, Default)]
pub struct ParameterState {
    /// How many steps were taken, where the optimizer counts them.
    pub step: Option<u64>,
    /// Tensors such as `exp_avg`, by PyTorch's names.
    pub tensors: Vec<(String, Tensor)>,
}

/// A parameter group without its parameters.
#[derive(Clone, Debug, Default)]
pub struct GroupState {
    /// Options by name.
    pub options: Vec<(String, OptionValue)>,
    /// Numbers of the parameters.
    pub params: Vec<usize>,
}
