//! Normalisation of channels, with statistics that run along.

use crate::builder::builder;
use crate::functional::{BatchNormOptions, batch_norm, instance_norm};
use crate::modules::lazy::channels;
use crate::spatial::name_for;
use crate::{Buffer, Error, Forward, LazyBuilder, Module, Parameter, Result, Setting, Site};
use rushlight_autograd::{DType, Tensor};
use std::sync::atomic::{AtomicBool, Ordering};

/// Normalises each channel over the batch and all places: `(x - mean) / sqrt(var + eps) * weight +
/// bias`, by the statistics of the batch while training and by running ones in evaluation mode.
///
/// The variance is the biased one; what runs along is the unbiased one. While training, a batch must
/// have more than one value per channel.
///
/// To fine-tune a network without moving its statistics, [`freeze`](Module::freeze) the layers: unlike
/// [`eval`](Module::eval), that outlasts the next [`train`](Module::train).
///
/// # Shape
///
/// `[n, num_features, ...]` with `N` further dimensions; the result has the same. For one
/// dimension, `[n, num_features]` too.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor, tensor};
/// # use rushlight_nn::{BatchNorm1d, Forward, Module};
/// # fn main() -> Result<()> {
/// let layer = BatchNorm1d::builder(1).momentum(0.5).build()?;
/// let y = layer.forward(&tensor([[1.0], [3.0]])?)?;
/// assert!((y.to_vec::<f32>()?[1] - 1.0).abs() < 1e-4);
/// assert_eq!(layer.running_mean.as_ref().unwrap().item()?, 1.0);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(name = self.name(), repr = Self::text, version = 2)]
pub struct BatchNorm<const N: usize> {
    /// The number of channels.
    pub num_features: usize,
    /// Added to the variance.
    pub eps: f64,
    /// How far the running statistics move towards those of a batch; `None` makes them the average
    /// over all batches.
    pub momentum: Option<f64>,
    /// `[num_features]`, ones at first.
    pub weight: Option<Parameter>,
    /// `[num_features]`, zeros at first.
    pub bias: Option<Parameter>,
    /// `[num_features]`, zeros at first.
    pub running_mean: Option<Buffer>,
    /// `[num_features]`, ones at first.
    pub running_var: Option<Buffer>,
    /// How many batches there were.
    #[module(since = 2)]
    pub num_batches_tracked: Option<Buffer>,
    /// Whether the layer is a [`SyncBatchNorm`](crate::SyncBatchNorm).
    #[module(skip)]
    is_synchronized: AtomicBool,
    /// The layer's place in a model.
    pub site: Site,
}

/// [`BatchNorm`] of features or sequences: `[n, channels]` or `[n, channels, length]`.
pub type BatchNorm1d = BatchNorm<1>;
/// [`BatchNorm`] of images: `[n, channels, height, width]`.
pub type BatchNorm2d = BatchNorm<2>;
/// [`BatchNorm`] of volumes: `[n, channels, depth, height, width]`.
pub type BatchNorm3d = BatchNorm<3>;

builder! {
    /// Settings of a [`BatchNorm`].
    BatchNormBuilder<const N> for BatchNorm {
        /// The number of channels.
        num_features: usize;
    }
    /// Added to the variance. Default: 1e-5.
    eps: f64 = 1e-5;
    /// How far the running statistics move towards those of a batch, or `None` for the average over
    /// all batches. Default: 0.1.
    momentum: Option<f64> = Some(0.1), from impl Into<Option<f64>>;
    /// Whether to learn a weight, and a bias. Default: true.
    affine: bool = true;
    /// Whether to keep running statistics. Default: true.
    track_running_stats: bool = true;
    /// Whether to learn a bias where a weight is learned. Default: true.
    bias: bool = true;
}

