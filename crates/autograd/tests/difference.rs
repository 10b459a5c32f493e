//! Differences, slopes and integrals.

use crate::gradients::{Row, check_rows, leaf, numbers};
use rushlight_autograd::{Result, Spacing, Tensor, tensor};

fn points() -> Result<Tensor> {
    Tensor::from_vec(vec![0.0, 1.0, 3.0, 3.5], &[4])
}

const ROWS: &[Row] = &[
    ("diff", |x| x[0].diff(2, 1, None, None), &[&[2, 4]]),
    (
        "diff of more",
        |x| x[0].diff(1, 0, Some(&x[1]), Some(&x[1])),
        &[&[2, 2], &[1, 2]],
    ),
    (
        "gradient",
        |x| x[0].gradient(&[], &[1], 1)?.remove(0).exp(),
        &[&[2, 4]],
    ),
    (
        "gradient to the second order",
        |x| {
            x[0].gradient(&[Spacing::Even(0.5)], &[0], 2)?
                .remove(0)
                .exp()
        },
        &[&[3, 2]],
    ),
    (
        "gradient at points",
        |x| {
            x[0].gradient(&[Spacing::At(&points()?)], &[-1], 2)?
                .remove(0)
                .exp()
        },
        &[&[2, 4]],
    ),
    (
        "gradient of moving points",
        |x| {
            Ok(x[0]
                .gradient(&[Spacing::At(&x[1].cumsum(0)?)], &[], 1)?
                .remove(0))
        },
        &[&[4], &[4]],
    ),
    (
        "trapezoid",
        |x| x[0].trapezoid(Spacing::Even(0.5), 1),
        &[&[2, 3]],
    ),
    (
        "trapezoid at points",
        |x| x[0].trapezoid(Spacing::At(&x[1]), -1),
        &[&[2, 3], &[3]],
    ),
    (
        "cumulative_trapezoid",
        |x| x[0].cumulative_trapezoid(Spacing::At(&x[1]), 0),
        &[&[3, 2], &[3, 2]],
    ),
];

#[test]
fn gradients_of_differences_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn slopes_of_a_parabola_are_exact() {
    let x = points().unwrap();
    let slopes = x.square().unwrap().gradient(&[Spacing::At(&x)], &[], 2);
    assert_eq!(numbers(&slopes.unwrap()[0]), [0.0, 2.0, 6.0, 7.0]);
    let each = leaf(&[2, 3]).gradient(&[], &[], 1).unwrap();
    assert_eq!(each.len(), 2);
    assert_eq!(leaf(&[]).gradient(&[], &[], 1).unwrap().len(), 0);
}

#[test]
fn samples_that_have_no_slope_are_refused() {
    let x = leaf(&[2, 3]);
    let even = Spacing::Even(1.0);
    assert!(x.gradient(&[], &[], 2).is_err());
    assert!(x.gradient(&[], &[1], 3).is_err());
    assert!(x.gradient(&[even], &[], 1).is_err());
    assert!(x.gradient(&[], &[1, -1], 1).is_err());
    assert!(
        x.gradient(&[Spacing::At(&points().unwrap())], &[1], 1)
            .is_err()
    );
    assert!(leaf(&[0]).gradient(&[], &[], 1).is_err());
    assert!(
        tensor([true, false])
            .unwrap()
            .gradient(&[], &[], 1)
            .is_err()
    );
    assert!(leaf(&[]).trapezoid(even, 0).is_err());
    assert!(leaf(&[]).diff(1, 0, None, None).is_err());
}

#[test]
fn integrals_over_even_spaces_are_sums_of_trapezoids() {
    let x = leaf(&[3, 5]);
    let evenly = |x: &Tensor, dim| x.trapezoid(Spacing::Even(0.5), dim).unwrap();
    let last = |x: &Tensor| {
        let sums = x.cumulative_trapezoid(Spacing::Even(0.5), 1).unwrap();
        numbers(&sums.select(1, -1).unwrap())
    };
    let pairs = numbers(&evenly(&x, 1)).into_iter().zip(last(&x));
    assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-12));
    let [none, one] = [0, 1].map(|length| x.narrow(1, 0, length).unwrap());
    assert_eq!(numbers(&evenly(&none, 1)), [0.0; 3]);
    assert_eq!(numbers(&evenly(&one, 1)), [0.0; 3]);
    let integers = tensor([[1, 2, 4], [0, 0, 2]]).unwrap();
    assert_eq!(numbers(&evenly(&integers, -1)), [2.25, 0.5]);
    assert!(leaf(&[]).trapezoid(Spacing::Even(1.0), 0).is_err());
    assert!(x.trapezoid(Spacing::Even(1.0), 2).is_err());
}
