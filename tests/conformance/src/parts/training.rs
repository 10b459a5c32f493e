//! `training/`: complete small training runs.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::modules::{compare_tensors, compare_text, stored_state};
use super::ops;
use super::schedulers::rates;
use crate::argument::Arguments;
use crate::call::Call;
use crate::case::Case;
use crate::compare::Tolerance;
use crate::container::Container;
use crate::device::device;
use crate::models;
use crate::modules::Instance;
use crate::optimizers;
use crate::outcome::Failure;
use crate::output::{Output, Rules};
use crate::schedulers;
use crate::tensor::{self, Tensor};
use crate::tensors::Tensors;

/// Reads the cases of a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let file = Arc::new(Container::open(path)?);
    let entry = |case: &Value| format!("training/{}", case["id"].as_str().unwrap_or_default());
    Ok(file
        .cases()?
        .iter()
        .map(|case| Case::new(entry(case), case, &file, ask))
        .collect())
}

fn malformed() -> Failure {
    Failure::Corpus("malformed case".into())
}

fn ask(case: &Value, file: &Container) -> Result<(), Failure> {
    let mut model = models::trained(case["id"].as_str().ok_or_else(malformed)?)?;
    compare_text(
        &model.printed(),
        case["repr"].as_str().ok_or_else(malformed)?,
    )?;
    model.move_to(device())?;
    model.load(stored_state(&case["initial"], file)?)?;
    model.set_training(true);
    let parameters: Vec<Tensor> = model
        .parameters()
        .into_iter()
        .map(|(_, tensor)| tensor)
        .collect();
    let tensors = Tensors::of(file);
    let groups = vec![optimizers::group(
        parameters.clone(),
        &Arguments::default(),
        &tensors,
    )?];
    let settings = &case["optimizer"];
    let options = Arguments::from_json(&settings["kwargs"]).map_err(Failure::Corpus)?;
    let class = settings["class"].as_str().ok_or_else(malformed)?;
    let mut optimizer = optimizers::construct(class, groups, &options, &tensors)?;
    let mut schedule = match case["scheduler"]["class"].as_str() {
        Some(name) => {
            let options = Arguments::from_json(&case["scheduler"]["kwargs"]);
            Some(schedulers::construct(
                name,
                &mut *optimizer,
                &options.map_err(Failure::Corpus)?,
            )?)
        }
        None => None,
    };

    let data = Data::of(case, file)?;
    let tolerance = Tolerance::parse(case, "rtol", "atol");
    let steps = case["steps"].as_u64().ok_or_else(malformed)? as usize;
    for step in 0..steps {
        let expect = |name: &str, got: f64| {
            let expected = case[name][step].as_f64().ok_or_else(malformed)?;
            match tolerance.admits(got, expected) {
                true => Ok(()),
                false => Err(Failure::Wrong(format!(
                    "{name} {step}: {got}, expected {expected}"
                ))),
            }
        };
        parameters.iter().for_each(Tensor::zero_grad);
        let loss = data.loss(&mut *model, step)?;
        expect("loss", loss.item()?)?;
        loss.backward()?;
        if step == 0 {
            let gradients = model.parameters().into_iter();
            let gradients = gradients
                .filter_map(|(name, it)| Some((name, it.grad()?)))
                .collect();
            compare_tensors(gradients, &case["first_grads"], file, tolerance, "gradient")?;
        }
        let limit = case["clip_grad_norm"].as_f64().unwrap_or(f64::INFINITY);
        expect("grad_norm", optimizers::clip_grad_norm(&parameters, limit)?)?;
        expect("lr", rates(&*optimizer)[0])?;
        optimizer.step()?;
        if let Some(schedule) = &mut schedule {
            schedule.step(None, &mut *optimizer)?;
        }
        if let Some(expected) = case["after"].get((step + 1).to_string()) {
            compare_tensors(model.state(), expected, file, tolerance, "state")?;
        }
    }
    model.set_training(false);
    let logits = Output::Tensor(data.logits(&mut *model, &data.x)?);
    let key = case["logits_after"].as_str().ok_or_else(malformed)?;
    Rules::new(file, tolerance).compare_stored(logits, key)
}

/// The examples and labels of a run.
struct Data<'a> {
    file: &'a Container,
    x: Tensor,
    y: Tensor,
    batch: usize,
}

impl<'a> Data<'a> {
    fn of(case: &Value, file: &'a Container) -> Result<Self, Failure> {
        let stored = |key: &str| {
            let key = case[key].as_str().ok_or_else(malformed)?;
            tensor::from_contents(&Tensors::of(file).contents(key)?)
        };
        let batch = case["batch"].as_u64().ok_or_else(malformed)? as usize;
        Ok(Self {
            file,
            x: stored("x")?,
            y: stored("y")?,
            batch,
        })
    }

    /// The loss of the rows of a step, which wrap around.
    fn loss(&self, model: &mut dyn Instance, step: usize) -> Result<Tensor, Failure> {
        let start = step * self.batch % self.x.size(0)?;
        let x = self.x.narrow(0, start as i64, self.batch)?;
        let y = self.y.narrow(0, start as i64, self.batch)?;
        let logits = self.logits(model, &x)?;
        let tensors = Tensors::of(self.file);
        let arguments = tensors.arguments([("logits", logits), ("labels", y)]);
        single(ops::call(
            "nn.functional.cross_entropy",
            &arguments,
            &tensors,
        )?)
    }

    fn logits(&self, model: &mut dyn Instance, x: &Tensor) -> Result<Tensor, Failure> {
        let tensors = Tensors::of(self.file);
        let arguments = tensors.arguments([("input", x.clone())]);
        single(model.forward(&Call::new(&arguments, &tensors))?)
    }
}

fn single(output: Output) -> Result<Tensor, Failure> {
    match output {
        Output::Tensor(tensor) => Ok(tensor),
        other => Err(Failure::Wrong(format!("got {other:?}, expected a tensor"))),
    }
}
