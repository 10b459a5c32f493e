//! Parameters as one vector.

use crate::{Error, Result};
use rushlight_autograd::Tensor;

/// All elements of some parameters in a row, `[total]`: PyTorch's `nn.utils.parameters_to_vector`.
///
/// ```
/// # use rushlight_autograd::Result;
/// # use rushlight_nn::{Linear, Module, parameters_to_vector, vector_to_parameters};
/// # fn main() -> Result<()> {
/// let model = Linear::new(3, 2)?;
/// let vector = parameters_to_vector(model.parameters())?;
/// assert_eq!(vector.shape(), [8]);
/// vector_to_parameters(&vector.detach().mul(0.0)?, model.parameters())?;
/// assert_eq!(model.bias.as_ref().unwrap().to_vec::<f32>()?, [0.0, 0.0]);
/// # Ok(()) }
/// ```
pub fn parameters_to_vector<P: Into<Tensor>>(
    parameters: impl IntoIterator<Item = P>,
) -> Result<Tensor> {
    let flat = parameters
        .into_iter()
        .map(|parameter| parameter.into().reshape(&[-1]));
    Tensor::cat(&flat.collect::<Result<Vec<_>>>()?, 0)
}

/// Gives parameters the values that stand in a vector, in their order: PyTorch's
/// `nn.utils.vector_to_parameters`.
///
/// Errors, with all parameters as they were, unless there are as many elements as theirs.
pub fn vector_to_parameters<P: Into<Tensor>>(
    vector: &Tensor,
    parameters: impl IntoIterator<Item = P>,
) -> Result<()> {
    let parameters: Vec<Tensor> = parameters.into_iter().map(Into::into).collect();
    let total: usize = parameters.iter().map(Tensor::numel).sum();
    if vector.shape() != [total] {
        let expected = format!("[{total}], an element for each of the parameters");
        return Err(Error::shape("vector_to_parameters", vector.shape(), expected).into());
    }
    let mut start = 0;
    let vector = vector.detach();
    let values = parameters.iter().map(|parameter| {
        let part = vector.narrow(0, start as i64, parameter.numel())?;
        start += parameter.numel();
        let value = part.reshape_as(parameter)?.to_dtype(parameter.dtype())?;
        value.to_device(parameter.device())
    });
    let values = values.collect::<Result<Vec<_>>>()?;
    for (parameter, value) in parameters.iter().zip(&values) {
        parameter.set_data(value)?;
    }
    Ok(())
}
