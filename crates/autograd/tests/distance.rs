//! Distances between points.

use crate::gradients::{Row, check, check_rows, leaf, numbers, wave};
use rushlight_autograd::{GradOptions, Tensor, grad, gradcheck, gradgradcheck, tensor};

const ROWS: &[Row] = &[
    ("cdist", |x| x[0].cdist(&x[1], 2.0), &[&[2, 3], &[4, 3]]),
    (
        "cdist of batches",
        |x| x[0].cdist(&x[1], 2.0),
        &[&[2, 2, 2], &[1, 3, 2]],
    ),
    (
        "cdist of order 1",
        |x| x[0].cdist(&x[1], 1.0),
        &[&[2, 3], &[2, 3]],
    ),
    (
        "cdist of order 1.5",
        |x| x[0].cdist(&x[1], 1.5),
        &[&[2, 3], &[2, 3]],
    ),
    (
        "cdist of order 0",
        |x| x[0].cdist(&x[1], 0.0),
        &[&[2, 3], &[2, 3]],
    ),
    (
        "largest",
        |x| x[0].cdist(&x[1], f64::INFINITY),
        &[&[2, 3], &[2, 3]],
    ),
    (
        "cdist of order 3",
        |x| x[0].cdist(&x[1], 3.0),
        &[&[2, 2, 3], &[4, 3]],
    ),
    ("pdist", |x| x[0].pdist(2.0), &[&[4, 3]]),
    ("pdist of order 0.5", |x| x[0].pdist(0.5), &[&[4, 3]]),
    ("pdist of order 1", |x| x[0].pdist(1.0), &[&[19, 2]]),
    (
        "pdist of the largest",
        |x| x[0].pdist(f64::INFINITY),
        &[&[4, 3]],
    ),
    (
        "cdist of nothing",
        |x| x[0].cdist(&x[1], 2.0),
        &[&[0, 3], &[2, 3]],
    ),
];

#[test]
fn gradients_of_distances_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn distances_of_many_points_equal_those_of_few() {
    let (few, many) = (leaf(&[2, 3]), leaf(&[30, 3]));
    let at_once = few.cdist(&many, 2.0).unwrap();
    let parts = [0, 15].map(|start| few.cdist(&many.narrow(0, start, 15).unwrap(), 2.0).unwrap());
    let one_by_one = Tensor::cat(&parts, 1).unwrap();
    let difference = (at_once - one_by_one).unwrap().abs().unwrap().max();
    assert!(difference.unwrap().item().unwrap() < 1e-12);
    let distances = |x: &[Tensor]| x[0].cdist(&x[1], 2.0);
    let points = [leaf(&[1, 2]), leaf(&[26, 2]).detach().add(3.0).unwrap()];
    gradcheck(distances, &points, Default::default()).unwrap();
    gradgradcheck(distances, &points, Default::default()).unwrap();
}

#[test]
fn points_that_coincide_draw_in_no_direction() {
    let ones = Tensor::ones(&[26, 2])
        .unwrap()
        .requires_grad_(true)
        .unwrap();
    for count in [1, 26] {
        ones.zero_grad();
        let points = ones.narrow(0, 0, count).unwrap();
        let distances = points.cdist(&points.detach(), 2.0).unwrap();
        distances.sum().unwrap().backward().unwrap();
        assert!(numbers(&ones.grad().unwrap()).iter().all(|&g| g == 0.0));
    }
}

#[test]
fn points_of_other_spaces_are_refused() {
    let x = leaf(&[2, 3]);
    assert!(x.cdist(&leaf(&[2, 2]), 2.0).is_err());
    assert!(x.cdist(&leaf(&[3]), 2.0).is_err());
    assert!(x.cdist(&x, -1.0).is_err());
    assert!(x.cdist(&x, f64::NAN).is_err());
    assert!(leaf(&[2, 2, 3]).cdist(&leaf(&[3, 2, 3]), 2.0).is_err());
    let whole = tensor([[1, 2]]).unwrap();
    assert!(whole.cdist(&whole, 2.0).is_err());
    check(
        "no columns",
        |x| x[0].cdist(&x[1], 2.0),
        &[&[2, 0], &[1, 0]],
    );
}

#[test]
fn distances_and_their_gradients_are_those_of_the_differences() {
    // No points of both coincide: Euclidean distances near 0 are those of rounded squares.
    let (x, y) = (leaf(&[2, 37, 5]), wave(&[1, 70, 5], 1.7));
    let y = y.requires_grad_(true).unwrap();
    let points = x.select(0, 1).unwrap();
    let pairs = Tensor::triu_indices(37, 37, 1).unwrap();
    let row = |side| points.index_select(0, &pairs.select(0, side).unwrap());
    for p in [0.0, 0.5, 1.0, 2.0, 3.0, f64::INFINITY] {
        let all = (x.unsqueeze(-2).unwrap() - y.unsqueeze(-3).unwrap()).unwrap();
        let of_pairs = (row(0).unwrap() - row(1).unwrap()).unwrap();
        for (measured, differences) in [
            (x.cdist(&y, p).unwrap(), all),
            (points.pdist(p).unwrap(), of_pairs),
        ] {
            let formed = differences.vector_norm(p, &[-1], false).unwrap();
            assert_near(&measured, &formed, p);
            let weights = formed.detach().sin().unwrap();
            let gradients = |distances: &Tensor| {
                let loss = (distances * &weights).unwrap().sum().unwrap();
                let options = GradOptions {
                    allow_unused: true,
                    ..GradOptions::default()
                };
                grad(&[&loss], &[&x, &y], &[], options).unwrap()
            };
            let both = gradients(&measured).into_iter().zip(gradients(&formed));
            for (measured, formed) in both {
                if let (Some(measured), Some(formed)) = (measured, formed) {
                    assert_near(&measured, &formed, p);
                }
            }
        }
    }
}

fn assert_near(x: &Tensor, y: &Tensor, p: f64) {
    let difference = (x.detach() - y.detach()).unwrap().abs().unwrap().max();
    assert!(difference.unwrap().item().unwrap() < 1e-11, "order {p}");
}
