//! Fourier transforms.

use rushlight_autograd::fft::{self, Normalization};

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

fn norm(c: &Call, position: usize) -> Given<Normalization> {
    Ok(match c.text_or("norm", position, "backward")?.as_str() {
        "backward" => Normalization::Backward,
        "ortho" => Normalization::Ortho,
        "forward" => Normalization::Forward,
        other => return c.unsupported(other),
    })
}

/// The input as complex numbers.
fn complex(c: &Call) -> Given<Tensor> {
    Ok(fft::complex(&c.input()?)?)
}

type OverOne =
    fn(&Tensor, Option<usize>, isize, Normalization) -> rushlight_autograd::Result<Tensor>;
type OverMany =
    fn(&Tensor, Option<&[usize]>, &[isize], Normalization) -> rushlight_autograd::Result<Tensor>;

fn over_one(c: &Call, x: Given<Tensor>, transform: OverOne) -> Given<Tensor> {
    let (n, dim) = (c.opt_int("n", 1)?, c.int_or("dim", 2, -1)?);
    Ok(transform(&x?, n, dim, norm(c, 3)?)?)
}

fn over_many(c: &Call, x: Given<Tensor>, usual: &[isize], transform: OverMany) -> Given<Tensor> {
    let s: Option<Vec<usize>> = c.opt_ints("s", 1)?;
    let dims = c.opt_ints("dim", 2)?.unwrap_or(usual.to_vec());
    Ok(transform(&x?, s.as_deref(), &dims, norm(c, 3)?)?)
}

fn shift_dims(c: &Call) -> Given<Vec<isize>> {
    Ok(c.opt_ints("dim", 1)?.unwrap_or_default())
}

/// The dimensions of a transform of images.
const LAST_TWO: &[isize] = &[-2, -1];

ops! {
    "stft" => |c| stft(c);
    "fft.fft" => |c| over_one(c, complex(c), fft::fft);
    "fft.ifft" => |c| over_one(c, complex(c), fft::ifft);
    "fft.rfft" => |c| over_one(c, c.input(), fft::rfft);
    "fft.irfft" => |c| over_one(c, complex(c), fft::irfft);
    "fft.hfft" => |c| over_one(c, complex(c), fft::hfft);
    "fft.ihfft" => |c| over_one(c, c.input(), fft::ihfft);
    "fft.fft2" => |c| over_many(c, complex(c), LAST_TWO, fft::fftn);
    "fft.ifft2" => |c| over_many(c, complex(c), LAST_TWO, fft::ifftn);
    "fft.rfft2" => |c| over_many(c, c.input(), LAST_TWO, fft::rfftn);
    "fft.irfft2" => |c| over_many(c, complex(c), LAST_TWO, fft::irfftn);
    "fft.hfft2" => |c| over_many(c, complex(c), LAST_TWO, fft::hfftn);
    "fft.ihfft2" => |c| over_many(c, c.input(), LAST_TWO, fft::ihfftn);
    "fft.fftn" => |c| over_many(c, complex(c), &[], fft::fftn);
    "fft.ifftn" => |c| over_many(c, complex(c), &[], fft::ifftn);
    "fft.rfftn" => |c| over_many(c, c.input(), &[], fft::rfftn);
    "fft.irfftn" => |c| over_many(c, complex(c), &[], fft::irfftn);
    "fft.hfftn" => |c| over_many(c, complex(c), &[], fft::hfftn);
    "fft.ihfftn" => |c| over_many(c, c.input(), &[], fft::ihfftn);
    "fft.fftshift" => |c| fft::fftshift(&c.input()?, &shift_dims(c)?);
    "fft.ifftshift" => |c| fft::ifftshift(&c.input()?, &shift_dims(c)?);
}
