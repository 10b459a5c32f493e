//! What all optimizers share.

use rushlight_autograd::{Tensor, tensor};
use rushlight_optim::{
    ASGD, Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Error, LBFGS, Muon, NAdam, Optimizer,
    OptimizerState, ParamGroup, RAdam, RMSprop, Rprop, SGD, SparseAdam, StateValue,
};

use crate::parameter;

/// Every optimizer, each state it can keep among them.
fn all(w: &Tensor, lr: f64) -> Vec<Box<dyn Optimizer>> {
    vec![
        Box::new(ASGD::new([w], lr).t0(2.0)),
        Box::new(Adadelta::new([w], lr)),
        Box::new(Adafactor::new([w], lr)),
        Box::new(Adagrad::new([w], lr).initial_accumulator_value(0.1)),
        Box::new(Adam::new([w], lr)),
        Box::new(AdamW::new([w], lr).amsgrad(true)),
        Box::new(Adamax::new([w], lr)),
        Box::new(LBFGS::new([w], lr).max_iter(2)),
        Box::new(Muon::new([w], lr)),
        Box::new(
            NAdam::new([w], lr)
                .decoupled_weight_decay(true)
                .weight_decay(0.1),
        ),
        Box::new(RAdam::new([w], lr)),
        Box::new(RMSprop::new([w], lr)),
        Box::new(RMSprop::new([w], lr).momentum(0.5)),
        Box::new(RMSprop::new([w], lr).centered(true)),
        Box::new(RMSprop::new([w], lr).centered(true).momentum(0.5)),
        Box::new(Rprop::new([w], lr)),
        Box::new(SGD::new([w], lr)),
        Box::new(SparseAdam::new([w], lr)),
        Box::new(SGD::new([w], lr).momentum(0.5).nesterov(true)),
    ]
}

fn matrix() -> Tensor {
    let values: Vec<f64> = (0..12).map(|i| f64::from(i) - 4.3).collect();
    Tensor::from_vec(values, &[3, 4]).unwrap()
}

/// Takes steps down `(w - 1)^4`.
fn descend_quartic(w: &Tensor, optimizer: &mut dyn Optimizer, steps: usize) {
    for _ in 0..steps {
        let loss = optimizer.step_with(&mut || {
            w.zero_grad();
            let loss = w.sub(1.0)?.square()?.square()?.sum()?;
            loss.backward()?;
            Ok(loss)
        });
        assert!(loss.unwrap().item().unwrap().is_finite());
    }
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
    let fresh = || matrix().requires_grad_(true).unwrap();
    for index in 0..all(&fresh(), 0.1).len() {
        let (w, v) = (fresh(), fresh());
        let mut straight = all(&w, 1e-3).remove(index);
        descend_quartic(&w, &mut *straight, 6);
        let mut first = all(&v, 1e-3).remove(index);
        descend_quartic(&v, &mut *first, 3);
        let mut second = all(&v, 0.7).remove(index);
        second
            .load_state_dict(&first.state_dict().unwrap())
            .unwrap();
        descend_quartic(&v, &mut *second, 3);
        assert_eq!(
            v.to_bytes().unwrap(),
            w.to_bytes().unwrap(),
            "{}",
            straight.name()
        );
    }
}

#[test]
fn the_layout_of_a_parameter_does_not_matter() {
    for index in 0..all(&matrix(), 0.1).len() {
        let w = matrix().requires_grad_(true).unwrap();
        let columns = matrix().t().unwrap().contiguous().unwrap().t().unwrap();
        let v = columns.requires_grad_(true).unwrap();
        assert!(!v.is_contiguous());
        for x in [&w, &v] {
            descend_quartic(x, &mut *all(x, 0.01).remove(index), 4);
        }
        let difference = w.detach().sub(v.detach()).unwrap().norm().unwrap();
        assert!(difference.item().unwrap() < 1e-9, "{index}");
    }
}

#[test]
fn parameters_without_elements_stay() {
    for index in 0..all(&matrix(), 0.1).len() {
        let w = Tensor::zeros(&[0, 4])
            .unwrap()
            .requires_grad_(true)
            .unwrap();
        w.set_grad(Some(w.detach())).unwrap();
        let mut optimizer = all(&w, 0.1).remove(index);
        let loss = optimizer.step_with(&mut || tensor(2.0));
        assert_eq!(loss.unwrap().item().unwrap(), 2.0);
    }
}

