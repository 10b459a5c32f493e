//! Every layer says what it computes, of which shapes and with which settings, and shows a call.

use std::fs;
use std::path::Path;

/// Modules that hold the parameters of several layers, and are not called themselves.
const SHARED: [&str; 2] = ["RecurrentNetwork", "RecurrentCell"];

/// Where layers are written.
const FOLDERS: [&str; 2] = ["src/modules", "src/containers"];

/// A declaration: a struct, a row of a macro, a method or an alias, with what stands above it.
struct Item {
    file: String,
    /// The macro that writes the item, if one does.
    writer: Option<String>,
    docs: String,
    attributes: String,
    line: String,
}

impl Item {
    /// The name of a module, if the item is one.
    fn layer(&self) -> Option<&str> {
        let line = self.line.trim_start();
        let is_struct = line.starts_with("pub struct ");
        let declared = line.strip_prefix("pub struct ").unwrap_or(line);
        let end = declared.find(|c: char| !c.is_alphanumeric())?;
        let name = &declared[..end];
        let is_module = match &self.writer {
            Some(_) => declared.starts_with(char::is_uppercase) && !declared.contains(" for "),
            None => {
                is_struct && (self.attributes.contains("derive(Module") || is_written(self, name))
            }
        };
        (is_module && !name.is_empty() && !SHARED.contains(&name)).then_some(name)
    }

    /// The name of a setting, if the item is the row or the method that sets it.
    fn setting(&self) -> Option<&str> {
        let line = self.line.trim_start();
        if let Some((name, _)) = line.strip_prefix("pub fn ")?.split_once("(mut self, ") {
            return Some(name);
        }
        None
    }

    /// The name of a setting with a default, if the item is a row of a macro.
    fn row(&self) -> Option<&str> {
        self.writer.as_ref()?;
        let (name, rest) = self.line.trim_start().split_once(": ")?;
        let is_name = name
            .chars()
            .all(|c| c.is_lowercase() || c == '_' || c.is_numeric());
        (is_name && rest.contains(" = ")).then_some(name)
    }
}

/// Whether a module is written without the derive.
fn is_written(item: &Item, name: &str) -> bool {
    let source = fs::read_to_string(&item.file).unwrap();
    ["", "<B>"]
        .iter()
        .any(|generics| source.contains(&format!("Module for {name}{generics} ")))
}

/// All documented items of the layers' files.
fn items() -> Vec<Item> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut items = Vec::new();
    for folder in FOLDERS {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            items_of(path.to_str().unwrap(), &mut items);
        }
    }
    items
}

fn items_of(file: &str, items: &mut Vec<Item>) {
    let (mut writer, mut docs, mut attributes) = (None, String::new(), String::new());
    for line in fs::read_to_string(file).unwrap().lines() {
        let text = line.trim_start();
        if let Some(doc) = text.strip_prefix("///") {
            docs += &format!("{}\n", doc.strip_prefix(' ').unwrap_or(doc));
            continue;
        }
        if text.starts_with("#[") {
            attributes += text;
            continue;
        }
        match line.strip_suffix("! {") {
            Some(name) if name.chars().all(|c| c.is_lowercase() || c == '_') => {
                writer = Some(name.to_string());
            }
            _ if line == "}" => writer = None,
            _ if docs.is_empty() => {}
            _ => items.push(Item {
                file: file.to_string(),
                writer: writer.clone(),
                docs: docs.clone(),
                attributes: attributes.clone(),
                line: line.to_string(),
            }),
        }
        docs.clear();
        attributes.clear();
    }
}

/// What is missing in the docs of a layer.
fn gaps(item: &Item, name: &str) -> Vec<&'static str> {
    let described = item
        .docs
        .lines()
        .next()
        .is_some_and(|line| line.contains(' '));
    let code = item.docs.split("```").nth(1).unwrap_or_default();
    let checks = [
        (described, "a description"),
        (item.docs.contains("\n# Shape\n\n"), "its shapes"),
        (lists_arguments(item, name), "its arguments"),
        (
            code.contains(name) && code.contains("assert"),
            "a call with its result",
        ),
    ];
    let missing = checks.into_iter().filter(|(there, _)| !there);
    missing.map(|(_, what)| what).collect()
}

/// Whether the arguments of a layer are listed, by hand or by the macro that writes it or its builder.
fn lists_arguments(item: &Item, name: &str) -> bool {
    let source = fs::read_to_string(&item.file).unwrap();
    let by_hand = item.docs.contains("\n# Arguments\n\n");
    let by_builder = [" {", "\n}"]
        .iter()
        .any(|end| source.contains(&format!(" for {name}{end}")));
    by_hand || by_builder || item.writer.is_some() || source.contains("pub fn new() -> ")
}

#[test]
fn every_layer_has_a_description_shapes_arguments_and_a_call() {
    let mut missing = Vec::new();
    let mut layers = Vec::new();
    for item in items() {
        if let Some(name) = item.layer() {
            layers.push(name.to_string());
            missing.extend(
                gaps(&item, name)
                    .into_iter()
                    .map(|what| format!("{name}: {what}")),
            );
        }
    }
    assert!(
        missing.is_empty(),
        "missing in the docs:\n{}",
        missing.join("\n")
    );
    for name in [
        "Conv",
        "LSTM",
        "ZeroPad",
        "Dropout2d",
        "MSELoss",
        "Sequential",
        "Lazy",
    ] {
        assert!(
            layers.iter().any(|layer| layer == name),
            "{name} among {layers:?}"
        );
    }
    assert!(layers.len() >= 106, "{} layers: {layers:?}", layers.len());
}

#[test]
fn every_setting_with_a_default_names_it() {
    let items = items();
    let settings = items
        .iter()
        .filter(|item| item.setting().or(item.row()).is_some());
    let silent = settings.filter(|item| !item.docs.contains("Default:"));
    let silent: Vec<String> = silent
        .map(|item| format!("{}: {}", item.file, item.line))
        .collect();
    assert!(
        silent.is_empty(),
        "without a default:\n{}",
        silent.join("\n")
    );
}

#[test]
fn every_alias_names_the_layer_that_it_is() {
    let items = items();
    let aliases = items.iter().filter(|item| {
        let layer = item.line.starts_with("pub type ") && item.line.contains('<');
        layer && !item.line.contains("fn(")
    });
    let silent: Vec<&String> = aliases
        .filter(|item| !item.docs.contains("[`"))
        .map(|item| &item.line)
        .collect();
    assert!(silent.is_empty(), "without a layer: {silent:?}");
}
