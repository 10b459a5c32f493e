//! Reductions.

use crate::gradients::{Row, check_rows, numbers};
use rushlight_autograd::{Tensor, tensor};

const ROWS: &[Row] = &[
    ("sum", |x| x[0].sum(), &[&[2, 3]]),
    ("sum of 0-d", |x| x[0].sum(), &[&[]]),
    ("sum over one", |x| x[0].sum_dim(&[-1], false), &[&[2, 3]]),
    (
        "sum over two",
        |x| x[0].sum_dim(&[0, 2], true),
        &[&[2, 3, 2]],
    ),
    ("sum of nothing", |x| x[0].sum_dim(&[0], false), &[&[0, 2]]),
    ("nansum", |x| x[0].nansum_dim(&[0], false), &[&[2, 3]]),
    ("mean", |x| x[0].mean(), &[&[2, 3]]),
    ("mean over one", |x| x[0].mean_dim(&[1], true), &[&[2, 3]]),
    ("nanmean", |x| x[0].nanmean_dim(&[1], false), &[&[2, 3]]),
    ("prod", |x| x[0].prod(), &[&[2, 2]]),
    ("prod along", |x| x[0].prod_dim(-2, true), &[&[3, 2]]),
    ("prod of 0-d", |x| x[0].prod_dim(0, false), &[&[]]),
    (
        "prod with a zero",
        |x| x[0].mul(tensor([0.0, 1.0, 1.0])?)?.prod_dim(1, false),
        &[&[2, 3]],
    ),
    (
        "prod with two zeros",
        |x| x[0].mul(tensor([0.0, 1.0, 0.0])?)?.prod(),
        &[&[3]],
    ),
    ("logsumexp", |x| x[0].logsumexp(&[0, 1], false), &[&[2, 3]]),
    (
        "logsumexp over one",
        |x| x[0].logsumexp(&[1], true),
        &[&[2, 3]],
    ),
    ("sum_to_size", |x| x[0].sum_to_size(&[3, 1]), &[&[2, 3, 2]]),
];

#[test]
fn gradients_of_reductions_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn nothing_reduces_to_what_changes_nothing() {
    let none = Tensor::zeros(&[0, 2]).unwrap();
    assert_eq!(numbers(&none.sum_dim(&[0], false).unwrap()), [0.0, 0.0]);
    assert_eq!(numbers(&none.prod_dim(0, false).unwrap()), [1.0, 1.0]);
    assert!(none.mean().unwrap().item().unwrap().is_nan());
    let log = none.logsumexp(&[0], false).unwrap();
    assert_eq!(numbers(&log), [f64::NEG_INFINITY; 2]);
    assert_eq!(none.any().unwrap().item().unwrap(), 0.0);
    assert_eq!(none.all().unwrap().item().unwrap(), 1.0);
    assert!(none.amax().is_err());
    assert!(none.argmin_dim(0, false).is_err());
}

#[test]
fn sums_of_numbers_leave_out_those_that_are_none() {
    let (rows, columns) = (7, 1301);
    let number = |i: usize| match i % 11 {
        0 => f32::NAN,
        1 => -0.0,
        kind => kind as f32 - 5.0,
    };
    let values: Vec<f32> = (0..rows * columns).map(number).collect();
    let x = Tensor::from_slice(&values, &[rows, columns]).unwrap();
    let sum = |values: &[f32]| {
        values
            .iter()
            .filter(|x| !x.is_nan())
            .map(|&x| f64::from(x))
            .sum()
    };
    let by_row: Vec<f64> = values.chunks(columns).map(sum).collect();
    assert_eq!(numbers(&x.nansum().unwrap()), [by_row.iter().sum::<f64>()]);
    assert_eq!(numbers(&x.nansum_dim(&[1], false).unwrap()), by_row);
    assert_eq!(
        numbers(&x.t().unwrap().nansum_dim(&[0], false).unwrap()),
        by_row
    );
    let infinite = tensor([f32::NAN, f32::INFINITY, 1.0]).unwrap();
    assert_eq!(numbers(&infinite.nansum().unwrap()), [f64::INFINITY]);
    assert_eq!(numbers(&tensor(f32::NAN).unwrap().nansum().unwrap()), [0.0]);
}

#[test]
fn truths_are_counted_in_runs_of_any_length() {
    for (rows, columns) in [
        (1, 1),
        (3, 64),
        (5, 16_385),
        (2, 70_001),
        (1, 300_000),
        (300, 7),
        (0, 3),
        (3, 0),
    ] {
        let truths: Vec<bool> = (0..rows * columns).map(|i| i * i % 7 < 3).collect();
        let x = Tensor::from_slice(&truths, &[rows, columns]).unwrap();
        let count = |truths: &[bool]| truths.iter().filter(|&&x| x).count() as f64;
        let by_row: Vec<f64> = (0..rows)
            .map(|row| count(&truths[row * columns..][..columns]))
            .collect();
        assert_eq!(numbers(&x.sum().unwrap()), [count(&truths)]);
        assert_eq!(numbers(&x.sum_dim(&[1], false).unwrap()), by_row);
        assert_eq!(
            numbers(&x.t().unwrap().sum_dim(&[0], false).unwrap()),
            by_row
        );
        let part = x.narrow(1, 0, columns / 2).unwrap();
        let by_row: Vec<f64> = (0..rows)
            .map(|row| count(&truths[row * columns..][..columns / 2]))
            .collect();
        assert_eq!(numbers(&part.sum_dim(&[1], false).unwrap()), by_row);
    }
    assert_eq!(numbers(&tensor(true).unwrap().sum().unwrap()), [1.0]);
}

#[test]
fn extremes_of_what_holds_no_number_are_none() {
    let infinite = [f32::INFINITY, f32::NEG_INFINITY];
    for place in [0, 1, 70, 99] {
        let mut values = vec![0.5; 100];
        values[2..4].copy_from_slice(&infinite);
        let x = Tensor::from_slice(&values, &[100]).unwrap();
        assert_eq!(
            x.amax_dim(&[0], false).unwrap().item().unwrap(),
            f64::INFINITY
        );
        assert_eq!(
            x.amin_dim(&[0], false).unwrap().item().unwrap(),
            f64::NEG_INFINITY
        );
        values[place] = f32::NAN;
        let x = Tensor::from_slice(&values, &[100]).unwrap();
        assert!(x.amax_dim(&[0], false).unwrap().item().unwrap().is_nan());
        assert!(x.amin_dim(&[0], false).unwrap().item().unwrap().is_nan());
    }
}
