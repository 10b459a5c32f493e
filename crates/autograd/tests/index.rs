//! Index expressions.

use crate::gradients::{check, numbers};
use rushlight_autograd::{Ellipsis, Index, Indices, NewAxis, Slice, Tensor, tensor};

/// 0, 1, 2, ... in the given shape.
fn count(shape: &[isize]) -> Tensor {
    let total: isize = shape.iter().product();
    Tensor::arange(0, total as i64, 1)
        .unwrap()
        .reshape(shape)
        .unwrap()
}

fn shape(x: &Tensor, indices: impl Indices) -> Vec<usize> {
    x.index(indices).unwrap().shape().to_vec()
}

#[test]
fn gradients_of_index_expressions_hold_to_second_order() {
    let list = tensor([0, -1, 0]).unwrap();
    let mask = tensor([[true, false, true], [false, false, true]]).unwrap();
    check(
        "view",
        |x| x[0].index((.., 1, NewAxis, Slice::from(..).step(2))),
        &[&[2, 3, 3]],
    );
    check("list", |x| x[0].index((.., &list)), &[&[2, 3]]);
    check("apart", |x| x[0].index((&list, .., &list)), &[&[2, 2, 3]]);
    check(
        "view and list",
        |x| x[0].index((1.., .., &list)),
        &[&[2, 2, 3]],
    );
    check("mask", |x| x[0].index((&mask, 0)), &[&[2, 3, 2]]);
    check(
        "write",
        |x| x[0].index_put((.., 1), &x[1], false),
        &[&[2, 3], &[2]],
    );
    check(
        "write a list",
        |x| x[0].index_put((.., [2, 0]), &x[1], false),
        &[&[2, 3], &[2]],
    );
    check(
        "add",
        |x| x[0].index_put((1.., &list), &x[1], true),
        &[&[3, 3], &[1, 3]],
    );
    check(
        "add apart",
        |x| x[0].index_put((&list, .., &list), &x[1], true),
        &[&[2, 2, 3], &[2]],
    );
    check(
        "write a mask",
        |x| x[0].index_put(&mask, &x[1], false),
        &[&[2, 3], &[]],
    );
}

#[test]
fn entries_mean_what_they_mean_in_python() {
    let x = count(&[2, 3, 4]);
    assert_eq!(numbers(&x.index((1, 2, -1)).unwrap()), [23.0]);
    assert_eq!(numbers(&x.index((0, .., 0)).unwrap()), [0.0, 4.0, 8.0]);
    assert_eq!(numbers(&x.index((0, 0, -2..)).unwrap()), [2.0, 3.0]);
    assert_eq!(numbers(&x.index((0, 0, ..=1)).unwrap()), [0.0, 1.0]);
    assert_eq!(shape(&x, (Ellipsis, NewAxis, 5..)), [2, 3, 1, 0]);
    assert_eq!(shape(&x, (NewAxis, true, 1)), [1, 1, 3, 4]);
    assert_eq!(shape(&x, false), [0, 2, 3, 4]);
    assert_eq!(shape(&x, vec![Index::Ellipsis, Index::At(0)]), [2, 3]);
    assert_eq!(shape(&x, [0, 1, 1]), [3, 3, 4]);
    assert_eq!(shape(&x, (.., [[0], [1]], [2, 3])), [2, 2, 2]);
    assert_eq!(shape(&x, ([0, 1], .., [2, 3])), [2, 3]);
    assert_eq!(shape(&x, (tensor(1).unwrap(), 0)), [4]);
    assert_eq!(shape(&x, x.gt(100).unwrap()), [0]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let x = count(&[2, 3]);
    assert!(x.index((0, 0, 0)).is_err());
    assert!(x.index((Ellipsis, Ellipsis)).is_err());
    assert!(x.index(2).is_err());
    assert!(x.index((.., [3])).is_err());
    assert!(x.index(([0, 1], [0, 1, 2])).is_err());
    assert!(x.index(tensor([true, false, true]).unwrap()).is_err());
    assert!(x.index(tensor([0.5]).unwrap()).is_err());
    assert!(x.index(Slice::from(..).step(0)).is_err());
    assert!(x.index(Slice::from(..).step(-1)).is_err());
    assert!(
        x.index(Slice::from(i64::MIN..i64::MAX).step(i64::MAX))
            .is_ok()
    );
}

#[test]
fn assignment_changes_this_variable_alone() {
    let mut x = count(&[2, 2]);
    let view = x.index(0).unwrap();
    x.index_put_((.., 0), 9).unwrap();
    x.index_put_((1, [1]), tensor([[7]]).unwrap()).unwrap();
    assert_eq!(numbers(&x), [9.0, 1.0, 9.0, 7.0]);
    assert_eq!(numbers(&view), [0.0, 1.0]);
    assert!(x.index_put_(0, tensor([1, 2, 3]).unwrap()).is_err());
}
