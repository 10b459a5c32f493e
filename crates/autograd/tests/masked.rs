//! Operations under a mask.

use crate::gradients::{Row, check_rows, leaf, numbers};
use rushlight_autograd::{Result, Tensor, masked, tensor};

fn mask() -> Result<Tensor> {
    tensor([[true, false, true], [false, true, true]])
}

const ROWS: &[Row] = &[
    (
        "sum",
        |x| masked::sum(&x[0], &[1], false, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "prod",
        |x| masked::prod(&x[0], &[0, 1], false, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "mean",
        |x| masked::mean(&x[0], &[0], true, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "amax",
        |x| masked::amax(&x[0], &[1], false, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "amin",
        |x| masked::amin(&x[0], &[], false, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "median",
        |x| masked::median(&x[0], 1, false, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "norm",
        |x| masked::norm(&x[0], 2.0, &[1], false, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "smallest",
        |x| masked::norm(&x[0], f64::NEG_INFINITY, &[1], false, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "logsumexp",
        |x| masked::logsumexp(&x[0], &[0, 1], false, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "var",
        |x| masked::var(&x[0], &[1], 1.0, false, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "std",
        |x| masked::std(&x[0], &[], 0.0, true, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "cumsum",
        |x| masked::cumsum(&x[0], 1, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "cumprod",
        |x| masked::cumprod(&x[0], 0, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "softmax",
        |x| masked::softmax(&x[0], 1, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "softmin",
        |x| masked::softmin(&x[0], 1, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "normalize",
        |x| masked::normalize(&x[0], 2.0, 1, 1e-12, Some(&mask()?)),
        &[&[2, 3]],
    ),
    (
        "logaddexp",
        |x| masked::logaddexp(&x[0], &x[1], Some(&mask()?), None),
        &[&[2, 3], &[3]],
    ),
    (
        "sum, unmasked",
        |x| masked::sum(&x[0], &[1], false, None),
        &[&[2, 3]],
    ),
    (
        "var, unmasked",
        |x| masked::var(&x[0], &[0], 1.0, false, None),
        &[&[3, 2]],
    ),
];

#[test]
fn gradients_under_a_mask_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn a_line_without_visible_elements_yields_what_changes_nothing() {
    let none = tensor([false, false]).unwrap();
    let (x, mask) = (tensor([1.0, 2.0]).unwrap(), Some(&none));
    let number = |y: Result<Tensor>| y.unwrap().item().unwrap();
    assert_eq!(number(masked::sum(&x, &[], false, mask)), 0.0);
    assert_eq!(number(masked::prod(&x, &[], false, mask)), 1.0);
    assert_eq!(
        number(masked::amax(&x, &[], false, mask)),
        f64::NEG_INFINITY
    );
    assert!(number(masked::mean(&x, &[], false, mask)).is_nan());
    assert!(number(masked::median(&x, 0, false, mask)).is_nan());
    assert!(number(masked::var(&x, &[], 1.0, false, mask)).is_nan());
    let whole = tensor([1, 2]).unwrap();
    assert_eq!(
        number(masked::amin(&whole, &[], false, mask)),
        i64::MAX as f64
    );
    assert!(masked::median(&whole, 0, false, mask).is_err());
}

#[test]
fn what_is_no_mask_of_the_tensor_is_refused() {
    let x = leaf(&[3]);
    for mask in [
        Tensor::ones(&[2]),
        Tensor::ones(&[1, 3]),
        Tensor::ones(&[0]),
    ] {
        let mask = mask.unwrap();
        assert!(masked::sum(&x, &[], false, Some(&mask)).is_err());
        assert!(masked::mean(&x, &[], false, Some(&mask)).is_err());
        assert!(masked::softmax(&x, 0, Some(&mask)).is_err());
    }
    let counts = tensor([0, 2, -1]).unwrap();
    let y = masked::cumsum(&tensor([5, 6, 7]).unwrap(), 0, Some(&counts)).unwrap();
    assert_eq!(numbers(&y), [0.0, 6.0, 13.0]);
}

#[test]
fn dimensions_stay_where_they_are_kept() {
    let x = leaf(&[2, 3]);
    assert_eq!(
        masked::prod(&x, &[0, 1], true, None).unwrap().shape(),
        [1, 1]
    );
    assert_eq!(
        masked::argmax(&x, None, true, None).unwrap().shape(),
        [1, 1]
    );
    assert_eq!(
        masked::argmin(&x, Some(0), false, None).unwrap().shape(),
        [3]
    );
    assert_eq!(
        masked::prod(&leaf(&[]), &[0], true, None).unwrap().shape(),
        []
    );
}
