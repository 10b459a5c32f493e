//! `modules/`: outputs, gradients, state and printed form of single modules.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::argument::{self, Arguments};
use crate::call::Call;
use crate::case::Case;
use crate::compare::{self, Tolerance};
use crate::container::Container;
use crate::device::device;
use crate::gradient::{Gradients, names};
use crate::modules::{self, Instance};
use crate::outcome::Failure;
use crate::output::Rules;
use crate::tensor::{self, Tensor};
use crate::tensors::Tensors;

/// Reads the cases of a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let file = Arc::new(Container::open(path)?);
    let entry = |case: &Value| format!("modules/{}", case["module"].as_str().unwrap_or_default());
    Ok(file
        .cases()?
        .iter()
        .map(|case| Case::new(entry(case), case, &file, ask))
        .collect())
}

fn ask(case: &Value, file: &Container) -> Result<(), Failure> {
    let malformed = || Failure::Corpus("malformed case".into());
    let name = case["module"].as_str().ok_or_else(malformed)?;
    let constructor = Arguments::parse(&case["constructor"]).map_err(Failure::Corpus)?;
    let forward = Arguments::parse(&case["forward"]).map_err(Failure::Corpus)?;
    let outputs = argument::sequence(&case["outputs"]).ok_or_else(malformed)?;
    let gradients = Gradients::parse(case).ok_or_else(malformed)?;
    let dtype = argument::dtype(&case["dtype"]).ok_or_else(malformed)?;
    let tolerance = Tolerance::parse(case, "rtol", "atol");

    let mut module = modules::construct(name, &constructor, &Tensors::of(file))?;
    module.convert(dtype)?;
    module.move_to(device())?;
    module.set_training(case["training"] == true);
    // A module that is to learn its shapes says so until its first call.
    if let Some(expected) = case["repr"].as_str() {
        compare_text(&module.printed(), expected)?;
    }
    if case["lazy"] == true {
        let tensors = Tensors::of(file);
        module.forward(&Call::new(&forward, &tensors))?;
    }
    compare_names(module.parameters(), &case["parameters"], "parameters")?;
    module.load(stored_state(&case["state"], file)?)?;

    if let Some(seed) = case["seed"].as_u64() {
        tensor::manual_seed(seed);
    }
    let tensors = Tensors::of(file);
    let call = Call::new(&forward, &tensors);
    let output = module.forward(&call);
    let output = call.complete(output)?;
    let rules = Rules::new(file, tolerance);
    output.compare(&outputs, case["result"] == "single", &rules)?;
    compare_tensors(
        module.buffers(),
        &case["buffers_after"],
        file,
        tolerance,
        "buffer",
    )?;
    if gradients.is_empty() {
        return Ok(());
    }
    gradients.backward(&output, file)?;
    gradients.compare_inputs(&forward, &tensors, None)?;
    let expected = names(&case["param_grads"]).ok_or_else(malformed)?;
    for (name, parameter) in module.parameters() {
        let key = expected.get(&name).map(String::as_str);
        gradients.compare(
            &parameter,
            key,
            &tensors,
            None,
            &format!("gradient of {name}"),
        )?;
    }
    Ok(())
}

/// The tensors of a case's state, in order.
pub fn stored_state(state: &Value, file: &Container) -> Result<Vec<(String, Tensor)>, Failure> {
    let state = state
        .as_object()
        .ok_or_else(|| Failure::Corpus("a case has no state".into()))?;
    let tensors = Tensors::of(file);
    let read = |(name, key): (&String, &Value)| {
        let contents = tensors.contents(key.as_str().unwrap_or_default())?;
        Ok((name.clone(), tensor::from_contents(&contents)?))
    };
    state.iter().map(read).collect()
}

/// Compares names, order and values of a module's state.
pub fn compare_state(
    module: &dyn Instance,
    expected: &Value,
    file: &Container,
    tolerance: Tolerance,
) -> Result<(), Failure> {
    let names: Value = expected
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| &**name)
        .collect();
    compare_names(module.state(), &names, "state")?;
    compare_tensors(module.state(), expected, file, tolerance, "state")
}

/// Compares the values of those tensors that the case names.
pub fn compare_tensors(
    got: Vec<(String, Tensor)>,
    expected: &Value,
    file: &Container,
    tolerance: Tolerance,
    what: &str,
) -> Result<(), Failure> {
    let got: HashMap<_, _> = got.into_iter().collect();
    let tensors = Tensors::of(file);
    for (name, key) in expected.as_object().into_iter().flatten() {
        let tensor = got
            .get(name)
            .ok_or_else(|| Failure::Wrong(format!("no {what} {name}")))?;
        let expected = tensors.contents(key.as_str().unwrap_or_default())?;
        compare::tensors(&tensor::to_contents(tensor)?, &expected, tolerance)
            .map_err(|text| Failure::Wrong(format!("{what} {name}: {text}")))?;
    }
    Ok(())
}

/// Compares names and their order.
pub fn compare_names(
    got: Vec<(String, Tensor)>,
    expected: &Value,
    what: &str,
) -> Result<(), Failure> {
    let got: Value = got.into_iter().map(|(name, _)| name).collect();
    if got == *expected {
        return Ok(());
    }
    Err(Failure::Wrong(format!(
        "{what}: got {got}, expected {expected}"
    )))
}

/// Compares printed text.
pub fn compare_text(got: &str, expected: &str) -> Result<(), Failure> {
    if got == expected {
        return Ok(());
    }
    let mut lines = got.lines().zip(expected.lines()).enumerate();
    let place = lines.find(|(_, (got, expected))| got != expected);
    Err(Failure::Wrong(match place {
        Some((line, (got, expected))) => {
            format!("line {} prints {got:?}, expected {expected:?}", line + 1)
        }
        None => format!("prints {got:?}, expected {expected:?}"),
    }))
}
