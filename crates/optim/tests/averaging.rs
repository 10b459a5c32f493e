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
