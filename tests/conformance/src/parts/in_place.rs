//! The calls of `ops/` in place, where the operation has such a form: the input becomes what the
//! call returns, or the call is refused because the result has another form.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::ops;
use crate::argument::{self, Argument};
use crate::call::Call;
use crate::case::Case;
use crate::compare::Tolerance;
use crate::container::Container;
use crate::gradient::Gradients;
use crate::in_place;
use crate::outcome::Failure;
use crate::output::{Output, Rules};
use crate::tensors::Tensors;

/// Reads the cases of a file whose input is a tensor that has the operation's form in place.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let file = Arc::new(Container::open(path)?);
    let fits = |case: &Value| {
        let name = case["op"].as_str().unwrap_or_default();
        in_place::find(name).is_some() && case["input"]["t"].is_string()
    };
    let entry = |case: &Value| format!("in_place/{}", ops::entry(case));
    let cases = file.cases()?.into_iter().filter(fits);
    Ok(cases
        .map(|case| Case::new(entry(&case), &case, &file, ask))
        .collect())
}

fn ask(case: &Value, file: &Container) -> Result<(), Failure> {
    let malformed = || Failure::Corpus("malformed case".into());
    let name = case["op"].as_str().ok_or_else(malformed)?;
    let change = in_place::find(name).ok_or_else(malformed)?;
    let arguments = ops::arguments(case).ok_or_else(malformed)?;
    let outputs = argument::sequence(&case["outputs"]).ok_or_else(malformed)?;
    let gradients = Gradients::parse(case).ok_or_else(malformed)?;
    let tensors = Tensors::of(file);
    let [Argument::Tensor(expected)] = &outputs[..] else {
        return Err(malformed());
    };
    let expected = tensors.contents(&expected.key)?;

    let call = Call::new(&arguments, &tensors);
    let input = call.input()?;
    // A leaf does not change; what is computed from it does.
    let mut x = input.view_as(&input)?;
    let (shape, dtype) = (x.shape(), x.dtype());
    let result = change(&call, &mut x);
    if shape[..] != expected.shape[..] && x.shape()[..] == shape[..] || dtype != expected.dtype {
        // Refused, or converted: either way, the tensor keeps its form.
        return match x.shape() == shape && x.dtype() == dtype {
            true => Ok(()),
            false => Err(Failure::Wrong("the tensor has changed its form".into())),
        };
    }
    call.complete(result)?;
    let output = Output::Tensor(x);
    let rules = Rules {
        file,
        tolerance: Tolerance::parse(case, "rtol", "atol"),
        ties: None,
    };
    output.compare(&outputs, true, &rules)?;
    if gradients.is_empty() {
        return Ok(());
    }
    gradients.backward(&output, file)?;
    gradients.compare_inputs(&arguments, &tensors, None)
}
