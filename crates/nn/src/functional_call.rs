//! Calling a module with other parameters than its own.

use crate::field::Kind;
use crate::{Error, Forward, Module, Result, load, tree};
use rushlight_autograd::{SubstituteGuard, Tensor, substitute_guard};

/// Calls a module with other tensors in the place of its parameters and buffers, by name: PyTorch's
/// `torch.func.functional_call`. What is not named is the module's own.
///
/// Gradients go to the given tensors, which may be results of other operations. They stay as they are:
/// what the call writes to a given buffer, such as a running mean, is forgotten.
///
/// Errors if the module has no parameter or buffer of a name.
///
/// ```
/// # use rushlight_autograd::{Result, func, tensor};
/// # use rushlight_nn::{Linear, functional_call};
/// # fn main() -> Result<()> {
/// let model = Linear::new(2, 1)?;
/// let x = tensor([[1.0, 2.0], [3.0, 4.0]])?;
/// let (weight, bias) = (tensor([[10.0, 1.0]])?, tensor([0.5])?);
/// let y = functional_call(&model, [("weight", &weight), ("bias", &bias)], &x)?;
/// assert_eq!(y.to_vec::<f32>()?, [12.5, 34.5]);
///
/// // The gradient of each example by itself.
/// let per_sample = func::per_sample_grad(
///     |t| functional_call(&model, [("weight", &t[0])], &t[1])?.sum(),
///     &[weight, x],
///     &[None, Some(0)],
/// )?;
/// assert_eq!(per_sample[0].shape(), [2, 1, 2]);
/// # Ok(()) }
/// ```
pub fn functional_call<'a, N: AsRef<str>>(
    module: &dyn Forward,
    tensors: impl IntoIterator<Item = (N, &'a Tensor)>,
    x: &Tensor,
) -> Result<Tensor> {
    let _guard = with_tensors(module.as_module(), tensors)?;
    module.forward(x)
}

/// Lets other tensors stand for parameters and buffers of a module, on this thread, until the guard is
/// dropped: [`functional_call`] for modules with other inputs.
pub fn with_tensors<'a, N: AsRef<str>>(
    module: &dyn Module,
    tensors: impl IntoIterator<Item = (N, &'a Tensor)>,
) -> Result<SubstituteGuard> {
    let mut own: Vec<(String, Tensor)> = Vec::new();
    tree::walk(module, &mut |stop| {
        for (name, entry) in stop.tensors() {
            match entry.kind {
                Kind::Parameter(parameter) => own.push((name, parameter.into())),
                Kind::Buffer(buffer) => own.push((name, buffer.into())),
                _ => {}
            }
        }
    });
    let pairs = tensors.into_iter().map(|(name, tensor)| {
        let name = name.as_ref();
        let named = own.iter().find(|(own, _)| own == name);
        let Some((_, leaf)) = named else {
            let names = own.iter().map(|(own, _)| own.clone());
            return Err(Error::NoSuchName {
                op: "functional_call",
                model: module.type_name().to_string(),
                what: "parameter or buffer",
                name: name.to_string(),
                hint: load::did_you_mean(name, names),
            }
            .into());
        };
        Ok((leaf.clone(), tensor.clone()))
    });
    let pairs = pairs.collect::<Result<Vec<_>>>()?;
    Ok(substitute_guard(pairs))
}
