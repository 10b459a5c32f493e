//! Sampling images and volumes at places that a grid names.

use super::recomputed::recomputed;
use crate::{
    Backward, DType, Device, Gradients, Result, Saved, Tensor, Wants, gradients, is_grad_enabled,
    no_grad,
};
use rushlight_tensor::Error as ArrayError;
use rushlight_tensor::ops::grid_sample::{
    GRID_SAMPLE_CUBIC, GridSampleMode, GridSampleOptions, GridSamplePadding,
};

const OP: &str = "grid_sample";

struct Rule {
    x: Saved,
    grid: Saved,
    options: GridSampleOptions,
}

impl Backward for Rule {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let (x, grid) = (self.x.get(), self.grid.get());
        if is_grad_enabled() {
            let compute = |own: &[Tensor]| Ok(vec![composed(&own[0], &own[1], self.options)?]);
            return recomputed(&[&x, &grid], &[Some(g.clone())], wants, compute);
        }
        let (x, grid) = (x.array(), grid.array());
        let [dx, dgrid] = x.grid_sample_backward(&grid, self.options, &g.array())?;
        gradients![wants; Tensor::new(dx), Tensor::new(dgrid)]
    }
}

impl Tensor {
    /// The elements at the places of a grid, whose last dimension has a coordinate from -1 to 1 for each
    /// spatial dimension, that of the last dimension first.
    ///
    /// Shapes: `[n, c, h, w]`, `[n, h', w', 2] -> [n, c, h', w']`; `[n, c, d, h, w]`,
    /// `[n, d', h', w', 3] -> [n, c, d', h', w']`.
    ///
    /// ```
    /// # use rushlight_autograd::{GridSampleOptions, Result, tensor};
    /// # fn main() -> Result<()> {
    /// let image = tensor([[1.0, 3.0]])?.reshape(&[1, 1, 1, 2])?;
    /// let grid = tensor([[0.0, 0.0], [0.5, 0.0]])?.reshape(&[1, 1, 2, 2])?;
    /// let y = image.grid_sample(&grid, GridSampleOptions::default())?;
    /// assert_eq!(y.to_vec::<f32>()?, [2.0, 3.0]);
    /// # Ok(()) }
    /// ```
    pub fn grid_sample(&self, grid: &Tensor, options: GridSampleOptions) -> Result<Tensor> {
        let is_measured = matches!(self.dtype(), DType::F32 | DType::F64)
            && grid.dtype() == self.dtype()
            && self.device() == Device::Cpu;
        if !is_measured {
            return composed(self, grid, options);
        }
        let y = self.array().grid_sample(&grid.array(), options)?;
        Ok(Tensor::record(y, OP, &[self, grid], || Rule {
            x: self.save(),
            grid: grid.save(),
            options,
        }))
    }
}

/// Samples in tensor operations.
fn composed(x: &Tensor, grid: &Tensor, options: GridSampleOptions) -> Result<Tensor> {
    let (shape, places) = (x.shape(), grid.shape());
    let spatial = shape.len().wrapping_sub(2);
    let fits = [2, 3].contains(&spatial)
        && places.len() == shape.len()
        && places.first() == shape.first()
        && places.last() == Some(&spatial);
    if !fits {
        let expected = "a grid of the input's rank and batch size with a coordinate per dimension";
        return Err(
            ArrayError::argument(OP, "grid", format!("{places} for {shape}"), expected).into(),
        );
    }
    if shape[1..].contains(&0) {
        return Err(
            ArrayError::shape(OP, shape, "sizes that are not zero but for the batch").into(),
        );
    }
    if x.dtype() != grid.dtype() || !x.is_floating_point() {
        let got = format!("{} and {}", x.dtype(), grid.dtype());
        let expected = "floating-point types, both alike";
        return Err(ArrayError::argument(OP, "input and grid", got, expected).into());
    }
    let compute = match x.dtype().size_in_bytes() {
        2 => DType::F32,
        _ => x.dtype(),
    };
    let sampler = Sampler {
        values: x.to_dtype(compute)?.flatten(2, -1)?,
        sizes: shape[2..].to_vec(),
        options,
    };
    let grid = grid.flatten(1, -2)?; // [n, places, spatial]
    let mut coordinates = Vec::new();
    for (dim, &size) in sampler.sizes.iter().enumerate() {
        let coordinate = grid.select(-1, (spatial - 1 - dim) as i64)?;
        // Rounded as the grid is, since that decides between which elements a place lies. Cubes of
        // volumes PyTorch computes in single precision from here on.
        let coordinate = match (options.mode, spatial) {
            (GridSampleMode::Bicubic, 3) => coordinate.to_dtype(compute)?,
            _ => coordinate,
        };
        let coordinate = unnormalised(&coordinate, size, options.align_corners)?;
        coordinates.push(coordinate.to_dtype(compute)?);
    }
    let y = match options.mode {
        GridSampleMode::Bilinear => sampler.bilinear(&coordinates)?,
        GridSampleMode::Nearest => sampler.nearest(&coordinates)?,
        GridSampleMode::Bicubic => sampler.bicubic(&coordinates)?,
    };
    let sizes: Vec<isize> = places[1..=spatial]
        .iter()
        .map(|&size| size as isize)
        .collect();
    y.unflatten(2, &sizes)?.to_dtype(x.dtype())
}

