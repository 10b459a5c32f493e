//! `schedulers/`: learning rates and momenta over forty steps.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::argument::{Argument, Arguments};
use crate::case::Case;
use crate::compare::Tolerance;
use crate::container::{self, Container};
use crate::optimizers::{self, Printed};
use crate::outcome::Failure;
use crate::schedulers;
use crate::tensor::{self, DType};
use crate::tensors::Tensors;

/// Reads the cases of a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let json = container::json(path)?;
    let file = Arc::new(Container::default());
    let read = |case: &Value| {
        let name = case["scheduler"].as_str().unwrap_or_default();
        Case::new(format!("schedulers/{name}"), case, &file, ask)
    };
    Ok(json["cases"]
        .as_array()
        .ok_or("no cases")?
        .iter()
        .map(read)
        .collect())
}

fn ask(case: &Value, file: &Container) -> Result<(), Failure> {
    let malformed = || Failure::Corpus("malformed case".into());
    let mut optimizer = optimizer(&case["optimizer"], file)?;
    let name = case["scheduler"].as_str().ok_or_else(malformed)?;
    let options = Arguments::from_json(&case["kwargs"]).map_err(Failure::Unsupported)?;
    let mut scheduler = schedulers::construct(name, &mut *optimizer, &options)?;
    let tolerance = Tolerance::parse(case, "rtol", "atol");
    for (step, expected) in case["lr"]
        .as_array()
        .ok_or_else(malformed)?
        .iter()
        .enumerate()
    {
        if step > 0 {
            optimizer.step()?;
            let metric = case["metrics"].get(step - 1).and_then(Value::as_f64);
            scheduler.step(metric, &mut *optimizer)?;
        }
        compare(
            &rates(&*optimizer),
            expected,
            tolerance,
            "learning rates",
            step,
        )?;
        if let Some(expected) = case["momentum"].get(step) {
            compare(&momenta(&*optimizer), expected, tolerance, "momenta", step)?;
        }
    }
    Ok(())
}

/// An optimizer of one parameter per group, with the learning rates of the case.
fn optimizer(settings: &Value, file: &Container) -> Result<Box<dyn Printed>, Failure> {
    let malformed = || Failure::Corpus("malformed case".into());
    let tensors = Tensors::of(file);
    let group = |rate: &Value| {
        let rate = Argument::Float(rate.as_f64().ok_or_else(malformed)?);
        let options = Arguments {
            positional: vec![],
            keyword: vec![("lr".into(), rate)],
        };
        let parameter = tensor::zero(DType::F32)?.requires_grad_(true)?;
        optimizers::group(vec![parameter], &options, &tensors)
    };
    let rates = settings["group_lrs"]
        .as_array()
        .ok_or_else(malformed)?
        .iter();
    let groups = rates.map(group).collect::<Result<_, Failure>>()?;
    let options = Arguments::from_json(&settings["kwargs"]).map_err(Failure::Corpus)?;
    let class = settings["class"].as_str().ok_or_else(malformed)?;
    optimizers::construct(class, groups, &options, &tensors)
}

/// The learning rate of each group.
pub fn rates(optimizer: &dyn Printed) -> Vec<f64> {
    optimizer
        .param_groups()
        .iter()
        .map(|group| group.learning_rate())
        .collect()
}

/// The momentum, or the first beta, of each group.
fn momenta(optimizer: &dyn Printed) -> Vec<f64> {
    let options = optimizer.param_groups().iter().map(|group| group.options());
    options
        .map(|options| match options.get("momentum") {
            Some(_) => options.float("momentum"),
            None => options.numbers::<2>("betas")[0],
        })
        .collect()
}

fn compare(
    got: &[f64],
    expected: &Value,
    tolerance: Tolerance,
    what: &str,
    step: usize,
) -> Result<(), Failure> {
    let expected: Vec<f64> = expected
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_f64)
        .collect();
    let agree = got.len() == expected.len()
        && got
            .iter()
            .zip(&expected)
            .all(|(&got, &expected)| tolerance.admits(got, expected));
    if agree {
        return Ok(());
    }
    Err(Failure::Wrong(format!(
        "{what} after step {step}: got {got:?}, expected {expected:?}"
    )))
}
