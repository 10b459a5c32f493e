//! `models/`: names, shapes, printed form, logits, losses and gradients of torchvision's models.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::modules::{compare_names, compare_text};
use super::ops;
use crate::argument::sizes;
use crate::call::Call;
use crate::case::Case;
use crate::compare::{Element, element};
use crate::container::{self, Container};
use crate::device::device;
use crate::fill::{Fill, Role};
use crate::models;
use crate::modules::Instance;
use crate::outcome::Failure;
use crate::output::Output;
use crate::tensor::{self, Tensor};
use crate::tensors::Tensors;

/// Reads the case of a file: one per model.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let case = container::json(path)?;
    let Some(name) = case["model"].as_str() else {
        return Ok(Vec::new());
    };
    let case = Case::new(format!("models/{name}"), &case, &Arc::default(), ask);
    Ok(vec![Case {
        id: name.to_owned(),
        ..case
    }])
}

fn malformed() -> Failure {
    Failure::Corpus("malformed case".into())
}

fn ask(case: &Value, file: &Container) -> Result<(), Failure> {
    let name = case["model"].as_str().ok_or_else(malformed)?;
    let mut model = models::construct(name)?;
    compare_structure(&*model, case)?;
    let check = &case["check"];
    if check.is_null() {
        return Ok(());
    }
    model.remove_dropout()?;
    model.move_to(device())?;
    for (mode, training) in [("eval", false), ("train", true)] {
        fill(&mut *model, check)?;
        model.set_training(training);
        let outputs = forward(&mut *model, check, file)?;
        let within = |failure| match failure {
            Failure::Wrong(text) => Failure::Wrong(format!("{mode}: {text}")),
            other => other,
        };
        compare_logits(&outputs, &check[mode]).map_err(within)?;
        let losses = losses(&outputs, check, file)?;
        let weights = weights(name, losses.len());
        compare_loss(&losses, &weights, &check[mode]).map_err(within)?;
        backward(&losses, &weights)?;
        compare_gradients(&*model, &check[mode]).map_err(within)?;
    }
    Ok(())
}

/// How much each logits' loss counts: auxiliary ones less than the main ones.
fn weights(model: &str, count: usize) -> Vec<f64> {
    let auxiliary = if model.starts_with("inception") {
        0.4
    } else {
        0.3
    };
    (0..count)
        .map(|index| if index == 0 { 1.0 } else { auxiliary })
        .collect()
}

fn compare_structure(model: &dyn Instance, case: &Value) -> Result<(), Failure> {
    let parameters = model.parameters().into_iter().map(|(name, tensor)| {
        json!({ "name": name, "shape": tensor.shape().to_vec(), "requires_grad": tensor.requires_grad() })
    });
    compare_list(parameters, &case["parameters"], "parameter")?;
    let buffers = model.buffers().into_iter().map(|(name, tensor)| {
        let dtype = tensor.dtype().name();
        json!({ "name": name, "shape": tensor.shape().to_vec(), "dtype": dtype })
    });
    compare_list(buffers, &case["buffers"], "buffer")?;
    compare_names(model.state(), &case["state_dict"], "state_dict")?;
    let count: usize = model
        .parameters()
        .iter()
        .map(|(_, tensor)| tensor.numel())
        .sum();
    if case["parameter_count"] != count {
        let expected = &case["parameter_count"];
        return Err(Failure::Wrong(format!(
            "{count} parameters, expected {expected}"
        )));
    }
    compare_text(
        &model.printed(),
        case["repr"].as_str().ok_or_else(malformed)?,
    )
}

fn compare_list(
    got: impl Iterator<Item = Value>,
    expected: &Value,
    what: &str,
) -> Result<(), Failure> {
    let (got, expected): (Vec<_>, _) = (got.collect(), expected.as_array().ok_or_else(malformed)?);
    for (index, (got, expected)) in got.iter().zip(expected).enumerate() {
        if got != expected {
            return Err(Failure::Wrong(format!(
                "{what} {index}: got {got}, expected {expected}"
            )));
        }
    }
    if got.len() != expected.len() {
        let text = format!("{} {what}s, expected {}", got.len(), expected.len());
        return Err(Failure::Wrong(text));
    }
    Ok(())
}