#[test]
fn momentum_that_is_turned_on_later_keeps_the_averages() {
    let w = parameter(&[1.0, -2.0]);
    let mut optimizer = RMSprop::new([&w], 0.01).centered(true);
    descend(&w, &mut optimizer);
    let before = state_tensor(&optimizer.state_dict().unwrap(), "grad_avg");
    let options = optimizer.param_groups_mut()[0].options_mut();
    options.set("RMSprop", "momentum", 0.9).unwrap();
    descend(&w, &mut optimizer);
    let after = state_tensor(&optimizer.state_dict().unwrap(), "grad_avg");
    let gradient = w.grad().unwrap();
    let expected = before.lerp(&gradient, 0.01).unwrap();
    let difference = after.sub(&expected).unwrap().norm().unwrap();
    assert!(difference.item().unwrap() < 1e-12);
}

fn state_tensor(state: &OptimizerState, name: &str) -> Tensor {
    match state.parameters[0].get(name) {
        Some(StateValue::Tensor(tensor)) => tensor.clone(),
        other => panic!("{name} is {other:?}"),
    }
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
fn a_saved_count_beyond_all_bounds_is_harmless() {
    for count in [1e300, -1.0, f64::INFINITY] {
        for index in 0..all(&matrix(), 0.1).len() {
            let w = matrix().requires_grad_(true).unwrap();
            let mut optimizer = all(&w, 1e-3).remove(index);
            descend_quartic(&w, &mut *optimizer, 1);
            let mut state = optimizer.state_dict().unwrap();
            for name in ["step", "n_iter", "func_evals"] {
                if state.parameters[0].get(name).is_some() {
                    state.parameters[0].set(name, count);
                }
            }
            optimizer.load_state_dict(&state).unwrap();
            descend_quartic(&w, &mut *optimizer, 1);
        }
    }
}

#[test]
fn a_learning_rate_in_a_tensor_may_change_between_steps() {
    let (w, lr) = (parameter(&[1.0]), tensor([0.25]).unwrap());
    let mut optimizer = SGD::new([&w], &lr);
    descend(&w, &mut optimizer);
    lr.set_data(&tensor([0.5]).unwrap()).unwrap();
    descend(&w, &mut optimizer);
    assert_eq!(w.item().unwrap(), 0.0);
    let two = tensor([0.1, 0.2]).unwrap();
    assert!(matches!(
        SGD::new([&w], &two).step(),
        Err(Error::Option { .. })
    ));
}

#[test]
fn groups_that_do_not_go_together_are_refused() {
    let (a, b) = (parameter(&[1.0]), parameter(&[1.0]));
    let named = ParamGroup::named([("b", &b)]);
    let mixed = Adam::with_groups([ParamGroup::new([&a]), named.clone()]).step();
    assert!(matches!(mixed, Err(Error::Names { group: 1, .. })));
    let none: [&Tensor; 0] = [];
    assert!(matches!(
        SGD::new(none, 0.1).step(),
        Err(Error::Empty { .. })
    ));
    let vector = Muon::new([&a], 0.1).step();
    assert!(matches!(vector, Err(Error::Shape { .. })));
    let two = LBFGS::with_groups([ParamGroup::new([&a]), ParamGroup::new([&b])]);
    let two = { two }.step_with(&mut || tensor(1.0));
    assert!(matches!(two, Err(Error::Groups { got: 2, .. })));
    let mut optimizer = SGD::new([&a], 0.1);
    assert!(optimizer.add_param_group(named).is_err());
    assert_eq!(optimizer.param_groups().len(), 1);
}

#[test]
fn steps_that_would_have_to_be_recorded_are_refused() {
    let w = parameter(&[1.0]);
    let optimizer = Adam::new([&w], 0.1).set_option("differentiable", true);
    let refused = optimizer.unwrap().step();
    assert!(matches!(refused, Err(Error::Option { .. })));
}

#[test]
fn a_search_along_lines_needs_a_closure() {
    let refused = LBFGS::new([parameter(&[1.0])], 1);
    let w = refused.param_groups()[0].params()[0].clone();
    w.set_grad(Some(w.ones_like().unwrap())).unwrap();
    assert!(matches!({ refused }.step(), Err(Error::NoClosure { .. })));
}

#[test]
fn names_and_options_of_groups_print_as_in_pytorch() {
    let w = parameter(&[1.0]);
    let mut optimizer = Rprop::with_groups([ParamGroup::named([("w", &w)])]);
    optimizer.check().unwrap();
    let expected = "Rprop (\nParameter Group 0\n    capturable: False\n    differentiable: False\n    \
                    etas: (0.5, 1.2)\n    foreach: None\n    lr: 0.01\n    maximize: False\n    \
                    param_names: ['w']\n    step_sizes: (1e-06, 50)\n)";
    assert_eq!(optimizer.to_string(), expected);
}

#[test]
fn integers_are_no_parameters() {
    let w = tensor([1, 2]).unwrap();
    assert!(matches!(
        SGD::new([&w], 0.1).step(),
        Err(Error::NotALeaf { .. })
    ));
}
