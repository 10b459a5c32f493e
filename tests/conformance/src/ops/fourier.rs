//! Fourier transforms.

use super::ops;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::{PadMode, StftOptions, Tensor};

/// A transform whose complex numbers are pairs.
fn stft(c: &Call) -> Given<Tensor> {
    c.only("return_complex", KEYWORD, &Argument::Bool(false))?;
    let window = c.opt_tensor("window", 4)?;
    let options = StftOptions {
        hop_length: c.opt_int("hop_length", 2)?,
        win_length: c.opt_int("win_length", 3)?,
        window: window.as_ref(),
        center: c.bool_or("center", 5, true)?,
        pad_mode: match c.text_or("pad_mode", 6, "reflect")?.as_str() {
            "constant" => PadMode::default(),
            "reflect" => PadMode::Reflect,
            "replicate" => PadMode::Replicate,
            "circular" => PadMode::Circular,
            other => return c.unsupported(other),
        },
        normalized: c.bool_or("normalized", 7, false)?,
        onesided: c.bool_or("onesided", 8, true)?,
        ..StftOptions::new(c.int("n_fft", 1)?)
    };
    Ok(c.input()?.stft(options)?)
}

ops! {
    "stft" => |c| stft(c);
}
