//! The derivatives of the operations of `ops/` against finite differences, to second order, in double
//! precision and on the database's own inputs.

use std::path::Path;
use std::sync::Arc;

use rushlight_autograd::{GradcheckOptions, gradcheck, gradgradcheck};
use serde_json::Value;

use super::ops;
use crate::argument::{Arguments, TensorArgument};
use crate::case::Case;
use crate::compare::{self, Element};
use crate::container::Container;
use crate::gradient::leaves;
use crate::outcome::Failure;
use crate::output::Output;
use crate::tensor::{self, Error, Tensor};
use crate::tensors::Tensors;

/// Elements of the inputs of a case, whose number squared is that of the calls.
const FEW: usize = 60;

/// Reads the cases of a file that have gradients in double precision and few elements.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let file = Arc::new(Container::open(path)?);
    let fits = |case: &Value| {
        let has_gradients = case["grads"]
            .as_object()
            .is_some_and(|grads| !grads.is_empty());
        let is_small = size(case, &file) <= FEW;
        case["dtype"] == "float64" && has_gradients && is_small && is_finite(case, &file)
    };
    let entry = |case: &Value| format!("derivatives/{}", ops::entry(case));
    let cases = file.cases()?.into_iter().filter(fits);
    Ok(cases
        .map(|case| Case::new(entry(&case), &case, &file, ask))
        .collect())
}

/// Whether all results are numbers, without which there are no differences.
fn is_finite(case: &Value, file: &Container) -> bool {
    let outputs = case["outputs"].as_array().into_iter().flatten();
    let mut contents = outputs.filter_map(|output| file.tensor(output["t"].as_str()?));
    contents.all(|contents| {
        let count = contents.shape.iter().product();
        (0..count).all(|index| match compare::element(&contents, index) {
            Element::Float(value) => value.is_finite(),
            _ => true,
        })
    })
}

/// How many elements require a gradient.
fn size(case: &Value, file: &Container) -> usize {
    let Some(arguments) = ops::arguments(case) else {
        return 0;
    };
    let numel = |leaf: &TensorArgument| {
        let contents = file.tensor(&leaf.key);
        contents.map_or(0, |contents| contents.shape.iter().product())
    };
    differentiable(&arguments).into_iter().map(numel).sum()
}

/// The tensors that require a gradient, each once.
fn differentiable(arguments: &Arguments) -> Vec<&TensorArgument> {
    let mut leaves = leaves(arguments);
    leaves.sort_by(|a, b| a.key.cmp(&b.key));
    leaves.dedup_by(|a, b| a.key == b.key);
    leaves
}

fn ask(case: &Value, file: &Container) -> Result<(), Failure> {
    let malformed = || Failure::Corpus("malformed case".into());
    let name = case["op"].as_str().ok_or_else(malformed)?;
    let arguments = ops::arguments(case).ok_or_else(malformed)?;
    let leaves = differentiable(&arguments);
    let tensors = Tensors::of(file);
    let inputs: Vec<Tensor> = leaves
        .iter()
        .map(|leaf| tensors.get(leaf))
        .collect::<Result<_, _>>()?;
    let output = ops::call(name, &arguments, &tensors)?;
    let has_graph = |leaf: &&Output| matches!(leaf, Output::Tensor(x) if x.requires_grad());
    let graphs: Vec<bool> = output.leaves().iter().map(has_graph).collect();
    let function = |inputs: &[Tensor]| {
        let tensors = Tensors::of(file);
        for (leaf, input) in leaves.iter().zip(inputs) {
            tensors.replace(leaf, input.clone());
        }
        tensor::manual_seed(0);
        let output = ops::call(name, &arguments, &tensors);
        joined(&output.map_err(|_| Error::NoGraph)?, &graphs)
    };
    let options = GradcheckOptions {
        atol: 1e-4,
        ..GradcheckOptions::default()
    };
    gradcheck(function, &inputs, options)?;
    Ok(gradgradcheck(function, &inputs, options)?)
}

/// The outputs that have a graph, one after the other.
fn joined(output: &Output, graphs: &[bool]) -> Result<Tensor, Error> {
    let mut parts = Vec::new();
    for (leaf, has_graph) in output.leaves().into_iter().zip(graphs) {
        if let (Output::Tensor(output), true) = (leaf, has_graph) {
            parts.push(output.flatten(0, -1)?);
        }
    }
    Tensor::cat(&parts.iter().collect::<Vec<_>>(), 0)
}
