//! Filling, and copying between layouts and dtypes.

use super::elementwise::with_number;
use super::lines::{Axis, Elements, Lines, with_size_of};
use super::number::{Int, Number};
use super::parallel::{DisjointMut, for_each_chunk};
use super::simd::{Level, MOST_LANES, Real, Simd, Task, Vector};
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::dtype::with_dtype;
use crate::{Array, DType, Element, Scalar};
use std::ops::Range;

/// Elements per parallel chunk.
const GRAIN: usize = 1 << 15;
/// Bytes that memory gives at once.
const CACHE_LINE: usize = 64;

/// Writes one number everywhere in a dense array.
pub(crate) fn fill(value: Scalar, out: &mut Array) {
    with_dtype!(out.dtype(), T => fill_with::<T>(value.to_element(), out.dense_slice_mut()));
}

fn fill_with<T: Element>(value: T, out: &mut [T]) {
    let (level, length) = (Level::current(), out.len());
    let out = DisjointMut::new(out);
    for_each_chunk(length, GRAIN, |chunk| {
        // SAFETY: chunks are disjoint parts of the output.
        level.run_up_to_avx2(Fill(value, unsafe { out.slice(chunk) }));
    });
}

/// Writes one element everywhere.
struct Fill<'a, T>(T, &'a mut [T]);

impl<T: Copy> Task for Fill<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Fill(value, out) = self;
        out.fill(value);
    }
}

/// Copies `x` into `out`, converting through the type in which `x` computes.
pub(crate) fn copy(x: &Array, out: &mut Array) {
    let is_dense = out.layout().is_dense();
    if x.dtype() == out.dtype() && !(is_dense && x.layout().has_strides_of(out.layout())) {
        with_size_of!(x.dtype(), T => move_elements::<T>(x, out));
    } else if is_dense {
        with_number!(x.dtype(), C => cast::<C>(x, out));
    } else {
        with_number!(x.dtype(), real C => with_dtype!(out.dtype(), T => convert::<C, T>(x, out)),
            int => with_dtype!(out.dtype(), T => convert::<C, T>(x, out)));
    }
}

/// Copies into a dense output, through C.
fn cast<C: Number>(x: &Array, out: &mut Array) {
    let (source, target) = (Source::new(x, out), Target::new(out));
    for_each_chunk(out.numel(), GRAIN, |Range { start, end }| {
        let mut buffer = Buffer::<C>::new();
        for start in (start..end).step_by(source.reach::<C>()) {
            let length = source.reach::<C>().min(end - start);
            // SAFETY: chunks, and the blocks in them, are disjoint parts of the output.
            unsafe {
                match target.lend_own::<C>(start, length) {
                    Some(place) => source.read(start, place),
                    None => target.put(start, source.block::<C>(start, length, &mut buffer)),
                }
            }
        }
        target.finish();
    });
}

/// The runs in which two arrays of one shape can be walked, `out` from its start to its end.
fn runs(x: &Array, out: &Array) -> Lines<2> {
    let axis = |dim: usize| Axis {
        size: out.shape()[dim],
        strides: [x.strides()[dim], out.strides()[dim]],
    };
    Lines::new(out.layout().memory_order().into_iter().map(axis))
}

/// Copies elements as they are.
fn move_elements<T: Copy + Send>(x: &Array, out: &mut Array) {
    let mut lines = runs(x, out);
    let run = lines.run();
    let is_transposed = |axis: &Axis<2>| axis.strides[0] == 1 && axis.size >= MOST_LANES;
    if run.strides[1] == 1
        && run.strides[0].abs() > 1
        && run.size > 1
        && size_of::<T>() >= 4
        && let Some(across) = lines.take_outer(is_transposed)
    {
        return match size_of::<T>() {
            4 => transpose::<f32>(Elements::of(x), Elements::of(out), &lines, across),
            _ => transpose::<f64>(Elements::of(x), Elements::of(out), &lines, across),
        };
    }
    let (from, to) = (Elements::<T>::of(x), Elements::<T>::of(out));
    let level = Level::current();
    for_each_chunk(out.numel(), GRAIN, |Range { start, end }| {
        let mut position = start;
        while position < end {
            let (line, skipped) = (position / run.size, position % run.size);
            let count = (run.size - skipped).min(end - position);
            let [x, y] = lines.start(line);
            let [x_step, y_step] = run.strides;
            // SAFETY: the offsets are those of elements, and each element of the output is written by one
            // thread; operand and output do not overlap.
            unsafe {
                level.run_up_to_avx2(MoveRun {
                    from: from.at(x + skipped as isize * x_step),
                    to: to.at(y + skipped as isize * y_step),
                    count,
                    strides: run.strides,
                });
            }
            position += count;
        }
    });
}

/// Copies `count` elements, which have places for them.
struct MoveRun<T> {
    from: *const T,
    to: *mut T,
    count: usize,
    strides: [isize; 2],
}

impl<T: Copy> Task for MoveRun<T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let MoveRun {
            from, to, count, ..
        } = self;
        // SAFETY: whoever makes the task vouches for the elements of both runs.
        unsafe {
            match self.strides {
                [1, 1] => to.copy_from_nonoverlapping(from, count),
                [0, 1] => std::slice::from_raw_parts_mut(to, count).fill(*from),
                [-1, 1] => {
                    let from = std::slice::from_raw_parts(from.sub(count - 1), count);
                    let to = std::slice::from_raw_parts_mut(to, count);
                    for (to, &from) in to.iter_mut().zip(from.iter().rev()) {
                        *to = from;
                    }
                }
                [x_step, y_step] => {
                    for i in 0..count as isize {
                        *to.offset(i * y_step) = *from.offset(i * x_step);
                    }
                }
            }
        }
    }
}

