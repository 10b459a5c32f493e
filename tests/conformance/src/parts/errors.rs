//! `errors/`: calls that must be refused.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::ops;
use crate::case::Case;
use crate::container::Container;
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
    if !case["module"].is_null() || !case["optimizer"].is_null() {
        return Err(Failure::Unsupported(
            "modules and optimizers are not mapped".into(),
        ));
    }
    let malformed = || Failure::Corpus(format!("malformed case: {case}"));
    let arguments = ops::arguments(case).ok_or_else(malformed)?;
    let name = case["op"].as_str().ok_or_else(malformed)?;
    ops::call(name, &arguments, &Tensors::of(file)).map(drop)
}

/// Whether PyTorch refuses the kind of an argument rather than its value.
fn is_of_kind(case: &Value) -> bool {
    let types = case["error"]["type"].as_array();
    let message = case["error"]["message"].as_str().unwrap_or_default();
    let phrases = [
        "invalid combination of arguments",
        "must be Tensor, not",
        "doesn't apply to a",
    ];
    types.is_some_and(|types| types.iter().any(|name| name == "TypeError"))
        || phrases.iter().any(|phrase| message.contains(phrase))
}
