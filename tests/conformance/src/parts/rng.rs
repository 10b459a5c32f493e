//! `rng/`: numbers drawn after `manual_seed`, and modules initialised with them.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::modules::compare_state;
use super::ops;
use crate::argument::{Argument, Arguments};
use crate::case::Case;
use crate::compare::Tolerance;
use crate::container::Container;
use crate::modules;
use crate::outcome::Failure;
use crate::output::Rules;
use crate::tensor;
use crate::tensors::Tensors;

/// What the corpus grants to numbers that go through logarithms and cosines.
const TRANSCENDENTAL: Tolerance = Tolerance {
    relative: 1e-5,
    absolute: 1e-6,
};

/// Reads the cases of a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    if path
        .parent()
        .is_some_and(|folder| folder.ends_with("rng/ops"))
    {
        return ops::cases_of("rng/ops", path);
    }
    let file = Arc::new(Container::open(path)?);
    let read = |case: &Value| match case["module"].as_str() {
        Some(module) => Case::new(format!("rng/{module}"), case, &file, initialise),
        None => Case::new(format!("rng/draws/{}", title(case)), case, &file, draw),
    };
    Ok(file.cases()?.iter().map(read).collect())
}

/// What stands between the number signs of an id such as `draw#randn below 16#2`.
fn title(case: &Value) -> &str {
    let id = case["id"].as_str().unwrap_or_default();
    let without_seed = id.rsplit_once('#').map_or(id, |(title, _)| title);
    without_seed.strip_prefix("draw#").unwrap_or(without_seed)
}

fn malformed() -> Failure {
    Failure::Corpus("malformed case".into())
}

fn draw(case: &Value, file: &Container) -> Result<(), Failure> {
    let calls = case["calls"].as_array().ok_or_else(malformed)?;
    tensor::manual_seed(case["seed"].as_u64().ok_or_else(malformed)?);
    for (index, call) in calls.iter().enumerate() {
        let name = call["fn"].as_str().ok_or_else(malformed)?;
        let arguments = Arguments::parse(call).map_err(Failure::Corpus)?;
        let key = call["output"]["t"].as_str().ok_or_else(malformed)?;
        let output = ops::call(name, &arguments, &Tensors::of(file))?;
        let rules = Rules::new(file, tolerance(name));
        rules
            .compare_stored(output, key)
            .map_err(|failure| match failure {
                Failure::Wrong(text) => Failure::Wrong(format!("call {index}, {name}: {text}")),
                other => other,
            })?;
    }
    Ok(())
}

/// Uniform numbers agree exactly; integers always do.
fn tolerance(name: &str) -> Tolerance {
    let is_uniform = ["rand", "rand_like"].contains(&name) || name.contains("uniform_");
    if is_uniform {
        Tolerance::default()
    } else {
        TRANSCENDENTAL
    }
}

fn initialise(case: &Value, file: &Container) -> Result<(), Failure> {
    tensor::manual_seed(case["seed"].as_u64().ok_or_else(malformed)?);
    let name = case["module"].as_str().ok_or_else(malformed)?;
    let arguments = Arguments::parse(case).map_err(Failure::Corpus)?;
    let module = modules::construct(name, &arguments, &Tensors::of(file))?;
    compare_state(&*module, &case["state"], file, TRANSCENDENTAL)?;
    let key = case["then_rand3"].as_str().ok_or_else(malformed)?;
    let three = Arguments {
        positional: vec![Argument::Int(3)],
        ..Arguments::default()
    };
    let output = ops::call("rand", &three, &Tensors::of(file))?;
    Rules::new(file, Tolerance::default()).compare_stored(output, key)
}
