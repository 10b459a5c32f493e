//! Resampling kernels: a sparse linear map along each dimension of a plane.

use super::number::{Int, Number};
use super::planes::{for_each_plane, write_plane};
use super::walk::Target;
use crate::ops::resample::{LineMap, ResampleShape, SPATIAL};
use crate::{Array, DType};

pub(crate) fn resample(shape: &ResampleShape<'_>, x: &Array, out: &mut Array) {
    let is_selection = |map: &LineMap| map.is_selection();
    match x.dtype().to_accumulate() {
        DType::F32 => resample_planes::<f32>(shape, x, out, |value| value),
        DType::F64 => resample_planes::<f64>(shape, x, out, |value| value),
        _ if shape.maps.iter().flatten().all(|map| is_selection(map)) => {
            resample_planes::<Int>(shape, x, out, |value| value);
        }
        // Half is rounded up, and cubic curves can leave the range.
        _ => resample_planes::<f32>(shape, x, out, |value| {
            (value + 0.5).floor().clamp(0.0, 255.0)
        }),
    }
}

fn resample_planes<C: Number>(
    shape: &ResampleShape<'_>,
    x: &Array,
    out: &mut Array,
    finish: impl Fn(C) -> C + Sync,
) {
    let out = Target::new(out);
    for_each_plane::<C>(
        x,
        shape.planes,
        shape.input.iter().product(),
        |number, plane| {
            let mut sizes = shape.input;
            let mut values: Vec<C> = Vec::new();
            // The last dimension first: its rows are the longest.
            for dim in (0..SPATIAL).rev() {
                let Some(map) = shape.maps[dim] else {
                    continue;
                };
                let source = if values.is_empty() { plane } else { &values };
                let inner = sizes[dim + 1..].iter().product();
                values = mapped(map, source, inner);
                sizes[dim] = map.outputs();
            }
            let result = if values.is_empty() { plane } else { &values };
            let result: Vec<C> = result.iter().map(|&value| finish(value)).collect();
            // SAFETY: each plane is visited once.
            unsafe { write_plane(&out, number, &result) };
        },
    );
}

/// Maps `[outer, inputs, inner]` to `[outer, outputs, inner]`.
fn mapped<C: Number>(map: &LineMap, source: &[C], inner: usize) -> Vec<C> {
    let outer = source.len() / (map.inputs() * inner).max(1);
    let mut out = vec![C::default(); outer * map.outputs() * inner];
    let rows = out.chunks_exact_mut(map.outputs() * inner);
    for (rows, source) in rows.zip(source.chunks_exact(map.inputs() * inner)) {
        for (output, row) in rows.chunks_exact_mut(inner).enumerate() {
            for (place, weight) in map.row(output) {
                let weight = C::from_f64(weight);
                let values = &source[place * inner..(place + 1) * inner];
                for (sum, &value) in row.iter_mut().zip(values) {
                    *sum = *sum + weight * value;
                }
            }
        }
    }
    out
}
