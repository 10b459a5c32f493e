//! Planes: what of an array belongs to one channel of one example, for kernels that see all of it.

use super::number::Number;
use super::parallel::for_each_chunk;
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::Array;

/// Input elements that make a parallel chunk worth its start.
const GRAIN: usize = 1 << 14;

/// Calls `visit` with a plane's input, as `C`, and the number of the plane, for every plane.
pub(crate) fn for_each_plane<C: Number>(
    x: &Array,
    planes: usize,
    length: usize,
    visit: impl Fn(usize, &[C]) + Sync,
) {
    let source = Source::row_major(x);
    let grain = (GRAIN / length.max(1)).max(1);
    for_each_chunk(planes, grain, |chunk| {
        let mut plane = Vec::new();
        let mut buffer = Buffer::<C>::new();
        for number in chunk {
            if let Some(plane) = source.lend(number * length, length) {
                visit(number, plane);
                continue;
            }
            plane.resize(length, C::default());
            for start in (0..length).step_by(BLOCK) {
                let count = BLOCK.min(length - start);
                let block = source.block(number * length + start, count, &mut buffer);
                plane[start..start + count].copy_from_slice(block);
            }
            visit(number, &plane);
        }
    });
}

/// Writes a whole plane in blocks.
///
/// # Safety
/// No other thread writes this plane.
pub(crate) unsafe fn write_plane<C: Number>(target: &Target, number: usize, plane: &[C]) {
    for (block, values) in plane.chunks(BLOCK).enumerate() {
        let start = number * plane.len() + block * BLOCK;
        // SAFETY: the plane lies inside the output, and is this thread's by the caller's promise.
        unsafe { target.write(start, values.len(), |out| out.copy_from_slice(values)) };
    }
}
