//! Cross and Kronecker products.

use crate::gradients::{Row, check_rows, leaf, numbers};

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
    (
        "kron of several rows",
        |x| x[0].kron(&x[1]),
        &[&[2, 1, 2], &[1, 2, 2]],
    ),
    ("kron of a number", |x| x[0].kron(&x[1]), &[&[], &[2]]),
    ("kron of nothing", |x| x[0].kron(&x[1]), &[&[0], &[2]]),
];

#[test]
fn gradients_of_products_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn rows_of_any_length_have_a_kronecker_product() {
    for (columns, width) in [(1, 1), (1, 3), (5, 1), (5, 3), (3, 70), (0, 3)] {
        let (a, b) = (leaf(&[2, columns]), leaf(&[3, width]));
        let [x, y] = [&a, &b].map(numbers);
        let mut expected = Vec::new();
        for (i, r) in (0..2).flat_map(|i| (0..3).map(move |r| (i, r))) {
            for (j, s) in (0..columns).flat_map(|j| (0..width).map(move |s| (j, s))) {
                expected.push(x[i * columns + j] * y[r * width + s]);
            }
        }
        let product = a.kron(&b).unwrap();
        assert_eq!(product.shape(), [6, columns * width]);
        assert_eq!(numbers(&product), expected);
    }
}

#[test]
fn only_vectors_of_three_elements_have_a_cross_product() {
    assert!(leaf(&[2]).cross(&leaf(&[2]), 0).is_err());
    assert!(leaf(&[3]).cross(&leaf(&[2, 3]), -1).is_err());
    assert!(leaf(&[3, 2]).cross(&leaf(&[1, 2]), 0).is_err());
    assert!(leaf(&[3]).cross(&leaf(&[3]), 1).is_err());
    assert!(leaf(&[]).cross(&leaf(&[]), 0).is_err());
}
