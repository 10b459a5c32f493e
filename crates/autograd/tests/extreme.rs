//! The largest and the smallest elements.

use crate::gradients::{Row, check_rows, leaf, numbers};
use rushlight_autograd::{Tensor, tensor};

const ROWS: &[Row] = &[
    ("max", |x| x[0].max(), &[&[2, 3]]),
    ("min", |x| x[0].min(), &[&[2, 3]]),
    ("max along", |x| Ok(x[0].max_dim(1, false)?.0), &[&[2, 3]]),
    ("min along", |x| Ok(x[0].min_dim(0, true)?.0), &[&[2, 3]]),
    ("max of 0-d", |x| Ok(x[0].max_dim(0, false)?.0), &[&[]]),
    ("amax", |x| x[0].amax_dim(&[0, 2], false), &[&[2, 3, 2]]),
    ("amin", |x| x[0].amin_dim(&[-1], true), &[&[2, 3]]),
    (
        "aminmax",
        |x| {
            let (min, max) = x[0].aminmax_dim(0, false)?;
            min * max
        },
        &[&[3, 2]],
    ),
];

#[test]
fn gradients_of_extremes_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn elements_that_tie_share_the_gradient_of_all_and_the_first_has_that_along_a_dimension() {
    let x = tensor([2.0, 1.0, 2.0])
        .unwrap()
        .requires_grad_(true)
        .unwrap();
    x.amax().unwrap().backward().unwrap();
    assert_eq!(numbers(&x.grad().unwrap()), [0.5, 0.0, 0.5]);
    x.zero_grad();
    let (largest, index) = x.max_dim(0, false).unwrap();
    largest.backward().unwrap();
    assert_eq!(numbers(&index), [0.0]);
    assert_eq!(numbers(&x.grad().unwrap()), [1.0, 0.0, 0.0]);
}

#[test]
fn nan_counts_as_the_largest_and_the_smallest() {
    let x = tensor([1.0, f32::NAN, 3.0]).unwrap();
    assert!(x.max().unwrap().item().unwrap().is_nan());
    assert!(x.min().unwrap().item().unwrap().is_nan());
    assert_eq!(x.argmax().unwrap().item().unwrap(), 1.0);
    assert_eq!(x.argmin().unwrap().item().unwrap(), 1.0);
}

#[test]
fn indices_are_of_elements_without_a_gradient() {
    let index = leaf(&[3]).argmax().unwrap();
    assert!(!index.requires_grad());
}

#[test]
fn extremes_of_columns_are_those_of_rows() {
    let element = |i: usize| match i % 97 {
        13 => f64::NAN,
        rest => (rest * rest % 23) as f64,
    };
    let elements: Vec<f64> = (0..3 * 17 * 300).map(element).collect();
    let x = Tensor::from_slice(&elements, &[3, 17, 300]).unwrap();
    let rows = x.transpose(1, 2).unwrap().contiguous().unwrap();
    let equal = |a: &Tensor, b: &Tensor| {
        a.nan_to_num(None, None, None)?
            .equal(&b.nan_to_num(None, None, None)?)
    };
    for (columns, rows) in [
        (
            x.max_dim(1, false).unwrap(),
            rows.max_dim(2, false).unwrap(),
        ),
        (
            x.min_dim(1, false).unwrap(),
            rows.min_dim(2, false).unwrap(),
        ),
    ] {
        assert!(equal(&columns.0, &rows.0).unwrap());
        assert!(columns.1.equal(&rows.1).unwrap());
    }
}
