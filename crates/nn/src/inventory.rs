//! What a module and all modules below it hold, by name.

use crate::field::{Fields, Kind};
use crate::{Buffer, Error, Module, Parameter, Result, load, pattern, tree};

pub(crate) fn parameters(root: &dyn Module) -> Vec<Parameter> {
    let named = named_parameters(root).into_iter();
    named.map(|(_, parameter)| parameter).collect()
}

pub(crate) fn named_parameters(root: &dyn Module) -> Vec<(String, Parameter)> {
    let found = tree::named(root, |kind| match kind {
        Kind::Parameter(parameter) => Some(parameter),
        _ => None,
    });
    let cloned = |(name, parameter): (String, &Parameter)| (name, parameter.clone());
    found.into_iter().map(cloned).collect()
}

pub(crate) fn parameters_matching(root: &dyn Module, pattern: &str) -> Result<Vec<Parameter>> {
    let named = named_parameters(root).into_iter();
    let matching = named.filter(|(name, _)| pattern::matches(pattern, name));
    let found: Vec<Parameter> = matching.map(|(_, parameter)| parameter).collect();
    match found.is_empty() {
        true => Err(no_match("parameters_matching", root, pattern)),
        false => Ok(found),
    }
}

pub(crate) fn parameters_without_grad(root: &dyn Module) -> Vec<String> {
    let named = named_parameters(root).into_iter();
    named
        .filter(|(_, parameter)| parameter.requires_grad() && parameter.grad().is_none())
        .map(|(name, _)| name)
        .collect()
}

pub(crate) fn get_parameter(root: &dyn Module, name: &str) -> Result<Parameter> {
    let mut found = None;
    let mut names = Vec::new();
    tree::walk(root, &mut |stop| {
        for entry in stop.fields.iter() {
            if let Kind::Parameter(parameter) = entry.kind {
                let own = stop.name_of(entry);
                if own == name {
                    found = Some(parameter.clone());
                }
                names.push(own);
            }
        }
    });
    found.ok_or_else(|| {
        Error::NoSuchName {
            op: "get_parameter",
            model: root.type_name().to_string(),
            what: "parameter",
            name: name.to_string(),
            hint: load::did_you_mean(name, names),
        }
        .into()
    })
}

pub(crate) fn buffers(root: &dyn Module) -> Vec<Buffer> {
    let named = named_buffers(root).into_iter();
    named.map(|(_, buffer)| buffer).collect()
}

pub(crate) fn named_buffers(root: &dyn Module) -> Vec<(String, Buffer)> {
    let found = tree::named(root, |kind| match kind {
        Kind::Buffer(buffer) => Some(buffer),
        _ => None,
    });
    let cloned = |(name, buffer): (String, &Buffer)| (name, buffer.clone());
    found.into_iter().map(cloned).collect()
}

pub(crate) fn modules(root: &dyn Module) -> Vec<&dyn Module> {
    let stops = tree::stops(root).into_iter();
    stops.map(|stop| stop.module).collect()
}

pub(crate) fn named_modules(root: &dyn Module) -> Vec<(String, &dyn Module)> {
    let stops = tree::stops(root).into_iter();
    stops.map(|stop| (stop.path, stop.module)).collect()
}

pub(crate) fn children(root: &dyn Module) -> Vec<&dyn Module> {
    let fields = Fields::of(root);
    fields.modules().map(|(_, module)| module).collect()
}

pub(crate) fn named_children(root: &dyn Module) -> Vec<(String, &dyn Module)> {
    let fields = Fields::of(root);
    let children = fields.modules();
    children
        .map(|(name, module)| (name.to_string(), module))
        .collect()
}

/// The error for a pattern that matches nothing.
pub(crate) fn no_match(
    op: &'static str,
    root: &dyn Module,
    pattern: &str,
) -> rushlight_autograd::Error {
    let mut names = Vec::new();
    tree::walk(root, &mut |stop| names.push(stop.path));
    Error::NoSuchName {
        op,
        model: root.type_name().to_string(),
        what: "parameter or buffer",
        name: pattern.to_string(),
        hint: load::did_you_mean(pattern, names),
    }
    .into()
}