impl<const N: usize> BatchNorm<N> {
    const NAME: &'static str = match N {
        0 => "SyncBatchNorm",
        1 => "BatchNorm1d",
        2 => "BatchNorm2d",
        _ => "BatchNorm3d",
    };

    fn name(&self) -> &'static str {
        match self.is_synchronized() {
            true => BatchNorm::<0>::NAME,
            false => Self::NAME,
        }
    }

    fn is_synchronized(&self) -> bool {
        self.is_synchronized.load(Ordering::Relaxed)
    }

    /// Makes the layer a [`SyncBatchNorm`](crate::SyncBatchNorm).
    pub(super) fn synchronize(&self) {
        self.is_synchronized.store(true, Ordering::Relaxed);
    }

    /// Errors unless the input has the dimensions that the layer takes.
    fn check_input(&self, x: &Tensor) -> Result<()> {
        let expected = match self.is_synchronized() {
            true if x.dim() >= 2 => return Ok(()),
            true => "at least two dimensions".to_string(),
            false if x.dim() == N + 2 || (N, x.dim()) == (1, 2) => return Ok(()),
            false => self.expected_shape(),
        };
        Err(Error::shape(self.name(), x.shape(), expected).into())
    }
}

impl<const N: usize> Forward for BatchNorm<N> {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            self.check_input(x)?;
            let training = self.site.is_training();
            let batches = match &self.num_batches_tracked {
                Some(batches) if training => Some((batches, batches.detach().add(1_i64)?)),
                _ => None,
            };
            let momentum = match (self.momentum, &batches) {
                (Some(momentum), _) => momentum,
                (None, Some((_, count))) => 1.0 / count.item()?,
                (None, None) => 0.0,
            };
            let options = self.options(training || self.running_mean.is_none(), momentum);
            let (mean, var) = (self.running_mean.as_deref(), self.running_var.as_deref());
            let y = batch_norm(x, mean, var, options)?;
            if let Some((batches, count)) = batches {
                batches.set_data(&count)?;
            }
            Ok(y)
        })
    }
}

/// Normalises each channel of each example by itself,
/// `(x - mean) / sqrt(var + eps) * weight + bias`; by running statistics in evaluation mode, if
/// they are kept.
///
/// # Shape
///
/// `[n, num_features, ...]` or `[num_features, ...]` with `N` further dimensions; the result has
/// the same.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::{Forward, InstanceNorm1d};
/// # fn main() -> Result<()> {
/// let y = InstanceNorm1d::new(1)?.forward(&tensor([[[1.0, 3.0]], [[10.0, 30.0]]])?)?;
/// assert!((y.to_vec::<f32>()?[3] - 1.0).abs() < 1e-4);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(name = Self::NAME, repr = Self::text, version = 2)]
pub struct InstanceNorm<const N: usize> {
    /// The number of channels.
    pub num_features: usize,
    /// Added to the variance.
    pub eps: f64,
    /// How far the running statistics move towards those of a batch.
    pub momentum: Option<f64>,
    /// `[num_features]`, ones at first.
    pub weight: Option<Parameter>,
    /// `[num_features]`, zeros at first.
    pub bias: Option<Parameter>,
    /// `[num_features]`, zeros at first.
    pub running_mean: Option<Buffer>,
    /// `[num_features]`, ones at first.
    pub running_var: Option<Buffer>,
    /// Kept for the state's sake; instance norms do not count.
    #[module(since = 2)]
    pub num_batches_tracked: Option<Buffer>,
    /// The layer's place in a model.
    pub site: Site,
}

/// [`InstanceNorm`] of sequences.
pub type InstanceNorm1d = InstanceNorm<1>;
/// [`InstanceNorm`] of images.
pub type InstanceNorm2d = InstanceNorm<2>;
/// [`InstanceNorm`] of volumes.
pub type InstanceNorm3d = InstanceNorm<3>;

builder! {
    /// Settings of an [`InstanceNorm`].
    InstanceNormBuilder<const N> for InstanceNorm {
        /// The number of channels.
        num_features: usize;
    }
    /// Added to the variance. Default: 1e-5.
    eps: f64 = 1e-5;
    /// How far the running statistics move towards those of a batch. Default: 0.1.
    momentum: Option<f64> = Some(0.1), from impl Into<Option<f64>>;
    /// Whether to learn a weight, and a bias. Default: false.
    affine: bool = false;
    /// Whether to keep running statistics. Default: false.
    track_running_stats: bool = false;
    /// Whether to learn a bias where a weight is learned. Default: true.
    bias: bool = true;
}