/// From -1 to 1 to positions of elements.
fn unnormalised(x: &Tensor, size: usize, align_corners: bool) -> Result<Tensor> {
    let size = size as f64;
    match align_corners {
        true => x.add(1.0)?.mul(0.5 * (size - 1.0)),
        false => x.add(1.0)?.mul(size)?.sub(1.0)?.mul(0.5),
    }
}

/// An input and how it is sampled.
struct Sampler {
    values: Tensor, // [n, c, places of the input]
    sizes: Vec<usize>,
    options: GridSampleOptions,
}

impl Sampler {
    fn bilinear(&self, coordinates: &[Tensor]) -> Result<Tensor> {
        let mut taps = Vec::new();
        for (coordinate, &size) in coordinates.iter().zip(&self.sizes) {
            let coordinate = self.padded(coordinate, size)?;
            let before = coordinate.detach().floor()?;
            let rest = (&coordinate - &before)?;
            let after = before.add(1.0)?;
            taps.push(vec![(before, (1.0 - &rest)?), (after, rest)]);
        }
        self.weighted(&taps)
    }

    fn nearest(&self, coordinates: &[Tensor]) -> Result<Tensor> {
        let mut place = Vec::new();
        for (coordinate, &size) in coordinates.iter().zip(&self.sizes) {
            place.push(self.padded(&coordinate.detach(), size)?.round()?);
        }
        let place: Vec<&Tensor> = place.iter().collect();
        // The derivative with respect to the grid is zero.
        let one = place[0].ones_like()?;
        let never = one.logical_not()?;
        self.term(&place, Tensor::select_where(&never, &coordinates[0], &one)?)
    }

    fn bicubic(&self, coordinates: &[Tensor]) -> Result<Tensor> {
        let mut taps = Vec::new();
        for (coordinate, &size) in coordinates.iter().zip(&self.sizes) {
            let before = coordinate.detach().floor()?;
            let rest = (coordinate - &before)?;
            let tap = |tap: i32| {
                let place = self.padded(&before.add(f64::from(tap))?, size)?;
                // Distances from the four taps: 1 + t, t, 1 - t, 2 - t.
                let distance = match tap {
                    ..=0 => rest.sub(f64::from(tap))?,
                    _ => (f64::from(tap) - &rest)?,
                };
                Ok((place, cubic(&distance, (0..=1).contains(&tap))?))
            };
            taps.push((-1..=2).map(tap).collect::<Result<Vec<_>>>()?);
        }
        self.weighted(&taps)
    }

    /// The sum over all combinations of taps, a tap being a place and its weight.
    fn weighted(&self, taps: &[Vec<(Tensor, Tensor)>]) -> Result<Tensor> {
        let counts: Vec<usize> = taps.iter().map(Vec::len).collect();
        let mut sum: Option<Tensor> = None;
        for mut number in 0..counts.iter().product() {
            let (mut place, mut weight): (Vec<&Tensor>, Option<Tensor>) = (Vec::new(), None);
            for (taps, &count) in taps.iter().zip(&counts) {
                let (at, share) = &taps[number % count];
                number /= count;
                place.push(at);
                weight = Some(match weight {
                    Some(weight) => (weight * share)?,
                    None => share.clone(),
                });
            }
            if let Some(weight) = weight {
                let term = self.term(&place, weight)?;
                sum = Some(match sum {
                    Some(sum) => (sum + term)?,
                    None => term,
                });
            }
        }
        sum.ok_or_else(|| ArrayError::shape(OP, &self.sizes[..], "spatial sizes").into())
    }

