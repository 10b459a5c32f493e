//! Saved state of an optimizer.

use crate::{OptionValue, Result};
use rushlight_autograd::{Device, Tensor};

/// What PyTorch's `optimizer.state_dict()` holds.
#[derive(Clone, Debug, Default)]
pub struct OptimizerState {
    /// The state of each parameter, numbered through all groups; empty where there is none.
    pub parameters: Vec<ParameterState>,
    /// The groups: their options and which parameters they hold.
    pub groups: Vec<GroupState>,
}

/// What an optimizer keeps for one parameter, by PyTorch's names and in its order.
#[derive(Clone, Debug, Default)]
pub struct ParameterState(Vec<(String, StateValue)>);

/// A value in the state of a parameter.
#[derive(Clone, Debug)]
pub enum StateValue {
    /// Nothing.
    None,
    /// A whole number.
    Int(i64),
    /// A number.
    Float(f64),
    /// A tensor, such as `exp_avg` or, of one element, `step`.
    Tensor(Tensor),
    /// Several values, such as earlier directions.
    List(Vec<StateValue>),
}

/// A parameter group without its parameters.
#[derive(Clone, Debug, Default)]
pub struct GroupState {
    /// Options by name.
    pub options: Vec<(String, OptionValue)>,
    /// Numbers of the parameters.
    pub params: Vec<usize>,
    /// Names of the parameters, if they have any.
    pub names: Option<Vec<String>>,
}

impl ParameterState {
    /// The value of a name, if there is one.
    pub fn get(&self, name: &str) -> Option<&StateValue> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    /// Sets the value of a name.
    pub fn set(&mut self, name: &str, value: impl Into<StateValue>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, place)) => *place = value,
            None => self.0.push((name.to_string(), value)),
        }
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &StateValue)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl StateValue {
    /// The value as a number, if it is one; a tensor of one element counts.
    pub fn number(&self) -> Option<f64> {
        match self {
            StateValue::Int(i) => Some(*i as f64),
            StateValue::Float(x) => Some(*x),
            StateValue::Tensor(tensor) if tensor.numel() == 1 => tensor.item().ok(),
            _ => None,
        }
    }

    /// The value with its tensors on a device.
    pub(crate) fn on(&self, device: Device) -> Result<StateValue> {
        Ok(match self {
            StateValue::Tensor(tensor) => tensor.to_device(device)?.into(),
            StateValue::List(values) => {
                let values = values.iter().map(|value| value.on(device));
                StateValue::List(values.collect::<Result<_>>()?)
            }
            other => other.clone(),
        })
    }

    /// Whether this is nothing.
    pub fn is_none(&self) -> bool {
        matches!(self, StateValue::None)
    }
}

macro_rules! state_value_from {
    ($($Type:ty => $Variant:ident;)*) => { $(
        impl From<$Type> for StateValue {
            fn from(value: $Type) -> StateValue {
                StateValue::$Variant(value)
            }
        }
    )* };
}

state_value_from! {
    i64 => Int;
    f64 => Float;
    Tensor => Tensor;
    Vec<StateValue> => List;
}
