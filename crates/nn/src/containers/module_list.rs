//! [`ModuleList`]: modules by position.

use super::Named;
use crate::field::Fields;
use crate::{Forward, Module, Result};

/// A list of modules of any types. Where they are all of one type, a `Vec` of it is the same to the
/// module tree, and lets each be called as what it is.
///
/// # Shape
///
/// Not called itself: each of its modules takes and returns what it does alone.
///
/// ```
/// # use rushlight_autograd::Result;
/// # use rushlight_nn::{Linear, Module, ModuleList};
/// # fn main() -> Result<()> {
/// let mut list = ModuleList::new();
/// list.push(Linear::new(4, 4)?);
/// list.push(Linear::new(4, 4)?);
/// assert_eq!(
///     list.to_string(),
///     "ModuleList(\n  (0-1): 2 x Linear(in_features=4, out_features=4, bias=True)\n)"
/// );
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
pub struct ModuleList {
    modules: Named,
}

impl ModuleList {
    /// A list without modules.
    pub fn new() -> ModuleList {
        ModuleList::default()
    }

    /// Appends a module.
    pub fn push(&mut self, module: impl Forward) {
        self.push_boxed(Box::new(module));
    }

    /// Appends a module that is boxed already.
    pub fn push_boxed(&mut self, module: Box<dyn Forward>) {
        let name = self.len().to_string();
        let added = self.modules.add(name, module);
        debug_assert!(added.is_ok(), "a number is a valid name");
    }

    /// Replaces the module at a position, which counts from the end if negative.
    pub fn set(&mut self, index: isize, module: impl Forward) -> Result<Box<dyn Forward>> {
        self.modules.set("ModuleList::set", index, Box::new(module))
    }

    /// The module at a position, which counts from the end if negative.
    pub fn get(&self, index: isize) -> Result<&dyn Forward> {
        let index = self.modules.position("ModuleList::get", index)?;
        Ok(&*self.modules.0[index].1)
    }

    /// The number of modules.
    pub fn len(&self) -> usize {
        self.modules.0.len()
    }

    /// Whether there are no modules.
    pub fn is_empty(&self) -> bool {
        self.modules.0.is_empty()
    }

    /// The modules, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &dyn Forward> {
        self.modules.0.iter().map(|(_, module)| &**module)
    }
}

impl Module for ModuleList {
    fn type_name(&self) -> &'static str {
        "ModuleList"
    }

    fn fields<'a>(&'a self, fields: &mut Fields<'a>) {
        self.modules.fields(fields);
        fields.fold_repeats();
    }
}

super::conversions!(ModuleList);
