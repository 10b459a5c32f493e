//! The short-time Fourier transform and its inverse. Complex numbers are pairs of real and imaginary
//! part in the last dimension. Windows are short, so a transform is a product with a matrix.

use super::pad::PadMode;
use crate::{DType, Device, Error, Result, Tensor, amp};
use rushlight_tensor::ops::rules;
use std::f64::consts::PI;

/// The least sum of squared windows that an inverse divides by.
const LEAST_OVERLAP: f64 = 1e-11;

/// Settings of [`Tensor::stft`] and [`Tensor::istft`].
#[derive(Clone, Copy, Debug)]
pub struct StftOptions<'a> {
    /// The size of the Fourier transform.
    pub n_fft: usize,
    /// How far windows are apart. Default: a quarter of `n_fft`.
    pub hop_length: Option<usize>,
    /// The size of the window, around which there are zeros. Default: `n_fft`.
    pub win_length: Option<usize>,
    /// What windows are multiplied by. Default: ones.
    pub window: Option<&'a Tensor>,
    /// Whether windows have their middle at a multiple of `hop_length`, so that the first and the last
    /// reach over the edges. Default: true.
    pub center: bool,
    /// What is beyond the edges. Default: the mirrored signal.
    pub pad_mode: PadMode,
    /// Whether the result is divided by the square root of `n_fft`. Default: false.
    pub normalized: bool,
    /// Whether to leave out the frequencies that repeat others, the signal being real. Default: true.
    pub onesided: bool,
}

impl StftOptions<'_> {
    /// Windows of the given size, at a quarter of it from each other.
    pub fn new(n_fft: usize) -> Self {
        StftOptions {
            n_fft,
            hop_length: None,
            win_length: None,
            window: None,
            center: true,
            pad_mode: PadMode::Reflect,
            normalized: false,
            onesided: true,
        }
    }

    fn hop_length(&self) -> usize {
        self.hop_length.unwrap_or(self.n_fft / 4)
    }

    fn bins(&self) -> usize {
        match self.onesided {
            true => self.n_fft / 2 + 1,
            false => self.n_fft,
        }
    }

    fn check(&self, op: &'static str) -> Result<()> {
        let win_length = self.win_length.unwrap_or(self.n_fft);
        if self.n_fft == 0 {
            return Err(Error::argument(op, "n_fft", 0, "positive"));
        }
        if self.hop_length() == 0 {
            return Err(Error::argument(op, "hop_length", 0, "positive"));
        }
        if win_length == 0 || win_length > self.n_fft {
            let expected = "positive and at most n_fft";
            return Err(Error::argument(op, "win_length", win_length, expected));
        }
        match self.window {
            Some(window) if window.shape() != [win_length] => {
                let expected = format!("a window of {win_length} elements");
                Err(rushlight_tensor::Error::shape(op, window.shape(), expected).into())
            }
            _ => Ok(()),
        }
    }

    /// The window with zeros around it: `[n_fft]`.
    fn whole_window(&self, like: &Tensor) -> Result<Tensor> {
        let window = match self.window {
            Some(window) => window.to_dtype(like.dtype())?,
            None => like.new_ones(&[self.win_length.unwrap_or(self.n_fft)])?,
        };
        let missing = (self.n_fft - window.numel()) as isize;
        let before = missing / 2;
        window.pad(&[before, missing - before], PadMode::default())
    }

    /// How much each frequency counts in an inverse, those for two of them twice: `[bins]`.
    fn weights(&self, like: &Tensor) -> Result<Tensor> {
        let n_fft = self.n_fft;
        let all = match self.normalized {
            true => (n_fft as f64).sqrt(),
            false => n_fft as f64,
        };
        let stands_for_two = |bin: usize| self.onesided && bin > 0 && 2 * bin != n_fft;
        let weight = |bin| {
            if stands_for_two(bin) {
                2.0 / all
            } else {
                1.0 / all
            }
        };
        let weights: Vec<f64> = (0..self.bins()).map(weight).collect();
        Tensor::from_slice(&weights, &[self.bins()])?.to((like.device(), like.dtype()))
    }

    /// Cosines and sines of each place at each frequency: `[n_fft, bins]`.
    fn waves(&self, dtype: DType, device: Device) -> Result<(Tensor, Tensor)> {
        let numbers = |count: usize| {
            let options = crate::TensorOptions::new().device(device);
            options.arange(0, count as i64, 1)
        };
        let places = numbers(self.n_fft)?.unsqueeze(1)?;
        let turns = (places * numbers(self.bins())?)?.remainder(self.n_fft as i64)?;
        let angles = (turns.to_dtype(DType::F64)? * (2.0 * PI / self.n_fft as f64))?;
        let cosines = angles.cos()?.to_dtype(dtype)?;
        Ok((cosines, angles.sin()?.to_dtype(dtype)?))
    }
}

impl Tensor {
    /// The Fourier transforms of windows that slide over a signal.
    ///
    /// Shapes: `[length] -> [bins, windows, 2]`, with or without a batch before.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, StftOptions, Tensor};
    /// # fn main() -> Result<()> {
    /// let y = Tensor::ones(&[32])?.stft(StftOptions::new(8))?;
    /// assert_eq!(y.shape(), [5, 17, 2]);
    /// assert_eq!(y.select(0, 0)?.select(0, 3)?.to_vec::<f32>()?, [8.0, 0.0]);
    /// # Ok(()) }
    /// ```
    pub fn stft(&self, options: StftOptions<'_>) -> Result<Tensor> {
        amp::run("stft", [self], |[x]| x.stft_as_is(options))
    }

