//! Pooling over windows at random distances.

use crate::{Error, Result};
use rushlight_autograd::{DType, Tensor, amp};

/// The spatial sizes of the result of [`fractional_max_pool`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FractionalOutput<const N: usize> {
    /// These.
    Size([usize; N]),
    /// Those of the input times these, which lie between 0 and 1.
    Ratio([f64; N]),
}

/// Settings of [`fractional_max_pool`].
#[derive(Debug, Clone, Copy)]
pub struct FractionalMaxPoolOptions<'a, const N: usize> {
    /// Sizes of the window.
    pub kernel_size: [usize; N],
    /// Sizes of the result.
    pub output: FractionalOutput<N>,
    /// Where windows lie: a number from 0 to 1 for each plane and dimension, `[n, c, N]` of the input's
    /// type; those of further examples are not looked at. Default: drawn.
    pub random_samples: Option<&'a Tensor>,
}

/// The maximum of each window over the last `N` dimensions, two or three, where windows lie at random
/// distances so that the result has any size; and the flat positions of the maxima. From "Fractional
/// Max-Pooling" (Graham 2014).
///
/// Shapes: `[n, c, size, ...]` or `[c, size, ...]`.
pub fn fractional_max_pool<const N: usize>(
    x: &Tensor,
    options: &FractionalMaxPoolOptions<'_, N>,
) -> Result<(Tensor, Tensor)> {
    const OP: &str = "fractional_max_pool";
    let [x] = &amp::operands(OP, [x])?;
    let shape = x.shape();
    let (leading, inputs) = match shape.split_last_chunk::<N>() {
        Some((leading, inputs)) if [1, 2].contains(&leading.len()) && [2, 3].contains(&N) => {
            (leading, *inputs)
        }
        _ => {
            let expected = format!("channels and {N} spatial dimensions, with or without a batch");
            return Err(Error::shape(OP, shape, expected).into());
        }
    };
    if shape.iter().skip(leading.len() - 1).any(|&size| size == 0) {
        return Err(Error::shape(OP, shape, "sizes that are not zero but for the batch").into());
    }
    let (batch, channels) = match *leading {
        [batch, channels] => (batch, channels),
        _ => (1, leading[0]),
    };
    let outputs = output_sizes(inputs, options)?;
    let samples = match options.random_samples {
        Some(samples) => given_samples(samples, x, [batch, channels, N])?,
        None => x.options().rand(&[batch, channels, N])?,
    };
    let single = x.dtype() != DType::F64;
    let samples = samples
        .to_dtype(x.dtype())?
        .to_dtype(DType::F64)?
        .to_vec::<f64>()?;
    let windows = Windows {
        inputs,
        outputs,
        kernel: options.kernel_size,
        single,
    };
    let elements: usize = options.kernel_size.iter().product();
    let places: usize = outputs.iter().product();
    let mut positions = Vec::new();
    let count = places
        .checked_mul(elements)
        .and_then(|count| count.checked_mul(batch * channels));
    let fits = count.is_some_and(|count| positions.try_reserve_exact(count).is_ok());
    if !fits {
        let got = format!("{places} windows of {elements} elements");
        let expected = "few enough to list in memory";
        return Err(Error::argument(OP, "output_size", got, expected).into());
    }
    for samples in samples.chunks_exact(N) {
        windows.add_positions(samples, &mut positions);
    }
    // [planes, places of the result, elements of a window]
    let sizes = [batch * channels, places, elements];
    let positions = Tensor::from_vec(positions, &sizes)?.to_device(x.device())?;
    let values = x
        .reshape(&[sizes[0] as isize, inputs.iter().product::<usize>() as isize])?
        .gather(1, &positions.flatten(1, 2)?)?
        .unflatten(1, &[places as isize, elements as isize])?;
    let mut result: Vec<isize> = leading.iter().map(|&size| size as isize).collect();
    result.extend(outputs.map(|size| size as isize));
    if batch == 0 {
        let indices = positions.sum_dim(&[2], false)?.reshape(&result)?;
        return Ok((values.sum_dim(&[2], false)?.reshape(&result)?, indices));
    }
    let (maxima, chosen) = values.max_dim(2, true)?;
    let indices = positions.gather(2, &chosen)?;
    Ok((maxima.reshape(&result)?, indices.reshape(&result)?))
}

