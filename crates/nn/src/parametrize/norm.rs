//! Weights of a given length: `weight_norm` and `spectral_norm`.

use super::{Parametrization, register_parametrization, value_of};
use crate::{Buffer, Error, Module, Result, Site};
use rushlight_autograd::{Tensor, no_grad};

/// Computes a weight as its length times its direction, `g v / |v|`, with a length for each slice
/// along a dimension. What [`weight_norm`] registers.
#[derive(Module, Debug)]
#[module(name = "_WeightNorm")]
pub struct WeightNorm {
    /// The dimension whose slices have a length each; `None` or -1 for one length of the whole.
    #[module(skip)]
    pub dim: Option<isize>,
}

impl WeightNorm {
    /// The lengths of a weight, which broadcast against it.
    fn length(&self, weight: &Tensor) -> Result<Tensor> {
        // PyTorch takes -1 for no dimension at all.
        let Some(dim) = self.dim.filter(|&dim| dim != -1) else {
            return weight.norm();
        };
        let rank = weight.dim() as isize;
        if !(-rank..rank).contains(&dim) {
            let expected = "a dimension of the weight";
            return Err(Error::argument("weight_norm", "dim", dim, expected).into());
        }
        let others: Vec<isize> = (0..rank)
            .filter(|&other| other != dim.rem_euclid(rank))
            .collect();
        match others.is_empty() {
            true => weight.abs(),
            false => weight.vector_norm(2.0, &others, true),
        }
    }
}

impl Parametrization for WeightNorm {
    fn forward(&self, originals: &[Tensor]) -> Result<Tensor> {
        let [g, v] = originals else {
            let expected = "two, a length and a direction";
            return Err(
                Error::argument("weight_norm", "originals", originals.len(), expected).into(),
            );
        };
        v * (g / self.length(v)?)?
    }

    fn right_inverse(&self, value: &Tensor) -> Result<Vec<Tensor>> {
        Ok(vec![self.length(value)?, value.clone()])
    }
}

/// Trains length and direction of a weight apart (Salimans and Kingma, 2016): PyTorch's
/// `parametrizations.weight_norm`, where `dim` is 0 by default.
///
/// As in PyTorch, -1 is not the last dimension but stands for `None`, one length of the whole weight;
/// other negative dimensions count from the end.
///
/// ```
/// # use rushlight_autograd::Result;
/// # use rushlight_nn::{Linear, Module, parametrize};
/// # fn main() -> Result<()> {
/// let layer = Linear::new(20, 40)?;
/// parametrize::weight_norm(&layer, "weight", Some(0))?;
/// let names = layer.state_dict().keys().map(str::to_string).collect::<Vec<_>>();
/// assert_eq!(
///     names,
///     ["bias", "parametrizations.weight.original0", "parametrizations.weight.original1"]
/// );
/// assert_eq!(layer.get_parameter(&names[1])?.shape(), [40, 1]);
/// # Ok(()) }
/// ```
pub fn weight_norm(module: &dyn Module, name: &str, dim: Option<isize>) -> Result<()> {
    register_parametrization(module, name, WeightNorm { dim })
}

/// Settings of [`spectral_norm_with`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SpectralNormOptions {
    /// Steps of the power method in each call while training. Default: 1.
    pub n_power_iterations: usize,
    /// Added to norms. Default: 1e-12.
    pub eps: f64,
    /// The dimension of the outputs. Default: 1 for transposed convolutions, else 0.
    pub dim: Option<isize>,
}

impl Default for SpectralNormOptions {
    fn default() -> SpectralNormOptions {
        SpectralNormOptions {
            n_power_iterations: 1,
            eps: 1e-12,
            dim: None,
        }
    }
}

/// Divides a weight by its largest singular value, which the power method estimates. What
/// [`spectral_norm`] registers.
#[derive(Module, Debug)]
#[module(name = "_SpectralNorm")]
pub struct SpectralNorm {
    #[module(skip)]
    n_power_iterations: usize,
    #[module(skip)]
    eps: f64,
    #[module(skip)]
    dim: isize,
    /// The left singular vector, `[outputs]`; none for a weight of one dimension.
    _u: Option<Buffer>,
    /// The right singular vector.
    _v: Option<Buffer>,
    site: Site,
}

