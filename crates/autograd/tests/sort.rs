//! Sorting and order statistics.

use crate::gradients::{Row, check_rows, leaf, numbers};
use rushlight_autograd::{DType, Tensor, tensor};

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

#[test]
fn values_alone_are_those_of_the_groups() {
    let numbers = (0..1500).map(|i| match i * i % 91 / 3 {
        7 => f64::NAN,
        8 => -0.0,
        9 => 0.0,
        number => number as f64,
    });
    let x = Tensor::from_vec(numbers.collect(), &[30, 50]).unwrap();
    let [strided, empty, single] = [
        x.t().unwrap().narrow(0, 3, 41).unwrap(),
        x.narrow(0, 0, 0).unwrap(),
        x.select(0, 1).unwrap().select(0, 2).unwrap(),
    ];
    for dtype in [
        DType::F64,
        DType::F16,
        DType::BF16,
        DType::I64,
        DType::U8,
        DType::Bool,
    ] {
        for x in [&x, &strided, &empty, &single] {
            let x = x.to_dtype(dtype).unwrap();
            for dim in [None, Some(0)] {
                let pairs = [
                    (x.unique(dim), x.unique_values(dim)),
                    (x.unique_consecutive(dim), x.unique_consecutive_values(dim)),
                ];
                for (groups, values) in pairs {
                    let (groups, values) = (groups.unwrap().values, values.unwrap());
                    assert_eq!(values.shape(), groups.shape());
                    assert_eq!(values.to_bytes().unwrap(), groups.to_bytes().unwrap());
                }
            }
        }
    }
}