    /// The values at some places, zero outside, each times its weight.
    fn term(&self, place: &[&Tensor], weight: Tensor) -> Result<Tensor> {
        let (flat, inside) = no_grad(|| {
            let mut flat = weight.detach().zeros_like()?.to_dtype(DType::I64)?;
            let mut inside = weight.detach().ones_like()?.to_dtype(DType::Bool)?;
            for (&at, &size) in place.iter().zip(&self.sizes) {
                let last = size as f64 - 1.0;
                inside = inside
                    .logical_and(&at.ge(0.0)?)?
                    .logical_and(&at.le(last)?)?;
                let at = at.clamp(0.0, last)?.to_dtype(DType::I64)?;
                let at = at.clamp(0_i64, size as i64 - 1)?;
                flat = (flat * size as i64)?.add(at)?;
            }
            Ok::<_, crate::Error>((flat, inside))
        })?;
        let mut shape = self.values.shape();
        shape[2] = flat.size(1)?;
        let values = self
            .values
            .gather(2, &flat.unsqueeze(1)?.broadcast_to(&shape)?)?;
        let zero = weight.new_zeros(&[])?;
        let weight = Tensor::select_where(&inside, &weight, &zero)?;
        values.mul(weight.unsqueeze(1)?)
    }

    /// Brings positions back inside, as the padding says. The derivative is zero where a position was
    /// moved to the border, and negative where it was mirrored an odd number of times.
    fn padded(&self, x: &Tensor, size: usize) -> Result<Tensor> {
        let last = size as f64 - 1.0;
        let (value, slope) = match self.options.padding_mode {
            GridSamplePadding::Zeros => return Ok(x.clone()),
            GridSamplePadding::Border => {
                let x = x.detach();
                (x.clone(), x.ones_like()?)
            }
            GridSamplePadding::Reflection => self.reflected(&x.detach(), size)?,
        };
        let inside = value.gt(0.0)?.logical_and(&value.lt(last)?)?;
        let value = value.clamp(0.0, last)?;
        let moved = no_grad(|| &value - (x * &slope)?)?;
        Tensor::select_where(&inside, &((x * slope)? + moved)?, &value)
    }

    /// Mirrored positions, and whether they move with or against the originals.
    fn reflected(&self, x: &Tensor, size: usize) -> Result<(Tensor, Tensor)> {
        let (low, span) = match self.options.align_corners {
            true => (0.0, size as f64 - 1.0),
            false => (-0.5, size as f64),
        };
        if span == 0.0 {
            return Ok((x.zeros_like()?, x.zeros_like()?));
        }
        let from_low = x.sub(low)?;
        let distance = from_low.abs()?;
        let rest = distance.fmod(span)?;
        let flips = distance.div(span)?.floor()?;
        let is_even = flips.remainder(2.0)?.eq(0.0)?;
        let value = Tensor::select_where(&is_even, &rest, &(span - &rest)?)?.add(low)?;
        let one = x.ones_like()?;
        let sign = Tensor::select_where(&from_low.lt(0.0)?, &one.neg()?, &one)?;
        let slope = Tensor::select_where(&is_even, &sign, &sign.neg()?)?;
        Ok((value, slope))
    }
}

/// The convolution kernel of Keys 1981 at distances up to one, or from one to two.
fn cubic(x: &Tensor, is_near: bool) -> Result<Tensor> {
    let a = GRID_SAMPLE_CUBIC;
    match is_near {
        true => ((((x * (a + 2.0))? - (a + 3.0))? * x)? * x)? + 1.0,
        false => {
            let inner = ((((x - 5.0)? * x)? + 8.0)? * x)?;
            (inner - 4.0)? * a
        }
    }
}
