//! `ops/`: outputs and gradients of single operations.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::argument::{self, Argument, Arguments};
use crate::call::Call;
use crate::case::Case;
use crate::compare::Tolerance;
use crate::container::Container;
use crate::gradient::Gradients;
use crate::mutation;
use crate::ops;
use crate::outcome::Failure;
use crate::output::{Output, Rules};
use crate::project;
use crate::tensor;
use crate::tensors::Tensors;
use crate::ties::Ties;

/// Reads the cases of a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    cases_of("ops", path)
}

/// Reads the cases of a file in the form of `ops/` for the entries below `prefix`.
pub fn cases_of(prefix: &str, path: &Path) -> Result<Vec<Case>, String> {
    let file = Arc::new(Container::open(path)?);
    let entry = |case| format!("{prefix}/{}", entry(case));
    Ok(file
        .cases()?
        .iter()
        .map(|case| Case::new(entry(case), case, &file, ask))
        .collect())
}

/// The entry of a case: the name of its operation, and its variant where it has one.
pub fn entry(case: &Value) -> String {
    let name = case["op"].as_str().unwrap_or_default();
    match case["variant"].as_str().unwrap_or_default() {
        "" => name.to_owned(),
        variant => format!("{name}@{variant}"),
    }
}

/// The arguments of a case, `input` first.
pub fn arguments(case: &Value) -> Option<Arguments> {
    let mut arguments = Arguments::parse(case).ok()?;
    arguments
        .positional
        .insert(0, Argument::parse(&case["input"]).ok()?);
    Some(arguments)
}

/// The name a case is mapped under: its entry, where a variant has a row of its own.
fn mapped<'a>(entry: &'a str, name: &'a str) -> &'a str {
    match ops::find(entry) {
        Some(_) => entry,
        None => name,
    }
}

/// Calls an operation; a row that overlooks an argument does not count as a call. An argument `out`
/// is where the result is stored afterwards.
pub fn call(name: &str, arguments: &Arguments, tensors: &Tensors) -> Result<Output, Failure> {
    let Some(operation) = ops::find(name) else {
        return Err(Failure::Unsupported(format!("`{name}` is not mapped")));
    };
    let mut arguments = arguments.clone();
    let out = arguments.keyword.iter().position(|(name, _)| name == "out");
    let out = out.map(|place| arguments.keyword.remove(place).1);
    let call = Call::new(&arguments, tensors);
    let output = call.complete(operation(&call))?;
    if let Some(out) = out {
        store(&output, &out, &arguments, tensors)?;
    }
    Ok(output)
}

fn store(
    output: &Output,
    out: &Argument,
    arguments: &Arguments,
    tensors: &Tensors,
) -> Result<(), Failure> {
    let mut taken: Vec<&Argument> = mutation::places(arguments);
    let places = out.items().unwrap_or(std::slice::from_ref(out));
    for (output, place) in output.leaves().into_iter().zip(places) {
        let (Output::Tensor(output), Argument::Tensor(key)) = (output, place) else {
            return Err(Failure::Kind("`out` is no tensor".into()));
        };
        if taken.contains(&place) {
            return Err(Failure::Kind("`out` is borrowed already".into()));
        }
        output.store_in(&mut tensors.get(key)?)?;
        taken.push(place);
    }
    Ok(())
}

fn ask(case: &Value, file: &Container) -> Result<(), Failure> {
    let malformed = || Failure::Corpus("malformed case".into());
    let name = case["op"].as_str().ok_or_else(malformed)?;
    let arguments = arguments(case).ok_or_else(malformed)?;
    let outputs = argument::sequence(&case["outputs"]).ok_or_else(malformed)?;
    let gradients = Gradients::parse(case).ok_or_else(malformed)?;

    let tensors = Tensors::of(file);
    if let Some(seed) = case["seed"].as_u64() {
        tensor::manual_seed(seed);
    }
    let mut output = call(mapped(&entry(case), name), &arguments, &tensors)?;
    let mut single = case["result"] == "single";
    if let Some(projection) = case["project"].as_str() {
        output = project::apply(projection, name, &output)?;
        single = false;
    }
    let tolerance = Tolerance::parse(case, "rtol", "atol");
    let ties = Ties::of(name, &arguments, &tensors);
    let rules = Rules {
        file,
        tolerance,
        ties,
    };
    output.compare(&outputs, single, &rules)?;
    if gradients.is_empty() {
        return Ok(());
    }
    gradients.backward(&output, file)?;
    gradients.compare_inputs(&arguments, &tensors, rules.ties.as_ref())
}
