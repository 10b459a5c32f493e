//! Windows of images as columns, plane by plane.

use super::elementwise::with_number;
use super::number::{Int, Number};
use super::planes::{for_each_plane, write_plane};
use super::walk::Target;
use crate::ops::patches::PatchShape;
use crate::{Array, DType};

pub(crate) fn im2col(shape: &PatchShape, x: &Array, out: &mut Array) {
    with_number!(x.dtype(), C => take_columns::<C>(shape, x, out));
}

pub(crate) fn col2im(shape: &PatchShape, x: &Array, out: &mut Array) {
    with_number!(x.dtype(), C => add_columns::<C>(shape, x, out));
}

fn take_columns<C: Number>(shape: &PatchShape, x: &Array, out: &mut Array) {
    let length = elements(shape) * windows(shape);
    let out = Target::new(out);
    for_each_plane::<C>(
        x,
        shape.planes,
        shape.image.iter().product(),
        |number, image| {
            let mut columns = vec![C::default(); length];
            for_each_inside(shape, |column, place| columns[column] = image[place]);
            // SAFETY: each plane is visited once.
            unsafe { write_plane(&out, number, &columns) };
        },
    );
}

fn add_columns<C: Number>(shape: &PatchShape, x: &Array, out: &mut Array) {
    let length = elements(shape) * windows(shape);
    let out = Target::new(out);
    for_each_plane::<C>(x, shape.planes, length, |number, columns| {
        let mut image = vec![C::default(); shape.image.iter().product()];
        for_each_inside(shape, |column, place| {
            image[place] = image[place] + columns[column]
        });
        // SAFETY: each plane is visited once.
        unsafe { write_plane(&out, number, &image) };
    });
}

fn elements(shape: &PatchShape) -> usize {
    shape.geometry.kernel.iter().product()
}

fn windows(shape: &PatchShape) -> usize {
    shape.windows.iter().product()
}

/// Calls `visit` with the position in the columns and that in the image of every element of every
/// window that lies inside the image.
#[inline(always)]
fn for_each_inside(shape: &PatchShape, mut visit: impl FnMut(usize, usize)) {
    let geometry = &shape.geometry;
    let [height, width] = shape.image;
    let [down, across] = shape.windows;
    let place = |dim: usize, window: usize, element: usize| {
        (window * geometry.stride[dim] + element * geometry.dilation[dim])
            .checked_sub(geometry.padding[dim])
    };
    for y in 0..geometry.kernel[0] {
        for x in 0..geometry.kernel[1] {
            let start = (y * geometry.kernel[1] + x) * down * across;
            for window in 0..down {
                let Some(row) = place(0, window, y).filter(|&row| row < height) else {
                    continue;
                };
                for step in 0..across {
                    if let Some(column) = place(1, step, x).filter(|&column| column < width) {
                        visit(start + window * across + step, row * width + column);
                    }
                }
            }
        }
    }
}
