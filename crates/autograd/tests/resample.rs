//! Resampling.

use rushlight_autograd::{DType, Resampling, Result, Sampling, Tensor, gradcheck, gradgradcheck};

fn scrambled(shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let values = (0..count).map(|i| (i * 37 % (count + 3)) as f64 * 0.3 - 2.0);
    let x = Tensor::from_vec(values.collect(), shape).unwrap();
    x.requires_grad_(true).unwrap()
}

fn check(f: impl Fn(&[Tensor]) -> Result<Tensor>, x: Tensor) {
    let inputs = [x];
    gradcheck(&f, &inputs, Default::default()).unwrap();
    // A linear map has no second derivative of its own; that of its square has.
    let square = |x: &[Tensor]| f(x)?.square();
    gradgradcheck(square, &inputs, Default::default()).unwrap();
}

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
            check(resize, scrambled(&[2, 5, 4]));
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
