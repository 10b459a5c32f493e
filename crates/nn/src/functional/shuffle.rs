//! Exchanging channels with places, and with each other.

use crate::{Error, Result};
use rushlight_autograd::Tensor;

/// Makes blocks of `r x r` places of groups of `r^2` channels.
///
/// Shapes: `[..., c r^2, h, w] -> [..., c, h r, w r]`.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::functional as F;
/// # fn main() -> Result<()> {
/// let x = tensor([[[1]], [[2]], [[3]], [[4]]])?;
/// let y = F::pixel_shuffle(&x, 2)?;
/// assert_eq!(y.shape(), [1, 2, 2]);
/// assert_eq!(y.to_vec::<i64>()?, [1, 2, 3, 4]);
/// # Ok(()) }
/// ```
pub fn pixel_shuffle(x: &Tensor, upscale_factor: usize) -> Result<Tensor> {
    const OP: &str = "pixel_shuffle";
    let (r, shape) = (upscale_factor, x.shape());
    let Some((batch, &[channels, height, width])) = shape.split_last_chunk() else {
        return Err(Error::shape(OP, shape, "three dimensions or more").into());
    };
    let area = r.checked_mul(r).filter(|&area| area > 0);
    let Some(area) = area.filter(|&area| channels.is_multiple_of(area)) else {
        let got = format!("{r} for {channels} channels");
        let expected = "a number whose square divides the channels";
        return Err(Error::argument(OP, "upscale_factor", got, expected).into());
    };
    // [..., c, r, r, h, w] -> [..., c, h, r, w, r]
    let split = sizes(batch, &[channels / area, r, r, height, width]);
    let order = order(batch.len(), &[0, 3, 1, 4, 2]);
    let joined = sizes(batch, &[channels / area, height * r, width * r]);
    x.reshape(&split)?.permute(&order)?.reshape(&joined)
}

/// Makes groups of `r^2` channels of blocks of `r x r` places: undoes [`pixel_shuffle`].
///
/// Shapes: `[..., c, h r, w r] -> [..., c r^2, h, w]`.
pub fn pixel_unshuffle(x: &Tensor, downscale_factor: usize) -> Result<Tensor> {
    const OP: &str = "pixel_unshuffle";
    let (r, shape) = (downscale_factor, x.shape());
    let Some((batch, &[channels, height, width])) = shape.split_last_chunk() else {
        return Err(Error::shape(OP, shape, "three dimensions or more").into());
    };
    if r == 0 || !height.is_multiple_of(r) || !width.is_multiple_of(r) {
        let got = format!("{r} for {height} x {width}");
        let expected = "a divisor of height and width";
        return Err(Error::argument(OP, "downscale_factor", got, expected).into());
    }
    // [..., c, h, r, w, r] -> [..., c, r, r, h, w]
    let split = sizes(batch, &[channels, height / r, r, width / r, r]);
    let order = order(batch.len(), &[0, 2, 4, 1, 3]);
    let joined = sizes(
        batch,
        &[channels.saturating_mul(r * r), height / r, width / r],
    );
    x.reshape(&split)?.permute(&order)?.reshape(&joined)
}

/// Deals the channels of each of `groups` out to all groups in turn.
///
/// Shapes: `[n, channels, ...]`; the result has the same.
pub fn channel_shuffle(x: &Tensor, groups: usize) -> Result<Tensor> {
    const OP: &str = "channel_shuffle";
    let shape = x.shape();
    let (&[n, channels], places) = match shape.split_first_chunk() {
        Some((leading, places)) if !places.is_empty() => (leading, places),
        _ => return Err(Error::shape(OP, shape, "three dimensions or more").into()),
    };
    if groups == 0 || !channels.is_multiple_of(groups) {
        let got = format!("{groups} for {channels} channels");
        let expected = "a divisor of the number of channels";
        return Err(Error::argument(OP, "groups", got, expected).into());
    }
    let mut split = vec![n, groups, channels / groups];
    split.extend(places);
    x.reshape(&sizes(&split, &[]))?
        .transpose(1, 2)?
        .reshape(&sizes(&shape, &[]))
}

fn sizes(leading: &[usize], rest: &[usize]) -> Vec<isize> {
    let all = leading.iter().chain(rest);
    all.map(|&size| size as isize).collect()
}

/// A permutation of the dimensions behind `leading` ones.
fn order(leading: usize, rest: &[usize]) -> Vec<isize> {
    let rest = rest.iter().map(|dim| leading + dim);
    (0..leading).chain(rest).map(|dim| dim as isize).collect()
}
