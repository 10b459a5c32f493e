//! Kernels that count.

use super::number::{Int, Number};
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::Array;

pub(crate) fn count(bins: &Array, weights: Option<&Array>, out: &mut Array) {
    match out.dtype().is_floating_point() {
        true => count_as::<f64>(bins, weights, out),
        false => count_as::<Int>(bins, weights, out),
    }
}

/// Adds up in one thread, so that the order of the sums is that of the elements.
fn count_as<C: Number>(bins: &Array, weights: Option<&Array>, out: &mut Array) {
    let names = Source::row_major(bins);
    let weights = weights.map(Source::row_major);
    let mut totals = vec![C::from_f64(0.0); out.numel()];
    let (mut names_buffer, mut weights_buffer) = (Buffer::<Int>::new(), Buffer::<C>::new());
    for start in (0..bins.numel()).step_by(BLOCK) {
        let length = BLOCK.min(bins.numel() - start);
        let names = names.block(start, length, &mut names_buffer);
        let weights = weights
            .as_ref()
            .map(|weights| weights.block(start, length, &mut weights_buffer));
        for (place, name) in names.iter().enumerate() {
            let weight = weights.map_or(C::from_f64(1.0), |weights| weights[place]);
            let bin = usize::try_from(name.0)
                .ok()
                .and_then(|bin| totals.get_mut(bin));
            if let Some(total) = bin {
                *total = *total + weight;
            }
        }
    }
    let target = Target::new(out);
    for (block, totals) in totals.chunks(BLOCK).enumerate() {
        // SAFETY: this is the only thread that writes.
        unsafe {
            target.write(block * BLOCK, totals.len(), |out: &mut [C]| {
                out.copy_from_slice(totals)
            })
        };
    }
}
