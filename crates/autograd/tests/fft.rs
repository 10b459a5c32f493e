//! Fourier transforms.

use crate::gradients::{Row, check_rows, leaf, numbers, scrambled};
use rushlight_autograd::fft::{self, Normalization};
use rushlight_autograd::{Tensor, tensor};

const ROWS: &[Row] = &[
    (
        "fft",
        |x| fft::fft(&x[0], None, -1, Normalization::Ortho),
        &[&[2, 5, 2]],
    ),
    (
        "ifft",
        |x| fft::ifft(&x[0], Some(3), 0, Normalization::Backward),
        &[&[4, 2, 2]],
    ),
    (
        "rfft",
        |x| fft::rfft(&x[0], Some(7), -1, Normalization::Forward),
        &[&[2, 5]],
    ),
    (
        "irfft",
        |x| fft::irfft(&x[0], None, -1, Normalization::Backward),
        &[&[2, 4, 2]],
    ),
    (
        "irfft of odd size",
        |x| fft::irfft(&x[0], Some(5), -1, Normalization::Ortho),
        &[&[3, 2]],
    ),
    (
        "hfft2",
        |x| fft::hfft2(&x[0], None, Normalization::Backward),
        &[&[3, 3, 2]],
    ),
    (
        "ihfft",
        |x| fft::ihfft(&x[0], None, 0, Normalization::Backward),
        &[&[4, 2]],
    ),
    (
        "rfftn",
        |x| fft::rfftn(&x[0], None, &[], Normalization::Backward),
        &[&[2, 3, 2]],
    ),
    ("fftshift", |x| fft::fftshift(&x[0], &[0]), &[&[5, 2]]),
];

#[test]
fn gradients_of_transforms_hold_to_second_order() {
    check_rows(ROWS);
}

fn assert_near(got: &Tensor, expected: &Tensor) {
    let error = (got - expected).unwrap().abs().unwrap();
    assert!(numbers(&error).into_iter().all(|error| error < 1e-13));
}

#[test]
fn transforms_have_inverses() {
    for norm in [
        Normalization::Backward,
        Normalization::Ortho,
        Normalization::Forward,
    ] {
        for n in [1, 2, 5, 12, 37] {
            let x = scrambled(&[2, n, 2]).detach();
            let y = fft::fft(&x, None, 1, norm).unwrap();
            assert_near(&fft::ifft(&y, None, 1, norm).unwrap(), &x);
            let x = scrambled(&[3, n]).detach();
            let y = fft::rfft2(&x, None, norm).unwrap();
            assert_near(&fft::irfft2(&y, Some(&[3, n]), norm).unwrap(), &x);
            let y = fft::ihfft(&x, None, -1, norm).unwrap();
            assert_near(&fft::hfft(&y, Some(n), -1, norm).unwrap(), &x);
        }
    }
}

#[test]
fn shifts_have_inverses_and_frequencies_follow_them() {
    let x = tensor([0, 1, 2, 3, 4]).unwrap();
    let y = fft::fftshift(&x, &[]).unwrap();
    assert_eq!(y.to_vec::<i64>().unwrap(), [3, 4, 0, 1, 2]);
    assert_eq!(numbers(&fft::ifftshift(&y, &[]).unwrap()), numbers(&x));
    let frequencies = fft::fftfreq(4, 0.5).unwrap();
    assert_eq!(frequencies.to_vec::<f32>().unwrap(), [0.0, 0.5, -1.0, -0.5]);
    assert_eq!(
        fft::rfftfreq(4, 0.5).unwrap().to_vec::<f32>().unwrap(),
        [0.0, 0.5, 1.0]
    );
}

#[test]
fn what_has_no_transform_is_refused() {
    let norm = Normalization::default();
    let x = leaf(&[2, 3, 2]);
    assert!(
        fft::fft(&leaf(&[2, 3]), None, -1, norm).is_err(),
        "no pairs"
    );
    assert!(fft::rfft(&leaf(&[]), None, -1, norm).is_err());
    assert!(fft::fft(&leaf(&[2]), None, -1, norm).is_err());
    assert!(fft::fft(&x, Some(0), -1, norm).is_err());
    assert!(
        fft::fft(&x, None, 2, norm).is_err(),
        "pairs are not counted"
    );
    assert!(fft::rfft(&leaf(&[0]), None, 0, norm).is_err());
    assert!(fft::fft(&x, Some(usize::MAX), -1, norm).is_err());
    assert!(fft::irfft(&x, Some(usize::MAX), -1, norm).is_err());
    assert!(fft::fftn(&x, None, &[0, 0], norm).is_err());
    assert!(fft::fftn(&x, Some(&[2]), &[0, 1], norm).is_err());
    assert!(fft::fftn(&x, Some(&[2, 2, 2]), &[], norm).is_err());
}
