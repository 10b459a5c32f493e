//! The fields of a module: what `#[derive(Module)]` lists.

use crate::parametrize::ParametrizationList;
use crate::{Buffer, Module, Parameter, Setting, Site};
use std::borrow::Cow;
use std::sync::Arc;

/// What a field of a module is.
#[derive(Clone, Copy)]
pub enum Kind<'a> {
    /// A tensor that is trained.
    Parameter(&'a Parameter),
    /// A tensor that is not.
    Buffer(&'a Buffer),
    /// Another module.
    Module(&'a dyn Module),
    /// The module's place in a model: its mode, its path, its hooks.
    Site(&'a Site),
    /// A value that is printed.
    Setting(&'a dyn Setting),
    /// The place of a module that was taken out; it prints as `None`.
    Absent,
}

/// A field of a module.
#[derive(Clone)]
pub struct Entry<'a> {
    /// The field's name.
    pub name: Cow<'a, str>,
    /// What the field is.
    pub kind: Kind<'a>,
    /// The first version of the module's state that has the field.
    pub since: u64,
}

/// The fields of a module, in order.
#[derive(Default)]
pub struct Fields<'a> {
    pub(crate) entries: Vec<Entry<'a>>,
    pub(crate) folds_repeats: bool,
    /// Whether some parameters are computed from others, which the last entry holds.
    pub(crate) is_parametrized: bool,
    since: u64,
}

/// A type that a field of a module can have.
///
/// [`Parameter`], [`Buffer`], [`Site`], every [`Module`], every [`Setting`], and `Option` of these;
/// `Vec` of a module is a list of modules.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of a module",
    label = "neither a parameter, a buffer, a module nor a setting",
    note = "put `#[module(skip)]` on a field that is no part of the module tree",
    note = "derive `Module` for a struct of your own, or make it a setting with `settings!`"
)]
pub trait Field {
    /// Adds the field to those of its module.
    fn add<'a>(&'a self, name: Cow<'a, str>, fields: &mut Fields<'a>);

    /// Adds a field of type `Option<Self>`.
    fn add_optional<'a>(this: Option<&'a Self>, name: Cow<'a, str>, fields: &mut Fields<'a>) {
        if let Some(field) = this {
            field.add(name, fields);
        }
    }
}

/// Listing.
impl<'a> Fields<'a> {
    /// Adds a field.
    pub fn add(&mut self, name: impl Into<Cow<'a, str>>, field: &'a (impl Field + ?Sized)) {
        self.add_since(1, name, field);
    }

    /// Adds a field that the state of the module has from version `since` on.
    pub fn add_since(
        &mut self,
        since: u64,
        name: impl Into<Cow<'a, str>>,
        field: &'a (impl Field + ?Sized),
    ) {
        self.since = since;
        field.add(name.into(), self);
    }

    /// Adds the fields of `module` as if they were the struct's own.
    pub fn flatten(&mut self, module: &'a dyn Module) {
        module.fields(self);
    }

    /// Adds a module.
    pub fn module(&mut self, name: impl Into<Cow<'a, str>>, module: &'a dyn Module) {
        self.push(name.into(), Kind::Module(module));
    }

    /// Adds a setting.
    pub fn setting(&mut self, name: impl Into<Cow<'a, str>>, setting: &'a dyn Setting) {
        self.push(name.into(), Kind::Setting(setting));
    }

    /// Adds a setting that prints `None` where it is missing.
    pub fn optional_setting(
        &mut self,
        name: impl Into<Cow<'a, str>>,
        setting: Option<&'a dyn Setting>,
    ) {
        self.setting(name, setting.unwrap_or(&None::<usize>));
    }

    /// Prints neighbouring modules that print alike as one: `(0-5): 6 x Block(...)`.
    pub fn fold_repeats(&mut self) {
        self.folds_repeats = true;
    }

    fn push(&mut self, name: Cow<'a, str>, kind: Kind<'a>) {
        let since = self.since.max(1);
        self.entries.push(Entry { name, kind, since });
    }
}

/// Looking at what is listed.
impl<'a> Fields<'a> {
    /// The fields of a module; what parametrized parameters are computed from is in their place.
    pub fn of(module: &'a dyn Module) -> Fields<'a> {
        let mut fields = Fields::listed(module);
        let Some(site) = fields
            .site()
            .filter(|site| site.parametrizations.active().next().is_some())
        else {
            return fields;
        };
        let computed = |entry: &Entry<'a>| {
            let named = |list: &ParametrizationList| list.name() == entry.name;
            matches!(entry.kind, Kind::Parameter(_)) && site.parametrizations.active().any(named)
        };
        fields.entries.retain(|entry| !computed(entry));
        fields.module("parametrizations", &site.parametrizations);
        fields.is_parametrized = true;
        fields
    }

