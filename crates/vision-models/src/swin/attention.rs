//! Attention among the patches of a window.

use super::block::Settings;
use super::{PositionBias, Version};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Error, Forward, Linear, Module, Site, functional};

/// Attention of several heads in windows of patches, which may be shifted by half their size.
///
/// Shapes: `[n, height, width, channels]`; the result has the same.
#[derive(Module, Debug)]
#[module(name = self.name())]
pub struct ShiftedWindowAttention {
    /// Makes queries, keys and values.
    pub qkv: Linear,
    /// The last linear layer.
    pub proj: Linear,
    /// What is added for relative positions.
    #[module(flatten)]
    pub position: PositionBias,
    /// Height and width of a window.
    pub window_size: usize,
    /// By how much windows are shifted down and right.
    pub shift_size: usize,
    /// The number of heads.
    pub num_heads: usize,
    /// The probability with which attention is dropped while training.
    pub attention_dropout: f64,
    /// The probability with which elements of the result are dropped while training.
    pub dropout: f64,
    /// The layer's place in a model.
    pub site: Site,
}

impl ShiftedWindowAttention {
    pub(super) fn new(settings: Settings) -> Result<ShiftedWindowAttention> {
        let Settings {
            version,
            channels,
            heads,
            ..
        } = settings;
        let window_size = match version {
            Version::V1 => 7,
            Version::V2 => 8,
        };
        Ok(ShiftedWindowAttention {
            qkv: Linear::new(channels, 3 * channels)?,
            proj: Linear::new(channels, channels)?,
            position: PositionBias::new(version, window_size, heads)?,
            window_size,
            shift_size: if settings.is_shifted {
                window_size / 2
            } else {
                0
            },
            num_heads: heads,
            attention_dropout: settings.attention_dropout,
            dropout: settings.dropout,
            site: Site::default(),
        })
    }

    fn name(&self) -> &'static str {
        match self.position {
            PositionBias::Table(_) => "ShiftedWindowAttention",
            PositionBias::Network(_) => "ShiftedWindowAttentionV2",
        }
    }

    fn attend(&self, x: &Tensor) -> Result<Tensor> {
        let [n, height, width, channels] = x.shape()[..] else {
            let expected = "[n, height, width, channels]";
            return Err(Error::shape(self.name(), x.shape(), expected).into());
        };
        let grid = Grid::new(self, [height, width]);
        let windows = grid.split(x, n, channels)?; // [n windows, patches, channels]
        let (q, k, v) = self.heads(&windows)?; // [n windows, heads, patches, head]
        let attention = self.similarities(&q, &k)?;
        let attention = (attention + self.position.biases(self.window_size)?)?;
        let attention = grid.mask(&attention, self.num_heads)?.softmax(-1)?;
        let training = self.site.is_training();
        let attention = functional::dropout(&attention, self.attention_dropout, training)?;
        let y = attention
            .matmul(&v)?
            .transpose(1, 2)?
            .reshape_as(&windows)?;
        let y = functional::dropout(&self.proj.forward(&y)?, self.dropout, training)?;
        grid.join(&y, n, channels)
    }

    /// Queries, keys and values.
    fn heads(&self, windows: &Tensor) -> Result<(Tensor, Tensor, Tensor)> {
        let bias = match (&self.position, &self.qkv.bias) {
            (PositionBias::Network(_), Some(bias)) => Some(without_key_bias(bias)?),
            (_, bias) => bias.as_deref().cloned(),
        };
        let qkv = functional::linear(windows, &self.qkv.weight, bias.as_ref())?;
        let qkv = qkv
            .unflatten(-1, &[3, self.num_heads as isize, -1])?
            .permute(&[2, 0, 3, 1, 4])?;
        Ok((qkv.select(0, 0)?, qkv.select(0, 1)?, qkv.select(0, 2)?))
    }

    /// How much each query and key are alike: scaled products, or scaled cosines.
    fn similarities(&self, q: &Tensor, k: &Tensor) -> Result<Tensor> {
        match &self.position {
            PositionBias::Table(_) => {
                let scale = (q.size(-1)? as f64).powf(-0.5);
                q.mul(scale)?.matmul(&k.transpose(-2, -1)?)
            }
            PositionBias::Network(network) => {
                let unit = |x: &Tensor| x.normalize(2.0, -1, 1e-12);
                let cosines = unit(q)?.matmul(&unit(k)?.transpose(-2, -1)?)?;
                let scale = network.logit_scale.clamp_max(100.0_f64.ln())?.exp()?;
                cosines * scale
            }
        }
    }
}

impl Forward for ShiftedWindowAttention {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| self.attend(x))
    }
}

/// The bias of queries, keys and values, with zeros for the keys.
fn without_key_bias(bias: &Tensor) -> Result<Tensor> {
    match &bias.chunk(3, 0)?[..] {
        [q, k, v] => Tensor::cat(&[q.clone(), k.zeros_like()?, v.clone()], 0),
        _ => Ok(bias.clone()),
    }
}

