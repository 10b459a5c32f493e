//! Sorting and order statistics.

use crate::gradients::{Row, check_rows, leaf, numbers};
use rushlight_autograd::{Tensor, tensor};

const ROWS: &[Row] = &[
    ("sort", |x| Ok(x[0].sort(1, true)?.0), &[&[2, 3]]),
    ("msort", |x| x[0].msort(), &[&[3, 2]]),
    ("topk", |x| Ok(x[0].topk(2, -1, true, true)?.0), &[&[2, 4]]),
    ("kthvalue", |x| Ok(x[0].kthvalue(2, 0, true)?.0), &[&[3, 2]]),
    ("median", |x| x[0].median(), &[&[2, 3]]),
    (
        "median along",
        |x| Ok(x[0].median_dim(1, false)?.0),
        &[&[2, 4]],
    ),
    ("nanmedian", |x| x[0].nanmedian(), &[&[5]]),
    (
        "nanmedian along",
        |x| Ok(x[0].nanmedian_dim(0, true)?.0),
        &[&[3, 2]],
    ),
    ("mode", |x| Ok(x[0].mode(1, false)?.0), &[&[2, 3]]),
];

#[test]
fn gradients_of_sorted_elements_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn ranks_beyond_the_line_are_refused() {
    let x = leaf(&[2, 3]);
    assert!(x.topk(4, 1, true, true).is_err());
    assert!(x.kthvalue(0, 1, false).is_err());
    assert!(x.kthvalue(4, 1, false).is_err());
    assert!(leaf(&[2, 0]).mode(1, false).is_err());
    assert!(leaf(&[2, 0]).median_dim(1, false).is_err());
}

#[test]
fn equal_elements_keep_their_order() {
    let (_, indices) = tensor([1, 0, 1, 0]).unwrap().sort(0, true).unwrap();
    assert_eq!(numbers(&indices), [0.0, 2.0, 1.0, 3.0]);
}

#[test]
fn many_elements_fall_into_groups() {
    let elements: Vec<i64> = (0..1500).map(|i| i * i % 91 / 3).collect();
    let x = Tensor::from_slice(&elements, &[1500]).unwrap();
    let mut sorted = elements.clone();
    sorted.sort();
    sorted.dedup();
    let mut apart = elements.clone();
    apart.dedup();
    for (found, values) in [
        (x.unique(None).unwrap(), sorted),
        (x.unique_consecutive(None).unwrap(), apart),
    ] {
        assert_eq!(found.values.to_vec::<i64>().unwrap(), values);
        let again = found.values.index_select(0, &found.inverse).unwrap();
        assert!(again.equal(&x).unwrap());
        let counts = found.inverse.bincount(None, 0).unwrap();
        assert!(counts.equal(&found.counts).unwrap());
    }
}