impl SpectralNorm {
    fn new(weight: &Tensor, dim: isize, options: SpectralNormOptions) -> Result<SpectralNorm> {
        const OP: &str = "spectral_norm";
        let SpectralNormOptions {
            n_power_iterations,
            eps,
            ..
        } = options;
        if n_power_iterations == 0 {
            let expected = "1 or more";
            return Err(Error::argument(OP, "n_power_iterations", 0, expected).into());
        }
        let rank = weight.dim() as isize;
        if !(-rank..rank).contains(&dim) {
            let expected = "a dimension of the weight";
            return Err(Error::argument(OP, "dim", dim, expected).into());
        }
        let norm = SpectralNorm {
            n_power_iterations,
            eps,
            dim: dim.rem_euclid(rank),
            _u: None,
            _v: None,
            site: Site::default(),
        };
        if rank == 1 {
            return Ok(norm);
        }
        let matrix = norm.matrix(&weight.detach())?;
        let direction = |size: usize| -> Result<Buffer> {
            let x = Tensor::randn(&[size])?.to_dtype(matrix.dtype())?;
            Ok(Buffer::new(
                x.to_device(matrix.device())?.normalize(2.0, 0, eps)?,
            ))
        };
        let norm = SpectralNorm {
            _u: Some(direction(matrix.size(0)?)?),
            _v: Some(direction(matrix.size(1)?)?),
            ..norm
        };
        norm.power_method(&matrix, 15)?;
        Ok(norm)
    }

    /// The weight as a matrix with a row for each output.
    fn matrix(&self, weight: &Tensor) -> Result<Tensor> {
        weight.movedim(&[self.dim], &[0])?.flatten(1, -1)
    }

    /// Moves the singular vectors towards those of `matrix`.
    fn power_method(&self, matrix: &Tensor, iterations: usize) -> Result<()> {
        let (Some(u), Some(v)) = (&self._u, &self._v) else {
            return Ok(());
        };
        no_grad(|| {
            for _ in 0..iterations {
                u.set_data(&matrix.mv(v)?.normalize(2.0, 0, self.eps)?)?;
                v.set_data(&matrix.t()?.mv(u)?.normalize(2.0, 0, self.eps)?)?;
            }
            Ok(())
        })
    }
}

impl Parametrization for SpectralNorm {
    fn forward(&self, originals: &[Tensor]) -> Result<Tensor> {
        let weight = &originals[0];
        let (Some(u), Some(v)) = (&self._u, &self._v) else {
            return weight.normalize(2.0, 0, self.eps);
        };
        let matrix = self.matrix(weight)?;
        if self.site.is_training() {
            self.power_method(&matrix.detach(), self.n_power_iterations)?;
        }
        let sigma = u.detach().dot(&matrix.mv(&v.detach())?)?;
        weight / sigma
    }
}

/// Divides a weight by its largest singular value (Miyato et al., 2018), so that the layer stretches no
/// input: PyTorch's `parametrizations.spectral_norm`.
///
/// The buffers `_u` and `_v` estimate that value; every call while training improves them.
pub fn spectral_norm(module: &dyn Module, name: &str) -> Result<()> {
    spectral_norm_with(module, name, SpectralNormOptions::default())
}

/// As [`spectral_norm`], with settings.
pub fn spectral_norm_with(
    module: &dyn Module,
    name: &str,
    options: SpectralNormOptions,
) -> Result<()> {
    let transposed = module.type_name().starts_with("ConvTranspose");
    let dim = options.dim.unwrap_or(if transposed { 1 } else { 0 });
    let weight = value_of("spectral_norm", module, name)?;
    let norm = SpectralNorm::new(&weight, dim, options)?;
    norm.site.set_training(module.is_training());
    register_parametrization(module, name, norm)
}
