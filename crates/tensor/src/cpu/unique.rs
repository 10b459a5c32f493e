//! Kernels that group equal rows.

use super::elementwise::with_number;
use super::number::{Int, Number};
use super::sort::Ranked;
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::layout::Layout;
use crate::ops::unique::Unique;
use crate::{Array, DType, Result, Shape};

/// Groups the rows of a matrix.
pub(crate) fn unique(neighbours: bool, x: &Array) -> Result<Unique> {
    with_number!(x.dtype(), real C => unique_as::<C>(neighbours, x), int => unique_as::<C>(neighbours, x))
}

fn unique_as<C: Ranked>(neighbours: bool, x: &Array) -> Result<Unique> {
    const OP: &str = "unique";
    let (rows, width) = (x.shape()[0], x.shape()[1]);
    let elements = read::<C>(x);
    let row = |index: usize| &elements[index * width..(index + 1) * width];
    let ranks = |index: &usize| row(*index).iter().map(|x| x.rank());
    let mut order: Vec<usize> = (0..rows).collect();
    if !neighbours {
        order.sort_by(|a, b| ranks(a).cmp(ranks(b)));
    }
    // Not a number is equal to nothing, so every one is a group of its own.
    let groups: Vec<&[usize]> = order.chunk_by(|&a, &b| row(a) == row(b)).collect();
    let mut inverse = vec![0i64; rows];
    for (number, group) in groups.iter().enumerate() {
        group
            .iter()
            .for_each(|&index| inverse[index] = number as i64);
    }
    let counts: Vec<i64> = groups.iter().map(|group| group.len() as i64).collect();
    let layout = Layout::contiguous(Shape::from([groups.len(), width]));
    let mut values = Array::uninit(OP, layout, x.dtype(), x.device())?;
    let target = Target::new(&mut values);
    for (number, group) in groups.iter().enumerate() {
        for (block, elements) in row(group[0]).chunks(BLOCK).enumerate() {
            let start = number * width + block * BLOCK;
            // SAFETY: this is the only thread that writes.
            unsafe {
                target.write(start, elements.len(), |out: &mut [C]| {
                    out.copy_from_slice(elements)
                })
            };
        }
    }
    Ok(Unique {
        values,
        inverse: Array::from_slice(&inverse, &[rows])?,
        counts: Array::from_slice(&counts, &[groups.len()])?,
    })
}

/// All elements in row-major order.
fn read<C: Number>(x: &Array) -> Vec<C> {
    let source = Source::row_major(x);
    let mut buffer = Buffer::new();
    let mut elements = Vec::with_capacity(x.numel());
    for start in (0..x.numel()).step_by(BLOCK) {
        let count = BLOCK.min(x.numel() - start);
        elements.extend_from_slice(source.block(start, count, &mut buffer));
    }
    elements
}
