//! The states of optimizers and schedules as `torch.save` writes them.

use super::{LoadedTensor, Value, load, pth};
use crate::Result;
use crate::optim::{
    Error, GroupState, OptimizerState, OptionValue, ParameterState, SchedulerState, StateValue,
};
use rushlight_autograd::Tensor;
use std::path::Path;

/// The keys under which checkpoints wrap the state of an optimizer.
const WRAPPERS: [&str; 3] = ["optimizer", "optimizer_state_dict", "optim"];

/// Writes the state of an optimizer to a file, as `torch.save(optimizer.state_dict(), path)` does.
///
/// ```no_run
/// use rushlight::prelude::*;
///
/// # fn main() -> rushlight::Result<()> {
/// let model = Linear::new(4, 2)?;
/// let mut optimizer = optim::AdamW::new(model.parameters(), 1e-3);
/// serialize::save_optimizer(&optimizer.state_dict()?, "optimizer.pt")?;
/// optimizer.load_state_dict(&serialize::load_optimizer("optimizer.pt")?)?;
/// # Ok(()) }
/// ```
pub fn save_optimizer(state: &OptimizerState, path: impl AsRef<Path>) -> Result<()> {
    Ok(pth::save(path, &optimizer_value(state))?)
}

/// Reads the state of an optimizer from a file that PyTorch or [`save_optimizer`] wrote. A checkpoint that
/// holds it under `optimizer`, `optimizer_state_dict` or `optim` is unwrapped.
pub fn load_optimizer(path: impl AsRef<Path>) -> Result<OptimizerState> {
    let value = load(path)?;
    let wrapped = WRAPPERS.iter().find_map(|key| value.get(key));
    optimizer_state(wrapped.unwrap_or(&value))
}

/// The state of an optimizer as an object of a checkpoint.
pub fn optimizer_value(state: &OptimizerState) -> Value {
    let parameter = |(number, state): (usize, &ParameterState)| {
        let entries = state.iter().map(|(name, value)| (name, of_state(value)));
        (Value::Int(number as i64), dict(entries))
    };
    let parameters = state.parameters.iter().enumerate();
    let parameters = parameters.filter(|(_, state)| !state.is_empty());
    let group = |group: &GroupState| {
        let options = group.options.iter();
        let options = options.map(|(name, value)| (name.as_str(), of_option(value)));
        let names = group.names.iter().map(|names| {
            let names = names.iter().map(|name| Value::Str(name.as_str().into()));
            ("param_names", Value::List(names.collect()))
        });
        let params = group.params.iter().map(|&number| Value::Int(number as i64));
        let params = ("params", Value::List(params.collect()));
        dict(options.chain(names).chain([params]))
    };
    dict([
        ("state", Value::Dict(parameters.map(parameter).collect())),
        (
            "param_groups",
            Value::List(state.groups.iter().map(group).collect()),
        ),
    ])
}

/// The state of an optimizer from an object of a checkpoint.
///
/// Errors if it is not the state of an optimizer.
pub fn optimizer_state(value: &Value) -> Result<OptimizerState> {
    let saved = value.get("state").and_then(Value::entries);
    let saved = saved.ok_or_else(|| refusal("there is no `state`".into()))?;
    let groups = value.get("param_groups").and_then(Value::items);
    let groups = groups.ok_or_else(|| refusal("there are no `param_groups`".into()))?;
    let mut state = OptimizerState::default();
    for group in groups {
        let entries = group.entries();
        let entries = entries.ok_or_else(|| refusal("a group is not a dict".into()))?;
        let mut options = GroupState::default();
        for (name, value) in entries {
            let name = name.as_str().unwrap_or_default();
            match (name, value.items()) {
                ("params", Some(numbers)) => {
                    for number in numbers {
                        options.params.push(state.parameters.len());
                        state.parameters.push(parameter(number, saved)?);
                    }
                }
                ("param_names", Some(names)) => {
                    let names = names.iter().map(|name| Some(name.as_str()?.to_string()));
                    options.names = names.collect();
                }
                _ => options
                    .options
                    .push((name.to_string(), option(name, value)?)),
            }
        }
        state.groups.push(options);
    }
    Ok(state)
}

