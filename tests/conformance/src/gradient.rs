//! Differentiating the outputs of a case, and comparing what the inputs received.

use std::collections::HashMap;

use serde_json::Value;

use crate::argument::{Argument, Arguments, TensorArgument};
use crate::compare::{self, Tolerance};
use crate::container::Container;
use crate::outcome::Failure;
use crate::output::Output;
use crate::tensor::{self, Tensor};
use crate::tensors::Tensors;
use crate::ties::Ties;

/// The cotangents of a case and the gradients it expects.
#[derive(Debug, Clone)]
pub struct Gradients {
    /// Keys of the cotangents, parallel to the outputs flattened depth first.
    cotangents: Vec<Option<String>>,
    /// Key of the gradient for the key of each input.
    expected: HashMap<String, String>,
    tolerance: Tolerance,
}

impl Gradients {
    /// Reads `cotangents`, `grads` and the tolerances of a case.
    pub fn parse(case: &Value) -> Option<Self> {
        let key = |value: &Value| value.as_str().map(str::to_owned);
        Some(Self {
            cotangents: case["cotangents"].as_array()?.iter().map(key).collect(),
            expected: names(&case["grads"])?,
            tolerance: Tolerance::parse(case, "grad_rtol", "grad_atol"),
        })
    }

    /// Whether the case has anything to differentiate.
    pub fn is_empty(&self) -> bool {
        self.cotangents.iter().all(Option::is_none)
    }

    /// Runs backward from the sum of output times cotangent.
    pub fn backward(&self, output: &Output, file: &Container) -> Result<(), Failure> {
        let leaves = output.leaves();
        if leaves.len() != self.cotangents.len() {
            let text = format!(
                "{} outputs, {} cotangents",
                leaves.len(),
                self.cotangents.len()
            );
            return Err(Failure::Wrong(text));
        }
        let mut roots = Vec::new();
        for (index, (leaf, cotangent)) in leaves.into_iter().zip(&self.cotangents).enumerate() {
            let (Output::Tensor(output), Some(key)) = (leaf, cotangent) else {
                continue;
            };
            if !output.requires_grad() {
                return Err(Failure::Wrong(format!(
                    "output {index} carries no gradient"
                )));
            }
            let contents = file.tensor(key);
            let contents = contents.ok_or(Failure::Corpus(format!("{key} is not stored")))?;
            roots.push((output.clone(), tensor::from_contents(&contents)?));
        }
        tensor::backward(&roots)
    }

    /// Compares the gradients of all inputs that require one.
    pub fn compare_inputs(
        &self,
        arguments: &Arguments,
        tensors: &Tensors,
        ties: Option<&Ties>,
    ) -> Result<(), Failure> {
        for argument in leaves(arguments) {
            let input = tensors.get(argument)?;
            let expected = self.expected.get(&argument.key).map(String::as_str);
            let place = format!("gradient of {}", argument.key);
            self.compare(&input, expected, tensors, ties, &place)?;
        }
        Ok(())
    }

    /// Compares the gradient of one leaf with the stored one, or with there being none.
    pub fn compare(
        &self,
        leaf: &Tensor,
        expected: Option<&str>,
        tensors: &Tensors,
        ties: Option<&Ties>,
        place: &str,
    ) -> Result<(), Failure> {
        let expected = expected.map(|key| tensors.contents(key)).transpose()?;
        let got = leaf
            .grad()
            .map(|gradient| tensor::to_contents(&gradient))
            .transpose()?;
        let (got, expected) = match (got, expected) {
            (None, None) => return Ok(()),
            (Some(got), Some(expected)) => (got, expected),
            (None, Some(_)) => return Err(Failure::Wrong(format!("{place}: got none"))),
            (Some(_), None) => {
                return Err(Failure::Wrong(format!("{place}: got one, expected none")));
            }
        };
        let may_choose = |ties: &Ties| ties.gradients_agree(&got, &expected, self.tolerance);
        match compare::tensors(&got, &expected, self.tolerance) {
            Err(_) if ties.is_some_and(may_choose) => Ok(()),
            result => result.map_err(|text| Failure::Wrong(format!("{place}: {text}"))),
        }
    }
}

/// The tensor arguments that require a gradient, wherever they stand.
pub fn leaves(arguments: &Arguments) -> Vec<&TensorArgument> {
    let mut leaves = Vec::new();
    let mut pending: Vec<&Argument> = arguments.iter().collect();
    while let Some(argument) = pending.pop() {
        match argument {
            Argument::Tensor(tensor) if tensor.requires_grad => leaves.push(tensor),
            Argument::List(items) | Argument::Tuple(items) => pending.extend(items),
            Argument::Dict(items) => pending.extend(items.iter().flat_map(|(k, v)| [k, v])),
            Argument::Slice(items) => pending.extend(items.iter()),
            _ => {}
        }
    }
    leaves
}

/// Reads an object whose values are strings.
pub fn names(object: &Value) -> Option<HashMap<String, String>> {
    let entries = object.as_object()?.iter();
    entries
        .map(|(name, key)| Some((name.clone(), key.as_str()?.to_owned())))
        .collect()
}
