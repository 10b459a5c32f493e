//! `optimizers/`: ten steps of each configuration.

use std::path::Path;
use std::sync::Arc;

use rushlight_optim::StateValue;
use serde_json::Value;

use super::modules::compare_tensors;
use crate::argument::Arguments;
use crate::case::Case;
use crate::compare::{self, Tolerance};
use crate::container::Container;
use crate::optimizers::{self, Printed};
use crate::outcome::Failure;
use crate::tensor::{self, Tensor};
use crate::tensors::Tensors;

/// Reads the cases of a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let file = Arc::new(Container::open(path)?);
    let entry = |case: &Value| {
        format!(
            "optimizers/{}",
            case["optimizer"].as_str().unwrap_or_default()
        )
    };
    Ok(file
        .cases()?
        .iter()
        .map(|case| Case::new(entry(case), case, &file, ask))
        .collect())
}

fn ask(case: &Value, file: &Container) -> Result<(), Failure> {
    let malformed = || Failure::Corpus("malformed case".into());
    let tensors = Tensors::of(file);
    let name = case["optimizer"].as_str().ok_or_else(malformed)?;
    let options = Arguments::parse(case).map_err(Failure::Corpus)?;
    let parameters = stored(&case["params"], &tensors)?;
    for parameter in &parameters {
        parameter.requires_grad_(true)?;
    }
    let groups = groups(case, &parameters, &tensors)?;
    let mut optimizer = optimizers::construct(name, groups, &options, &tensors)?;
    let tolerance = Tolerance::parse(case, "rtol", "atol");
    let quadratic = Quadratic::of(case, &tensors)?;
    let after = case["params_after"].as_array().ok_or_else(malformed)?;
    for (step, after) in after.iter().enumerate() {
        match &quadratic {
            Some(quadratic) => {
                quadratic.step(&mut *optimizer, &parameters, case, step, tolerance)?;
            }
            None => {
                let gradients = stored(&case["grads"][step], &tensors)?;
                for (parameter, gradient) in parameters.iter().zip(gradients) {
                    parameter.set_grad(Some(gradient))?;
                }
                optimizer.step()?;
            }
        }
        for (index, (parameter, key)) in parameters.iter().zip(keys(after)).enumerate() {
            let expected = tensors.contents(key)?;
            compare::tensors(&tensor::to_contents(parameter)?, &expected, tolerance).map_err(
                |text| Failure::Wrong(format!("parameter {index} after step {}: {text}", step + 1)),
            )?;
        }
    }
    compare_state(&*optimizer, &case["state_after"], file, tolerance)
}

/// What a closure computes in place of given gradients: `sign * (x'Ax / 2 - b'x)`.
struct Quadratic {
    matrix: Tensor,
    vector: Tensor,
    sign: f64,
}

impl Quadratic {
    /// The function of a case, if it has one.
    fn of(case: &Value, tensors: &Tensors) -> Result<Option<Self>, Failure> {
        let (Some(matrix), Some(vector)) = (case["matrix"].as_str(), case["vector"].as_str())
        else {
            return Ok(None);
        };
        Ok(Some(Self {
            matrix: tensor::from_contents(&tensors.contents(matrix)?)?,
            vector: tensor::from_contents(&tensors.contents(vector)?)?,
            sign: case["sign"].as_f64().unwrap_or(1.0),
        }))
    }

    fn at(&self, x: &Tensor) -> Result<Tensor, tensor::Error> {
        let curved = x.dot(&self.matrix.mv(x)?)?.mul(0.5)?;
        curved.sub(self.vector.dot(x)?)?.mul(self.sign)
    }

    /// Takes a step with a closure, and compares the loss and how often it was computed.
    fn step(
        &self,
        optimizer: &mut dyn Printed,
        parameters: &[Tensor],
        case: &Value,
        step: usize,
        tolerance: Tolerance,
    ) -> Result<(), Failure> {
        let [x] = parameters else {
            return Err(Failure::Corpus(
                "a closure of one parameter has several".into(),
            ));
        };
        let mut calls = 0;
        let loss = optimizer.step_with(&mut || {
            calls += 1;
            x.zero_grad();
            let loss = self.at(x)?;
            loss.backward()?;
            Ok(loss)
        })?;
        let (loss, expected) = (loss.item()?, case["loss"][step].as_f64());
        if !expected.is_some_and(|expected| tolerance.admits(loss, expected)) {
            return Err(Failure::Wrong(format!(
                "loss of step {}: {loss}, expected {expected:?}",
                step + 1
            )));
        }
        let expected = case["closure_calls"][step].as_u64();
        if expected != Some(calls) {
            return Err(Failure::Wrong(format!(
                "step {} called the closure {calls} times, expected {expected:?}",
                step + 1
            )));
        }
        Ok(())
    }
}

/// The parameter groups; a case without any has one, with all parameters.
fn groups(
    case: &Value,
    parameters: &[Tensor],
    tensors: &Tensors,
) -> Result<Vec<rushlight_optim::ParamGroup>, Failure> {
    let Some(groups) = case["groups"].as_array() else {
        return Ok(vec![optimizers::group(
            parameters.to_vec(),
            &Arguments::default(),
            tensors,
        )?]);
    };
    let read = |group: &Value| {
        let indices = group["params"].as_array().into_iter().flatten();
        let members = indices.filter_map(|index| parameters.get(index.as_u64()? as usize).cloned());
        let options = Arguments::parse(group).map_err(Failure::Corpus)?;
        optimizers::group(members.collect(), &options, tensors)
    };
    groups.iter().map(read).collect()
}

/// Compares what the optimizer keeps for each parameter, by PyTorch's names.
fn compare_state(
    optimizer: &dyn Printed,
    expected: &Value,
    file: &Container,
    tolerance: Tolerance,
) -> Result<(), Failure> {
    let saved = optimizer.state_dict()?;
    let expected = expected.as_array().into_iter().flatten();
    for (index, (saved, expected)) in saved.parameters.into_iter().zip(expected).enumerate() {
        let tensors = saved.iter().filter_map(|(name, value)| match value {
            StateValue::Tensor(tensor) => Some((name.to_owned(), tensor.clone())),
            _ => None,
        });
        let keys: Value = expected
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(name, argument)| Some((name.clone(), argument["t"].as_str()?.to_owned())))
            .collect();
        compare_tensors(
            tensors.collect(),
            &keys,
            file,
            tolerance,
            &format!("parameter {index}'s state"),
        )?;
    }
    Ok(())
}

fn stored(list: &Value, tensors: &Tensors) -> Result<Vec<Tensor>, Failure> {
    keys(list)
        .map(|key| tensor::from_contents(&tensors.contents(key)?))
        .collect()
}

fn keys(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
}
