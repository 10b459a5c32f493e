//! Cross and Kronecker products.

use crate::gradients::{Row, check_rows, leaf};

const ROWS: &[Row] = &[
    ("cross", |x| x[0].cross(&x[1], -1), &[&[2, 3], &[2, 3]]),
    (
        "cross, broadcast",
        |x| x[0].cross(&x[1], 0),
        &[&[3, 1], &[3, 2]],
    ),
    ("kron", |x| x[0].kron(&x[1]), &[&[2, 2], &[2, 3]]),
    (
        "kron of other ranks",
        |x| x[0].kron(&x[1]),
        &[&[2], &[2, 1, 2]],
    ),
    ("kron of a number", |x| x[0].kron(&x[1]), &[&[], &[2]]),
    ("kron of nothing", |x| x[0].kron(&x[1]), &[&[0], &[2]]),
];

#[test]
fn gradients_of_products_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn only_vectors_of_three_elements_have_a_cross_product() {
    assert!(leaf(&[2]).cross(&leaf(&[2]), 0).is_err());
    assert!(leaf(&[3]).cross(&leaf(&[2, 3]), -1).is_err());
    assert!(leaf(&[3, 2]).cross(&leaf(&[1, 2]), 0).is_err());
    assert!(leaf(&[3]).cross(&leaf(&[3]), 1).is_err());
    assert!(leaf(&[]).cross(&leaf(&[]), 0).is_err());
}
