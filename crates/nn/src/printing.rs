//! The printed form of modules, to the letter that of PyTorch.

use crate::field::{Fields, Kind};
use crate::{Forward, Module};
use std::fmt;

/// The text of a module: its name, what it says about itself, and its children below each other.
pub(crate) fn repr(module: &dyn Module) -> String {
    let fields = Fields::of(module);
    let mut lines = children(&fields);
    let is_leaf = lines.len() == usize::from(fields.is_parametrized);
    let extra = module
        .extra_repr()
        .unwrap_or_else(|| settings(&fields, is_leaf));
    let prefix = if fields.is_parametrized {
        "Parametrized"
    } else {
        ""
    };
    let name = format!("{prefix}{}", module.type_name());
    match (lines.is_empty(), extra.as_str()) {
        (true, extra) if !extra.contains('\n') => format!("{name}({extra})"),
        (_, extra) => {
            lines.splice(0..0, extra.lines().map(str::to_string));
            format!("{name}(\n  {}\n)", lines.join("\n  "))
        }
    }
}

/// A module without children prints its settings; one with children speaks through them.
fn settings(fields: &Fields<'_>, is_leaf: bool) -> String {
    let shown = fields.iter().filter_map(|entry| match entry.kind {
        Kind::Setting(setting) if is_leaf && setting.is_shown() => {
            Some(format!("{}={}", entry.name, setting.text()))
        }
        _ => None,
    });
    shown.collect::<Vec<_>>().join(", ")
}

fn children(fields: &Fields<'_>) -> Vec<String> {
    // Position of the first and number of alike neighbours, name, text.
    let mut runs: Vec<(usize, usize, String, String)> = Vec::new();
    let texts = fields.iter().filter_map(|entry| match entry.kind {
        Kind::Module(module) => Some((&entry.name, module.repr().replace('\n', "\n  "))),
        Kind::Absent => Some((&entry.name, "None".to_owned())),
        _ => None,
    });
    for (position, (name, text)) in texts.enumerate() {
        match runs.last_mut() {
            Some(run) if fields.folds_repeats && run.3 == text => run.1 += 1,
            _ => runs.push((position, 1, name.to_string(), text)),
        }
    }
    let line = |(first, count, name, text): (usize, usize, String, String)| match count {
        1 => format!("({name}): {text}"),
        _ => format!("({first}-{}): {count} x {text}", first + count - 1),
    };
    runs.into_iter().map(line).collect()
}

impl fmt::Display for dyn Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}

impl fmt::Debug for dyn Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}

impl fmt::Display for dyn Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}

impl fmt::Debug for dyn Forward {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repr())
    }
}
