//! Changes of shape, order, parts, edges.

use crate::gradients::{check, leaf};
use rushlight_autograd::{DType, PadMode, Slice, Tensor, tensor};

#[test]
fn gradients_of_reordered_elements_hold_to_second_order() {
    check("flatten", |x| x[0].flatten(1, -1), &[&[2, 2, 3]]);
    check("flatten 0-d", |x| x[0].flatten(0, -1), &[&[]]);
    check("unflatten", |x| x[0].unflatten(1, &[2, -1]), &[&[2, 4]]);
    check(
        "movedim",
        |x| x[0].movedim(&[0, -1], &[1, 0]),
        &[&[2, 1, 3]],
    );
    check("flip", |x| x[0].flip(&[0, -1]), &[&[2, 2, 3]]);
    check("roll", |x| x[0].roll(&[1, -2], &[0, 1]), &[&[2, 3]]);
    check("roll flat", |x| x[0].roll(&[7], &[]), &[&[2, 3]]);
    check("rot90", |x| x[0].rot90(-1, &[0, 1]), &[&[2, 3]]);
    check("squeeze", |x| x[0].squeeze(), &[&[1, 2, 1]]);
    check("expand", |x| x[0].expand(&[2, -1, 3]), &[&[2, 1]]);
    check("to_dtype", |x| x[0].half()?.double(), &[&[0]]);
}

#[test]
fn gradients_of_parts_hold_to_second_order() {
    check("narrow", |x| x[0].narrow(1, -2, 1), &[&[2, 3]]);
    check(
        "slice",
        |x| x[0].slice(0, Slice::from(1..).step(2)),
        &[&[5, 2]],
    );
    check("select", |x| x[0].select(-1, -1), &[&[2, 3]]);
    check("diagonal", |x| x[0].diagonal(1, 0, -1), &[&[2, 2, 3]]);
    check("diag_embed", |x| x[0].diag_embed(-1, 0, 2), &[&[2, 2]]);
    check(
        "slice_scatter",
        |x| x[0].slice_scatter(&x[1], 1, 1..),
        &[&[2, 3], &[2, 2]],
    );
    check(
        "select_scatter",
        |x| x[0].select_scatter(&x[1], 0, 1),
        &[&[2, 3], &[3]],
    );
    check(
        "diagonal_scatter",
        |x| x[0].diagonal_scatter(&x[1], 1, 0, 1),
        &[&[2, 3], &[2]],
    );
    check("tril", |x| x[0].tril(-1), &[&[2, 3, 3]]);
    check("triu", |x| x[0].triu(1), &[&[3, 2]]);
    check("diag", |x| x[0].diag(1), &[&[3]]);
    check("trace", |x| x[0].trace(), &[&[2, 3]]);
}

#[test]
fn gradients_of_overlapping_views_add_up() {
    check("unfold", |x| x[0].unfold(0, 3, 2), &[&[7, 2]]);
    check("unfold with gaps", |x| x[0].unfold(-1, 1, 2), &[&[2, 4]]);
    check("unfold 0-d", |x| x[0].unfold(0, 1, 1), &[&[]]);
    check(
        "as_strided",
        |x| x[0].contiguous()?.as_strided(&[3, 2], &[1, 1], Some(1)),
        &[&[2, 3]],
    );
    check(
        "as_strided of an expanded tensor",
        |x| {
            x[0].contiguous()?
                .expand(&[3, 2])?
                .as_strided(&[3, 2], &[0, 1], None)
        },
        &[&[1, 2]],
    );
    check(
        "as_strided_scatter",
        |x| {
            x[0].contiguous()?
                .as_strided_scatter(&x[1], &[2], &[3], Some(0))
        },
        &[&[2, 3], &[2]],
    );
}

#[test]
fn gradients_of_padded_tensors_hold_to_second_order() {
    let modes = [
        PadMode::Constant(2.into()),
        PadMode::Reflect,
        PadMode::Replicate,
        PadMode::Circular,
    ];
    for mode in modes {
        check("pad", |x| x[0].pad(&[2, 1, 0, 1], mode), &[&[2, 3]]);
        check("crop", |x| x[0].pad(&[-1, 1], mode), &[&[2, 4]]);
    }
}

/// Pads one dimension after the other, element by element.
fn padded_by_picking(x: &Tensor, padding: &[i64], mode: PadMode) -> Tensor {
    let mut y = x.clone();
    for (number, sides) in padding.chunks(2).enumerate() {
        let dim = x.dim() - 1 - number;
        let size = x.shape()[dim] as i64;
        let kept = (-sides[0]).max(0)..size + sides[1].min(0);
        let index: Vec<i64> = (-sides[0]..size + sides[1])
            .map(|at| match mode {
                PadMode::Circular => {
                    kept.start + (at - kept.start).rem_euclid(kept.end - kept.start)
                }
                PadMode::Reflect if at < 0 => -at,
                PadMode::Reflect if at >= size => 2 * (size - 1) - at,
                _ => at.clamp(0, size - 1),
            })
            .collect();
        let index = Tensor::from_slice(&index, &[index.len()]).unwrap();
        y = y.index_select(dim as isize, &index).unwrap();
    }
    y
}