    /// The fields that the module's own struct has.
    pub(crate) fn listed(module: &'a dyn Module) -> Fields<'a> {
        let mut fields = Fields::default();
        module.fields(&mut fields);
        fields
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter()
    }

    /// The modules among the fields, in order.
    pub fn modules(&self) -> impl DoubleEndedIterator<Item = (&Cow<'a, str>, &'a dyn Module)> {
        self.entries.iter().filter_map(|entry| match entry.kind {
            Kind::Module(module) => Some((&entry.name, module)),
            _ => None,
        })
    }

    /// The module's own site, if it has one.
    pub fn site(&self) -> Option<&'a Site> {
        self.entries.iter().find_map(|entry| match entry.kind {
            Kind::Site(site) => Some(site),
            _ => None,
        })
    }
}

impl std::fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds = self.entries.iter().map(|entry| (&entry.name, entry.kind));
        f.debug_map().entries(kinds).finish()
    }
}

impl std::fmt::Debug for Entry<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {:?}", self.name, self.kind)
    }
}

impl std::fmt::Debug for Kind<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Kind::Parameter(parameter) => parameter.fmt(f),
            Kind::Buffer(buffer) => buffer.fmt(f),
            Kind::Module(module) => f.write_str(module.type_name()),
            Kind::Site(site) => site.fmt(f),
            Kind::Setting(setting) => f.write_str(&setting.text()),
            Kind::Absent => f.write_str("None"),
        }
    }
}

/// The place of a module that was taken out, where PyTorch assigns `None` to the attribute: it prints as
/// `None` and is nothing else. With `#[module(rename = "...")]` it stands beside the module's field.
#[derive(Debug, Clone, Copy)]
pub struct Absent;

impl Field for Absent {
    fn add<'a>(&'a self, name: Cow<'a, str>, fields: &mut Fields<'a>) {
        fields.push(name, Kind::Absent);
    }
}

impl Field for Parameter {
    fn add<'a>(&'a self, name: Cow<'a, str>, fields: &mut Fields<'a>) {
        fields.push(name, Kind::Parameter(self));
    }

    /// An optional parameter prints as a flag.
    fn add_optional<'a>(this: Option<&'a Self>, name: Cow<'a, str>, fields: &mut Fields<'a>) {
        fields.setting(name.clone(), if this.is_some() { &true } else { &false });
        if let Some(parameter) = this {
            parameter.add(name, fields);
        }
    }
}

impl Field for Buffer {
    fn add<'a>(&'a self, name: Cow<'a, str>, fields: &mut Fields<'a>) {
        fields.push(name, Kind::Buffer(self));
    }
}

impl Field for Site {
    fn add<'a>(&'a self, name: Cow<'a, str>, fields: &mut Fields<'a>) {
        fields.push(name, Kind::Site(self));
    }
}

#[diagnostic::do_not_recommend]
impl<M: Module> Field for M {
    fn add<'a>(&'a self, name: Cow<'a, str>, fields: &mut Fields<'a>) {
        fields.push(name, Kind::Module(self));
    }
}

impl<F: Field> Field for Option<F> {
    fn add<'a>(&'a self, name: Cow<'a, str>, fields: &mut Fields<'a>) {
        F::add_optional(self.as_ref(), name, fields);
    }
}

/// A list of modules that are all of one type; it prints and names them as a `ModuleList`.
impl<M: Module> Module for Vec<M> {
    fn type_name(&self) -> &'static str {
        "ModuleList"
    }

    fn fields<'a>(&'a self, fields: &mut Fields<'a>) {
        for (index, module) in self.iter().enumerate() {
            fields.module(index.to_string(), module);
        }
        fields.fold_repeats();
    }
}

macro_rules! pointers { ($($Pointer:ident),*) => { $(
    impl<M: Module + ?Sized> Module for $Pointer<M> {
        fn type_name(&self) -> &'static str {
            (**self).type_name()
        }

        fn fields<'a>(&'a self, fields: &mut Fields<'a>) {
            (**self).fields(fields);
        }

        fn extra_repr(&self) -> Option<String> {
            (**self).extra_repr()
        }

        fn version(&self) -> u64 {
            (**self).version()
        }

        fn as_any(&self) -> &dyn std::any::Any {
            (**self).as_any()
        }
    }
)* } }
pointers!(Box, Arc);
