//! `repr/`: the printed form of tensors, modules and other objects.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::modules::compare_text;
use crate::argument::{Argument, Arguments};
use crate::case::Case;
use crate::container::{self, Container};
use crate::modules;
use crate::outcome::Failure;
use crate::tensor;
use crate::tensors::Tensors;

/// Reads the cases of a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    if path
        .extension()
        .is_some_and(|extension| extension == "safetensors")
    {
        let file = Arc::new(Container::open(path)?);
        let read = |case| Case::new("repr/tensors".into(), case, &file, print_tensor);
        return Ok(file.cases()?.iter().map(read).collect());
    }
    let json: Value = container::json(path)?;
    let file = Arc::new(Container::default());
    let read = |(index, case): (usize, &Value)| match case["module"].as_str() {
        Some(name) => Case {
            id: format!("{name}#{index}"),
            ..Case::new(format!("repr/{name}"), case, &file, print_module)
        },
        None => Case {
            id: case["what"].as_str().unwrap_or_default().to_owned(),
            ..Case::new("repr/other".into(), case, &file, print_other)
        },
    };
    Ok(json["cases"]
        .as_array()
        .ok_or("no cases")?
        .iter()
        .enumerate()
        .map(read)
        .collect())
}

fn print_tensor(case: &Value, file: &Container) -> Result<(), Failure> {
    let Argument::Tensor(argument) = Argument::parse(&case["tensor"]).map_err(Failure::Corpus)?
    else {
        return Err(Failure::Corpus("a case has no tensor".into()));
    };
    let tensor = Tensors::of(file).get(&argument)?;
    compare_text(
        &tensor::print(&tensor, &case["printoptions"])?,
        expected(case)?,
    )
}

fn print_module(case: &Value, file: &Container) -> Result<(), Failure> {
    let arguments = Arguments::parse(&case["constructor"]).map_err(Failure::Corpus)?;
    let name = case["module"].as_str().unwrap_or_default();
    let module = modules::construct(name, &arguments, &Tensors::of(file))?;
    compare_text(&module.printed(), expected(case)?)
}

fn print_other(case: &Value, _: &Container) -> Result<(), Failure> {
    Err(Failure::Unsupported(format!(
        "{} is not mapped",
        case["what"]
    )))
}

fn expected(case: &Value) -> Result<&str, Failure> {
    case["repr"]
        .as_str()
        .ok_or_else(|| Failure::Corpus("a case has no repr".into()))
}
