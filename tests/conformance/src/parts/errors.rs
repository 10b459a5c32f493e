//! `errors/`: calls that must be refused.

use std::path::Path;
use std::sync::Arc;

use rushlight_optim::ParamGroup;
use serde_json::Value;

use super::ops;
use crate::argument::{Argument, Arguments};
use crate::call::Call;
use crate::case::Case;
use crate::container::Container;
use crate::modules;
use crate::optimizers;
use crate::outcome::{Failure, Outcome};
use crate::tensors::Tensors;

/// Reads the cases of a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let file = Arc::new(Container::open(path)?);
    let read = |case: &Value| {
        let name = case["module"]
            .as_str()
            .or(case["optimizer"].as_str())
            .map(str::to_owned);
        let entry = format!("errors/{}", name.unwrap_or_else(|| ops::entry(case)));
        Case::judged(entry, case, &file, ask, |case, result| {
            Outcome::of_refusal(result, is_of_kind(case))
        })
    };
    Ok(file.cases()?.iter().map(read).collect())
}

fn ask(case: &Value, file: &Container) -> Result<(), Failure> {
    let malformed = || Failure::Corpus(format!("malformed case: {case}"));
    let tensors = Tensors::of(file);
    if let Some(name) = case["optimizer"].as_str() {
        let groups = groups(
            &Argument::parse(&case["params"]).map_err(Failure::Corpus)?,
            &tensors,
        )?;
        let options = Arguments::parse(case).map_err(Failure::Corpus)?;
        return optimizers::construct(name, groups, &options, &tensors).map(drop);
    }
    if let Some(name) = case["module"].as_str() {
        let constructor = Arguments::parse(&case["constructor"]).map_err(Failure::Corpus)?;
        let mut module = modules::construct(name, &constructor, &tensors)?;
        if case["on"] == "construction" {
            return Ok(());
        }
        let forward = Arguments::parse(&case["forward"]).map_err(Failure::Corpus)?;
        let call = Call::new(&forward, &tensors);
        return call.complete(module.forward(&call)).map(drop);
    }
    let arguments = ops::arguments(case).ok_or_else(malformed)?;
    let name = case["op"].as_str().ok_or_else(malformed)?;
    ops::call(name, &arguments, &tensors).map(drop)
}

/// Parameter groups as PyTorch takes them: tensors, named tensors, or mappings with `params`.
fn groups(params: &Argument, tensors: &Tensors) -> Result<Vec<ParamGroup>, Failure> {
    let kind = || Failure::Kind(format!("`params` is {}", params.kind()));
    let items = params.items().ok_or_else(kind)?;
    if items.is_empty() {
        return Ok(Vec::new());
    }
    if !items.iter().any(|item| matches!(item, Argument::Dict(_))) {
        return Ok(vec![members(params, tensors)?]);
    }
    let read = |item: &Argument| {
        let Argument::Dict(entries) = item else {
            return Err(kind());
        };
        let (mut group, mut options) = (None, Arguments::default());
        for (name, value) in entries {
            match name {
                Argument::Text(name) if name == "params" => group = Some(members(value, tensors)?),
                Argument::Text(name) => options.keyword.push((name.clone(), value.clone())),
                _ => return Err(kind()),
            }
        }
        optimizers::with_options(group.ok_or_else(kind)?, &options, tensors)
    };
    items.iter().map(read).collect()
}

fn members(params: &Argument, tensors: &Tensors) -> Result<ParamGroup, Failure> {
    let kind = || Failure::Kind(format!("`params` holds {}", params.kind()));
    let items = params.items().unwrap_or(std::slice::from_ref(params));
    let mut named = Vec::new();
    let mut plain = Vec::new();
    for item in items {
        match item {
            Argument::Tensor(tensor) => plain.push(tensors.get(tensor)?),
            Argument::Tuple(pair) => match pair.as_slice() {
                [Argument::Text(name), Argument::Tensor(tensor)] => {
                    named.push((name.clone(), tensors.get(tensor)?));
                }
                _ => return Err(kind()),
            },
            _ => return Err(kind()),
        }
    }
    match (plain.is_empty(), named.is_empty()) {
        (_, true) => Ok(ParamGroup::new(plain)),
        (true, false) => Ok(ParamGroup::named(named)),
        (false, false) => Err(kind()),
    }
}

/// Whether PyTorch refuses the kind of an argument rather than its value.
fn is_of_kind(case: &Value) -> bool {
    let types = case["error"]["type"].as_array();
    let message = case["error"]["message"].as_str().unwrap_or_default();
    let phrases = [
        "invalid combination of arguments",
        "must be Tensor, not",
        "doesn't apply to a",
        // Two borrows of one tensor, one of them mutable.
        "refer to a single memory location",
        "must not overlap",
        "object has no attribute",
        "must be an 0-dim integral Tensor",
        // A bare tensor among pairs of a name and a tensor.
        "Some param names are missing",
    ];
    types.is_some_and(|types| types.iter().any(|name| name == "TypeError"))
        || phrases.iter().any(|phrase| message.contains(phrase))
}
