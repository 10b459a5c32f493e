//! `repr/`: the printed form of tensors, modules and other objects.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::modules::compare_text;
use crate::argument::{self, Argument, Arguments};
use crate::case::Case;
use crate::container::{self, Container};
use crate::modules;
use crate::optimizers;
use crate::outcome::Failure;
use crate::tensor::{self, DType, Device, Tensor};
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
    // Others print the name of their device.
    let tensor = Tensors::on(Device::Cpu, file).get(&argument)?;
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

/// Makes an object and prints it.
type Print = fn() -> Result<String, tensor::Error>;

/// Objects that their description only hints at.
const OBJECTS: &[(&str, Print)] = &[("grad_fn of ones(2, requires_grad) * 2", || {
    let ones = Tensor::ones(&[2])?.requires_grad_(true)?;
    Ok(ones.mul(2)?.to_string())
})];

/// Prints what a description such as `SGD {'lr': 0.1}` or `torch.dtype float32` names.
fn print_other(case: &Value, file: &Container) -> Result<(), Failure> {
    let what = case["what"].as_str().unwrap_or_default();
    if let Some(container) = modules::container(what)? {
        return compare_text(&container.printed(), expected(case)?);
    }
    if let Some((_, print)) = OBJECTS.iter().find(|(name, _)| *name == what) {
        return compare_text(&print()?, expected(case)?);
    }
    let unsupported = || Failure::Unsupported(format!("{what} is not mapped"));
    let (name, rest) = what.split_once(' ').ok_or_else(unsupported)?;
    if name == "torch.dtype" {
        let dtype = argument::dtype(&rest.into()).ok_or_else(unsupported)?;
        return compare_text(&dtype.to_string(), expected(case)?);
    }
    let options = Arguments::from_json(&python(rest).ok_or_else(unsupported)?);
    let options = options.map_err(Failure::Unsupported)?;
    let tensors = Tensors::of(file);
    // A matrix, which every optimizer takes.
    let parameter = tensor::zero(DType::F32)?.reshape(&[1, 1])?;
    let parameter = parameter.requires_grad_(true)?;
    let group = optimizers::group(vec![parameter], &Arguments::default(), &tensors)?;
    let optimizer = optimizers::construct(name, vec![group], &options, &tensors)?;
    compare_text(&optimizer.to_string(), expected(case)?)
}

/// A mapping as Python writes it, of names to plain values.
fn python(text: &str) -> Option<Value> {
    let replacements = [
        ("'", "\""),
        ("(", "["),
        (")", "]"),
        ("True", "true"),
        ("False", "false"),
        ("None", "null"),
    ];
    let json = replacements
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    serde_json::from_str(&json).ok().filter(Value::is_object)
}

fn expected(case: &Value) -> Result<&str, Failure> {
    case["repr"]
        .as_str()
        .ok_or_else(|| Failure::Corpus("a case has no repr".into()))
}
