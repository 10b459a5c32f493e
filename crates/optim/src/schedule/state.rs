//! Saved state of a schedule.

use crate::{Error, OptionValue, Result};

/// The saved state of a schedule, by PyTorch's names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SchedulerState {
    /// Names and values, such as `last_epoch` and `base_lrs`.
    pub values: Vec<(String, OptionValue)>,
    /// The states of the parts of a schedule of schedules.
    pub schedulers: Vec<SchedulerState>,
}

impl SchedulerState {
    pub(super) fn new<const N: usize>(values: [(&str, OptionValue); N]) -> SchedulerState {
        let values = values.map(|(name, value)| (name.to_string(), value));
        SchedulerState {
            values: values.into(),
            schedulers: Vec::new(),
        }
    }

    fn get(&self, name: &str) -> Option<&OptionValue> {
        let found = self.values.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value)
    }

    /// A number that must be there.
    pub(super) fn number(&self, schedule: &'static str, name: &str) -> Result<f64> {
        let number = self.get(name).and_then(OptionValue::number);
        number.ok_or_else(|| refusal(schedule, format!("there is no number {name}")))
    }

    /// One number for each group, which must be there.
    pub(super) fn numbers(&self, schedule: &'static str, name: &str) -> Result<Vec<f64>> {
        let values = self.get(name).and_then(OptionValue::values);
        let numbers: Option<Vec<f64>> =
            values.and_then(|values| values.iter().map(OptionValue::number).collect());
        numbers.ok_or_else(|| refusal(schedule, format!("there are no numbers {name}")))
    }
}

/// The error for a state that does not fit.
pub(super) fn refusal(schedule: &'static str, reason: String) -> Error {
    Error::State {
        optimizer: schedule,
        reason,
    }
}

/// Numbers as a value to be saved.
pub(super) fn list(numbers: &[f64]) -> OptionValue {
    let values: Vec<OptionValue> = numbers.iter().map(|&x| x.into()).collect();
    values.into()
}

/// A count as a value to be saved.
pub(super) fn count(count: i64) -> OptionValue {
    OptionValue::Int(count)
}
