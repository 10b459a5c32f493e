//! Fourier transforms: PyTorch's `torch.fft`, for any length.
//!
//! Complex numbers are pairs of real and imaginary part in a last dimension of size 2, which `dim`
//! does not count: the functions that take complex numbers see `[..., 2]` as `[...]`. [`complex`] makes
//! them from real ones. Integers become `f32`.
//!
//! Sizes (`n`, `s`) cut the input off or fill it up with zeros first.
//!
//! ```
//! use rushlight_autograd::{fft, tensor, Result};
//!
//! # fn main() -> Result<()> {
//! let x = tensor([1.0, 0.0, -1.0, 0.0])?;
//! let y = fft::rfft(&x, None, -1, Default::default())?; // [3, 2]
//! assert_eq!(y.to_vec::<f32>()?, [0.0, 0.0, 2.0, 0.0, 0.0, 0.0]);
//! let back = fft::irfft(&y, Some(4), -1, Default::default())?;
//! assert!(back.equal(&x)?);
//! # Ok(()) }
//! ```

use crate::{
    Backward, DType, Error, Gradients, Result, Tensor, TensorOptions, Wants, amp, gradients,
};
use rushlight_tensor::Error as ArrayError;
use rushlight_tensor::ops::fourier::{FourierKind, FourierTransform};
use rushlight_tensor::ops::rules;

/// What a transform of size `n` is divided by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Normalization {
    /// `n`, on the way back.
    #[default]
    Backward,
    /// The square root of `n`, both ways.
    Ortho,
    /// `n`, on the way there.
    Forward,
}

impl Normalization {
    fn factor(self, way: Way, n: usize) -> f64 {
        match (self, way) {
            (Normalization::Ortho, _) => 1.0 / (n as f64).sqrt(),
            (Normalization::Backward, Way::Back) | (Normalization::Forward, Way::There) => {
                1.0 / n as f64
            }
            _ => 1.0,
        }
    }
}

/// The sign of a transform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

/// The backward of a transform: one the other way.
struct Fourier(FourierTransform);

impl Backward for Fourier {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let FourierTransform {
            kind,
            size,
            is_inverse,
            scale,
        } = self.0;
        let back = |kind| FourierTransform {
            kind,
            size,
            is_inverse: !is_inverse,
            scale,
        };
        // The numbers in the middle of a half stand for two.
        gradients![wants; match kind {
            FourierKind::Complex => transformed(g, back(kind))?,
            FourierKind::FromReal => {
                transformed(&middle_times(g, size, 0.5)?, back(FourierKind::ToReal))?
            }
            FourierKind::ToReal => {
                middle_times(&transformed(g, back(FourierKind::FromReal))?, size, 2.0)?
            }
        }]
    }
}

fn transformed(x: &Tensor, transform: FourierTransform) -> Result<Tensor> {
    let y = x.array().fourier(&transform)?;
    Ok(Tensor::record(y, "fft", &[x], || Fourier(transform)))
}

/// The first half of a transform of `n` numbers, pairs, with a factor for all but those that stand for
/// themselves: the first, and the last where `n` is even.
fn middle_times(x: &Tensor, n: usize, factor: f64) -> Result<Tensor> {
    rules::room_for("fft", n / 2 + 1)?;
    let stands_for_two = |k: usize| k > 0 && 2 * k < n;
    let factors: Vec<f64> = (0..=n / 2)
        .map(|k| if stands_for_two(k) { factor } else { 1.0 })
        .collect();
    let factors = Tensor::from_slice(&factors, &[factors.len(), 1])?;
    x * factors.to_dtype(x.dtype())?.to(x.device())?
}

/// Complex numbers with the given real parts.
///
/// Shapes: `[...] -> [..., 2]`.
pub fn complex(real: &Tensor) -> Result<Tensor> {
    Tensor::stack(&[real, &real.zeros_like()?], -1)
}

/// What goes in, in `f32` or `f64`.
fn floats(op: &'static str, x: &Tensor) -> Result<Tensor> {
    let fits = !matches!(x.dtype(), DType::F16 | DType::BF16);
    rules::dtype(op, x.dtype(), fits, "f32, f64 or integers")?;
    match x.dtype() {
        DType::F64 => Ok(x.clone()),
        _ => x.to_dtype(DType::F32),
    }
}

/// As [`floats`], for complex numbers.
fn pairs(op: &'static str, x: &Tensor) -> Result<Tensor> {
    if !matches!(x.shape()[..], [.., 2]) {
        let expected = "pairs of real and imaginary part in the last dimension";
        return Err(ArrayError::shape(op, x.shape(), expected).into());
    }
    floats(op, x)
}

/// The dimensions to transform, as positions, and their sizes: those of the input where none is given.
struct Plan {
    dims: Vec<usize>,
    sizes: Vec<Option<usize>>,
}

