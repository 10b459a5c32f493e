//! Kernels that group equal rows.

use super::elementwise::with_number;
use super::number::{Int, Number};
use super::sort::Ranked;
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::dtype::with_dtype;
use crate::layout::Layout;
use crate::ops::unique::Unique;
use crate::{Array, DType, Element, Result, Shape};

const OP: &str = "unique";

/// Groups the rows of a matrix.
pub(crate) fn unique(neighbours: bool, x: &Array) -> Result<Unique> {
    with_number!(x.dtype(), C => unique_as::<C>(neighbours, x))
}

/// The rows of [`unique`] alone.
pub(crate) fn unique_values(neighbours: bool, x: &Array) -> Result<Array> {
    if x.shape()[1] != 1 {
        return Ok(unique(neighbours, x)?.values);
    }
    let elements = match neighbours {
        true => x.contiguous()?,
        false => with_number!(x.dtype(), C => in_order::<C>(x))?,
    };
    with_dtype!(x.dtype(), T => first_ones::<T>(&elements))
}

/// The elements of a column in ascending order.
fn in_order<C: Ranked>(x: &Array) -> Result<Array> {
    let mut elements = read::<C>(x);
    elements.sort_by_key(|x| x.rank());
    let mut sorted = Array::uninit(
        OP,
        Layout::contiguous(x.shape().clone()),
        x.dtype(),
        x.device(),
    )?;
    let target = Target::new(&mut sorted);
    for (block, elements) in elements.chunks(BLOCK).enumerate() {
        // SAFETY: this is the only thread that writes.
        unsafe {
            target.write(block * BLOCK, elements.len(), |out: &mut [C]| {
                out.copy_from_slice(elements);
            });
        }
    }
    Ok(sorted)
}

/// The elements of a column that differ from those before them.
fn first_ones<T: Element>(x: &Array) -> Result<Array> {
    let layout = Layout::contiguous(x.shape().clone());
    let mut values = Array::uninit(OP, layout, x.dtype(), x.device())?;
    let (elements, out) = (x.dense_slice::<T>(), values.dense_slice_mut::<T>());
    let mut count = 0;
    if let ([first, ..], [place, ..]) = (elements, &mut *out) {
        (*place, count) = (*first, 1);
    }
    // Each one is written, and the next one over it unless it differs: no branch to guess.
    for pair in elements.windows(2) {
        out[count] = pair[1];
        count += usize::from(pair[0] != pair[1]);
    }
    let found = values.narrow(0, 0, count)?;
    match count < elements.len() / 2 {
        // What is few does not keep the memory of many.
        true => found.copied(),
        false => Ok(found),
    }
}

fn unique_as<C: Ranked>(neighbours: bool, x: &Array) -> Result<Unique> {
    let (rows, width) = (x.shape()[0], x.shape()[1]);
    if neighbours {
        let elements = read::<C>(x);
        return groups(x, &elements, |position| position);
    }
    if width == 1 {
        let (sorted, order) = x.reshape(&Shape::from([rows]))?.sort(0, false)?;
        let (elements, order) = (read::<C>(&sorted), order.dense_slice::<i64>());
        return groups(x, &elements, |position| order[position] as usize);
    }
    let elements = read::<C>(x);
    let row = |index: usize| &elements[index * width..(index + 1) * width];
    let ranks = |index: &usize| row(*index).iter().map(|x| x.rank());
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(|a, b| ranks(a).cmp(ranks(b)));
    let sorted: Vec<C> = order
        .iter()
        .flat_map(|&index| row(index))
        .copied()
        .collect();
    groups(x, &sorted, |position| order[position])
}

/// Groups equal neighbours among the rows of `x`, whose elements are given in some order; `index` says
/// which row of `x` comes at a position.
fn groups<C: Number>(x: &Array, elements: &[C], index: impl Fn(usize) -> usize) -> Result<Unique> {
    let (rows, width) = (x.shape()[0], x.shape()[1]);
    let ends = ends(rows, |position| match width {
        1 => elements[position] == elements[position + 1],
        _ => {
            let row = |position: usize| &elements[position * width..(position + 1) * width];
            row(position) == row(position + 1)
        }
    });
    let integers = |count| {
        let layout = Layout::contiguous(Shape::from([count]));
        Array::uninit(OP, layout, DType::I64, x.device())
    };
    let (mut inverse, mut counts) = (integers(rows)?, integers(ends.len())?);
    let (groups, sizes) = (
        inverse.dense_slice_mut::<i64>(),
        counts.dense_slice_mut::<i64>(),
    );
    let mut start = 0;
    for (number, (&end, size)) in ends.iter().zip(sizes).enumerate() {
        *size = (end - start) as i64;
        (start..end).for_each(|position| groups[index(position)] = number as i64);
        start = end;
    }
    let layout = Layout::contiguous(Shape::from([ends.len(), width]));
    let mut values = Array::uninit(OP, layout, x.dtype(), x.device())?;
    let target = Target::new(&mut values);
    let first = |number: usize| match number {
        0 => 0,
        _ => ends[number - 1],
    };
    for start in (0..ends.len() * width).step_by(BLOCK) {
        let length = BLOCK.min(ends.len() * width - start);
        let write = |out: &mut [C]| {
            for (place, out) in (start..).zip(out) {
                *out = elements[first(place / width) * width + place % width];
            }
        };
        // SAFETY: this is the only thread that writes.
        unsafe { target.write(start, length, write) };
    }
    Ok(Unique {
        values,
        inverse,
        counts,
    })
}

/// Where groups of neighbours end; `is_same` says whether a row is equal to the next. Not a number is
/// equal to nothing, so every one is a group of its own.
fn ends(rows: usize, is_same: impl Fn(usize) -> bool) -> Vec<usize> {
    // Each end is written, and the next one over it unless the group ends: no branch to guess.
    let (mut ends, mut count) = (vec![0; rows], 0);
    for end in 1..=rows {
        ends[count] = end;
        count += usize::from(end == rows || !is_same(end - 1));
    }
    ends.truncate(count);
    ends
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
