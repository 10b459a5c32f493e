//! Variance and standard deviation.

use crate::gradients::{Row, check_rows, leaf, numbers};

const ROWS: &[Row] = &[
    ("var", |x| x[0].var(), &[&[2, 3]]),
    (
        "var over one",
        |x| x[0].var_dim(&[1], 0.0, true),
        &[&[2, 3]],
    ),
    ("std", |x| x[0].std_dim(&[0], 1.0, false), &[&[3, 2]]),
    (
        "std, half corrected",
        |x| x[0].std_dim(&[0, 2], 0.5, false),
        &[&[2, 2, 2]],
    ),
    (
        "var_mean",
        |x| {
            let (var, mean) = x[0].var_mean_dim(&[1], 1.0, false)?;
            var * mean
        },
        &[&[2, 3]],
    ),
    (
        "std_mean",
        |x| {
            let (std, mean) = x[0].std_mean_dim(&[0], 0.0, true)?;
            std * mean
        },
        &[&[3, 2]],
    ),
    (
        "mean alone",
        |x| Ok(x[0].var_mean_dim(&[1], 1.0, false)?.1),
        &[&[2, 3]],
    ),
];

#[test]
fn gradients_of_spreads_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn a_single_element_has_no_sample_variance() {
    let y = leaf(&[1]).var().unwrap();
    assert!(y.item().unwrap().is_nan());
    assert_eq!(
        numbers(&leaf(&[1]).var_dim(&[], 0.0, false).unwrap()),
        [0.0]
    );
}