impl<const N: usize> InstanceNorm<N> {
    const NAME: &'static str = match N {
        1 => "InstanceNorm1d",
        2 => "InstanceNorm2d",
        _ => "InstanceNorm3d",
    };
}

impl<const N: usize> Forward for InstanceNorm<N> {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            if ![N + 1, N + 2].contains(&x.dim()) {
                return Err(Error::shape(Self::NAME, x.shape(), self.expected_shape()).into());
            }
            let batch = match x.dim() == N + 1 {
                true => x.unsqueeze(0)?,
                false => x.clone(),
            };
            let training = self.site.is_training() || self.running_mean.is_none();
            let options = self.options(training, self.momentum.unwrap_or(0.0));
            let (mean, var) = (self.running_mean.as_deref(), self.running_var.as_deref());
            instance_norm(&batch, mean, var, options)?.reshape_as(x)
        })
    }
}

/// What both norms have in common.
macro_rules! norms { ($(
    $Norm:ident $Builder:ident { $($own:ident: $initial:expr)? }, $inputs:expr, $($lazy:literal)*;
)*) => { $(
    impl<const N: usize> $Builder<N> {
        /// Makes the layer.
        pub fn build(self) -> Result<$Norm<N>> {
            let channels = [self.num_features];
            let full = |value: f64| Tensor::full(&channels, value, self.dtype, self.device);
            let parameter = |value| Parameter::new(full(value)?);
            let statistic = |value| full(value).map(Buffer::new);
            let count = || Tensor::full(&[], 0_i64, DType::I64, self.device).map(Buffer::new);
            let (affine, tracked) = (self.affine, self.track_running_stats);
            Ok($Norm {
                num_features: self.num_features,
                eps: self.eps,
                momentum: self.momentum,
                weight: affine.then(|| parameter(1.0)).transpose()?,
                bias: (affine && self.bias).then(|| parameter(0.0)).transpose()?,
                running_mean: tracked.then(|| statistic(0.0)).transpose()?,
                running_var: tracked.then(|| statistic(1.0)).transpose()?,
                num_batches_tracked: tracked.then(count).transpose()?,
                $($own: $initial,)?
                site: Site::default(),
            })
        }
    }

    impl<const N: usize> LazyBuilder for $Builder<N> {
        type Layer = $Norm<N>;

        const NAME: &'static str = name_for(N, [$($lazy),*]);

        fn inputs(x: &Tensor) -> Option<usize> {
            ($inputs)(x, N)
        }

        fn layer_for(mut self, inputs: usize, x: &Tensor) -> Result<$Norm<N>> {
            self.num_features = inputs;
            self.dtype(x.dtype()).device(x.device()).build()
        }

        fn outline(mut self) -> Result<$Norm<N>> {
            self.num_features = 0;
            self.build()
        }
    }

    impl<const N: usize> $Norm<N> {
        fn options(&self, training: bool, momentum: f64) -> BatchNormOptions<'_> {
            BatchNormOptions {
                weight: self.weight.as_deref(),
                bias: self.bias.as_deref(),
                training,
                momentum,
                eps: self.eps,
            }
        }

        fn expected_shape(&self) -> String {
            format!("[n, {}] and {N} more dimensions", self.num_features)
        }

        fn text(&self) -> String {
            format!(
                "{}, eps={}, momentum={}, affine={}, bias={}, track_running_stats={}",
                self.num_features,
                self.eps.text(),
                self.momentum.text(),
                self.weight.is_some().text(),
                self.bias.is_some().text(),
                self.running_mean.is_some().text()
            )
        }
    }
)* } }
norms! {
    BatchNorm BatchNormBuilder { is_synchronized: AtomicBool::new(N == 0) },
        |x: &Tensor, _| x.shape().get(1).copied(),
        "LazyBatchNorm1d" "LazyBatchNorm2d" "LazyBatchNorm3d";
    InstanceNorm InstanceNormBuilder {}, channels,
        "LazyInstanceNorm1d" "LazyInstanceNorm2d" "LazyInstanceNorm3d";
}