#[test]
fn padding_is_that_of_one_dimension_after_the_other() {
    let x = leaf(&[3, 4, 5, 6]);
    let strided = x.permute(&[1, 3, 0, 2]).unwrap();
    let paddings: &[&[i64]] = &[
        &[1, 2],
        &[0, 0, 2, 1],
        &[2, 1, 1, 2],
        &[1, 1, 2, 2, 3, 1],
        &[-1, 2, 2, -1],
        &[-2, 0, 0, -1, 1, 1],
    ];
    for mode in [PadMode::Reflect, PadMode::Replicate, PadMode::Circular] {
        for x in [&x, &strided, &x.to_dtype(DType::BF16).unwrap()] {
            for padding in paddings {
                let sides: Vec<isize> = padding.iter().map(|&side| side as isize).collect();
                let fits = sides.chunks(2).enumerate().all(|(number, sides)| {
                    let size = x.shape()[x.dim() - 1 - number] as isize;
                    sides.iter().all(|&side| side < size)
                });
                if !fits {
                    continue;
                }
                let y = x.pad(&sides, mode).unwrap();
                let expected = padded_by_picking(x, padding, mode);
                assert_eq!(y.shape(), expected.shape());
                assert_eq!(y.to_bytes().unwrap(), expected.to_bytes().unwrap());
            }
        }
    }
    let empty = leaf(&[0, 3]).pad(&[1, 1], PadMode::Reflect).unwrap();
    assert_eq!(empty.shape(), [0, 5]);
}

#[test]
fn padding_beyond_what_is_there_is_refused() {
    let x = leaf(&[2, 3]);
    assert!(x.pad(&[3, 0], PadMode::Reflect).is_err());
    assert!(x.pad(&[4, 0], PadMode::Circular).is_err());
    assert!(x.pad(&[-2, -2], PadMode::default()).is_err());
    assert!(x.pad(&[1], PadMode::default()).is_err());
    assert!(x.pad(&[0, 0, 0, 0, 1, 1], PadMode::Replicate).is_err());
    assert!(leaf(&[0]).pad(&[1, 0], PadMode::Replicate).is_err());
    assert!(x.pad(&[-3, 2], PadMode::Circular).is_err());
    assert!(x.pad(&[-4, 2], PadMode::Circular).is_err());
    for mode in [PadMode::default(), PadMode::Replicate] {
        assert!(x.pad(&[isize::MAX, 0], mode).is_err());
        assert!(x.pad(&[isize::MIN, 0], mode).is_err());
        assert!(x.pad(&[1 << 60, 0], mode).is_err());
    }
}

#[test]
fn dimensions_that_do_not_exist_are_refused() {
    let x = leaf(&[2, 3]);
    assert!(x.flatten(1, 0).is_err());
    assert!(x.unflatten(0, &[3]).is_err());
    assert!(x.movedim(&[0, 0], &[0, 1]).is_err());
    assert!(x.movedim(&[0], &[2]).is_err());
    assert!(x.flip(&[0, -2]).is_err());
    assert!(x.roll(&[1, 1], &[0]).is_err());
    assert!(x.rot90(1, &[0]).is_err());
    assert!(x.diag_embed(0, 1, 1).is_err());
    assert!(x.narrow(0, 1, usize::MAX).is_err());
    assert!(x.select(0, 2).is_err());
    assert!(x.as_strided(&[2], &[-1], None).is_err());
    assert!(x.as_strided(&[usize::MAX], &[0], None).is_err());
    assert!(leaf(&[]).select(0, 0).is_err());
    assert!(leaf(&[2]).tril(0).is_err());
}

#[test]
fn empty_tensors_pass_through_every_change_of_shape() {
    let x = leaf(&[0, 3]);
    assert_eq!(x.select(1, 2).unwrap().to_vec::<f64>().unwrap(), []);
    assert_eq!(x.slice(1, 2..).unwrap().to_bytes().unwrap(), []);
    assert_eq!(x.diagonal(2, 0, 1).unwrap().to_vec::<f64>().unwrap(), []);
    assert_eq!(x.flip(&[0]).unwrap().shape(), [0, 3]);
    assert_eq!(x.roll(&[1], &[0]).unwrap().shape(), [0, 3]);
    assert_eq!(
        x.pad(&[1, 1, 1, 1], PadMode::default()).unwrap().shape(),
        [2, 5]
    );
    assert_eq!(x.chunk(2, 0).unwrap().len(), 2);
}

#[test]
fn numbers_that_do_not_fit_an_integer_become_its_smallest() {
    let x = tensor([f64::INFINITY, f64::NEG_INFINITY, f64::NAN, -5.7]).unwrap();
    assert_eq!(
        x.long().unwrap().to_vec::<i64>().unwrap(),
        [i64::MIN, i64::MIN, i64::MIN, -5]
    );
    assert_eq!(
        x.int().unwrap().to_vec::<i32>().unwrap(),
        [i32::MIN, i32::MIN, i32::MIN, -5]
    );
    assert_eq!(x.byte().unwrap().to_vec::<u8>().unwrap(), [0, 0, 0, 251]);
    let wide = Tensor::from_vec(vec![300.0f64, -2147483648.0], &[2]).unwrap();
    assert_eq!(wide.char().unwrap().to_vec::<i8>().unwrap(), [44, 0]);
    assert_eq!(
        wide.int().unwrap().to_vec::<i32>().unwrap(),
        [300, i32::MIN]
    );
}

#[test]
fn a_conversion_brings_the_gradient_back() {
    let x = leaf(&[2]);
    x.to(DType::F32).unwrap().sum().unwrap().backward().unwrap();
    assert_eq!(x.grad().unwrap().dtype(), DType::F64);
}
