//! Walks over a module and all modules below it.

use crate::field::{Entry, Fields, Kind};
use crate::{Error, Module, Result};
use rushlight_autograd::Tensor;

/// A stop of a walk: a module, where it is, and what it holds.
pub(crate) struct Stop<'a> {
    /// Names that lead from the root to the module, joined by dots; empty for the root.
    pub(crate) path: String,
    pub(crate) module: &'a dyn Module,
    pub(crate) fields: Fields<'a>,
}

impl<'a> Stop<'a> {
    /// The name of one of the module's fields, seen from the root.
    pub(crate) fn name_of(&self, field: &Entry<'_>) -> String {
        join(&self.path, &field.name)
    }

    /// The module's own parameters and buffers with their names, in order.
    pub(crate) fn tensors(&self) -> impl Iterator<Item = (String, &Entry<'a>)> {
        let own = |entry: &&Entry<'a>| matches!(entry.kind, Kind::Parameter(_) | Kind::Buffer(_));
        self.fields
            .entries
            .iter()
            .filter(own)
            .map(|entry| (self.name_of(entry), entry))
    }
}

/// Visits the modules of a tree, parents first, in the order of the fields. Sites learn their path.
pub(crate) fn walk<'a>(root: &'a dyn Module, visit: &mut dyn FnMut(Stop<'a>)) {
    walk_from("", root, visit);
}

/// Lets the modules of a tree know where they are, now that it hangs at `path`.
pub(crate) fn name_paths(path: &str, root: &dyn Module) {
    walk_from(path, root, &mut |_| ());
}

fn walk_from<'a>(path: &str, root: &'a dyn Module, visit: &mut dyn FnMut(Stop<'a>)) {
    let mut waiting = vec![(path.to_string(), root)];
    while let Some((path, module)) = waiting.pop() {
        let fields = Fields::of(module);
        let children = fields.modules().rev();
        waiting.extend(children.map(|(name, child)| (join(&path, name), child)));
        if let Some(site) = fields.site() {
            site.set_path(&path);
        }
        visit(Stop {
            path,
            module,
            fields,
        });
    }
}

/// The stops of a walk, in order.
pub(crate) fn stops(root: &dyn Module) -> Vec<Stop<'_>> {
    let mut stops = Vec::new();
    walk(root, &mut |stop| stops.push(stop));
    stops
}

/// Names and values of those fields that `choose` picks, each variable once.
pub(crate) fn named<'a, T: AsRef<Tensor> + 'a>(
    root: &'a dyn Module,
    choose: impl Fn(Kind<'a>) -> Option<&'a T>,
) -> Vec<(String, &'a T)> {
    let mut found: Vec<(String, &T)> = Vec::new();
    walk(root, &mut |stop| {
        for entry in stop.fields.iter() {
            let Some(field) = choose(entry.kind) else {
                continue;
            };
            let is_new = |(_, other): &(String, &T)| !other.as_ref().is_same(field.as_ref());
            if found.iter().all(is_new) {
                found.push((stop.name_of(entry), field));
            }
        }
    });
    found
}

/// The module that `path` leads to from `root`.
pub(crate) fn find<'a>(root: &'a dyn Module, path: &str) -> Result<&'a dyn Module> {
    let mut module = root;
    if path.is_empty() {
        return Ok(module);
    }
    for name in path.split('.') {
        let fields = Fields::of(module);
        let child = fields.modules().find(|(own, _)| *own == name);
        let Some((_, child)) = child else {
            let names = stops(root).into_iter().map(|stop| stop.path);
            return Err(Error::NoSuchName {
                op: "get_submodule",
                model: root.type_name().to_string(),
                what: "module",
                name: path.to_string(),
                hint: crate::load::did_you_mean(path, names),
            }
            .into());
        };
        module = child;
    }
    Ok(module)
}

/// Visits the modules of a tree, children first.
pub(crate) fn apply<'a>(
    root: &'a dyn Module,
    visit: &mut dyn FnMut(&'a dyn Module) -> Result<()>,
) -> Result<()> {
    let mut waiting = vec![(root, false)];
    while let Some((module, children_done)) = waiting.pop() {
        if children_done {
            visit(module)?;
            continue;
        }
        waiting.push((module, true));
        let fields = Fields::of(module);
        waiting.extend(fields.modules().rev().map(|(_, child)| (child, false)));
    }
    Ok(())
}

pub(crate) fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_string(),
        _ => format!("{path}.{name}"),
    }
}
