//! Normalisations with their statistics.

use crate::gradients::{Row, check_rows, leaf, numbers};
use rushlight_autograd::{NativeBatchNormOptions, Result, Tensor};

fn batch_norm(x: &[Tensor]) -> Result<(Tensor, Tensor, Tensor)> {
    let options = NativeBatchNormOptions {
        weight: x.get(1),
        bias: x.get(2),
        training: true,
        momentum: 0.1,
        eps: 1e-3,
    };
    x[0].native_batch_norm(None, None, options)
}

const ROWS: &[Row] = &[
    (
        "layer norm",
        |x| {
            Ok(x[0]
                .native_layer_norm(&[3], Some(&x[1]), Some(&x[2]), 1e-3)?
                .0)
        },
        &[&[2, 3], &[3], &[3]],
    ),
    (
        "its mean",
        |x| Ok(x[0].native_layer_norm(&[2, 3], None, None, 1e-3)?.1),
        &[&[2, 3]],
    ),
    (
        "its deviation",
        |x| Ok(x[0].native_layer_norm(&[3], None, None, 1e-3)?.2),
        &[&[2, 3]],
    ),
    (
        "group norm",
        |x| Ok(x[0].native_group_norm(Some(&x[1]), Some(&x[2]), 2, 1e-3)?.0),
        &[&[1, 4, 2], &[4], &[4]],
    ),
    (
        "batch norm",
        |x| Ok(batch_norm(x)?.0),
        &[&[2, 2, 2], &[2], &[2]],
    ),
    ("its deviation", |x| Ok(batch_norm(x)?.2), &[&[2, 2, 2]]),
];

#[test]
fn gradients_of_normalisations_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn running_statistics_move_in_training_only() {
    let (mean, var) = (Tensor::zeros(&[1]).unwrap(), Tensor::ones(&[1]).unwrap());
    let x = Tensor::from_vec(vec![1.0f32, 3.0], &[2, 1]).unwrap();
    let options = NativeBatchNormOptions {
        weight: None,
        bias: None,
        training: true,
        momentum: 0.5,
        eps: 1e-5,
    };
    let normalise = |options| {
        x.native_batch_norm(Some(&mean), Some(&var), options)
            .unwrap()
    };
    let (_, batch_mean, _) = normalise(options);
    assert_eq!(numbers(&batch_mean), [2.0]);
    assert_eq!((numbers(&mean), numbers(&var)), (vec![1.0], vec![1.5]));
    let (y, none, _) = normalise(NativeBatchNormOptions {
        training: false,
        ..options
    });
    assert_eq!((numbers(&mean), none.numel()), (vec![1.0], 0));
    assert_eq!(numbers(&y)[0], 0.0);
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let x = leaf(&[2, 4]);
    assert!(x.native_layer_norm(&[2], None, None, 1e-5).is_err());
    assert!(x.native_layer_norm(&[], None, None, 1e-5).is_err());
    assert!(
        x.native_layer_norm(&[4], Some(&leaf(&[2])), None, 1e-5)
            .is_err()
    );
    assert!(x.native_group_norm(None, None, 3, 1e-5).is_err());
    assert!(x.native_group_norm(None, None, 0, 1e-5).is_err());
    assert!(leaf(&[2]).native_group_norm(None, None, 1, 1e-5).is_err());
    assert!(batch_norm(&[leaf(&[2]), leaf(&[2])]).is_err());
    assert!(batch_norm(&[x.clone(), leaf(&[2])]).is_err());
    assert!(leaf(&[0, 2]).native_group_norm(None, None, 1, 1e-5).is_ok());
    assert!(batch_norm(&[leaf(&[0, 2])]).is_ok());
}
