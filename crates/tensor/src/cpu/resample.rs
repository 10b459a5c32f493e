//! Resampling kernels: a sparse linear map along each dimension of a plane.

use super::number::{Int, Number};
use super::planes::{for_each_plane, write_plane};
use super::walk::Target;
use crate::ops::resample::{LineMap, ResampleShape, SPATIAL};
use crate::{Array, DType};
use std::num::Wrapping;

pub(crate) fn resample(shape: &ResampleShape<'_>, x: &Array, out: &mut Array) {
    let is_selection = shape.maps.iter().flatten().all(|map| map.is_selection());
    match x.dtype().to_accumulate() {
        DType::F32 => resample_planes::<f32>(shape, x, out, mapped),
        DType::F64 => resample_planes::<f64>(shape, x, out, mapped),
        _ if is_selection => resample_planes::<Int>(shape, x, out, mapped),
        _ => resample_planes::<Int>(shape, x, out, mapped_bytes),
    }
}

fn resample_planes<C: Number>(
    shape: &ResampleShape<'_>,
    x: &Array,
    out: &mut Array,
    apply: impl Fn(&LineMap, &[C], usize) -> Vec<C> + Sync,
) {
    let out = Target::new(out);
    let length = shape.input.iter().product();
    for_each_plane::<C>(x, shape.planes, length, |number, plane| {
        let mut sizes = shape.input;
        let mut values: Vec<C> = Vec::new();
        // The last dimension first: its rows are the longest.
        for dim in (0..SPATIAL).rev() {
            let Some(map) = shape.maps[dim] else {
                continue;
            };
            let source = if values.is_empty() { plane } else { &values };
            let inner = sizes[dim + 1..].iter().product();
            values = apply(map, source, inner);
            sizes[dim] = map.outputs();
        }
        let result = if values.is_empty() { plane } else { &values };
        // SAFETY: each plane is visited once.
        unsafe { write_plane(&out, number, result) };
    });
}

/// Maps `[outer, inputs, inner]` to `[outer, outputs, inner]`.
fn mapped<C: Number>(map: &LineMap, source: &[C], inner: usize) -> Vec<C> {
    match map.selection() {
        Some(places) => selected(places, map.inputs(), source, inner),
        None => mapped_by(map, source, inner, C::from_f64),
    }
}

/// Copies of the inputs at some places.
fn selected<C: Copy>(places: &[usize], inputs: usize, source: &[C], inner: usize) -> Vec<C> {
    let outer = source.len() / (inputs * inner).max(1);
    let mut out = Vec::with_capacity(outer * places.len() * inner);
    for rows in source.chunks_exact((inputs * inner).max(1)) {
        match inner {
            1 => out.extend(places.iter().map(|&place| rows[place])),
            _ => (places.iter())
                .for_each(|&place| out.extend_from_slice(&rows[place * inner..][..inner])),
        }
    }
    out
}

/// As [`mapped`], in fixed-point numbers, as PyTorch computes on bytes.
fn mapped_bytes(map: &LineMap, source: &[Int], inner: usize) -> Vec<Int> {
    let digits = map.digits();
    let one = f64::from(1 << digits);
    let mut sums = mapped_by(map, source, inner, |weight| {
        Wrapping((weight * one).round() as i64)
    });
    for sum in &mut sums {
        let half = (1 << digits) >> 1;
        *sum = Wrapping(((sum.0 + half) >> digits).clamp(0, 255));
    }
    sums
}

fn mapped_by<C: Number>(
    map: &LineMap,
    source: &[C],
    inner: usize,
    number: impl Fn(f64) -> C,
) -> Vec<C> {
    let outer = source.len() / (map.inputs() * inner).max(1);
    let mut out = vec![C::default(); outer * map.outputs() * inner];
    let rows = out.chunks_exact_mut(map.outputs() * inner);
    for (rows, source) in rows.zip(source.chunks_exact(map.inputs() * inner)) {
        if inner == 1 {
            for (output, sum) in rows.iter_mut().enumerate() {
                let taps = map.row(output);
                *sum = taps.fold(C::default(), |sum, (place, weight)| {
                    sum + number(weight) * source[place]
                });
            }
            continue;
        }
        for (output, row) in rows.chunks_exact_mut(inner).enumerate() {
            for (place, weight) in map.row(output) {
                let weight = number(weight);
                let values = &source[place * inner..(place + 1) * inner];
                for (sum, &value) in row.iter_mut().zip(values) {
                    *sum = *sum + weight * value;
                }
            }
        }
    }
    out
}
