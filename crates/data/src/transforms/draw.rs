//! Random numbers as torchvision draws them, from the generator of the scope or the process.

use rushlight_tensor::random::{self, Generator};

use crate::Result;

/// `torch.empty(1).uniform_(low, high).item()`; from 0 to 1 it is `torch.rand(1).item()`.
pub(super) fn uniform(low: f64, high: f64) -> Result<f64> {
    let mut drawn = [0.0_f32];
    Generator::current(|generator| random::uniform(generator, &mut drawn, low, high))?;
    Ok(drawn[0].into())
}

/// `torch.randint(0, end, size=(1,)).item()`.
pub(super) fn below(end: usize) -> Result<usize> {
    let mut drawn = [0_i64];
    let end = i64::try_from(end).unwrap_or(i64::MAX);
    Generator::current(|generator| random::randint(generator, &mut drawn, 0, end))?;
    Ok(drawn[0] as usize)
}
