//! Distances in every kind of norm.

use crate::arrays::{each_device, numbers, samples, simulate};
use rushlight_tensor::DType;

const ORDERS: [f64; 6] = [0.0, 0.5, 1.0, 2.0, 3.0, f64::INFINITY];

#[test]
fn distances_of_points_from_others() {
    simulate();
    for dtype in [DType::F32, DType::F64] {
        for (points, others) in [
            (&[3, 2][..], &[5, 2][..]),
            (&[2, 7, 40], &[2, 9, 40]),
            (&[1, 3], &[1, 3]),
            (&[4, 0], &[2, 0]),
        ] {
            let others = numbers(others, dtype);
            for p in ORDERS {
                each_device(
                    &format!("{p} {dtype} {points:?}"),
                    &numbers(points, dtype),
                    |x| x.distances(Some(&others.to_device(x.device())?), p),
                );
            }
        }
    }
}

#[test]
fn distances_of_pairs() {
    simulate();
    for dtype in [DType::F32, DType::F64] {
        for shape in [&[2, 3][..], &[1, 3], &[40, 2], &[3, 6, 4]] {
            for p in ORDERS {
                let name = format!("{p} {dtype} {shape:?}");
                each_device(&name, &numbers(shape, dtype), |x| x.distances(None, p));
            }
        }
    }
}

#[test]
fn numbers_that_are_none_spread() {
    simulate();
    let x = samples(40, 0, DType::F64);
    let x = x.reshape(&[10, 4].into()).expect("a shape");
    for p in ORDERS {
        each_device(&format!("{p}"), &x, |x| x.distances(Some(x), p));
    }
}
