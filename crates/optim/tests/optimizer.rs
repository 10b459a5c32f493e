//! What all optimizers share.

use rushlight_autograd::{Tensor, tensor};
use rushlight_optim::{Adam, AdamW, Error, Optimizer, ParamGroup, SGD, clip_grad_norm_};

fn parameter(values: &[f64]) -> Tensor {
    Tensor::from_slice(values, &[values.len()])
        .unwrap()
        .requires_grad_(true)
        .unwrap()
}

fn descend(w: &Tensor, optimizer: &mut dyn Optimizer) {
    optimizer.zero_grad();
    w.square().unwrap().sum().unwrap().backward().unwrap();
    optimizer.step().unwrap();
}

#[test]
fn a_step_changes_all_handles_to_a_parameter() {
    let w = parameter(&[1.0, -2.0]);
    let mut optimizer = SGD::new([&w], 0.25);
    descend(&w, &mut optimizer);
    assert_eq!(w.to_vec::<f64>().unwrap(), [0.5, -1.0]);
    assert!(w.is_leaf() && w.requires_grad());
}

#[test]
fn frozen_parameters_and_those_without_gradient_stay() {
    let (w, frozen) = (parameter(&[1.0]), parameter(&[5.0]));
    let mut optimizer = AdamW::new([&w, &frozen], 0.1);
    descend(&w, &mut optimizer);
    assert_eq!(frozen.item().unwrap(), 5.0);
    frozen.set_grad(Some(frozen.ones_like().unwrap())).unwrap();
    frozen.requires_grad_(false).unwrap();
    optimizer.step().unwrap();
    assert_eq!(frozen.item().unwrap(), 5.0);
}

#[test]
fn groups_have_their_own_options() {
    let (a, b) = (parameter(&[1.0]), parameter(&[1.0]));
    let mut optimizer =
        SGD::with_groups([ParamGroup::new([&a]).lr(0.5), ParamGroup::new([&b])]).momentum(0.9);
    optimizer.check().unwrap();
    let rates: Vec<f64> = optimizer
        .param_groups()
        .iter()
        .map(|g| g.learning_rate())
        .collect();
    assert_eq!(rates, [0.5, 1e-3]);
}

#[test]
fn bad_options_are_refused_before_anything_changes() {
    let w = parameter(&[1.0]);
    w.set_grad(Some(w.ones_like().unwrap())).unwrap();
    assert!(matches!(
        SGD::new([&w], -0.1).step(),
        Err(Error::Option { .. })
    ));
    assert!(matches!(
        Adam::new([&w], 0.1).betas(1.0, 0.9).step(),
        Err(Error::Option { .. })
    ));
    assert!(matches!(
        SGD::new([&w, &w], 0.1).step(),
        Err(Error::Repeated { .. })
    ));
    assert_eq!(w.item().unwrap(), 1.0);
}

#[test]
fn a_saved_state_continues_to_the_bit() {
    let (w, v) = (parameter(&[1.0, 3.0]), parameter(&[1.0, 3.0]));
    let mut straight = Adam::new([&w], 0.1).amsgrad(true);
    (0..6).for_each(|_| descend(&w, &mut straight));
    let mut first = Adam::new([&v], 0.1).amsgrad(true);
    (0..3).for_each(|_| descend(&v, &mut first));
    let mut second = Adam::new([&v], 0.7);
    second
        .load_state_dict(&first.state_dict().unwrap())
        .unwrap();
    (0..3).for_each(|_| descend(&v, &mut second));
    assert_eq!(v.to_bytes().unwrap(), w.to_bytes().unwrap());
}

#[test]
fn a_state_of_other_shapes_changes_nothing() {
    let (w, v) = (parameter(&[1.0, 3.0]), parameter(&[1.0]));
    let mut optimizer = Adam::new([&w], 0.1);
    descend(&w, &mut optimizer);
    let mut other = Adam::new([&v], 0.7);
    let refused = other.load_state_dict(&optimizer.state_dict().unwrap());
    assert!(matches!(refused, Err(Error::State { .. })));
    assert_eq!(other.param_groups()[0].learning_rate(), 0.7);
}

#[test]
fn clipping_by_norm_scales_all_gradients_together() {
    let (a, b) = (parameter(&[0.0]), parameter(&[0.0]));
    a.set_grad(Some(Tensor::from_vec(vec![3.0f64], &[1]).unwrap()))
        .unwrap();
    b.set_grad(Some(Tensor::from_vec(vec![4.0f64], &[1]).unwrap()))
        .unwrap();
    assert_eq!(clip_grad_norm_([&a, &b], 1.0).unwrap(), 5.0);
    assert!((a.grad().unwrap().item().unwrap() - 0.6).abs() < 1e-6);
    assert!((b.grad().unwrap().item().unwrap() - 0.8).abs() < 1e-6);
}

#[test]
fn integers_are_no_parameters() {
    let w = tensor([1, 2]).unwrap();
    assert!(matches!(
        SGD::new([&w], 0.1).step(),
        Err(Error::NotALeaf { .. })
    ));
}
