//! [`Sequential`]: modules called one after the other.

use super::Named;
use crate::field::Fields;
use crate::{Forward, Module, Result, Site};
use rushlight_autograd::Tensor;

/// Calls modules one after the other, each with the output of the one before.
///
/// # Shape
///
/// That of the first module's input `->` that of the last module's output; a sequence without
/// modules returns its input.
///
/// ```
/// # use rushlight_autograd::Result;
/// # use rushlight_nn::{Linear, Module, ReLU, Sequential, sequential};
/// # fn main() -> Result<()> {
/// let mut model = sequential![Linear::new(784, 128)?, ReLU::new(), Linear::new(128, 10)?];
/// model.set(-1, Linear::new(128, 5)?)?;
/// assert_eq!(
///     model.to_string(),
///     "Sequential(
///   (0): Linear(in_features=784, out_features=128, bias=True)
///   (1): ReLU()
///   (2): Linear(in_features=128, out_features=5, bias=True)
/// )"
/// );
/// # Ok(()) }
/// ```
#[derive(Debug, Default)]
pub struct Sequential {
    modules: Named,
    site: Site,
}

/// A [`Sequential`] of the given modules: `sequential![Linear::new(2, 3)?, ReLU::new()]`.
#[macro_export]
macro_rules! sequential {
    ($($module:expr),* $(,)?) => {{
        #[allow(unused_mut, reason = "there may be no modules")]
        let mut sequential = $crate::Sequential::new();
        $( sequential.push($module); )*
        sequential
    }};
}

impl Sequential {
    /// A sequence without modules.
    pub fn new() -> Sequential {
        Sequential::default()
    }

    /// The sequence with another module at its end, named by its position.
    #[must_use]
    #[allow(
        clippy::should_implement_trait,
        reason = "`add` is what one does with a layer"
    )]
    pub fn add(mut self, module: impl Forward) -> Sequential {
        self.push(module);
        self
    }

    /// Appends a module, named by its position.
    pub fn push(&mut self, module: impl Forward) {
        self.push_boxed(Box::new(module));
    }

    /// Appends a module that is boxed already.
    pub fn push_boxed(&mut self, module: Box<dyn Forward>) {
        let name = self.len().to_string();
        let added = self.modules.add(name, module);
        debug_assert!(added.is_ok(), "a number is a valid name");
    }

    /// Adds a module under a name of its own, or replaces the module of that name.
    ///
    /// Errors if the name is empty or has a dot.
    pub fn add_module(&mut self, name: impl Into<String>, module: impl Forward) -> Result<()> {
        self.modules.add(name.into(), Box::new(module))
    }

    /// Replaces the module at a position, which counts from the end if negative; the name stays.
    pub fn set(&mut self, index: isize, module: impl Forward) -> Result<Box<dyn Forward>> {
        self.modules.set("Sequential::set", index, Box::new(module))
    }

    /// Inserts a module before a position; all modules are named by their positions then.
    pub fn insert(&mut self, index: usize, module: impl Forward) -> Result<()> {
        if index > self.len() {
            self.modules
                .position("Sequential::insert", index as isize)?;
        }
        let entry = (String::new(), Box::new(module) as Box<dyn Forward>);
        self.modules.0.insert(index, entry);
        self.modules.number();
        Ok(())
    }

    /// Takes the module at a position out; all others are named by their positions then.
    pub fn remove(&mut self, index: isize) -> Result<Box<dyn Forward>> {
        let index = self.modules.position("Sequential::remove", index)?;
        let (_, module) = self.modules.0.remove(index);
        self.modules.number();
        Ok(module)
    }

    /// The module at a position, which counts from the end if negative.
    pub fn get(&self, index: isize) -> Result<&dyn Forward> {
        let index = self.modules.position("Sequential::get", index)?;
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

impl Module for Sequential {
    fn type_name(&self) -> &'static str {
        "Sequential"
    }

    fn fields<'a>(&'a self, fields: &mut Fields<'a>) {
        self.modules.fields(fields);
        fields.add("site", &self.site);
    }
}

impl Forward for Sequential {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut x = x.clone();
            for module in self.iter() {
                x = module.forward(&x)?;
            }
            Ok(x)
        })
    }
}

super::conversions!(Sequential);
