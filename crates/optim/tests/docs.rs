//! Every optimizer and schedule says what it does and with which settings, and shows a step.

use rushlight_autograd::Tensor;
use rushlight_optim::*;
use std::fs;
use std::path::Path;

/// Options that choose an implementation, or that nothing but the default fits.
const INNER: [&str; 4] = ["foreach", "fused", "capturable", "differentiable"];

/// An optimizer's name, and its options with their defaults.
type Row = (&'static str, &'static [(&'static str, OptionValue)]);

fn row<A: Algorithm>(_: fn([Tensor; 1]) -> OptimizerOf<A>) -> Row {
    (A::NAME, A::OPTIONS)
}

fn optimizers() -> Vec<Row> {
    vec![
        row(|params| SGD::new(params, 0.1)),
        row(|params| SparseAdam::new(params, 0.1)),
        row(|params| Adam::new(params, 0.1)),
        row(|params| AdamW::new(params, 0.1)),
        row(|params| Adadelta::new(params, 0.1)),
        row(|params| Adafactor::new(params, 0.1)),
        row(|params| Adagrad::new(params, 0.1)),
        row(|params| Adamax::new(params, 0.1)),
        row(|params| ASGD::new(params, 0.1)),
        row(|params| LBFGS::new(params, 0.1)),
        row(|params| Muon::new(params, 0.1)),
        row(|params| NAdam::new(params, 0.1)),
        row(|params| RAdam::new(params, 0.1)),
        row(|params| RMSprop::new(params, 0.1)),
        row(|params| Rprop::new(params, 0.1)),
    ]
}

/// All sources of a folder, one after the other.
fn sources(folder: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let file = if path.is_dir() {
            path.join("mod.rs")
        } else {
            path
        };
        text += &fs::read_to_string(file).unwrap();
    }
    text
}

/// The docs above a line that starts so.
fn docs_above(source: &str, declaration: &str) -> String {
    let before: Vec<&str> = source
        .lines()
        .take_while(|line| line.trim() != declaration)
        .collect();
    let is_above = |line: &&&str| line.trim().starts_with("///") || line.trim().starts_with("#[");
    let mut above: Vec<&str> = before.iter().rev().take_while(is_above).copied().collect();
    above.reverse();
    let docs = above
        .iter()
        .filter_map(|line| line.trim().strip_prefix("///"));
    docs.map(|doc| format!("{}\n", doc.strip_prefix(' ').unwrap_or(doc)))
        .collect()
}

/// The entry of an argument in the list of arguments.
fn entry(docs: &str, argument: &str) -> Option<String> {
    let list = docs.split("# Arguments\n\n").nth(1)?.split("\n\n").next()?;
    let items = list
        .split("* `")
        .map(|item| item.split_whitespace().collect::<Vec<_>>().join(" "));
    items
        .into_iter()
        .find(|item| item.starts_with(&format!("{argument}`:")))
}

fn shows_a_call(docs: &str, name: &str) -> bool {
    let code = docs.split("```").nth(1).unwrap_or_default();
    code.contains(name) && code.contains("assert")
}

#[test]
fn every_optimizer_has_a_rule_arguments_with_their_defaults_and_a_step() {
    let source = sources("src");
    let mut missing = Vec::new();
    let declared = source
        .lines()
        .filter(|line| line.contains(" = OptimizerOf<"))
        .count();
    assert_eq!(optimizers().len(), declared);
    for (name, options) in optimizers() {
        let rule = source
            .lines()
            .find(|line| line.starts_with(&format!("pub type {name} = ")));
        let docs = docs_above(&source, rule.unwrap());
        if !shows_a_call(&docs, name) {
            missing.push(format!("{name}: a step with its result"));
        }
        for (option, default) in options.iter().filter(|(option, _)| !INNER.contains(option)) {
            let is_fixed = name == "AdamW" && *option == "decoupled_weight_decay";
            let default = default.to_string().to_lowercase();
            let stated = entry(&docs, option).is_some_and(|entry| {
                let entry = entry.to_lowercase();
                entry.ends_with(&format!("default: {default}."))
            });
            if !stated && !is_fixed {
                missing.push(format!("{name}: {option}, {default} by default"));
            }
        }
    }
    let missing = missing.join("\n");
    assert!(missing.is_empty(), "missing in the docs:\n{missing}");
}

#[test]
fn every_schedule_has_a_description_arguments_with_defaults_and_steps() {
    let source = sources("src/schedule");
    let schedules = source.lines();
    let schedules =
        schedules.filter_map(|line| line.strip_prefix("impl Schedule for ")?.strip_suffix(" {"));
    let mut names: Vec<&str> = schedules.collect();
    assert!(names.len() >= 13, "{names:?}");
    names.extend(["ReduceLROnPlateau", "SequentialLR", "ChainedScheduler"]);
    let mut missing = Vec::new();
    for name in names {
        let declarations = [format!("pub struct {name} {{"), name.to_string()];
        let declarations = declarations.iter();
        let docs: String = declarations.map(|line| docs_above(&source, line)).collect();
        let body = source.split(&format!("\nimpl {name} {{")).nth(1);
        let body = body.unwrap_or_default().split("\n}").next();
        let setters = body
            .unwrap_or_default()
            .split("pub fn ")
            .filter_map(|method| {
                let (setter, rest) = method.split_once('(')?;
                rest.trim_start().starts_with("mut self").then_some(setter)
            });
        for setter in setters {
            if !entry(&docs, setter).is_some_and(|entry| entry.contains("Default: ")) {
                missing.push(format!("{name}: {setter} with its default"));
            }
        }
        if !docs.contains("# Arguments\n\n") {
            missing.push(format!("{name}: its arguments"));
        }
        if !shows_a_call(&docs, name) {
            missing.push(format!("{name}: steps with their results"));
        }
    }
    let missing = missing.join("\n");
    assert!(missing.is_empty(), "missing in the docs:\n{missing}");
}
