//! Quantiles and covariance.

use crate::gradients::{Row, check_rows, leaf};
use rushlight_autograd::{CovarianceWeights, Interpolation, tensor};

const ROWS: &[Row] = &[
    (
        "quantile",
        |x| x[0].quantile(0.3, Interpolation::Linear),
        &[&[5]],
    ),
    (
        "lower",
        |x| x[0].quantile_dim(0.4, 1, true, Interpolation::Lower),
        &[&[2, 4]],
    ),
    (
        "higher",
        |x| x[0].quantile_dim(0.4, 0, false, Interpolation::Higher),
        &[&[4, 2]],
    ),
    (
        "midpoint",
        |x| x[0].quantile_dim(0.4, 0, false, Interpolation::Midpoint),
        &[&[4, 2]],
    ),
    (
        "nanquantile",
        |x| x[0].nanquantile_dim(0.7, 0, false, Interpolation::Linear),
        &[&[4]],
    ),
    (
        "cov",
        |x| x[0].cov(1, CovarianceWeights::default()),
        &[&[2, 4]],
    ),
    (
        "cov of one",
        |x| x[0].cov(0, CovarianceWeights::default()),
        &[&[4]],
    ),
    ("corrcoef", |x| x[0].corrcoef(), &[&[2, 4]]),
];

#[test]
fn gradients_of_statistics_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn quantiles_of_nothing_or_outside_of_one_are_refused() {
    let mode = Interpolation::Linear;
    assert!(leaf(&[0]).quantile(0.5, mode).is_err());
    assert!(leaf(&[3]).quantile(1.5, mode).is_err());
    assert!(leaf(&[3]).quantile(-0.1, mode).is_err());
    assert!(leaf(&[3]).quantile(leaf(&[1, 1]), mode).is_err());
    assert!(tensor([1, 2]).unwrap().quantile(0.5, mode).is_err());
}

#[test]
fn observations_need_as_many_weights() {
    let x = leaf(&[2, 3]);
    let two = tensor([1, 2]).unwrap();
    let weights = CovarianceWeights {
        fweights: Some(&two),
        aweights: None,
    };
    assert!(x.cov(1, weights).is_err());
    assert!(
        leaf(&[2, 2, 2])
            .cov(1, CovarianceWeights::default())
            .is_err()
    );
}
