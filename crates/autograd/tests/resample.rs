//! Resampling.

use crate::gradients::{check_linear, scrambled};
use rushlight_autograd::{DType, Resampling, Sampling, Tensor};

#[test]
fn gradients_of_resampling_hold_for_every_sampling() {
    for sampling in [
        Sampling::Nearest,
        Sampling::NearestExact,
        Sampling::Linear,
        Sampling::Cubic,
    ] {
        for (align_corners, antialias) in [(false, false), (true, false), (false, true)] {
            let resampling = Resampling {
                sampling,
                align_corners,
                antialias,
            };
            let resize = |x: &[Tensor]| x[0].resample(resampling, &[3, 7], &[None, Some(1.6)]);
            check_linear(resize, scrambled(&[2, 5, 4]));
        }
    }
}

#[test]
fn resampling_halves_and_empty_batches_keeps_their_type() {
    let linear = Resampling {
        sampling: Sampling::Linear,
        align_corners: false,
        antialias: false,
    };
    for shape in [[2, 3], [0, 3]] {
        let x = Tensor::zeros(&shape)
            .unwrap()
            .to_dtype(DType::BF16)
            .unwrap();
        let y = x.resample(linear, &[6], &[None]).unwrap();
        assert_eq!((y.dtype(), y.shape()), (DType::BF16, [shape[0], 6].into()));
    }
}

#[test]
fn resampling_to_or_from_nothing_is_refused() {
    let nearest = Resampling {
        sampling: Sampling::Nearest,
        align_corners: false,
        antialias: false,
    };
    assert!(scrambled(&[2, 3]).resample(nearest, &[0], &[None]).is_err());
    let empty = Tensor::zeros(&[2, 0]).unwrap();
    assert!(empty.resample(nearest, &[3], &[None]).is_err());
    let sizes = [usize::MAX, 2];
    assert!(scrambled(&[2, 3]).resample(nearest, &sizes, &[]).is_err());
}
