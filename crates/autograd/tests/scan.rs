//! Scans.

use crate::gradients::{Row, check_rows, numbers};
use rushlight_autograd::{DType, Tensor, tensor};

const ROWS: &[Row] = &[
    ("cumsum", |x| x[0].cumsum(1), &[&[2, 3]]),
    ("cumsum of 0-d", |x| x[0].cumsum(0), &[&[]]),
    ("cumprod", |x| x[0].cumprod(0), &[&[3, 2]]),
    (
        "cumprod with a zero",
        |x| x[0].mul(tensor([1.0, 0.0, 1.0])?)?.cumprod(-1),
        &[&[3]],
    ),
    ("logcumsumexp", |x| x[0].logcumsumexp(-1), &[&[2, 3]]),
    ("cummax", |x| Ok(x[0].cummax(1)?.0), &[&[2, 4]]),
    ("cummin", |x| Ok(x[0].cummin(0)?.0), &[&[4, 2]]),
];

#[test]
fn gradients_of_scans_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn integers_add_up_to_int64() {
    let y = tensor([100, 200])
        .unwrap()
        .byte()
        .unwrap()
        .cumsum(0)
        .unwrap();
    assert_eq!((y.dtype(), numbers(&y)), (DType::I64, vec![100.0, 300.0]));
}

#[test]
fn of_equal_extremes_the_last_is_found() {
    let (values, indices) = tensor([1.0, 3.0, 3.0, 2.0]).unwrap().cummax(0).unwrap();
    assert_eq!(numbers(&values), [1.0, 3.0, 3.0, 3.0]);
    assert_eq!(numbers(&indices), [0.0, 1.0, 2.0, 2.0]);
}

#[test]
fn long_rows_are_scanned_as_defined() {
    let element = |i: usize| match i {
        700 | 900 => f64::NAN,
        _ => (i as f64 * 0.013).sin() * (1.0 + (i / 150) as f64),
    };
    let row: Vec<f64> = (0..1100).map(element).collect();
    let (mut best, mut found) = (f64::NEG_INFINITY, 0);
    let expected: Vec<usize> = (0..row.len())
        .map(|i| {
            if row[i] >= best || row[i].is_nan() {
                (best, found) = (row[i], i);
            }
            found
        })
        .collect();
    let x = Tensor::from_slice(&row, &[row.len()]).unwrap();
    let both = Tensor::stack(&[&x, &x.neg().unwrap()], 1).unwrap();
    let alone = numbers(&x.cummax(0).unwrap().1);
    let beside = numbers(&both.cummax(0).unwrap().1.select(1, 0).unwrap());
    let least = numbers(&both.cummin(0).unwrap().1.select(1, 1).unwrap());
    for (i, &place) in expected.iter().enumerate() {
        let place = place as f64;
        assert_eq!([alone[i], beside[i], least[i]], [place; 3], "at {i}");
    }
}
