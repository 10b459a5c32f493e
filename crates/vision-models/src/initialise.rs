//! Initial values that several families share.
//!
//! Layers are visited in the order of [`Module::modules`], so that each draws the numbers that it draws
//! in torchvision.

use rushlight_autograd::Result;
use rushlight_nn::init::{FanMode, Nonlinearity, kaiming_normal_, normal_, trunc_normal_, zeros_};
use rushlight_nn::{Conv2d, Linear, Module, Parameter};

/// Calls functions with all convolutions and linear layers below a model.
pub(crate) fn layers(
    model: &impl Module,
    conv: impl Fn(&Conv2d) -> Result<()>,
    linear: impl Fn(&Linear) -> Result<()>,
) -> Result<()> {
    for module in model.modules() {
        if let Some(layer) = module.downcast_ref() {
            conv(layer)?;
        } else if let Some(layer) = module.downcast_ref() {
            linear(layer)?;
        }
    }
    Ok(())
}

/// Calls a function with all convolutions below a model.
pub(crate) fn conv(model: &impl Module, conv: impl Fn(&Conv2d) -> Result<()>) -> Result<()> {
    layers(model, conv, |_| Ok(()))
}

/// Calls a function with all linear layers below a model.
pub(crate) fn linear(model: &impl Module, linear: impl Fn(&Linear) -> Result<()>) -> Result<()> {
    layers(model, |_| Ok(()), linear)
}

/// He's normal values for a convolution, scaled to its outputs, and no bias.
pub(crate) fn he_conv(conv: &Conv2d) -> Result<()> {
    kaiming_normal_(&conv.weight, 0.0, FanMode::FanOut, Nonlinearity::Relu)?;
    zero(conv.bias.as_ref())
}

/// Small normal values for a linear layer, and no bias.
pub(crate) fn small_linear(linear: &Linear) -> Result<()> {
    normal_(&linear.weight, 0.0, 0.01)?;
    zero(linear.bias.as_ref())
}

/// Normal values without the rare large ones for a linear layer, and no bias.
pub(crate) fn truncated_linear(linear: &Linear) -> Result<()> {
    truncated(&linear.weight, 0.02)?;
    zero(linear.bias.as_ref())
}

/// Normal values from -2 to 2.
pub(crate) fn truncated(weight: &Parameter, std: f64) -> Result<()> {
    trunc_normal_(weight, 0.0, std, -2.0, 2.0)
}

/// Sets a bias to zero, if there is one.
pub(crate) fn zero(bias: Option<&Parameter>) -> Result<()> {
    bias.map_or(Ok(()), |bias| zeros_(bias))
}