    fn stft_as_is(&self, options: StftOptions<'_>) -> Result<Tensor> {
        const OP: &str = "stft";
        let fits = self.is_floating_point();
        rules::dtype(OP, self.dtype(), fits, "a floating-point dtype")?;
        options.check(OP)?;
        let mut x = match self.dim() {
            1 => self.unsqueeze(0)?,
            2 => self.clone(),
            _ => {
                let expected = "a signal, with or without a batch";
                return Err(rushlight_tensor::Error::shape(OP, self.shape(), expected).into());
            }
        };
        if options.center {
            let half = (options.n_fft / 2) as isize;
            x = x.pad(&[half, half], options.pad_mode)?;
        }
        if x.size(1)? < options.n_fft {
            let expected = format!("at least n_fft = {} elements", options.n_fft);
            return Err(rushlight_tensor::Error::shape(OP, self.shape(), expected).into());
        }
        let windows = x.unfold(1, options.n_fft, options.hop_length())?; // [batch, windows, n_fft]
        let windows = (windows * options.whole_window(self)?)?;
        let (cosines, sines) = options.waves(self.dtype(), self.device())?;
        let parts = [windows.matmul(&cosines)?, windows.matmul(&sines)?.neg()?];
        let mut y = Tensor::stack(&parts, -1)?.transpose(1, 2)?;
        if options.normalized {
            y = (y / (options.n_fft as f64).sqrt())?;
        }
        match self.dim() {
            1 => y.squeeze_dims(&[0]),
            _ => Ok(y),
        }
    }

    /// The signal that [`stft`](Tensor::stft) with the same options transforms to this, cut off or
    /// filled up with zeros to a `length`, if given. Where windows overlap, their weighted mean counts.
    ///
    /// Shapes: `[bins, windows, 2] -> [length]`, with or without a batch before.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, StftOptions, Tensor};
    /// # fn main() -> Result<()> {
    /// let x = Tensor::arange(0, 32, 1)?.float()?;
    /// let y = x.stft(StftOptions::new(8))?.istft(StftOptions::new(8), None)?;
    /// assert!((x - y)?.abs()?.max()?.item()? < 1e-4);
    /// # Ok(()) }
    /// ```
    pub fn istft(&self, options: StftOptions<'_>, length: Option<usize>) -> Result<Tensor> {
        const OP: &str = "istft";
        let fits = self.is_floating_point();
        rules::dtype(OP, self.dtype(), fits, "a floating-point dtype")?;
        options.check(OP)?;
        let (n_fft, hop, bins) = (options.n_fft, options.hop_length(), options.bins());
        let spectrum = match self.dim() {
            3 => self.unsqueeze(0)?,
            _ => self.clone(),
        };
        let shape = spectrum.shape();
        let windows = match shape[..] {
            [_, own, windows, 2] if own == bins && windows > 0 => windows,
            _ => {
                let expected = format!("{bins} bins, at least one window, two parts");
                return Err(rushlight_tensor::Error::shape(OP, self.shape(), expected).into());
            }
        };
        let too_long = || Error::argument(OP, "hop_length", hop, "a signal that fits in memory");
        let reach = (windows - 1).checked_mul(hop).ok_or_else(too_long)?;
        let total = reach.checked_add(n_fft).ok_or_else(too_long)?;

        let spectrum = spectrum.transpose(1, 2)?; // [batch, windows, bins, 2]
        let weights = options.weights(self)?;
        let part = |index: i64| spectrum.select(-1, index)? * &weights;
        let (cosines, sines) = options.waves(self.dtype(), self.device())?;
        let real = part(0)?.matmul(&cosines.transpose(0, 1)?)?;
        let imaginary = part(1)?.matmul(&sines.transpose(0, 1)?)?;
        let window = options.whole_window(self)?;
        let signals = ((real - imaginary)? * &window)?; // [batch, windows, n_fft]
        let overlap = |x: &Tensor, batch| x.folded(&[batch, total].into(), 1, hop);
        let sum = overlap(&signals, shape[0])?;
        let squares = window.square()?.broadcast_to(&[1, windows, n_fft])?;
        let weight = overlap(&squares, 1)?;

        let start = if options.center { n_fft / 2 } else { 0 };
        let end = match length {
            Some(length) => start.saturating_add(length).min(total),
            None => total - start,
        };
        let count = end.saturating_sub(start);
        let within = |x: Tensor| x.narrow(1, start.min(total) as i64, count);
        let (sum, weight) = (within(sum)?, within(weight)?);
        if weight.le(LEAST_OVERLAP)?.any()?.item()? != 0.0 {
            let expected = "windows that overlap everywhere";
            return Err(Error::argument(OP, "window", "gaps", expected));
        }
        let mut y = (sum / weight)?;
        if let Some(missing) = length.and_then(|length| length.checked_sub(count)) {
            let missing = isize::try_from(missing).unwrap_or(isize::MAX);
            y = y.pad(&[0, missing], PadMode::default())?;
        }
        match self.dim() {
            3 => y.squeeze_dims(&[0]),
            _ => Ok(y),
        }
    }
}
