//! Resampling: each output is a weighted sum of inputs that lie near each other along a dimension.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result, Shape};

/// Dimensions that are resampled at once.
pub const SPATIAL: usize = 3;

/// How far the kernel of cubic interpolation swings below zero, without and with smoothing.
const CUBIC: f64 = -0.75;
const SMOOTH_CUBIC: f64 = -0.5;

/// How far the kernels that smooth reach to each side, in steps.
const SMOOTH_LINEAR_REACH: f64 = 1.0;
const SMOOTH_CUBIC_REACH: f64 = 2.0;

/// Which inputs an output is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sampling {
    /// The one at or before it.
    Nearest,
    /// The nearest one.
    NearestExact,
    /// Two, between which it lies on a line.
    Linear,
    /// Four, between which it lies on a cubic curve.
    Cubic,
}

/// How positions of the output correspond to positions of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Resampling {
    /// Which inputs an output is made of.
    pub sampling: Sampling,
    /// Whether the outermost elements lie upon each other, rather than their edges.
    pub align_corners: bool,
    /// Whether the kernel widens where the output is smaller, so that every input counts.
    pub antialias: bool,
}

/// A linear map along a dimension, by rows: the inputs of each output, and their weights.
#[derive(Clone, Debug, PartialEq)]
pub struct LineMap {
    inputs: usize,
    /// Where the row of each output begins in what follows, and where the last one ends.
    starts: Vec<usize>,
    places: Vec<usize>,
    weights: Vec<f64>,
}

impl LineMap {
    /// The map that resamples `inputs` elements to `outputs`. `scale` is the ratio of output to input
    /// where that is not the ratio of these sizes; positions are computed in the precision of `dtype`.
    ///
    /// Errors if one of the sizes is zero.
    pub fn new(
        resampling: Resampling,
        inputs: usize,
        outputs: usize,
        scale: Option<f64>,
        dtype: DType,
    ) -> Result<LineMap> {
        const OP: &str = "resample";
        if inputs == 0 || outputs == 0 {
            let got = format!("{inputs} and {outputs}");
            let expected = "greater than 0";
            return Err(Error::argument(OP, "input and output sizes", got, expected));
        }
        let positions = Positions {
            inputs,
            outputs,
            align_corners: resampling.align_corners,
            scale: scale.filter(|&scale| scale > 0.0),
            single: ![DType::F64, DType::U8].contains(&dtype),
        };
        let mut map = LineMap {
            inputs,
            starts: Vec::new(),
            places: Vec::new(),
            weights: Vec::new(),
        };
        let taps = outputs.saturating_mul(positions.taps(resampling));
        let bytes = taps.saturating_mul(size_of::<usize>());
        let refused = |_| Error::OutOfMemory { op: OP, bytes };
        map.starts
            .try_reserve(outputs.saturating_add(1))
            .map_err(refused)?;
        map.places.try_reserve(taps).map_err(refused)?;
        map.weights.try_reserve(taps).map_err(refused)?;
        map.starts.push(0);
        for output in 0..outputs {
            match (resampling.sampling, resampling.antialias) {
                (Sampling::Nearest, _) => map.add(positions.nearest(output, 0.0), 1.0),
                (Sampling::NearestExact, _) => map.add(positions.nearest(output, 0.5), 1.0),
                (Sampling::Linear, true) => {
                    positions.smooth(output, SMOOTH_LINEAR_REACH, triangle, &mut map);
                }
                (Sampling::Cubic, true) => {
                    let curve = |x| cubic(SMOOTH_CUBIC, x);
                    positions.smooth(output, SMOOTH_CUBIC_REACH, curve, &mut map);
                }
                (Sampling::Linear, false) => {
                    let (first, rest) = positions.place(output, false);
                    map.add(first as usize, 1.0 - rest);
                    map.add((first as usize + 1).min(inputs - 1), rest);
                }
                (Sampling::Cubic, false) => {
                    let (middle, rest) = positions.place(output, true);
                    for tap in -1..3 {
                        let place = (middle + tap).clamp(0, inputs as isize - 1);
                        map.add(place as usize, cubic(CUBIC, (rest - tap as f64).abs()));
                    }
                }
            }
            map.starts.push(map.places.len());
        }
        Ok(map)
    }

    /// Adds to the row that is being made. Taps that the edge moves to one place are one tap, with the sum
    /// of their weights: on bytes, weights are rounded.
    fn add(&mut self, place: usize, weight: f64) {
        let taps = self.places.len();
        let begins_row = self.starts.last() == Some(&taps);
        match self.weights.last_mut() {
            Some(last) if !begins_row && self.places.last() == Some(&place) => *last += weight,
            _ => {
                self.places.push(place);
                self.weights.push(weight);
            }
        }
    }

    /// How many elements it takes.
    pub fn inputs(&self) -> usize {
        self.inputs
    }

