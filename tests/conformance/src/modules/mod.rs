//! The mapping of PyTorch's modules: one row per module, one file per family.

mod activation;
mod attention;
mod conv;
mod layers;
mod lazy;
mod loss;
mod normalization;
mod padding;
mod pooling;
mod recurrent;
mod resize;

use rushlight_nn::{Conv2d, Forward, Linear, Module, ModuleList, ReLU, sequential};

pub use layers::bag_mode;
pub use loss::{distance, lengths, reduction, reduction_at};

use crate::argument::Arguments;
use crate::call::Call;
use crate::outcome::Failure;
use crate::output::Output;
use crate::tensor::{DType, Device, Tensor};
use crate::tensors::Tensors;

/// A module of the library, as the runner needs it.
pub trait Instance {
    /// The module as it prints.
    fn printed(&self) -> String;

    /// Parameters by name, in order.
    fn parameters(&self) -> Vec<(String, Tensor)>;

    /// Parameters and persistent buffers by name, in order.
    fn state(&self) -> Vec<(String, Tensor)>;

    /// Buffers by name, in order.
    fn buffers(&self) -> Vec<(String, Tensor)>;

    /// Replaces the values of the state.
    fn load(&mut self, state: Vec<(String, Tensor)>) -> Result<(), Failure>;

    /// Sets training or evaluation mode.
    fn set_training(&mut self, training: bool);

    /// Converts floating-point parameters and buffers.
    fn convert(&mut self, dtype: DType) -> Result<(), Failure>;

    /// Moves parameters and buffers to a device.
    fn move_to(&mut self, device: Device) -> Result<(), Failure>;

    /// Sets every probability of dropout and stochastic depth to zero.
    fn remove_dropout(&mut self) -> Result<(), Failure>;

    /// Calls the module.
    fn forward(&mut self, call: &Call) -> Result<Output, Failure>;
}

/// How a row constructs a module.
pub type Constructor = fn(&Call) -> Result<Box<dyn Instance>, Failure>;

/// Constructs the module of a name; a row that overlooks an argument does not count.
pub fn construct(
    name: &str,
    arguments: &Arguments,
    tensors: &Tensors,
) -> Result<Box<dyn Instance>, Failure> {
    let Some(constructor) = find(name) else {
        return Err(Failure::Unsupported(format!("`{name}` is not mapped")));
    };
    let call = Call::new(arguments, tensors);
    let result = constructor(&call);
    call.complete(result)
}

/// Constructs a container that the corpus only names.
pub fn container(name: &str) -> Result<Option<Box<dyn Instance>>, Failure> {
    Ok(Some(match name {
        "Sequential" => instance(sequential![
            Conv2d::new(1, 20, 5)?,
            ReLU::new(),
            Conv2d::new(20, 64, 5)?,
            ReLU::new(),
        ]),
        "ModuleList mixed" => {
            let mut list = ModuleList::new();
            list.push(Linear::new(2, 2)?);
            list.push(ReLU::new());
            list.push(ReLU::new());
            mapped(list, |_, c| c.unsupported("a list is not called"))
        }
        _ => return Ok(None),
    }))
}

/// Rows of one family.
type Rows = &'static [(&'static str, Constructor)];

/// Every family.
const FAMILIES: &[Rows] = &[
    activation::ROWS,
    attention::ROWS,
    conv::ROWS,
    layers::ROWS,
    lazy::ROWS,
    loss::ROWS,
    normalization::ROWS,
    padding::ROWS,
    pooling::ROWS,
    pooling::WITH_INDICES,
    recurrent::ROWS,
    resize::ROWS,
    resize::FRACTIONAL,
];

fn find(name: &str) -> Option<Constructor> {
    let mut rows = FAMILIES.iter().copied().flatten();
    rows.find(|(own, _)| *own == name)
        .map(|&(_, constructor)| constructor)
}

/// Turns rows into a table. A row makes a module; the call that follows it is that of a module of
/// one tensor where none is written.
macro_rules! modules {
    ($($name:literal => |$call:ident| $module:expr $(, |$own:ident, $arguments:ident| $result:expr)?;)*) => {
        pub(super) const ROWS: super::Rows = &[
            $(($name, |$call| Ok(modules!(of $module $(, |$own, $arguments| $result)?))),)*
        ];
    };
    (of $module:expr) => { super::instance($module) };
    (of $module:expr, |$own:ident, $arguments:ident| $result:expr) => {
        super::mapped($module, |$own, $arguments| {
            crate::output::IntoOutput::into_output($result)
        })
    };
}
use modules;

/// A module of the library, and how a row calls it.
struct Mapped<M> {
    module: M,
    call: fn(&M, &Call) -> Result<Output, Failure>,
}

impl<M: Module> Instance for Mapped<M> {
    fn printed(&self) -> String {
        self.module.repr()
    }

    fn parameters(&self) -> Vec<(String, Tensor)> {
        let named = self.module.named_parameters().into_iter();
        named.map(|(name, it)| (name, it.into())).collect()
    }

    fn state(&self) -> Vec<(String, Tensor)> {
        self.module.state_dict().into_iter().collect()
    }

    fn buffers(&self) -> Vec<(String, Tensor)> {
        let named = self.module.named_buffers().into_iter();
        named.map(|(name, it)| (name, it.into())).collect()
    }

    fn load(&mut self, state: Vec<(String, Tensor)>) -> Result<(), Failure> {
        self.module
            .load_state_dict(&state.into_iter().collect(), true)?;
        Ok(())
    }

    fn set_training(&mut self, training: bool) {
        self.module.set_training(training);
    }

    fn convert(&mut self, dtype: DType) -> Result<(), Failure> {
        Ok(self.module.to_dtype(dtype)?)
    }

    fn move_to(&mut self, device: Device) -> Result<(), Failure> {
        Ok(self.module.to_device(device)?)
    }

    fn remove_dropout(&mut self) -> Result<(), Failure> {
        for module in self.module.modules() {
            if ["Dropout", "StochasticDepth"].contains(&module.type_name()) {
                // In evaluation mode, whatever mode is set later.
                module.site()?.set_frozen(true);
            }
        }
        Ok(())
    }

    fn forward(&mut self, call: &Call) -> Result<Output, Failure> {
        (self.call)(&self.module, call)
    }
}

/// A module of the library that makes one tensor of another, as the runner needs it.
pub fn instance<M: Forward>(module: M) -> Box<dyn Instance> {
    mapped(module, |module, call| {
        Ok(Output::Tensor(module.forward(&call.input()?)?))
    })
}

/// A module of the library with a call of its own.
pub fn mapped<M: Module>(
    module: M,
    call: fn(&M, &Call) -> Result<Output, Failure>,
) -> Box<dyn Instance> {
    Box::new(Mapped { module, call })
}
