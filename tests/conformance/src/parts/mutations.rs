//! The calls of `ops/` and `modules/` with one argument changed: each may succeed or be refused, but
//! never panic, hang or ask for memory without bounds.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::ops;
use crate::argument::Arguments;
use crate::call::Call;
use crate::case::Case;
use crate::container::Container;
use crate::modules;
use crate::mutation::{Change, changes, places, with};
use crate::outcome::{Failure, Outcome};
use crate::output::Output;
use crate::tensor;
use crate::tensors::Tensors;

/// Makes a case of each change of each argument in a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let file = Arc::new(Container::open(path)?);
    let mut cases = Vec::new();
    for case in file.cases()? {
        for question in questions(&case) {
            let file = file.clone();
            cases.push(Case {
                entry: format!("mutations/{}", question.name),
                id: question.id(),
                ill_conditioned: false,
                run: Box::new(move || {
                    // Whatever the answer is, it is one.
                    let _ = question.ask(&file);
                    Outcome::Passed
                }),
            });
        }
    }
    Ok(cases)
}

/// A call, or the construction of a module and a call of it.
struct Question {
    id: String,
    name: String,
    constructor: Option<Arguments>,
    arguments: Arguments,
    /// Whether the arguments of the constructor are those that change.
    in_constructor: bool,
    place: usize,
    change: Change,
}

fn questions(case: &Value) -> Vec<Question> {
    let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
    let Some((name, constructor, arguments)) = (match case["module"].as_str() {
        Some(name) => Arguments::parse(&case["constructor"])
            .and_then(|constructor| Ok((constructor, Arguments::parse(&case["forward"])?)))
            .ok()
            .map(|(constructor, forward)| (name.to_owned(), Some(constructor), forward)),
        None => ops::arguments(case).map(|arguments| (text("op"), None, arguments)),
    }) else {
        return Vec::new();
    };
    let mut questions = Vec::new();
    for (in_constructor, all) in [(true, constructor.as_ref()), (false, Some(&arguments))] {
        for (place, argument) in all.map(places).unwrap_or_default().into_iter().enumerate() {
            questions.extend(changes(argument).into_iter().map(|change| Question {
                id: text("id"),
                name: name.clone(),
                constructor: constructor.clone(),
                arguments: arguments.clone(),
                in_constructor,
                place,
                change,
            }));
        }
    }
    questions
}

impl Question {
    fn id(&self) -> String {
        let place = match self.in_constructor {
            true => format!("setting {}", self.place),
            false => format!("argument {}", self.place),
        };
        format!("{} {place}: {}", self.id, self.change)
    }

    fn changed(&self, arguments: &Arguments, tensors: &Tensors) -> Result<Arguments, Failure> {
        let malformed = || Failure::Corpus("a place that is not there".into());
        let argument = places(arguments)
            .get(self.place)
            .copied()
            .ok_or_else(malformed)?;
        Ok(with(
            arguments,
            self.place,
            self.change.of(argument, tensors)?,
        ))
    }

    fn ask(&self, file: &Container) -> Result<(), Failure> {
        let tensors = Tensors::of(file);
        tensor::manual_seed(0);
        let Some(constructor) = &self.constructor else {
            let arguments = self.changed(&self.arguments, &tensors)?;
            return differentiate(&ops::call(&self.name, &arguments, &tensors)?);
        };
        let (constructor, forward) = match self.in_constructor {
            true => (self.changed(constructor, &tensors)?, self.arguments.clone()),
            false => (
                constructor.clone(),
                self.changed(&self.arguments, &tensors)?,
            ),
        };
        let mut module = modules::construct(&self.name, &constructor, &tensors)?;
        differentiate(&module.forward(&Call::new(&forward, &tensors))?)
    }
}

/// Runs backward from all outputs that have a graph.
fn differentiate(output: &Output) -> Result<(), Failure> {
    let mut roots = Vec::new();
    for leaf in output.leaves() {
        match leaf {
            Output::Tensor(output) if output.requires_grad() => {
                roots.push((output.clone(), output.detach().ones_like()?));
            }
            _ => {}
        }
    }
    tensor::backward(&roots)
}
