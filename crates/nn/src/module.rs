//! What a module is, and what every module can do.

use crate::field::{Fields, Kind};
use crate::parameter::{Converted, check_floating};
use crate::{
    Buffer, Error, ForwardHookHandle, IncompatibleKeys, Parameter, Result, Site, StateDict,
    inventory, load, pattern, printing, tree,
};
use rushlight_autograd::{DType, Device, Tensor};
use std::any::Any;

/// A part of a neural network: a struct of parameters, buffers, other modules and settings.
///
/// `#[derive(Module)]` writes the first two methods; all others follow from them. They take `&self`,
/// since parameters, buffers and the mode are shared handles; only to replace a part, as in
/// `model.fc = Linear::new(512, 10)?`, the model must be `mut`.
///
/// A module can be shared between threads; one that could not does not compile:
///
/// ```compile_fail,E0277
/// #[derive(rushlight_nn::Module)]
/// struct Local {
///     #[module(skip)]
///     counter: std::rc::Rc<usize>,
/// }
/// ```
pub trait Module: AsModule + Any + Send + Sync {
    /// The name the module prints.
    fn type_name(&self) -> &'static str;

    /// Lists the fields, in order.
    fn fields<'a>(&'a self, fields: &mut Fields<'a>);

    /// What the module prints between the parentheses, where that does not follow from its settings.
    fn extra_repr(&self) -> Option<String> {
        None
    }

    /// The version of the module's state, which is saved with it.
    fn version(&self) -> u64 {
        1
    }

    /// The module as the type it is; see [`downcast_ref`](trait.Module.html#method.downcast_ref).
    #[doc(hidden)]
    fn as_any(&self) -> &dyn Any {
        self.as_module()
    }

    /// The printed form, to the letter that of PyTorch.
    fn repr(&self) -> String {
        printing::repr(self.as_module())
    }

    /// All parameters, each once, as handles to the same variables.
    fn parameters(&self) -> Vec<Parameter> {
        inventory::parameters(self.as_module())
    }

    /// All parameters with their names, such as `layer1.0.conv1.weight`; one that is held in several
    /// places goes by its first name.
    fn named_parameters(&self) -> Vec<(String, Parameter)> {
        inventory::named_parameters(self.as_module())
    }

    /// The parameters whose names [match](Module::freeze) `pattern`, for a group of an optimizer.
    ///
    /// Errors if there are none.
    fn parameters_matching(&self, pattern: &str) -> Result<Vec<Parameter>> {
        inventory::parameters_matching(self.as_module(), pattern)
    }

    /// All buffers, each once.
    fn buffers(&self) -> Vec<Buffer> {
        inventory::buffers(self.as_module())
    }

    /// All buffers with their names, each once.
    fn named_buffers(&self) -> Vec<(String, Buffer)> {
        inventory::named_buffers(self.as_module())
    }

    /// The module itself and all modules below it, parents first.
    fn modules(&self) -> Vec<&dyn Module> {
        inventory::modules(self.as_module())
    }

    /// As [`Module::modules`], with the paths that lead to them; the module's own is empty.
    fn named_modules(&self) -> Vec<(String, &dyn Module)> {
        inventory::named_modules(self.as_module())
    }

    /// The modules that are fields of this one.
    fn children(&self) -> Vec<&dyn Module> {
        inventory::children(self.as_module())
    }

    /// As [`Module::children`], with their names.
    fn named_children(&self) -> Vec<(String, &dyn Module)> {
        inventory::named_children(self.as_module())
    }

    /// The module at a path such as `layer1.0.conv1`.
    fn get_submodule(&self, path: &str) -> Result<&dyn Module> {
        tree::find(self.as_module(), path)
    }

    /// The parameter of a name such as `layer1.0.conv1.weight`.
    fn get_parameter(&self, name: &str) -> Result<Parameter> {
        inventory::get_parameter(self.as_module(), name)
    }

    /// The values of all parameters and persistent buffers by name, in PyTorch's order.
    ///
    /// They are the values of this moment: training on does not change them.
    fn state_dict(&self) -> StateDict {
        load::state_of(self.as_module())
    }

