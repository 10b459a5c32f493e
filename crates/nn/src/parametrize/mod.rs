//! Parametrizations: parameters that are computed from others, such as a weight from its direction and
//! its length. PyTorch's `torch.nn.utils.parametrize` and `torch.nn.utils.parametrizations`.
//!
//! The layer keeps its field. While the layer is called, the computed value stands for it; its place in
//! `named_parameters()` and `state_dict()` is taken by the originals, under PyTorch's names.

mod list;
mod norm;
mod orthogonal;

pub use norm::{
    SpectralNorm, SpectralNormOptions, WeightNorm, spectral_norm, spectral_norm_with, weight_norm,
};

pub(crate) use list::{ParametrizationList, Parametrizations};
pub use orthogonal::{Orthogonal, OrthogonalMap, OrthogonalOptions, orthogonal, orthogonal_with};

use crate::field::{Fields, Kind};
use crate::{Error, Module, Parameter, Result, load};
use rushlight_autograd::{Tensor, no_grad};

/// How a parameter is computed from others.
///
/// ```
/// use rushlight_autograd::{Result, Tensor};
/// use rushlight_nn::parametrize::{Parametrization, register_parametrization};
/// use rushlight_nn::{Forward, Linear, Module};
///
/// #[derive(Module, Debug)]
/// struct Symmetric {}
///
/// impl Parametrization for Symmetric {
///     fn forward(&self, originals: &[Tensor]) -> Result<Tensor> {
///         let upper = originals[0].triu(0)?;
///         &upper + originals[0].triu(1)?.t()?
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let layer = Linear::new(3, 3)?;
/// register_parametrization(&layer, "weight", Symmetric {})?;
/// assert_eq!(
///     layer.to_string(),
///     "ParametrizedLinear(
///   in_features=3, out_features=3, bias=True
///   (parametrizations): ModuleDict(
///     (weight): ParametrizationList(
///       (0): Symmetric()
///     )
///   )
/// )"
/// );
/// layer.forward(&Tensor::ones(&[1, 3])?)?.sum()?.backward()?;
/// assert!(layer.get_parameter("parametrizations.weight.original")?.grad().is_some());
/// # Ok(()) }
/// ```
pub trait Parametrization: Module {
    /// The parameter's value. There is one original, or as many as
    /// [`right_inverse`](Parametrization::right_inverse) returns.
    fn forward(&self, originals: &[Tensor]) -> Result<Tensor>;

    /// Originals for which [`forward`](Parametrization::forward) gives `value`, or something near. The
    /// value itself, unless another is written.
    fn right_inverse(&self, value: &Tensor) -> Result<Vec<Tensor>> {
        Ok(vec![value.clone()])
    }
}

/// Has a parameter of a module be computed from others: PyTorch's
/// `parametrize.register_parametrization`.
///
/// `name` is that of a parameter of the module itself, not of one below it. A second parametrization
/// is applied to the value of the first. The originals are new parameters, so an optimizer is made
/// afterwards. They take effect where the module is called through its [`Site`](crate::Site); its field
/// holds the value of the latest call.
///
/// Errors if there is no such parameter, if the value has another shape than the parameter, or if the
/// module has no [`Site`](crate::Site).
pub fn register_parametrization(
    module: &dyn Module,
    name: &str,
    parametrization: impl Parametrization,
) -> Result<()> {
    const OP: &str = "register_parametrization";
    let parameter = own_parameter(OP, module, name)?;
    let parametrizations = &module.site()?.parametrizations;
    parametrizations.register(name, parameter, Box::new(parametrization))
}

/// Makes a parameter one of its own again: PyTorch's `parametrize.remove_parametrizations`.
///
/// It keeps the computed value, or, without `leave_parametrized`, gets that of the original, of which
/// there must be one then.
pub fn remove_parametrizations(
    module: &dyn Module,
    name: &str,
    leave_parametrized: bool,
) -> Result<()> {
    const OP: &str = "remove_parametrizations";
    match module
        .site()?
        .parametrizations
        .remove(name, leave_parametrized)?
    {
        true => Ok(()),
        false => Err(no_such(
            OP,
            module,
            name,
            "; it has no parametrization".to_string(),
        )),
    }
}

/// Whether the parameter of a module, or any of its own where none is named, is computed from others.
pub fn is_parametrized(module: &dyn Module, name: Option<&str>) -> bool {
    let site = Fields::listed(module).site();
    site.is_some_and(|site| {
        let mut lists = site.parametrizations.active();
        lists.any(|list| name.is_none_or(|name| list.name() == name))
    })
}

fn no_such(
    op: &'static str,
    module: &dyn Module,
    name: &str,
    hint: String,
) -> rushlight_autograd::Error {
    Error::NoSuchName {
        op,
        model: module.type_name().to_string(),
        what: "parameter",
        name: name.to_string(),
        hint,
    }
    .into()
}

/// The value that a module's parameter has now, computed from its originals if it is parametrized.
fn value_of(op: &'static str, module: &dyn Module, name: &str) -> Result<Tensor> {
    let parameter = own_parameter(op, module, name)?;
    let site = Fields::listed(module).site();
    let list = site.and_then(|site| {
        let mut lists = site.parametrizations.active();
        lists.find(|list| list.name() == name)
    });
    match list {
        Some(list) => no_grad(|| list.value()),
        None => Ok(parameter.detach()),
    }
}

/// The parameter of a name that the module itself holds.
fn own_parameter<'a>(
    op: &'static str,
    module: &'a dyn Module,
    name: &str,
) -> Result<&'a Parameter> {
    let parameters = Fields::listed(module);
    let parameters = parameters.iter().filter_map(|entry| match entry.kind {
        Kind::Parameter(parameter) => Some((entry.name.to_string(), parameter)),
        _ => None,
    });
    let parameters: Vec<(String, &Parameter)> = parameters.collect();
    match parameters.iter().find(|(own, _)| own == name) {
        Some((_, parameter)) => Ok(parameter),
        None => {
            let names = parameters.into_iter().map(|(own, _)| own);
            Err(no_such(op, module, name, load::did_you_mean(name, names)))
        }
    }
}
