//! Layer normalisation.

use crate::gradients::{Row, check_rows, numbers};
use rushlight_autograd::{DType, Device, Tensor, tensor};

const ROWS: &[Row] = &[
    (
        "layer_norm",
        |x| x[0].layer_norm(&[3], None, None, 1e-5),
        &[&[2, 3]],
    ),
    (
        "layer_norm of two dimensions",
        |x| x[0].layer_norm(&[2, 3], None, None, 1e-5),
        &[&[2, 2, 3]],
    ),
    (
        "layer_norm with weight",
        |x| x[0].layer_norm(&[3], Some(&x[1]), None, 1e-5),
        &[&[2, 3], &[3]],
    ),
    (
        "layer_norm with bias",
        |x| x[0].layer_norm(&[3], None, Some(&x[1]), 1e-5),
        &[&[2, 3], &[3]],
    ),
    (
        "layer_norm with weight and bias",
        |x| {
            x[0].transpose(0, 1)?
                .layer_norm(&[3], Some(&x[1]), Some(&x[2]), 1e-5)
        },
        &[&[3, 2], &[3], &[3]],
    ),
];

#[test]
fn gradients_of_layer_norm_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn a_constant_row_becomes_zero_whatever_its_size() {
    let x = Tensor::full(&[3, 1000], 12345.678, DType::F32, Device::Cpu).unwrap();
    let y = x.layer_norm(&[1000], None, None, 1e-5).unwrap();
    assert!(numbers(&y).iter().all(|y| y.abs() < 1e-6));
}

#[test]
fn a_beginning_far_from_the_rest_costs_no_digits() {
    for length in [70, 1000] {
        let x = Tensor::randn(&[3, length]).unwrap();
        let far = Tensor::zeros(&[length - 64]).unwrap();
        let far = Tensor::cat(
            &[
                &Tensor::full(&[64], 1e4, DType::F32, Device::Cpu).unwrap(),
                &far,
            ],
            0,
        );
        let x = (x + far.unwrap()).unwrap();
        let normal = |x: &Tensor| x.layer_norm(&[length], None, None, 1e-5).unwrap();
        let (got, want) = (normal(&x), normal(&x.to_dtype(DType::F64).unwrap()));
        let pairs = numbers(&got).into_iter().zip(numbers(&want));
        pairs.for_each(|(got, want)| assert!((got - want).abs() < 4e-6, "{got} {want}"));
    }
}

#[test]
fn many_rows_add_up_in_the_gradients_of_weight_and_bias() {
    let x = Tensor::randn(&[700, 96]).unwrap();
    let leaf = |value: f32| {
        Tensor::full(&[96], value, DType::F32, Device::Cpu)
            .unwrap()
            .requires_grad_(true)
            .unwrap()
    };
    let (weight, bias) = (leaf(1.5), leaf(0.5));
    let y = x
        .layer_norm(&[96], Some(&weight), Some(&bias), 1e-5)
        .unwrap();
    y.square().unwrap().sum().unwrap().backward().unwrap();
    let plain = x
        .to_dtype(DType::F64)
        .unwrap()
        .layer_norm(&[96], None, None, 1e-5)
        .unwrap();
    let g = ((&plain * 3.0).unwrap() + 1.0).unwrap();
    let expected = (&g * &plain).unwrap().sum_dim(&[0], false).unwrap();
    let pairs = numbers(&weight.grad().unwrap())
        .into_iter()
        .zip(numbers(&expected));
    pairs.for_each(|(got, want)| assert!((got - want).abs() < 1e-3 * want.abs(), "{got} {want}"));
    let pairs = numbers(&bias.grad().unwrap()).into_iter();
    let expected = numbers(&g.sum_dim(&[0], false).unwrap());
    pairs
        .zip(expected)
        .for_each(|(got, want)| assert!((got - want).abs() < 1e-2, "{got} {want}"));
}

#[test]
fn what_does_not_fit_is_refused() {
    let x = tensor([[1.0f32, 2.0, 3.0]]).unwrap();
    let two = tensor([1.0f32, 2.0]).unwrap();
    assert!(x.layer_norm(&[2], None, None, 1e-5).is_err());
    assert!(x.layer_norm(&[], None, None, 1e-5).is_err());
    assert!(x.layer_norm(&[3], Some(&two), None, 1e-5).is_err());
    assert!(
        tensor([[1i64, 2]])
            .unwrap()
            .layer_norm(&[2], None, None, 1e-5)
            .is_err()
    );
    let empty = Tensor::zeros(&[0, 4]).unwrap();
    assert_eq!(
        empty.layer_norm(&[4], None, None, 1e-5).unwrap().shape(),
        [0, 4]
    );
}