    /// Takes over the values of a state, converted to the dtype and device that the model has.
    ///
    /// All keys are checked first: on an error, which reports everything that does not fit, nothing
    /// has changed. Without `strict`, missing and unexpected keys are no error; they are returned.
    fn load_state_dict(&self, state: &StateDict, strict: bool) -> Result<IncompatibleKeys> {
        load::load(self.as_module(), state, strict)
    }

    /// Puts the module and all below it into training mode.
    fn train(&self) {
        set_training(self.as_module(), true);
    }

    /// Puts the module and all below it into evaluation mode.
    fn eval(&self) {
        set_training(self.as_module(), false);
    }

    /// Puts the module and all below it into training or evaluation mode.
    fn set_training(&self, training: bool) {
        set_training(self.as_module(), training);
    }

    /// Whether the module is in training mode. One that has no mode of its own is if any part is.
    fn is_training(&self) -> bool {
        is_training(self.as_module())
    }

    /// Starts or stops training all parameters. Running statistics and dropout keep working; see
    /// [`Module::freeze`].
    fn requires_grad_(&self, requires_grad: bool) {
        set_requires_grad(self.as_module(), requires_grad);
    }

    /// Stops all change to the parts whose names match `pattern`: their parameters require no
    /// gradient, and their running statistics stay as they are and are used instead of those of the
    /// batch, whatever mode is set later, until [`Module::unfreeze`].
    ///
    /// `*` stands for any text, `?` for one character, `[1-3]` for one of a set. A pattern that
    /// matches a module takes everything in it: `"layer[1-3]"`, `"layer[1-3].*"` and `"*.bias"` are
    /// patterns. Errors if nothing matches.
    fn freeze(&self, pattern: &str) -> Result<()> {
        set_frozen("freeze", self.as_module(), pattern, true)
    }

    /// Undoes [`Module::freeze`] for the parts whose names match `pattern`.
    fn unfreeze(&self, pattern: &str) -> Result<()> {
        set_frozen("unfreeze", self.as_module(), pattern, false)
    }

    /// Forgets all gradients.
    fn zero_grad(&self) {
        zero_grad(self.as_module());
    }

    /// Names of the trainable parameters that have no gradient. After a backward pass these are the
    /// ones that took no part in the loss.
    fn parameters_without_grad(&self) -> Vec<String> {
        inventory::parameters_without_grad(self.as_module())
    }

    /// Moves all parameters, their gradients and all buffers to a device.
    fn to_device(&self, device: Device) -> Result<()> {
        to_device(self.as_module(), device)
    }

    /// Converts all floating-point parameters, their gradients and buffers.
    fn to_dtype(&self, dtype: DType) -> Result<()> {
        to_dtype(self.as_module(), dtype)
    }

    /// Moves to a device or converts to a dtype: `model.to(&device)?`, `model.to(DType::BF16)?`.
    fn to(&self, target: impl Into<Target>) -> Result<()>
    where
        Self: Sized,
    {
        match target.into() {
            Target::Device(device) => self.to_device(device),
            Target::DType(dtype) => self.to_dtype(dtype),
        }
    }

