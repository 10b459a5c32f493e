//! `optimizers/`: ten steps of each configuration.

use std::path::Path;
use std::sync::Arc;

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
    if !case["matrix"].is_null() {
        return Err(Failure::Unsupported(
            "steps that take a closure are not mapped".into(),
        ));
    }
    let tolerance = Tolerance::parse(case, "rtol", "atol");
    let gradients = case["grads"].as_array().ok_or_else(malformed)?;
    let after = case["params_after"].as_array().ok_or_else(malformed)?;
    for (step, (gradients, after)) in gradients.iter().zip(after).enumerate() {
        for (parameter, gradient) in parameters.iter().zip(stored(gradients, &tensors)?) {
            parameter.set_grad(Some(gradient))?;
        }
        optimizer.step()?;
        for (index, (parameter, key)) in parameters.iter().zip(keys(after)).enumerate() {
            let expected = tensors.contents(key)?;
            compare::tensors(&tensor::to_contents(parameter)?, &expected, tolerance).map_err(
                |text| Failure::Wrong(format!("parameter {index} after step {}: {text}", step + 1)),
            )?;
        }
    }
    compare_state(&*optimizer, &case["state_after"], file, tolerance)
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
        let mut tensors = saved.tensors;
        if let Some(step) = saved.step {
            // PyTorch counts in a tensor of `f32`.
            tensors.push(("step".into(), Tensor::from_vec(vec![step as f32], &[])?));
        }
        let keys: Value = expected
            .as_object()
            .into_iter()
            .flatten()
            .filter_map(|(name, argument)| Some((name.clone(), argument["t"].as_str()?.to_owned())))
            .collect();
        compare_tensors(
            tensors,
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
