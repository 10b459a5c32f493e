//! Resampling, patches and connectionist temporal classification.

use rushlight_autograd::{
    CtcTargets, DType, PatchGeometry, Resampling, Result, Sampling, Tensor, gradcheck,
    gradgradcheck,
};

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

const PATCHES: PatchGeometry = PatchGeometry {
    kernel: [2, 3],
    dilation: [2, 1],
    padding: [1, 0],
    stride: [1, 2],
};

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

#[test]
fn gradients_of_patches_hold_both_ways() {
    check(|x| x[0].im2col(PATCHES), scrambled(&[2, 2, 4, 5]));
    check(|x| x[0].col2im(PATCHES, [4, 5]), scrambled(&[1, 12, 8]));
}

#[test]
fn columns_that_no_image_has_are_refused() {
    assert!(scrambled(&[1, 12, 7]).col2im(PATCHES, [4, 5]).is_err());
    assert!(scrambled(&[1, 2, 2, 2]).im2col(PATCHES).is_err());
    let wide = PatchGeometry {
        padding: [usize::MAX; 2],
        ..PATCHES
    };
    assert!(scrambled(&[1, 2, 4, 5]).im2col(wide).is_err());
}

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
