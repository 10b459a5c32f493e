//! Joining, cutting and repeating.

use crate::gradients::{check, leaf, numbers};
use rushlight_autograd::{DType, Indexing, Tensor, tensor};

#[test]
fn gradients_of_joined_tensors_hold_to_second_order() {
    check("cat", |x| Tensor::cat(x, 1), &[&[2, 1], &[2, 3], &[2, 0]]);
    check(
        "cat with an empty one",
        |x| Tensor::cat(x, -1),
        &[&[0], &[2, 3]],
    );
    check(
        "cat of one twice",
        |x| Tensor::cat(&[&x[0], &x[0]], 0),
        &[&[2]],
    );
    check("stack", |x| Tensor::stack(x, -1), &[&[2, 2], &[2, 2]]);
    check("hstack", Tensor::hstack, &[&[2, 1], &[2, 2]]);
    check("vstack", Tensor::vstack, &[&[2], &[1, 2]]);
    check("dstack", Tensor::dstack, &[&[2], &[1, 2]]);
    check("column_stack", Tensor::column_stack, &[&[2], &[2, 2]]);
    check("block_diag", Tensor::block_diag, &[&[2, 1], &[], &[3]]);
    check(
        "chunk_cat",
        |x| Tensor::chunk_cat(x, 0, 2),
        &[&[3, 2], &[1]],
    );
    check("cartesian_prod", Tensor::cartesian_prod, &[&[2], &[3]]);
    check("combinations", |x| x[0].combinations(2, false), &[&[4]]);
    let grid = |x: &[Tensor]| Tensor::stack(&Tensor::meshgrid(x, Indexing::Xy)?, 0);
    check("meshgrid", grid, &[&[2], &[3], &[]]);
}

#[test]
fn gradients_of_pieces_hold_to_second_order() {
    let product = |pieces: Vec<Tensor>| &pieces[0] * &pieces[1];
    check("split", |x| product(x[0].split(2, 0)?), &[&[5, 2]]);
    check(
        "split_with_sizes",
        |x| product(x[0].split_with_sizes(&[2, 2, 1], -1)?),
        &[&[2, 5]],
    );
    check("chunk", |x| product(x[0].chunk(3, 0)?), &[&[5]]);
    check(
        "tensor_split",
        |x| product(x[0].tensor_split([1, -1], 0)?),
        &[&[3]],
    );
    check("unbind", |x| product(x[0].unbind(1)?), &[&[2, 3]]);
    check("repeat", |x| x[0].repeat(&[2, 1, 3]), &[&[2, 2]]);
    check("tile", |x| x[0].tile(&[2]), &[&[2, 2]]);
    check(
        "repeat_interleave",
        |x| x[0].repeat_interleave(tensor([0, 2, 1])?, Some(1)),
        &[&[2, 3]],
    );
    check(
        "repeat_interleave flat",
        |x| x[0].repeat_interleave(2, None),
        &[&[2, 2]],
    );
}

#[test]
fn pieces_that_are_not_used_get_a_gradient_of_zero() {
    let x = leaf(&[4]);
    x.split(2, 0).unwrap()[1].sum().unwrap().backward().unwrap();
    assert_eq!(numbers(&x.grad().unwrap()), [0.0, 0.0, 1.0, 1.0]);
}

#[test]
fn dtypes_meet_when_tensors_are_joined() {
    let joined = Tensor::cat(&[tensor([1]).unwrap(), tensor([true]).unwrap()], 0).unwrap();
    assert_eq!(joined.dtype(), DType::I64);
    let joined = Tensor::cat(&[tensor([1]).unwrap(), tensor([0.5]).unwrap()], 0).unwrap();
    assert_eq!(numbers(&joined), [1.0, 0.5]);
}

#[test]
fn joining_keeps_channels_innermost() {
    use rushlight_autograd::MemoryFormat::ChannelsLast;
    let x = Tensor::ones(&[1, 2, 2, 2])
        .unwrap()
        .to_memory_format(ChannelsLast)
        .unwrap();
    let joined = Tensor::cat(&[&x, &x], 1).unwrap();
    assert_eq!(joined.stride()[1], 1);
    assert_eq!(numbers(&joined), [1.0; 16]);
}

#[test]
fn choices_come_in_order() {
    let x = tensor([1, 2, 3]).unwrap();
    let rows = x.combinations(2, true).unwrap();
    assert_eq!(
        numbers(&rows),
        [1., 1., 1., 2., 1., 3., 2., 2., 2., 3., 3., 3.]
    );
    assert_eq!(x.combinations(4, false).unwrap().shape(), [0, 4]);
    assert_eq!(x.combinations(3, false).unwrap().shape(), [1, 3]);
    assert!(
        Tensor::zeros(&[1000])
            .unwrap()
            .combinations(500, false)
            .is_err()
    );
}

#[test]
fn what_does_not_fit_together_is_refused() {
    let none: &[Tensor] = &[];
    assert!(Tensor::cat(none, 0).is_err());
    assert!(Tensor::stack(none, 0).is_err());
    assert!(Tensor::cat(&[leaf(&[2, 2]), leaf(&[2, 3])], 0).is_err());
    assert!(Tensor::cat(&[leaf(&[2, 2]), leaf(&[2])], 1).is_err());
    assert!(Tensor::stack(&[leaf(&[2]), leaf(&[3])], 0).is_err());
    assert!(leaf(&[4]).split(0, 0).is_err());
    assert!(leaf(&[4]).split_with_sizes(&[2, usize::MAX], 0).is_err());
    assert!(leaf(&[4]).repeat(&[usize::MAX]).is_err());
    assert!(leaf(&[4]).repeat_interleave(i64::MAX, None).is_err());
    assert!(leaf(&[]).unbind(0).is_err());
    assert!(leaf(&[3]).hsplit(2).is_err());
}