impl Plan {
    /// For an input of the given shape, pairs not counted. No dimensions mean the last ones, as many
    /// as there are sizes, or all.
    fn new(
        op: &'static str,
        shape: &[usize],
        sizes: Option<&[usize]>,
        dims: &[isize],
    ) -> Result<Plan> {
        let rank = shape.len() as isize;
        let count = match (dims, sizes) {
            ([], Some(sizes)) => sizes.len(),
            ([], None) => shape.len(),
            (dims, _) => dims.len(),
        };
        let sizes = match sizes {
            Some(sizes) if sizes.len() != count => {
                let got = format!("{sizes:?} for {count} dimensions");
                return Err(Error::argument(op, "s", got, "a size for each dimension"));
            }
            Some(sizes) => sizes.iter().map(|&size| Some(size)).collect(),
            None => vec![None; count],
        };
        let last: Vec<isize> = (-(count as isize)..0).collect();
        let dims = if dims.is_empty() { &last[..] } else { dims };
        let mut positions = Vec::with_capacity(count);
        for &dim in dims {
            let outside = dim < -rank || dim >= rank;
            let position = dim.rem_euclid(rank.max(1)) as usize;
            if outside || positions.contains(&position) {
                let shape = shape.into();
                return Err(ArrayError::Dimension { op, dim, shape }.into());
            }
            positions.push(position);
        }
        if positions.is_empty() {
            let expected = "at least one dimension to transform";
            return Err(ArrayError::shape(op, shape, expected).into());
        }
        Ok(Plan {
            dims: positions,
            sizes,
        })
    }

    /// The last dimension, for which real numbers are transformed; the others stay.
    fn split_last(&mut self) -> (usize, Option<usize>) {
        let dim = self.dims.pop().expect("there is a dimension");
        (dim, self.sizes.pop().flatten())
    }
}

fn check_size(op: &'static str, n: usize) -> Result<()> {
    match n {
        0 => Err(Error::argument(op, "n", n, "positive")),
        _ => Ok(()),
    }
}

/// The first `size` elements along a dimension, with zeros where there are none.
fn resized(x: &Tensor, dim: usize, size: usize) -> Result<Tensor> {
    let along = dim as isize;
    let own = x.size(along)?;
    if own >= size {
        return if own == size {
            Ok(x.clone())
        } else {
            x.narrow(along, 0, size)
        };
    }
    let mut shape = x.shape();
    shape[dim] = size - own;
    Tensor::cat(&[x, &x.new_zeros(&shape)?], along)
}

/// The transform along a dimension, pairs not counted.
fn along(
    op: &'static str,
    kind: FourierKind,
    x: &Tensor,
    (dim, n): (usize, Option<usize>),
    way: Way,
    norm: Normalization,
) -> Result<Tensor> {
    let own = x.shape()[dim];
    let n = n.unwrap_or(match kind {
        FourierKind::ToReal => 2 * own.saturating_sub(1),
        _ => own,
    });
    check_size(op, n)?;
    // What is last of the numbers before and after.
    let (size, before, after) = match kind {
        FourierKind::Complex => (n, -2, -2),
        FourierKind::FromReal => (n, -1, -2),
        FourierKind::ToReal => (n / 2 + 1, -2, -1),
    };
    let transform = FourierTransform {
        kind,
        size: n,
        is_inverse: way == Way::Back,
        scale: norm.factor(way, n),
    };
    let x = resized(x, dim, size)?.transpose(dim as isize, before)?;
    transformed(&x, transform)?.transpose(dim as isize, after)
}

/// Complex numbers to complex numbers over several dimensions.
fn complex_to_complex(
    op: &'static str,
    x: &Tensor,
    plan: &Plan,
    way: Way,
    norm: Normalization,
) -> Result<Tensor> {
    let mut y = x.clone();
    for (&dim, &size) in plan.dims.iter().zip(&plan.sizes) {
        y = along(op, FourierKind::Complex, &y, (dim, size), way, norm)?;
    }
    Ok(y)
}

fn transform(
    op: &'static str,
    kind: FourierKind,
    way: Way,
    x: &Tensor,
    (s, dims): (Option<&[usize]>, &[isize]),
    norm: Normalization,
) -> Result<Tensor> {
    let [x] = &amp::operands(op, [x])?;
    let (input, counted) = match kind {
        FourierKind::FromReal => (floats(op, x)?, x.dim()),
        _ => (pairs(op, x)?, x.dim() - 1),
    };
    let mut plan = Plan::new(op, &x.shape()[..counted], s, dims)?;
    match kind {
        FourierKind::Complex => complex_to_complex(op, &input, &plan, way, norm),
        FourierKind::FromReal => {
            let y = along(op, kind, &input, plan.split_last(), way, norm)?;
            complex_to_complex(op, &y, &plan, way, norm)
        }
        FourierKind::ToReal => {
            let last = plan.split_last();
            let y = complex_to_complex(op, &input, &plan, way, norm)?;
            along(op, kind, &y, last, way, norm)
        }
    }
}

