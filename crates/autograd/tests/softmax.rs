//! Softmax and its relatives.

use crate::gradients::{Row, check_rows, numbers};
use rushlight_autograd::tensor;

const ROWS: &[Row] = &[
    ("softmax", |x| x[0].softmax(1), &[&[2, 3]]),
    ("softmax inside", |x| x[0].softmax(0), &[&[3, 2]]),
    ("softmax of 0-d", |x| x[0].softmax(0), &[&[]]),
    ("log_softmax", |x| x[0].log_softmax(-1), &[&[2, 3]]),
    ("softmin", |x| x[0].softmin(0), &[&[3, 2]]),
    ("safe_softmax", |x| x[0].safe_softmax(1), &[&[2, 3]]),
    (
        "softmax_backward_data",
        |x| x[0].softmax_backward_data(&x[1], 1),
        &[&[2, 3], &[2, 3]],
    ),
];

#[test]
fn gradients_of_softmax_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn shares_of_nothing_but_negative_infinity_are_zero_where_that_is_safe() {
    let x = tensor([f64::NEG_INFINITY; 2]).unwrap();
    assert!(numbers(&x.softmax(0).unwrap()).iter().all(|y| y.is_nan()));
    assert_eq!(numbers(&x.safe_softmax(0).unwrap()), [0.0, 0.0]);
}
