//! Numbers of channels that hardware likes.

use rushlight_autograd::Result;
use rushlight_nn::Error;

/// The multiple of `divisor` that is nearest to `channels`, the next higher one where that is less by
/// more than a tenth, and at least `divisor`.
pub(crate) fn make_divisible(channels: f64, divisor: usize) -> usize {
    let half = divisor as f64 / 2.0;
    let nearest = divisor.max((channels + half) as usize / divisor * divisor);
    match (nearest as f64) < 0.9 * channels {
        true => nearest + divisor,
        false => nearest,
    }
}

/// Errors unless a factor of all numbers of channels leaves them within reason.
pub(crate) fn check_width(model: &'static str, width_mult: f64) -> Result<()> {
    if width_mult > 0.0 && width_mult <= 1000.0 {
        return Ok(());
    }
    let expected = "greater than 0 and at most 1000";
    Err(Error::argument(model, "width_mult", width_mult, expected).into())
}
