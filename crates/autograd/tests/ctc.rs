//! Connectionist temporal classification.

use crate::gradients::scrambled;
use rushlight_autograd::{CtcTargets, DType, Tensor, gradcheck};

fn targets() -> CtcTargets {
    CtcTargets {
        labels: vec![vec![1, 1], vec![2]],
        input_lengths: vec![4, 3],
        blank: 0,
    }
}

#[test]
fn the_gradient_of_ctc_holds_behind_a_log_softmax() {
    let loss = |x: &[Tensor]| x[0].log_softmax(-1)?.ctc_losses(targets());
    gradcheck(loss, &[scrambled(&[4, 2, 3])], Default::default()).unwrap();
}

#[test]
fn the_loss_of_ctc_sums_over_all_ways_to_a_target() {
    // Two steps, uniform over blank and one class: `1`, `1 blank` and `blank 1` make up three quarters.
    let x = Tensor::full(&[2, 1, 2], 0.5_f64.ln(), DType::F64, Default::default()).unwrap();
    let targets = CtcTargets {
        labels: vec![vec![1]],
        input_lengths: vec![2],
        blank: 0,
    };
    let loss = x.ctc_losses(targets).unwrap().item().unwrap();
    assert!((loss + 0.75_f64.ln()).abs() < 1e-12);
}

#[test]
fn ctc_targets_that_do_not_fit_are_refused() {
    let x = scrambled(&[4, 2, 3]);
    let mut long = targets();
    long.input_lengths[0] = 5;
    assert!(x.ctc_losses(long).is_err());
    let mut unknown = targets();
    unknown.labels[0][0] = 3;
    assert!(x.ctc_losses(unknown).is_err());
}