/// Copies planes whose rows in the output are columns of the operand: along `across` the operand has its
/// elements side by side, along the run of `lines` the output.
fn transpose<T: Real>(from: Elements<T>, to: Elements<T>, lines: &Lines<2>, across: Axis<2>) {
    let level = Level::current();
    let rows = CACHE_LINE / size_of::<T>();
    let bands = across.size.div_ceil(rows);
    let grain = (GRAIN / (rows * lines.run().size)).max(1);
    for_each_chunk(lines.count() * bands, grain, |chunk| {
        for band in chunk {
            let [x, y] = lines.start(band / bands);
            let first = band % bands * rows;
            // SAFETY: both arrays have all elements of the plane, and each is written by one thread.
            unsafe {
                level.run(TransposeBand {
                    from: from.at(x + first as isize),
                    to: to.at(y + first as isize * across.strides[1]),
                    rows: rows.min(across.size - first),
                    columns: lines.run().size,
                    from_stride: lines.run().strides[0],
                    to_stride: across.strides[1] as usize,
                });
            }
        }
    });
}

/// Writes a few rows of `columns` elements: the operand has them as columns, `from_stride` from element to
/// element.
struct TransposeBand<T> {
    from: *const T,
    to: *mut T,
    rows: usize,
    columns: usize,
    from_stride: isize,
    to_stride: usize,
}

impl<T: Real> Task for TransposeBand<T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let lanes = T::Vector::<S>::LANES;
        // SAFETY: whoever makes the task vouches for the elements of all rows and columns.
        unsafe {
            let from = |row: usize, column: usize| {
                self.from
                    .offset(row as isize + column as isize * self.from_stride)
            };
            let to = |row: usize, column: usize| self.to.add(row * self.to_stride + column);
            let mut block = [T::zero(); MOST_LANES * MOST_LANES];
            for row in (0..self.rows - self.rows % lanes).step_by(lanes) {
                for column in (0..self.columns).step_by(lanes) {
                    let count = lanes.min(self.columns - column);
                    // Where columns are missing, the last one stands in for them.
                    let column_of = |i: usize| from(row, column + i.min(count - 1));
                    if count == lanes {
                        T::Vector::<S>::transpose(column_of, to(row, column), self.to_stride);
                        continue;
                    }
                    T::Vector::<S>::transpose(column_of, block.as_mut_ptr(), lanes);
                    for i in 0..lanes {
                        let part = T::Vector::<S>::load(block.as_ptr().add(i * lanes));
                        part.store_first(to(row + i, column), count);
                    }
                }
            }
            for row in self.rows - self.rows % lanes..self.rows {
                for column in 0..self.columns {
                    *to(row, column) = *from(row, column);
                }
            }
        }
    }
}

/// Copies into an output with gaps, and of another dtype.
fn convert<C: Number, T: Element>(x: &Array, out: &mut Array) {
    let lines = runs(x, out);
    let to = Elements::<T>::of(out);
    let source = Source::new(x, out);
    let Axis { size, strides } = lines.run();
    for_each_chunk(lines.count(), (GRAIN / size.max(1)).max(1), |chunk| {
        let mut buffer = Buffer::<C>::new();
        for line in chunk {
            let [_, y] = lines.start(line);
            for start in (0..size).step_by(BLOCK) {
                let block = source.block(line * size + start, BLOCK.min(size - start), &mut buffer);
                for (j, value) in (start as isize..).zip(block) {
                    // SAFETY: as for copies of the same dtype.
                    unsafe { *to.at(y + j * strides[1]) = value.store() };
                }
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::simd::each_level;
    use super::*;

    /// The elements of `x` in row-major order, found one by one.
    fn one_by_one<T: Element>(x: &Array) -> Vec<T> {
        let from = Elements::<T>::of(x);
        (0..x.numel())
            .map(|mut position| {
                let mut offset = 0;
                for dim in (0..x.rank()).rev() {
                    offset += (position % x.shape()[dim]) as isize * x.strides()[dim];
                    position /= x.shape()[dim];
                }
                // SAFETY: each index is inside the shape.
                unsafe { *from.at(offset) }
            })
            .collect()
    }

    fn check<T: Element + PartialEq + std::fmt::Debug>(number: impl Fn(usize) -> T) {
        let [depth, height, width] = [3, 41, 70];
        let data: Vec<T> = (0..depth * height * width).map(number).collect();
        let x = Array::from_slice(&data, &[depth, height, width]).unwrap();
        let orders = [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ];
        each_level(|_| {
            for order in orders {
                let moved = x.permute(&order.map(|dim| dim as isize)).unwrap();
                assert_eq!(
                    moved.contiguous().unwrap().to_vec::<T>().unwrap(),
                    one_by_one::<T>(&moved)
                );
                let part = moved.narrow(1, 1, moved.shape()[1] - 1).unwrap();
                assert_eq!(
                    part.contiguous().unwrap().to_vec::<T>().unwrap(),
                    one_by_one::<T>(&part)
                );
            }
        });
    }

    #[test]
    fn copies_in_any_order_keep_each_element() {
        check(|i| i as f32);
        check(|i| i as f64);
        check(|i| i as i64);
        check(|i| i as u8);
        check(|i| half::bf16::from_bits(i as u16 & 0x3fff));
    }
}
