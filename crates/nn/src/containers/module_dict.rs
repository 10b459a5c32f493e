//! [`ModuleDict`]: modules by name.

use super::Named;
use crate::field::Fields;
use crate::{Forward, Module, Result};

/// Modules of any types by name, in the order they were added.
///
/// # Shape
///
/// Not called itself: each of its modules takes and returns what it does alone.
///
/// ```
/// # use rushlight_autograd::Result;
/// # use rushlight_nn::{Linear, Module, ModuleDict};
/// # fn main() -> Result<()> {
/// let mut heads = ModuleDict::new();
/// heads.add_module("digits", Linear::new(64, 10)?)?;
/// heads.add_module("letters", Linear::new(64, 26)?)?;
/// assert_eq!(heads.state_dict().keys().next(), Some("digits.weight"));
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
pub struct ModuleDict {
    modules: Named,
}

impl ModuleDict {
    /// A dictionary without modules.
    pub fn new() -> ModuleDict {
        ModuleDict::default()
    }

    /// Adds a module, or replaces the module of that name.
    ///
    /// Errors if the name is empty or has a dot.
    pub fn add_module(&mut self, name: impl Into<String>, module: impl Forward) -> Result<()> {
        self.modules.add(name.into(), Box::new(module))
    }

    /// The module of a name.
    pub fn get(&self, name: &str) -> Option<&dyn Forward> {
        self.iter().find(|(own, _)| *own == name).map(|(_, m)| m)
    }

    /// Takes the module of a name out.
    pub fn remove(&mut self, name: &str) -> Option<Box<dyn Forward>> {
        let position = self.modules.0.iter().position(|(own, _)| own == name)?;
        Some(self.modules.0.remove(position).1)
    }

    /// The number of modules.
    pub fn len(&self) -> usize {
        self.modules.0.len()
    }

    /// Whether there are no modules.
    pub fn is_empty(&self) -> bool {
        self.modules.0.is_empty()
    }

    /// Names and modules, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &dyn Forward)> {
        let modules = self.modules.0.iter();
        modules.map(|(name, module)| (&**name, &**module))
    }
}

impl Module for ModuleDict {
    fn type_name(&self) -> &'static str {
        "ModuleDict"
    }

    fn fields<'a>(&'a self, fields: &mut Fields<'a>) {
        self.modules.fields(fields);
    }
}

super::displayed!(ModuleDict);
