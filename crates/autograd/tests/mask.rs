//! Picking and writing elements where a mask is true.

use crate::gradients::{check, numbers};
use rushlight_autograd::{Tensor, tensor};

#[test]
fn gradients_of_masked_elements_hold_to_second_order() {
    let mask = tensor([[true, false, true], [false, false, true]]).unwrap();
    let row = tensor([true, false, true]).unwrap();
    check(
        "masked_fill",
        |x| x[0].masked_fill(&row, &x[1]),
        &[&[2, 3], &[]],
    );
    check("masked_select", |x| x[0].masked_select(&mask), &[&[2, 3]]);
    check(
        "masked_select broadcast",
        |x| x[0].masked_select(&mask),
        &[&[3]],
    );
    check(
        "masked_scatter",
        |x| x[0].masked_scatter(&mask, &x[1]),
        &[&[2, 3], &[4]],
    );
    check(
        "masked_scatter broadcast",
        |x| x[0].masked_scatter(&mask, &x[1]),
        &[&[3], &[2, 3]],
    );
}

#[test]
fn coordinates_come_in_row_major_order() {
    let x = tensor([[0, 5], [7, 0]]).unwrap();
    assert_eq!(numbers(&x.nonzero().unwrap()), [0.0, 1.0, 1.0, 0.0]);
    let columns = x.t().unwrap().nonzero_as_tuple().unwrap();
    assert_eq!(numbers(&columns[0]), [0.0, 1.0]);
    assert_eq!(numbers(&columns[1]), [1.0, 0.0]);
    assert_eq!(tensor(3.0).unwrap().nonzero().unwrap().shape(), [1, 0]);
    assert_eq!(
        Tensor::zeros(&[2, 0]).unwrap().argwhere().unwrap().shape(),
        [0, 2]
    );
    assert_eq!(
        numbers(&x.nonzero_static(3, -1).unwrap())[4..],
        [-1.0, -1.0]
    );
}

#[test]
fn what_is_no_mask_is_refused() {
    let x = Tensor::zeros(&[2]).unwrap();
    assert!(x.masked_fill(&tensor([1, 0]).unwrap(), 1.0).is_err());
    assert!(
        x.masked_select(&tensor([true, false, true]).unwrap())
            .is_err()
    );
    assert!(x.masked_fill(&tensor([true, false]).unwrap(), &x).is_err());
    assert!(
        x.masked_scatter(
            &tensor([true, true]).unwrap(),
            &Tensor::zeros(&[1]).unwrap()
        )
        .is_err()
    );
}

#[test]
fn many_positions_are_found() {
    let is_wanted = |i: &usize| i * i % 7 < 3;
    let mask: Vec<bool> = (0..1500).map(|i| is_wanted(&i)).collect();
    let mask = Tensor::from_slice(&mask, &[1500]).unwrap();
    let expected: Vec<f64> = (0..1500).filter(is_wanted).map(|i| i as f64).collect();
    assert_eq!(numbers(&mask.nonzero().unwrap()), expected);
}