    /// Calls `f` with every module of the tree, children first, for example to initialise them.
    ///
    /// ```
    /// # use rushlight_autograd::Result;
    /// # use rushlight_nn::{Linear, Module, init};
    /// # fn main() -> Result<()> {
    /// let model = vec![Linear::new(4, 8)?, Linear::new(8, 2)?];
    /// model.apply(|module| match module.downcast_ref::<Linear>() {
    ///     Some(linear) => init::constant_(&linear.weight, 0.5),
    ///     None => Ok(()),
    /// })?;
    /// # Ok(()) }
    /// ```
    fn apply<'a>(&'a self, mut f: impl FnMut(&'a dyn Module) -> Result<()>) -> Result<()>
    where
        Self: Sized,
    {
        tree::apply(self, &mut f)
    }

    /// Registers a hook that is called with the input and the output of this module; what it
    /// returns, if anything, takes the output's place. For modules with a [`Site`], which all layers
    /// of this crate have.
    fn register_forward_hook(
        &self,
        hook: impl Fn(&Tensor, &Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> Result<ForwardHookHandle>
    where
        Self: Sized,
    {
        Ok(self.site()?.register_forward_hook(hook))
    }

    /// Registers a hook that is called with the input of this module; what it returns, if anything,
    /// takes the input's place.
    fn register_forward_pre_hook(
        &self,
        hook: impl Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> Result<ForwardHookHandle>
    where
        Self: Sized,
    {
        Ok(self.site()?.register_forward_pre_hook(hook))
    }

    /// Registers a hook that is called, in the backward pass, with the gradients of this module's
    /// input, if it needs one, and output; what it returns, if anything, takes the place of the
    /// input's. PyTorch's `register_full_backward_hook`.
    fn register_full_backward_hook(
        &self,
        hook: impl Fn(Option<&Tensor>, &Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> Result<ForwardHookHandle>
    where
        Self: Sized,
    {
        Ok(self.site()?.register_full_backward_hook(hook))
    }

    /// Registers a hook that is called, in the backward pass, with the gradient of this module's
    /// output; what it returns, if anything, takes its place.
    fn register_full_backward_pre_hook(
        &self,
        hook: impl Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync + 'static,
    ) -> Result<ForwardHookHandle>
    where
        Self: Sized,
    {
        Ok(self.site()?.register_full_backward_pre_hook(hook))
    }

    /// As [`Module::register_forward_hook`], with all inputs and outputs of a module that has several,
    /// such as attention, a recurrent network or a loss.
    fn register_forward_hook_all(
        &self,
        hook: impl Fn(&[Tensor], &[Tensor]) -> Result<Option<Vec<Tensor>>> + Send + Sync + 'static,
    ) -> Result<ForwardHookHandle>
    where
        Self: Sized,
    {
        Ok(self.site()?.register_forward_hook_all(hook))
    }

    /// As [`Module::register_forward_pre_hook`], with all inputs.
    fn register_forward_pre_hook_all(
        &self,
        hook: impl Fn(&[Tensor]) -> Result<Option<Vec<Tensor>>> + Send + Sync + 'static,
    ) -> Result<ForwardHookHandle>
    where
        Self: Sized,
    {
        Ok(self.site()?.register_forward_pre_hook_all(hook))
    }

    /// As [`Module::register_full_backward_hook`], with the gradients of all inputs and outputs, none
    /// for those that need none.
    fn register_full_backward_hook_all(
        &self,
        hook: impl Fn(&[Option<Tensor>], &[Option<Tensor>]) -> Result<Option<Vec<Option<Tensor>>>>
        + Send
        + Sync
        + 'static,
    ) -> Result<ForwardHookHandle>
    where
        Self: Sized,
    {
        Ok(self.site()?.register_full_backward_hook_all(hook))
    }

    /// As [`Module::register_full_backward_pre_hook`], with the gradients of all outputs.
    fn register_full_backward_pre_hook_all(
        &self,
        hook: impl Fn(&[Option<Tensor>]) -> Result<Option<Vec<Option<Tensor>>>> + Send + Sync + 'static,
    ) -> Result<ForwardHookHandle>
    where
        Self: Sized,
    {
        Ok(self.site()?.register_full_backward_pre_hook_all(hook))
    }

    /// The module's [`Site`]; an error if it has none.
    fn site(&self) -> Result<&Site> {
        site_of(self.as_module())
    }
}

impl dyn Module {
    /// The module as the type `M`, if it is one.
    pub fn downcast_ref<M: Module>(&self) -> Option<&M> {
        self.as_any().downcast_ref()
    }

    /// Whether the module is of type `M`.
    pub fn is<M: Module>(&self) -> bool {
        self.as_any().is::<M>()
    }
}

/// Any module as a trait object.
pub trait AsModule {
    /// The module as a trait object.
    fn as_module(&self) -> &dyn Module;
}

impl<M: Module> AsModule for M {
    fn as_module(&self) -> &dyn Module {
        self
    }
}

/// A module that makes one tensor of another, so that it can be called in a row with others.
pub trait Forward: Module {
    /// Calls the module.
    fn forward(&self, x: &Tensor) -> Result<Tensor>;
}

impl<F: Forward + ?Sized> Forward for Box<F> {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        (**self).forward(x)
    }
}

impl<F: Forward + ?Sized> Forward for std::sync::Arc<F> {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        (**self).forward(x)
    }
}

impl dyn Forward {
    /// The module as the type `M`, if it is one.
    pub fn downcast_ref<M: Module>(&self) -> Option<&M> {
        self.as_any().downcast_ref()
    }
}

/// A module that compares a prediction with a target.
pub trait Loss: Module {
    /// The loss.
    fn forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor>;
}

/// Where [`Module::to`] leads.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    /// To a device.
    Device(Device),
    /// To a floating-point type.
    DType(DType),
}

impl From<Device> for Target {
    fn from(device: Device) -> Target {
        Target::Device(device)
    }
}

impl From<&Device> for Target {
    fn from(device: &Device) -> Target {
        Target::Device(*device)
    }
}

impl From<DType> for Target {
    fn from(dtype: DType) -> Target {
        Target::DType(dtype)
    }
}

// What the provided methods do. They are compiled once, not for every type of module.

fn set_training(root: &dyn Module, training: bool) {
    tree::walk(root, &mut |stop| {
        if let Some(site) = stop.fields.site() {
            site.set_training(training);
        }
    });
}

fn is_training(root: &dyn Module) -> bool {
    if let Some(site) = Fields::of(root).site() {
        return site.is_training();
    }
    let mut modes = Vec::new();
    tree::walk(root, &mut |stop| {
        modes.extend(stop.fields.site().map(Site::is_training));
    });
    modes.is_empty() || modes.contains(&true)
}

fn set_requires_grad(root: &dyn Module, requires_grad: bool) {
    for parameter in root.parameters() {
        parameter.requires_grad_(requires_grad);
    }
}

fn zero_grad(root: &dyn Module) {
    tree::walk(root, &mut |stop| {
        for entry in stop.fields.iter() {
            if let Kind::Parameter(parameter) = entry.kind {
                parameter.zero_grad();
            }
        }
    });
}

fn site_of(module: &dyn Module) -> Result<&Site> {
    Fields::listed(module).site().ok_or_else(|| {
        Error::NoSuchName {
            op: "site",
            model: module.type_name().to_string(),
            what: "field",
            name: "site".to_string(),
            hint: "; give it one of type `Site` and call it through that".to_string(),
        }
        .into()
    })
}

fn to_device(root: &dyn Module, device: Device) -> Result<()> {
    convert_all(root, &|tensor| (tensor.dtype(), device))
}

fn to_dtype(root: &dyn Module, dtype: DType) -> Result<()> {
    check_floating("to_dtype", dtype)?;
    convert_all(root, &|tensor| match tensor.is_floating_point() {
        true => (dtype, tensor.device()),
        false => (tensor.dtype(), tensor.device()),
    })
}

fn convert_all(root: &dyn Module, form: &dyn Fn(&Tensor) -> (DType, Device)) -> Result<()> {
    let mut converted = Vec::new();
    for stop in tree::stops(root) {
        for entry in stop.fields.iter() {
            let tensor: &Tensor = match entry.kind {
                Kind::Parameter(parameter) => parameter,
                Kind::Buffer(buffer) => buffer,
                _ => continue,
            };
            let (dtype, device) = form(tensor);
            converted.extend(Converted::of(tensor, dtype, device)?);
        }
    }
    converted.into_iter().try_for_each(Converted::assign)
}

fn set_frozen(op: &'static str, root: &dyn Module, pattern: &str, frozen: bool) -> Result<()> {
    let mut matched = false;
    tree::walk(root, &mut |stop| {
        for (name, entry) in stop.tensors() {
            if !pattern::matches(pattern, &name) {
                continue;
            }
            matched = true;
            match (entry.kind, stop.fields.site()) {
                (Kind::Parameter(parameter), _) => drop(parameter.requires_grad_(!frozen)),
                // What a module with a mode keeps in buffers are its running statistics.
                (Kind::Buffer(_), Some(site)) => site.set_frozen(frozen),
                _ => {}
            }
        }
    });
    match matched {
        true => Ok(()),
        false => Err(inventory::no_match(op, root, pattern)),
    }
}
