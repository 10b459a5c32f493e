//! Modules that hold other modules of any type.

/// Text of a module, as the derive writes it.
macro_rules! displayed {
    ($Container:ident) => {
        impl std::fmt::Display for $Container {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.repr())
            }
        }
    };
}
pub(crate) use displayed;

/// What a container numbered by position can be made of.
macro_rules! conversions {
    ($Container:ident) => {
        super::displayed!($Container);

        impl<F: Forward> FromIterator<F> for $Container {
            fn from_iter<I: IntoIterator<Item = F>>(modules: I) -> $Container {
                let mut container = $Container::new();
                container.extend(modules);
                container
            }
        }

        impl<F: Forward> Extend<F> for $Container {
            fn extend<I: IntoIterator<Item = F>>(&mut self, modules: I) {
                modules.into_iter().for_each(|module| self.push(module));
            }
        }

        impl From<Vec<Box<dyn Forward>>> for $Container {
            fn from(modules: Vec<Box<dyn Forward>>) -> $Container {
                let mut container = $Container::new();
                modules
                    .into_iter()
                    .for_each(|module| container.push_boxed(module));
                container
            }
        }
    };
}
use conversions;

mod module_dict;
mod module_list;
mod sequential;

pub use module_dict::ModuleDict;
pub use module_list::ModuleList;
pub use sequential::Sequential;

use crate::field::Fields;
use crate::{AsModule, Error, Forward, Result, tree};

/// Boxed modules by name, in order: what the containers are made of.
#[derive(Debug, Default)]
struct Named(Vec<(String, Box<dyn Forward>)>);

impl Named {
    /// Adds a module, or replaces that of the same name, as `add_module` does in PyTorch.
    fn add(&mut self, name: String, module: Box<dyn Forward>) -> Result<()> {
        if name.is_empty() || name.contains('.') {
            let expected = "not empty and without a dot";
            return Err(
                Error::argument("add_module", "name", format!("{name:?}"), expected).into(),
            );
        }
        name_paths(&name, &*module);
        match self.0.iter_mut().find(|(own, _)| *own == name) {
            Some((_, place)) => *place = module,
            None => self.0.push((name, module)),
        }
        Ok(())
    }

    /// Replaces the module at a position, which keeps its name, and returns the earlier one.
    fn set(
        &mut self,
        op: &'static str,
        index: isize,
        module: Box<dyn Forward>,
    ) -> Result<Box<dyn Forward>> {
        let index = self.position(op, index)?;
        let (name, place) = &mut self.0[index];
        name_paths(name, &*module);
        Ok(std::mem::replace(place, module))
    }

    /// A position, which counts from the end if negative.
    fn position(&self, op: &'static str, index: isize) -> Result<usize> {
        let length = self.0.len();
        let position = match index {
            0.. => index as usize,
            _ => length.wrapping_sub(index.unsigned_abs()),
        };
        if position < length {
            return Ok(position);
        }
        let got = format!("{index} for {length} modules");
        Err(Error::argument(op, "index", got, "a position in the container").into())
    }

    fn fields<'a>(&'a self, fields: &mut Fields<'a>) {
        for (name, module) in &self.0 {
            fields.module(name.as_str(), module.as_module());
        }
    }

    /// Names the modules by their positions.
    fn number(&mut self) {
        for (index, (name, module)) in self.0.iter_mut().enumerate() {
            *name = index.to_string();
            name_paths(name, &**module);
        }
    }
}

/// Lets everything in a module know where it is from now on.
fn name_paths(name: &str, module: &dyn Forward) {
    tree::name_paths(name, module.as_module());
}