/// The state of a schedule as an object of a checkpoint.
pub fn scheduler_value(state: &SchedulerState) -> Value {
    let values = state.values.iter().map(|(name, value)| {
        let value = match of_option(value) {
            Value::Tuple(values) => Value::List(values),
            other => other,
        };
        (name.as_str(), value)
    });
    let parts = Value::List(state.schedulers.iter().map(scheduler_value).collect());
    let parts = (!state.schedulers.is_empty()).then_some(("_schedulers", parts));
    dict(values.chain(parts))
}

/// The state of a schedule from an object of a checkpoint.
///
/// Errors if it is not the state of a schedule.
pub fn scheduler_state(value: &Value) -> Result<SchedulerState> {
    let entries = value.entries();
    let entries = entries.ok_or_else(|| refusal("a schedule is not a dict".into()))?;
    let mut state = SchedulerState::default();
    for (name, value) in entries {
        match (name.as_str().unwrap_or_default(), value.items()) {
            ("_schedulers", Some(parts)) => {
                state.schedulers = parts.iter().map(scheduler_state).collect::<Result<_>>()?;
            }
            // Settings of other kinds, such as counters of milestones, are for the schedule itself.
            (name, _) => {
                let value = option(name, value).ok();
                state
                    .values
                    .extend(value.map(|value| (name.to_string(), value)));
            }
        }
    }
    Ok(state)
}

/// What is saved for the parameter of a number; nothing where it has no state.
fn parameter(number: &Value, saved: &[(Value, Value)]) -> Result<ParameterState> {
    let number = number.as_i64();
    let found = saved.iter().find(|(key, _)| key.as_i64() == number);
    let mut state = ParameterState::default();
    let Some((_, value)) = found.filter(|_| number.is_some()) else {
        return Ok(state);
    };
    let entries = value.entries();
    let entries =
        entries.ok_or_else(|| refusal("the state of a parameter is not a dict".into()))?;
    for (name, value) in entries {
        let name = name.as_str().unwrap_or_default();
        state.set(name, state_value(name, value)?);
    }
    Ok(state)
}

fn of_option(value: &OptionValue) -> Value {
    match value {
        OptionValue::None => Value::None,
        OptionValue::Bool(value) => Value::Bool(*value),
        OptionValue::Int(value) => Value::Int(*value),
        OptionValue::Float(value) => Value::Float(*value),
        OptionValue::Text(text) => Value::Str(text.as_ref().into()),
        OptionValue::Tensor(value) => tensor(value),
        OptionValue::Tuple(values) => Value::Tuple(values.iter().map(of_option).collect()),
    }
}

fn option(name: &str, value: &Value) -> Result<OptionValue> {
    Ok(match value {
        Value::None => OptionValue::None,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Str(text) => OptionValue::Text(text.to_string().into()),
        Value::Tensor(tensor) => Tensor::new(tensor.array.clone()).into(),
        Value::List(values) | Value::Tuple(values) => {
            let values = values.iter().map(|value| option(name, value));
            values.collect::<Result<Vec<_>>>()?.into()
        }
        other => return Err(refusal(format!("`{name}` is a {}", other.kind()))),
    })
}

fn of_state(value: &StateValue) -> Value {
    match value {
        StateValue::None => Value::None,
        StateValue::Int(value) => Value::Int(*value),
        StateValue::Float(value) => Value::Float(*value),
        StateValue::Tensor(value) => tensor(value),
        StateValue::List(values) => Value::List(values.iter().map(of_state).collect()),
    }
}

fn state_value(name: &str, value: &Value) -> Result<StateValue> {
    Ok(match value {
        Value::None => StateValue::None,
        Value::Int(value) => StateValue::Int(*value),
        Value::Float(value) => StateValue::Float(*value),
        Value::Tensor(tensor) => StateValue::Tensor(Tensor::new(tensor.array.clone())),
        Value::List(values) => {
            let values = values.iter().map(|value| state_value(name, value));
            StateValue::List(values.collect::<Result<_>>()?)
        }
        other => return Err(refusal(format!("`{name}` is a {}", other.kind()))),
    })
}

/// A tensor that is no parameter.
pub(super) fn tensor(tensor: &Tensor) -> Value {
    Value::Tensor(Box::new(LoadedTensor {
        array: tensor.array(),
        requires_grad: false,
        is_parameter: false,
    }))
}

fn dict<'a>(entries: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let entry = |(name, value): (&str, Value)| (Value::Str(name.into()), value);
    Value::Dict(entries.into_iter().map(entry).collect())
}

fn refusal(reason: String) -> crate::Error {
    let optimizer = "checkpoint";
    Error::State { optimizer, reason }.into()
}