/// The samples of as many examples as the input has.
fn given_samples(samples: &Tensor, x: &Tensor, needed: [usize; 3]) -> Result<Tensor> {
    const OP: &str = "fractional_max_pool";
    let [samples] = amp::operands(OP, [samples])?;
    if samples.dtype() != x.dtype() {
        let expected = "the dtype of the input";
        return Err(Error::argument(OP, "random_samples", samples.dtype(), expected).into());
    }
    match samples.shape()[..] {
        [examples, channels, dims] if examples >= needed[0] && [channels, dims] == needed[1..] => {
            samples.narrow(0, 0_i64, needed[0])
        }
        _ => {
            let expected = format!("{needed:?}, or more in the first dimension");
            Err(Error::shape(OP, samples.shape(), expected).into())
        }
    }
}

fn output_sizes<const N: usize>(
    inputs: [usize; N],
    options: &FractionalMaxPoolOptions<'_, N>,
) -> Result<[usize; N]> {
    const OP: &str = "fractional_max_pool";
    let outputs = match options.output {
        FractionalOutput::Size(sizes) => sizes,
        FractionalOutput::Ratio(ratios) => {
            if let Some(ratio) = ratios.iter().find(|&&ratio| !(ratio > 0.0 && ratio < 1.0)) {
                let expected = "between 0 and 1";
                return Err(Error::argument(OP, "output_ratio", ratio, expected).into());
            }
            std::array::from_fn(|dim| (inputs[dim] as f64 * ratios[dim]) as usize)
        }
    };
    for dim in 0..N {
        let (input, output, kernel) = (inputs[dim], outputs[dim], options.kernel_size[dim]);
        let fits = kernel > 0 && output > 0;
        if !fits
            || output
                .checked_add(kernel - 1)
                .is_none_or(|needed| needed > input)
        {
            let got = format!("{output} windows of {kernel} for {input}");
            let expected = "windows that are not empty and fit into the input side by side";
            return Err(Error::argument(OP, "output_size", got, expected).into());
        }
    }
    Ok(outputs)
}

/// The windows of a plane.
struct Windows<const N: usize> {
    inputs: [usize; N],
    outputs: [usize; N],
    kernel: [usize; N],
    /// Whether numbers are rounded to single precision.
    single: bool,
}

impl<const N: usize> Windows<N> {
    /// Where the windows along a dimension start.
    fn starts(&self, dim: usize, sample: f64) -> Vec<usize> {
        let rounded = |x: f64| if self.single { f64::from(x as f32) } else { x };
        let (room, count) = (self.inputs[dim] - self.kernel[dim], self.outputs[dim]);
        let step = rounded(room as f64 / (count as f64 - 1.0).max(1.0));
        let at = |number: f64| rounded(rounded(number + sample) * step) as i64;
        let before = at(0.0);
        let start = |number: usize| match number + 1 == count {
            true => room,
            false => (at(number as f64).saturating_sub(before)).clamp(0, room as i64) as usize,
        };
        (0..count).map(start).collect()
    }

    /// Adds the flat positions of the elements of all windows. The samples of images come for the last
    /// dimension first, those of volumes in order.
    fn add_positions(&self, samples: &[f64], positions: &mut Vec<i64>) {
        let sample = |dim: usize| {
            if N == 2 {
                samples[N - 1 - dim]
            } else {
                samples[dim]
            }
        };
        let starts: [Vec<usize>; N] = std::array::from_fn(|dim| self.starts(dim, sample(dim)));
        let places: usize = self.outputs.iter().product();
        let elements: usize = self.kernel.iter().product();
        for place in 0..places {
            for element in 0..elements {
                let (mut place, mut element) = (place, element);
                let (mut position, mut stride) = (0, 1);
                for dim in (0..N).rev() {
                    let start = starts[dim][place % self.outputs[dim]];
                    position += (start + element % self.kernel[dim]) * stride;
                    stride *= self.inputs[dim];
                    place /= self.outputs[dim];
                    element /= self.kernel[dim];
                }
                positions.push(position as i64);
            }
        }
    }
}
