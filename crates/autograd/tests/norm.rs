//! Norms.

use crate::gradients::{Row, check_rows, leaf, numbers};
use rushlight_autograd::{Norm, Tensor, tensor};

const ROWS: &[Row] = &[
    ("norm", |x| x[0].norm(), &[&[2, 3]]),
    (
        "norm of 0-d",
        |x| x[0].vector_norm(2.0, &[0], false),
        &[&[]],
    ),
    ("1-norm", |x| x[0].vector_norm(1.0, &[0], true), &[&[2, 3]]),
    ("3-norm", |x| x[0].vector_norm(3.0, &[1], false), &[&[2, 3]]),
    (
        "1.5-norm",
        |x| x[0].vector_norm(1.5, &[1], false),
        &[&[2, 3]],
    ),
    (
        "0.5-norm",
        |x| x[0].vector_norm(0.5, &[0, 1], false),
        &[&[2, 3]],
    ),
    (
        "-2-norm",
        |x| x[0].vector_norm(-2.0, &[1], false),
        &[&[2, 3]],
    ),
    (
        "largest",
        |x| x[0].vector_norm(f64::INFINITY, &[1], false),
        &[&[2, 3]],
    ),
    (
        "smallest",
        |x| x[0].vector_norm(f64::NEG_INFINITY, &[1], false),
        &[&[2, 3]],
    ),
    (
        "frobenius",
        |x| x[0].matrix_norm(Norm::Frobenius, [0, 2], false),
        &[&[2, 3, 2]],
    ),
    (
        "columns",
        |x| x[0].matrix_norm(1.0, [-2, -1], false),
        &[&[2, 3]],
    ),
    (
        "rows",
        |x| x[0].matrix_norm(f64::NEG_INFINITY, [0, 1], true),
        &[&[2, 3]],
    ),
    ("dist", |x| x[0].dist(&x[1], 3.0), &[&[2, 3], &[3]]),
    ("renorm", |x| x[0].renorm(2.0, 0, 1.0), &[&[3, 2]]),
    ("normalize", |x| x[0].normalize(2.0, 1, 1e-12), &[&[2, 3]]),
];

#[test]
fn gradients_of_norms_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn the_gradient_of_a_norm_of_zeros_is_zero() {
    for p in [1.0, 2.0, 3.0] {
        let x = Tensor::zeros(&[3]).unwrap().requires_grad_(true).unwrap();
        x.vector_norm(p, &[], false).unwrap().backward().unwrap();
        assert_eq!(numbers(&x.grad().unwrap()), [0.0; 3], "order {p}");
    }
}

#[test]
fn what_has_no_norm_is_refused() {
    let none = leaf(&[0, 2]);
    assert!(none.vector_norm(f64::INFINITY, &[0], false).is_err());
    assert!(none.vector_norm(-1.0, &[0], false).is_err());
    assert_eq!(
        numbers(&none.vector_norm(2.0, &[0], false).unwrap()),
        [0.0; 2]
    );
    assert!(tensor([1, 2]).unwrap().norm().is_err());
    assert!(leaf(&[2]).matrix_norm(1.0, [0, 1], false).is_err());
    assert!(leaf(&[2, 2]).matrix_norm(1.0, [0, 0], false).is_err());
    assert!(leaf(&[2, 2]).matrix_norm(3.0, [0, 1], false).is_err());
    assert!(leaf(&[2]).renorm(2.0, 0, 1.0).is_err());
    assert!(leaf(&[2, 2]).renorm(0.0, 0, 1.0).is_err());
}
