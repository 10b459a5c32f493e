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
use crate::ops;
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::tensors::Tensors;

/// Reads the cases of a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    cases_of("ops", path)
}

/// Reads the cases of a file in the form of `ops/` for the entries below `prefix`.
pub fn cases_of(prefix: &str, path: &Path) -> Result<Vec<Case>, String> {
    let file = Arc::new(Container::open(path)?);
    let read = |value: &Value| {
        let question = Question::parse(value).ok_or_else(|| format!("malformed case: {value}"))?;
        let file = file.clone();
        let ill = |flag: &str| value[flag].as_bool().unwrap_or(false);
        Ok(Case {
            entry: format!("{prefix}/{}", entry(value)),
            id: value["id"].as_str().unwrap_or_default().to_owned(),
            ill_conditioned: ill("ill_conditioned") || ill("grad_ill_conditioned"),
            run: Box::new(move || Outcome::of_result(question.ask(&file))),
        })
    };
    file.cases()?.iter().map(read).collect()
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

/// Calls an operation; a row that overlooks an argument does not count as a call.
pub fn call(name: &str, arguments: &Arguments, tensors: &Tensors) -> Result<Output, Failure> {
    let Some(operation) = ops::find(name) else {
        return Err(Failure::Unsupported(format!("`{name}` is not mapped")));
    };
    let call = Call::new(arguments, tensors);
    let result = operation(&call);
    match (call.overlooked(), &result) {
        (Some(what), Ok(_) | Err(Failure::Library(_))) => {
            Err(Failure::Unsupported(format!("{what} is not mapped")))
        }
        _ => result,
    }
}

/// A case in the form of `ops/`.
#[derive(Debug)]
struct Question {
    operation: String,
    arguments: Arguments,
    outputs: Vec<Argument>,
    single: bool,
    project: Option<String>,
    seed: Option<u64>,
    tolerance: Tolerance,
    gradients: Gradients,
}

impl Question {
    fn parse(case: &Value) -> Option<Self> {
        Some(Self {
            operation: case["op"].as_str()?.to_owned(),
            arguments: arguments(case)?,
            outputs: argument::sequence(&case["outputs"])?,
            single: case["result"] == "single",
            project: case["project"].as_str().map(str::to_owned),
            seed: case["seed"].as_u64(),
            tolerance: Tolerance::parse(case, "rtol", "atol"),
            gradients: Gradients::parse(case)?,
        })
    }

    fn ask(&self, file: &Container) -> Result<(), Failure> {
        let tensors = Tensors::of(file);
        if let Some(seed) = self.seed {
            crate::tensor::manual_seed(seed);
        }
        let mut output = call(&self.operation, &self.arguments, &tensors)?;
        let mut single = self.single;
        if let Some(project) = &self.project {
            output = crate::project::apply(project, output)?;
            single = false;
        }
        output.compare(&self.outputs, single, file, self.tolerance)?;
        if self.gradients.is_empty() {
            return Ok(());
        }
        self.gradients.backward(&output, file)?;
        self.gradients.compare_inputs(&self.arguments, &tensors)
    }
}
