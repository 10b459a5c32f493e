//! Clipping of gradients.

use crate::parameter;
use rushlight_autograd::Tensor;
use rushlight_optim::{
    Error, NormOptions, clip_grad_norm_, clip_grad_norm_with_, clip_grad_value_,
};

fn with_gradient(values: &[f64]) -> Tensor {
    let parameter = parameter(values);
    parameter.set_grad(Some(parameter.detach())).unwrap();
    parameter
}

fn gradient(parameter: &Tensor) -> Vec<f64> {
    parameter.grad().unwrap().to_vec().unwrap()
}

#[test]
fn clipping_by_norm_scales_all_gradients_together() {
    let (a, b) = (with_gradient(&[3.0]), with_gradient(&[4.0]));
    assert_eq!(clip_grad_norm_([&a, &b], 1.0).unwrap(), 5.0);
    assert!((gradient(&a)[0] - 0.6).abs() < 1e-6);
    assert!((gradient(&b)[0] - 0.8).abs() < 1e-6);
}

#[test]
fn small_gradients_and_missing_ones_stay() {
    let (a, without) = (with_gradient(&[3.0]), parameter(&[1.0]));
    assert_eq!(clip_grad_norm_([&a, &without], 4.0).unwrap(), 3.0);
    assert_eq!(gradient(&a), [3.0]);
    assert!(without.grad().is_none());
    assert_eq!(clip_grad_norm_([&without], 4.0).unwrap(), 0.0);
}

#[test]
fn other_norms_measure_all_gradients_as_one_vector() {
    let params = [with_gradient(&[3.0, -1.0]), with_gradient(&[-4.0, 0.0])];
    for (norm_type, expected) in [(1.0, 8.0), (f64::INFINITY, 4.0), (3.0, 92f64.cbrt())] {
        let options = NormOptions {
            norm_type,
            ..NormOptions::default()
        };
        let norm = clip_grad_norm_with_(&params, 100.0, options).unwrap();
        assert!((norm - expected).abs() < 1e-12, "{norm_type}: {norm}");
    }
}

#[test]
fn a_norm_that_is_not_finite_is_an_error_on_request() {
    let a = with_gradient(&[f64::INFINITY, 1.0]);
    let options = NormOptions {
        error_if_nonfinite: true,
        ..NormOptions::default()
    };
    let refused = clip_grad_norm_with_([&a], 1.0, options);
    assert!(matches!(refused, Err(Error::NonFiniteNorm { .. })));
    assert_eq!(gradient(&a), [f64::INFINITY, 1.0]);
    assert_eq!(clip_grad_norm_([&a], 1.0).unwrap(), f64::INFINITY);
    assert!(gradient(&a)[0].is_nan());
}

#[test]
fn clipping_by_value_moves_each_element() {
    let a = with_gradient(&[-3.0, 0.5, 2.0]);
    clip_grad_value_([&a], 1.0).unwrap();
    assert_eq!(gradient(&a), [-1.0, 0.5, 1.0]);
}