/// How an image is divided into windows. The image is padded to whole windows, and moved up and left by
/// the shift, so that what leaves at one end comes back at the other.
struct Grid {
    /// Height and width of the image.
    image: [usize; 2],
    /// The number of windows, down and across.
    windows: [usize; 2],
    /// Height and width of a window.
    size: usize,
    /// How far the image is moved; not at all along a side that one window spans.
    shift: [usize; 2],
}

impl Grid {
    fn new(layer: &ShiftedWindowAttention, image: [usize; 2]) -> Grid {
        let size = layer.window_size;
        let windows = image.map(|side| side.div_ceil(size));
        let shift = windows.map(|windows| if windows > 1 { layer.shift_size } else { 0 });
        Grid {
            image,
            windows,
            size,
            shift,
        }
    }

    fn is_shifted(&self) -> bool {
        self.shift != [0, 0]
    }

    /// Sizes as they are given to views: images, rows of windows, rows, columns of windows, columns.
    fn sizes(&self, n: usize, channels: usize) -> [isize; 6] {
        let [down, across] = self.windows;
        [n, down, self.size, across, self.size, channels].map(|size| size as isize)
    }

    /// Shapes: `[n, height, width, channels] -> [n windows, patches, channels]`.
    fn split(&self, x: &Tensor, n: usize, channels: usize) -> Result<Tensor> {
        let missing = |side: usize| (self.windows[side] * self.size - self.image[side]) as isize;
        let mut x = match (missing(0), missing(1)) {
            (0, 0) => x.clone(),
            (rows, columns) => x.constant_pad_nd(&[0, 0, 0, columns, 0, rows], 0)?,
        };
        if self.is_shifted() {
            x = x.roll(&self.shift.map(|shift| -(shift as i64)), &[1, 2])?;
        }
        let windows = x
            .reshape(&self.sizes(n, channels))?
            .permute(&[0, 1, 3, 2, 4, 5])?;
        windows.flatten(3, 4)?.flatten(0, 2)
    }

    /// Shapes: `[n windows, patches, channels] -> [n, height, width, channels]`.
    fn join(&self, windows: &Tensor, n: usize, channels: usize) -> Result<Tensor> {
        let [n, down, rows, across, columns, channels] = self.sizes(n, channels);
        let x = windows.reshape(&[n, down, across, rows, columns, channels])?;
        let x = x.permute(&[0, 1, 3, 2, 4, 5])?;
        let mut x = x.reshape(&[n, down * rows, across * columns, channels])?;
        if self.is_shifted() {
            x = x.roll(&self.shift.map(|shift| shift as i64), &[1, 2])?;
        }
        x.narrow(1, 0, self.image[0])?
            .narrow(2, 0, self.image[1])?
            .contiguous()
    }

    /// Keeps patches from attending to such as are neighbours only because the image was moved.
    ///
    /// Shapes: `[n windows, heads, patches, patches]`; the result has the same.
    fn mask(&self, attention: &Tensor, heads: usize) -> Result<Tensor> {
        if !self.is_shifted() {
            return Ok(attention.clone());
        }
        let [windows, heads, patches] = [
            self.windows[0] * self.windows[1],
            heads,
            self.size * self.size,
        ]
        .map(|x| x as isize);
        let mask = self
            .mask_values()?
            .to_dtype(attention.dtype())?
            .to_device(attention.device())?;
        let by_window = attention.reshape(&[-1, windows, heads, patches, patches])?;
        (by_window + mask)?.reshape_as(attention)
    }

    /// Zero for patches that were together in the image, else -100.
    ///
    /// Shape: `[windows, 1, patches, patches]`.
    fn mask_values(&self) -> Result<Tensor> {
        let [down, across] = self.windows;
        let patches = self.size * self.size;
        let mut mask = Vec::with_capacity(down * across * patches * patches);
        for window in 0..down * across {
            let corner = [window / across * self.size, window % across * self.size];
            let part = |patch: usize| {
                let place = [corner[0] + patch / self.size, corner[1] + patch % self.size];
                [0, 1].map(|side| self.part(side, place[side]))
            };
            let parts: Vec<[u8; 2]> = (0..patches).map(part).collect();
            for from in &parts {
                mask.extend(
                    parts
                        .iter()
                        .map(|to| if from == to { 0.0_f32 } else { -100.0 }),
                );
            }
        }
        Tensor::from_vec(mask, &[down * across, 1, patches, patches])
    }

    /// Which part of a side a place is in: before the last window, in it, or come from the other end.
    fn part(&self, side: usize, place: usize) -> u8 {
        let length = self.windows[side] * self.size;
        u8::from(place >= length - self.size) + u8::from(place >= length - self.shift[side])
    }
}