    /// How many elements it makes.
    pub fn outputs(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether outputs are copies of inputs.
    pub fn is_selection(&self) -> bool {
        self.weights.iter().all(|&weight| weight == 1.0) && self.places.len() == self.outputs()
    }

    /// Which input each output copies, if all do.
    pub(crate) fn selection(&self) -> Option<&[usize]> {
        self.is_selection().then_some(&self.places)
    }

    /// How many binary digits behind the point the weights have on bytes: as many as 15 bits have room
    /// for, as in PyTorch.
    pub(crate) fn digits(&self) -> u32 {
        let largest = self.weights.iter().copied().fold(0.0, f64::max);
        let fits = |digits: &i32| 0.5 + largest * f64::from(1 << (digits + 1)) < 32768.0;
        (0..22).take_while(fits).count() as u32
    }

    /// Where the row of each output begins and the last one ends, and all inputs and weights.
    #[cfg(feature = "cuda")]
    pub(crate) fn taps(&self) -> (&[usize], &[usize], &[f64]) {
        (&self.starts, &self.places, &self.weights)
    }

    /// Whether outputs are the inputs.
    pub(crate) fn is_identity(&self) -> bool {
        self.inputs == self.outputs()
            && self.is_selection()
            && self
                .places
                .iter()
                .enumerate()
                .all(|(at, &place)| at == place)
    }

    /// The inputs of an output, and their weights.
    pub(crate) fn row(&self, output: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        let row = self.starts[output]..self.starts[output + 1];
        let (places, weights) = (&self.places[row.clone()], &self.weights[row]);
        places.iter().copied().zip(weights.iter().copied())
    }

    /// The map of gradients: from outputs to inputs.
    pub fn transposed(&self) -> LineMap {
        let mut starts = vec![0; self.inputs + 1];
        for &place in &self.places {
            starts[place + 1] += 1;
        }
        for at in 0..self.inputs {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut places = vec![0; self.places.len()];
        let mut weights = vec![0.0; self.places.len()];
        for output in 0..self.outputs() {
            for (place, weight) in self.row(output) {
                places[next[place]] = output;
                weights[next[place]] = weight;
                next[place] += 1;
            }
        }
        LineMap {
            inputs: self.outputs(),
            starts,
            places,
            weights,
        }
    }
}

/// Where the outputs of a resampling lie among its inputs.
struct Positions {
    inputs: usize,
    outputs: usize,
    align_corners: bool,
    scale: Option<f64>,
    /// Whether numbers are rounded to single precision.
    single: bool,
}

impl Positions {
    fn rounded(&self, x: f64) -> f64 {
        if self.single { f64::from(x as f32) } else { x }
    }

    /// Inputs per output.
    fn step(&self) -> f64 {
        let step = match (self.align_corners, self.scale) {
            (true, _) if self.outputs > 1 => (self.inputs - 1) as f64 / (self.outputs - 1) as f64,
            (true, _) => 0.0,
            (false, Some(scale)) => 1.0 / scale,
            (false, None) => self.inputs as f64 / self.outputs as f64,
        };
        self.rounded(step)
    }

    /// How many inputs take part in an output, at most.
    fn taps(&self, resampling: Resampling) -> usize {
        let reaching = |reach: f64| {
            let width = 2.0 * reach * self.step().max(1.0) + 2.0;
            (width as usize).min(self.inputs)
        };
        match (resampling.sampling, resampling.antialias) {
            (Sampling::Nearest | Sampling::NearestExact, _) => 1,
            (Sampling::Linear, false) => 2,
            (Sampling::Cubic, false) => 4,
            (Sampling::Linear, true) => reaching(SMOOTH_LINEAR_REACH),
            (Sampling::Cubic, true) => reaching(SMOOTH_CUBIC_REACH),
        }
    }

    /// The input that an output repeats, `shift` behind its start. Always in single precision.
    fn nearest(&self, output: usize, shift: f64) -> usize {
        if shift == 0.0 && self.outputs == self.inputs {
            return output;
        }
        if shift == 0.0 && self.inputs.checked_mul(2) == Some(self.outputs) {
            return output / 2;
        }
        let step = match self.scale {
            Some(scale) => (1.0 / scale) as f32,
            None => self.inputs as f32 / self.outputs as f32,
        };
        let position = ((output as f64 + shift) * f64::from(step)) as f32;
        (position.floor() as usize).min(self.inputs - 1)
    }

    /// The input at or before an output, and how far the output lies behind it. Only cubic curves
    /// start before the first input.
    fn place(&self, output: usize, is_cubic: bool) -> (isize, f64) {
        if !is_cubic && self.outputs == self.inputs {
            return (output as isize, 0.0);
        }
        let step = self.step();
        let mut position = match self.align_corners {
            true => self.rounded(step * output as f64),
            false => self.rounded(self.rounded(step * (output as f64 + 0.5)) - 0.5),
        };
        if !is_cubic {
            position = position.max(0.0);
        }
        let before = position.floor().min((self.inputs - 1) as f64);
        (before as isize, (position - before).clamp(0.0, 1.0))
    }

    /// Adds a row of a kernel that reaches `reach` steps, or inputs where a step is shorter.
    fn smooth(&self, output: usize, reach: f64, kernel: impl Fn(f64) -> f64, map: &mut LineMap) {
        let step = self.step();
        let width = step.max(1.0);
        let support = reach * width;
        let centre = step * (output as f64 + 0.5);
        let first = (centre - support + 0.5).max(0.0) as usize;
        let end = ((centre + support + 0.5) as usize).min(self.inputs);
        let first = first.min(self.inputs - 1);
        let end = end.max(first + 1);
        let weight = |place: usize| kernel(((place as f64 - centre + 0.5) / width).abs());
        let total: f64 = (first..end).map(weight).sum();
        for place in first..end {
            let share = if total == 0.0 {
                0.0
            } else {
                weight(place) / total
            };
            map.add(place, share);
        }
    }
}

fn triangle(x: f64) -> f64 {
    (1.0 - x).max(0.0)
}

/// The convolution kernel of Keys 1981 at a distance of `x`.
fn cubic(a: f64, x: f64) -> f64 {
    if x <= 1.0 {
        ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * a
    } else {
        0.0
    }
}

/// The sizes of a resampling whose arguments are checked; unused leading dimensions have size 1.
#[derive(Clone, Debug)]
pub struct ResampleShape<'a> {
    /// Independent planes.
    pub planes: usize,
    /// Sizes of the input.
    pub input: [usize; SPATIAL],
    /// The maps of the last dimensions; none where a dimension stays as it is.
    pub maps: [Option<&'a LineMap>; SPATIAL],
}

impl Array {
    /// Applies a linear map along each of the last dimensions. Weights other than one need
    /// floating-point numbers or `u8`, which is rounded to the nearest after each dimension.
    pub fn map_lines(&self, maps: &[LineMap]) -> Result<Array> {
        const OP: &str = "resample";
        let Some(leading) = self.rank().checked_sub(maps.len()) else {
            let expected = format!("at least {} dimensions", maps.len());
            return Err(Error::shape(OP, self.shape(), expected));
        };
        let fits = |(&size, map): (&usize, &LineMap)| size == map.inputs();
        let (batch, places) = self.shape().split_at(leading);
        if maps.len() > SPATIAL || !places.iter().zip(maps).all(fits) {
            let sizes: Vec<usize> = maps.iter().map(LineMap::inputs).collect();
            let expected = format!("last dimensions of {sizes:?}");
            return Err(Error::shape(OP, self.shape(), expected));
        }
        let exact = self.dtype().is_floating_point() || self.dtype() == DType::U8;
        let fits = exact || maps.iter().all(LineMap::is_selection);
        rules::dtype(OP, self.dtype(), fits, "a floating-point type or u8")?;
        let sizes = batch
            .iter()
            .copied()
            .chain(maps.iter().map(LineMap::outputs));
        let shape: Shape = sizes.collect();
        rules::numel(OP, &shape)?;
        let mut out = Array::uninit(OP, Layout::contiguous(shape), self.dtype(), self.device())?;
        if out.numel() == 0 {
            return Ok(out);
        }
        let mut input = [1; SPATIAL];
        let mut changing = [None; SPATIAL];
        for (dim, map) in maps.iter().enumerate() {
            let dim = SPATIAL - maps.len() + dim;
            input[dim] = map.inputs();
            changing[dim] = Some(map).filter(|map| !map.is_identity());
        }
        let shape = ResampleShape {
            planes: batch.iter().product(),
            input,
            maps: changing,
        };
        out.backend(OP)?.resample(&shape, self, &mut out)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINEAR: Resampling = Resampling {
        sampling: Sampling::Linear,
        align_corners: false,
        antialias: false,
    };

    #[test]
    fn weights_of_each_output_add_up_to_one() {
        for sampling in [Sampling::Nearest, Sampling::Linear, Sampling::Cubic] {
            for antialias in [false, true] {
                let resampling = Resampling {
                    sampling,
                    antialias,
                    ..LINEAR
                };
                let map = LineMap::new(resampling, 7, 4, None, DType::F64).unwrap();
                for output in 0..4 {
                    let total: f64 = map.row(output).map(|(_, weight)| weight).sum();
                    assert!((total - 1.0).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn transposing_twice_gives_the_map() {
        let map = LineMap::new(LINEAR, 3, 5, None, DType::F32).unwrap();
        let twice = map.transposed().transposed();
        let sorted = |map: &LineMap| {
            let mut rows: Vec<Vec<(usize, f64)>> = (0..5).map(|at| map.row(at).collect()).collect();
            rows.iter_mut()
                .for_each(|row| row.sort_by(|a, b| a.partial_cmp(b).unwrap()));
            rows
        };
        assert_eq!(sorted(&map), sorted(&twice));
    }
}