/// Fills parameters and buffers by the formula, and forgets gradients.
fn fill(model: &mut dyn Instance, check: &Value) -> Result<(), Failure> {
    let fill = formula(check)?;
    let buffers: Vec<String> = model.buffers().into_iter().map(|(name, _)| name).collect();
    let filled = |(name, tensor): (String, Tensor)| {
        let role = if buffers.contains(&name) {
            Role::Buffer
        } else {
            Role::Parameter
        };
        let tensor = match fill.values(&name, &tensor.shape(), role) {
            Some(values) => Tensor::from_vec(values, &tensor.shape())?.to_dtype(tensor.dtype())?,
            None => tensor,
        };
        Ok((name, tensor))
    };
    let state = model
        .state()
        .into_iter()
        .map(filled)
        .collect::<Result<_, Failure>>()?;
    model.load(state)?;
    model
        .parameters()
        .iter()
        .for_each(|(_, parameter)| parameter.zero_grad());
    Ok(())
}

fn formula(check: &Value) -> Result<Fill, Failure> {
    let seed = check["fill_seed"].as_u64().ok_or_else(malformed)?;
    Ok(Fill {
        seed,
        gain: check["gain"].as_f64().ok_or_else(malformed)?,
    })
}

/// The logits, the auxiliary ones after the main ones.
fn forward(
    model: &mut dyn Instance,
    check: &Value,
    file: &Container,
) -> Result<Vec<Tensor>, Failure> {
    let shape = sizes(&check["input_shape"]).ok_or_else(malformed)?;
    let image = formula(check)?
        .values("input", &shape, Role::Input)
        .ok_or_else(malformed)?;
    let tensors = Tensors::of(file);
    let arguments = tensors.arguments([("input", Tensor::from_vec(image, &shape)?.to(device())?)]);
    let output = model.forward(&Call::new(&arguments, &tensors))?;
    let logits = output.leaves().into_iter().map(|leaf| match leaf {
        Output::Tensor(logits) => Ok(logits.clone()),
        _ => Err(Failure::Wrong("the model did not return tensors".into())),
    });
    logits.collect()
}

/// The mean cross entropy of each of the logits.
fn losses(logits: &[Tensor], check: &Value, file: &Container) -> Result<Vec<Tensor>, Failure> {
    let labels = check["labels"].as_array().ok_or_else(malformed)?;
    let labels: Vec<i64> = labels.iter().filter_map(Value::as_i64).collect();
    let loss = |logits: &Tensor| {
        let tensors = Tensors::of(file);
        let labels = Tensor::from_slice(&labels, &[labels.len()])?.to(device())?;
        let arguments = tensors.arguments([("logits", logits.clone()), ("labels", labels)]);
        match ops::call("nn.functional.cross_entropy", &arguments, &tensors)? {
            Output::Tensor(loss) => Ok(loss),
            _ => Err(Failure::Wrong("the loss is not a tensor".into())),
        }
    };
    logits.iter().map(loss).collect()
}

fn backward(losses: &[Tensor], weights: &[f64]) -> Result<(), Failure> {
    let weigh = |(loss, weight): (&Tensor, &f64)| Ok((loss.clone(), loss.full_like(*weight)?));
    let roots: Vec<_> = losses
        .iter()
        .zip(weights)
        .map(weigh)
        .collect::<Result<_, Failure>>()?;
    tensor::backward(&roots)
}

fn number(object: &Value, key: &str) -> Result<f64, Failure> {
    object[key].as_f64().ok_or_else(malformed)
}

/// What the format grants to logits.
fn logits_tolerance(expected: &Value) -> Result<f64, Failure> {
    let error = number(expected, "logits_error")?;
    Ok((1e-5 + 8.0 * error) * number(expected, "logits_max_abs")?)
}

