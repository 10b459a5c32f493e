//! What a module holds of its parametrized parameters.

use super::Parametrization;
use crate::chain::Chain;
use crate::field::Fields;
use crate::{Error, Module, Parameter, Result};
use rushlight_autograd::{SubstituteGuard, Tensor, no_grad, substitute_guard};
use std::sync::atomic::{AtomicBool, Ordering};

/// The parametrized parameters of a module; prints as PyTorch's `ModuleDict` of them.
#[derive(Default)]
pub(crate) struct Parametrizations(Chain<ParametrizationList>);

/// A parameter, what it is computed from, and how.
pub(crate) struct ParametrizationList {
    name: String,
    /// The module's field, for which the computed value stands.
    parameter: Parameter,
    originals: Vec<Parameter>,
    steps: Chain<Box<dyn Parametrization>>,
    removed: AtomicBool,
}

impl Parametrizations {
    /// Those that were not removed.
    pub(crate) fn active(&self) -> impl Iterator<Item = &ParametrizationList> {
        let removed = |list: &&ParametrizationList| !list.removed.load(Ordering::Relaxed);
        self.0.iter().filter(removed)
    }

    /// Lets the computed values stand for the parameters until the guard is dropped.
    pub(crate) fn stand_in(&self) -> Result<Option<SubstituteGuard>> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let computed = self.active().map(|list| {
            let value = list.value()?;
            list.parameter.set_data(&value)?;
            Ok((Tensor::from(&list.parameter), value))
        });
        let computed = computed.collect::<Result<Vec<_>>>()?;
        Ok(Some(substitute_guard(computed)))
    }

    pub(crate) fn register(
        &self,
        name: &str,
        parameter: &Parameter,
        step: Box<dyn Parametrization>,
    ) -> Result<()> {
        if let Some(list) = self.active().find(|list| list.name == name) {
            return list.append(step);
        }
        let originals = no_grad(|| step.right_inverse(&parameter.detach()))?;
        let trained = parameter.requires_grad();
        let original = |value: &Tensor| {
            let original = Parameter::new(value.clone())?;
            original.requires_grad_(trained);
            Ok(original)
        };
        let list = ParametrizationList {
            name: name.to_string(),
            parameter: parameter.clone(),
            originals: originals.iter().map(original).collect::<Result<_>>()?,
            steps: Chain::default(),
            removed: AtomicBool::new(false),
        };
        list.steps.push(step);
        let value = no_grad(|| list.value())?;
        check(&value, parameter)?;
        parameter.requires_grad_(false).set_data(&value)?;
        parameter.zero_grad();
        self.0.push(list);
        Ok(())
    }

    /// Whether there was something to remove.
    pub(crate) fn remove(&self, name: &str, leave_parametrized: bool) -> Result<bool> {
        let Some(list) = self.active().find(|list| list.name == name) else {
            return Ok(false);
        };
        let value = match (leave_parametrized, &list.originals[..]) {
            (true, _) => no_grad(|| list.value())?,
            (false, [original]) => original.detach(),
            (false, originals) => {
                let (op, got) = ("remove_parametrizations", originals.len());
                let expected = "one, to be left where the computed value is not";
                return Err(Error::argument(op, "originals", got, expected).into());
            }
        };
        list.parameter.set_data(&value.detach())?;
        let trained = list
            .originals
            .iter()
            .any(|original| original.requires_grad());
        list.parameter.requires_grad_(trained);
        list.removed.store(true, Ordering::Relaxed);
        Ok(true)
    }
}

impl ParametrizationList {
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The parameter's value.
    pub(crate) fn value(&self) -> Result<Tensor> {
        let mut values: Vec<Tensor> = self.originals.iter().map(Tensor::from).collect();
        for step in self.steps.iter() {
            values = vec![step.forward(&values)?];
        }
        Ok(values.remove(0))
    }

    /// Adds a step behind the others, for which originals are found anew.
    fn append(&self, step: Box<dyn Parametrization>) -> Result<()> {
        let value = no_grad(|| self.value())?;
        let mut values = no_grad(|| step.right_inverse(&value))?;
        let [before] = &values[..] else {
            let expected = "one, where another parametrization comes before";
            let op = "register_parametrization";
            return Err(Error::argument(op, "originals", values.len(), expected).into());
        };
        check(before, &value)?;
        check(&no_grad(|| step.forward(&values))?, &value)?;
        for earlier in self.steps.iter().collect::<Vec<_>>().into_iter().rev() {
            values = no_grad(|| earlier.right_inverse(&values[0]))?;
        }
        for (original, value) in self.originals.iter().zip(&values) {
            original.set_data(&value.detach())?;
        }
        self.steps.push(step);
        Ok(())
    }
}

/// Errors unless a value has shape and type of the parameter that it is to be.
fn check(value: &Tensor, parameter: &Tensor) -> Result<()> {
    let (shape, dtype) = (parameter.shape(), parameter.dtype());
    if value.shape() == shape && value.dtype() == dtype {
        return Ok(());
    }
    let expected = format!("{shape} of {dtype}, as the parameter has");
    Err(Error::shape("register_parametrization", value.shape(), expected).into())
}

impl Module for Parametrizations {
    fn type_name(&self) -> &'static str {
        "ModuleDict"
    }

    fn fields<'a>(&'a self, fields: &mut Fields<'a>) {
        for list in self.active() {
            fields.module(list.name(), list);
        }
    }
}

impl Module for ParametrizationList {
    fn type_name(&self) -> &'static str {
        "ParametrizationList"
    }

    fn fields<'a>(&'a self, fields: &mut Fields<'a>) {
        match &self.originals[..] {
            [original] => fields.add("original", original),
            originals => {
                for (number, original) in originals.iter().enumerate() {
                    fields.add(format!("original{number}"), original);
                }
            }
        }
        for (number, step) in self.steps.iter().enumerate() {
            fields.module(number.to_string(), step.as_module());
        }
    }
}
