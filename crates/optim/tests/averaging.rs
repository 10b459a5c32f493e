//! Averages of parameters.

use crate::parameter;
use rushlight_autograd::Tensor;
use rushlight_optim::{AveragedParameters, Averaging, Error};

fn average(averaging: Averaging, values: &[f64]) -> f64 {
    let w = parameter(&[0.0]);
    let mut average = AveragedParameters::new([&w], averaging).unwrap();
    for &value in values {
        w.set_data(&Tensor::from_vec(vec![value], &[1]).unwrap())
            .unwrap();
        average.update().unwrap();
    }
    assert_eq!(average.n_averaged(), values.len() as u64);
    average.averages()[0].item().unwrap()
}

#[test]
fn equal_weights_give_the_mean() {
    assert!((average(Averaging::Equal, &[1.0, 2.0, 6.0, 7.0]) - 4.0).abs() < 1e-12);
}

#[test]
fn a_moving_average_begins_with_the_first_value() {
    let moving = average(Averaging::Exponential { decay: 0.75 }, &[4.0, 8.0, 1.0]);
    assert!((moving - (0.75 * 5.0 + 0.25)).abs() < 1e-12);
}

#[test]
fn a_decay_above_one_is_refused() {
    let refused =
        AveragedParameters::new([parameter(&[1.0])], Averaging::Exponential { decay: 1.5 });
    assert!(matches!(refused, Err(Error::Option { .. })));
}

#[test]
fn swapping_twice_restores_the_parameters() {
    let w = parameter(&[1.0]);
    let mut average = AveragedParameters::new([&w], Averaging::Equal).unwrap();
    average.update().unwrap();
    w.set_data(&Tensor::from_vec(vec![5.0f64], &[1]).unwrap())
        .unwrap();
    average.swap().unwrap();
    assert_eq!(w.item().unwrap(), 1.0);
    average.swap().unwrap();
    assert_eq!(w.item().unwrap(), 5.0);
}

#[test]
fn an_update_that_one_parameter_refuses_changes_no_average() {
    let (first, second) = (parameter(&[1.0]), parameter(&[2.0]));
    let mut average = AveragedParameters::new([&first, &second], Averaging::Equal).unwrap();
    average.update().unwrap();
    first.set_data(&parameter(&[5.0]).detach()).unwrap();
    second.set_data(&parameter(&[6.0, 7.0]).detach()).unwrap();
    assert!(average.update().is_err());
    assert_eq!(average.averages()[0].item().unwrap(), 1.0);
    assert_eq!(average.n_averaged(), 1);

    second.set_data(&parameter(&[6.0]).detach()).unwrap();
    average.update().unwrap();
    let averages = average.averages().iter().map(|a| a.item().unwrap());
    assert_eq!(averages.collect::<Vec<_>>(), [3.0, 4.0]);
}

#[test]
fn a_swap_that_one_parameter_refuses_changes_none() {
    let w = parameter(&[1.0]);
    let computed = w.mul(2.0).unwrap();
    let mut average = AveragedParameters::new([&w, &computed], Averaging::Equal).unwrap();
    average.update().unwrap();
    w.set_data(&parameter(&[5.0]).detach()).unwrap();
    let refused = average.swap();
    assert!(matches!(refused, Err(Error::NotALeaf { index: 1, .. })));
    assert_eq!(w.item().unwrap(), 5.0);
    assert_eq!(average.averages()[0].item().unwrap(), 1.0);
}