fn compare_logits(outputs: &[Tensor], expected: &Value) -> Result<(), Failure> {
    let Some(rows) = expected["logits"].as_array() else {
        return Ok(());
    };
    let tolerance = logits_tolerance(expected)?;
    let expected = rows
        .iter()
        .flat_map(|row| row.as_array().into_iter().flatten());
    let expected: Vec<f64> = expected.filter_map(Value::as_f64).collect();
    let got = floats(outputs.first().ok_or_else(malformed)?)?;
    if got.len() != expected.len() {
        return Err(Failure::Wrong(format!(
            "{} logits, not {}",
            got.len(),
            expected.len()
        )));
    }
    let far = |(_, (got, expected)): &(usize, (&f64, &f64))| {
        let distance = (*got - *expected).abs();
        distance.is_nan() || distance > tolerance
    };
    match got.iter().zip(&expected).enumerate().find(far) {
        Some((index, (got, expected))) => Err(Failure::Wrong(format!(
            "logit {index}: got {got}, expected {expected}"
        ))),
        None => Ok(()),
    }
}

/// A loss is the mean of differences of logits, so it may be off by twice as much as they.
fn compare_loss(losses: &[Tensor], weights: &[f64], expected: &Value) -> Result<(), Failure> {
    let mut loss = 0.0;
    for (part, weight) in losses.iter().zip(weights) {
        loss += part.item()? * weight;
    }
    let wide = number(expected, "loss_wide")?;
    let tolerance = 2.0 * weights.iter().sum::<f64>() * logits_tolerance(expected)?;
    let distance = (loss - wide).abs();
    if distance.is_nan() || distance > tolerance {
        return Err(Failure::Wrong(format!("loss: got {loss}, expected {wide}")));
    }
    Ok(())
}

fn compare_gradients(model: &dyn Instance, expected: &Value) -> Result<(), Failure> {
    let entries = expected["grads"].as_array().ok_or_else(malformed)?;
    let parameters = model.parameters();
    for entry in entries {
        let name = entry["name"].as_str().ok_or_else(malformed)?;
        let found = parameters.iter().find(|(own, _)| own == name);
        let (_, parameter) = found.ok_or_else(|| Failure::Wrong(format!("no parameter {name}")))?;
        let wrong = |text: String| Failure::Wrong(format!("gradient of {name}: {text}"));
        match (parameter.grad(), entry["norm"].is_null()) {
            (None, true) => {}
            (Some(_), true) => return Err(wrong("got one, expected none".into())),
            (None, false) => return Err(wrong("got none".into())),
            (Some(gradient), false) => {
                compare_gradient(&floats(&gradient)?, entry, expected)?.map_err(wrong)?;
            }
        }
    }
    Ok(())
}

/// Compares norm and first elements as the format says.
fn compare_gradient(
    got: &[f64],
    entry: &Value,
    mode: &Value,
) -> Result<Result<(), String>, Failure> {
    let norm = got.iter().map(|value| value * value).sum::<f64>().sqrt();
    if entry["zero"] == true {
        let limit = 8.0 * 1e-7 * number(mode, "largest_grad_norm")?;
        return Ok(match norm <= limit {
            true => Ok(()),
            false => Err(format!("norm {norm}, expected zero but for rounding")),
        });
    }
    let wide = number(entry, "norm_wide")?;
    let error = number(entry, "error")?.max(number(mode, "worst_error")?);
    let distance = (norm - wide).abs();
    if distance.is_nan() || distance > (1e-4 + 8.0 * error) * wide {
        return Ok(Err(format!("norm: got {norm}, expected {wide}")));
    }
    let root_mean_square = wide / (got.len() as f64).sqrt();
    let limit = (1e-3 + 8.0 * number(mode, "worst_first_error")?) * root_mean_square;
    let first = entry["first"].as_array().ok_or_else(malformed)?;
    for (index, (got, expected)) in got.iter().zip(first).enumerate() {
        let expected = expected.as_f64().ok_or_else(malformed)?;
        if (got - expected).abs() > limit {
            return Ok(Err(format!(
                "element {index}: got {got}, expected {expected}"
            )));
        }
    }
    Ok(Ok(()))
}

fn floats(tensor: &Tensor) -> Result<Vec<f64>, Failure> {
    let contents = tensor::to_contents(tensor)?;
    let read = |index| match element(&contents, index) {
        Element::Float(value) => value,
        Element::Int(value) => value as f64,
        Element::Bool(value) => f64::from(u8::from(value)),
    };
    Ok((0..contents.shape.iter().product()).map(read).collect())
}