/// Functions for one dimension, for two, the last ones by default, and for several.
macro_rules! transforms {
    ($(
        $(#[$doc:meta])*
        $one:ident, $two:ident, $many:ident: $kind:ident, $way:ident;
    )*) => { $(
        $(#[$doc])*
        pub fn $one(
            x: &Tensor,
            n: Option<usize>,
            dim: isize,
            norm: Normalization,
        ) -> Result<Tensor> {
            let size = n.map(|n| [n]);
            let place = (size.as_ref().map(|size| &size[..]), &[dim][..]);
            transform(concat!("fft.", stringify!($one)), FourierKind::$kind, Way::$way, x, place, norm)
        }

        #[doc = concat!("As [`", stringify!($many), "`], over the last two dimensions.")]
        pub fn $two(x: &Tensor, s: Option<&[usize]>, norm: Normalization) -> Result<Tensor> {
            let place = (s, &[-2, -1][..]);
            transform(concat!("fft.", stringify!($two)), FourierKind::$kind, Way::$way, x, place, norm)
        }

        #[doc = concat!(
            "As [`", stringify!($one), "`], over several dimensions: all, or the last ones, as many \
             as there are sizes, where none is given."
        )]
        pub fn $many(
            x: &Tensor,
            s: Option<&[usize]>,
            dims: &[isize],
            norm: Normalization,
        ) -> Result<Tensor> {
            let op = concat!("fft.", stringify!($many));
            transform(op, FourierKind::$kind, Way::$way, x, (s, dims), norm)
        }
    )* };
}

transforms! {
    /// The Fourier transform of complex numbers: `y[k] = sum_j x[j] exp(-2 pi i j k / n)`.
    fft, fft2, fftn: Complex, There;
    /// The inverse of [`fft`].
    ifft, ifft2, ifftn: Complex, Back;
    /// The first `n / 2 + 1` complex numbers of the transform of real ones; the others repeat them.
    rfft, rfft2, rfftn: FromReal, There;
    /// The inverse of [`rfft`], `n` real numbers. The default, twice the input less 2, is even.
    irfft, irfft2, irfftn: ToReal, Back;
    /// The transform of the complex numbers that begin with `x` and continue with its mirror image,
    /// conjugated: `n` real numbers. The default, twice the input less 2, is even.
    hfft, hfft2, hfftn: ToReal, There;
    /// The inverse of [`hfft`], the first `n / 2 + 1` complex numbers.
    ihfft, ihfft2, ihfftn: FromReal, Back;
}

/// The result of a transform with frequency 0 moved to the middle of each dimension, or of all if none
/// is given.
pub fn fftshift(x: &Tensor, dims: &[isize]) -> Result<Tensor> {
    shifted("fft.fftshift", x, dims, |size| size / 2)
}

/// The inverse of [`fftshift`].
pub fn ifftshift(x: &Tensor, dims: &[isize]) -> Result<Tensor> {
    shifted("fft.ifftshift", x, dims, |size| size.div_ceil(2))
}

fn shifted(
    op: &'static str,
    x: &Tensor,
    dims: &[isize],
    shift: impl Fn(usize) -> usize,
) -> Result<Tensor> {
    let shape = x.shape();
    let mask = rules::dim_mask(op, dims, &shape)?;
    let dims: Vec<isize> = (0..shape.len())
        .filter(|&d| mask[d])
        .map(|d| d as isize)
        .collect();
    if dims.is_empty() {
        return Ok(x.clone());
    }
    let shifts: Vec<i64> = dims
        .iter()
        .map(|&d| shift(shape[d as usize]) as i64)
        .collect();
    x.roll(&shifts, &dims)
}

/// The frequencies of [`fft`] for `n` samples at distance `d`: 0, the positive ones, the negative ones.
pub fn fftfreq(n: usize, d: f64) -> Result<Tensor> {
    let first = frequencies("fft.fftfreq", 0, n.div_ceil(2) as i64, n, d)?;
    let rest = frequencies("fft.fftfreq", -((n / 2) as i64), 0, n, d)?;
    Tensor::cat(&[&first, &rest], 0)
}

/// The frequencies of [`rfft`] for `n` samples at distance `d`.
pub fn rfftfreq(n: usize, d: f64) -> Result<Tensor> {
    frequencies("fft.rfftfreq", 0, n as i64 / 2 + 1, n, d)
}

fn frequencies(op: &'static str, from: i64, to: i64, n: usize, d: f64) -> Result<Tensor> {
    check_size(op, n)?;
    let numbers = TensorOptions::new().dtype(DType::F64).arange(from, to, 1)?;
    (numbers / (n as f64 * d))?.to_dtype(DType::F32)
}
