//! Initial values that several families share.

use rushlight_autograd::Result;
use rushlight_nn::init::{FanMode, Nonlinearity, kaiming_normal_, zeros_};
use rushlight_nn::{Conv2d, Module};

/// He's normal values for all convolutions below a model, scaled to their outputs, and no bias.
pub(crate) fn convolutions(model: &impl Module) -> Result<()> {
    for module in model.modules() {
        if let Some(conv) = module.downcast_ref::<Conv2d>() {
            kaiming_normal_(&conv.weight, 0.0, FanMode::FanOut, Nonlinearity::Relu)?;
            if let Some(bias) = &conv.bias {
                zeros_(bias)?;
            }
        }
    }
    Ok(())
}
