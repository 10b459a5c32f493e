//! The short-time Fourier transform.

use crate::gradients::{check, leaf, numbers};
use rushlight_autograd::{PadMode, StftOptions, Tensor, tensor};

#[test]
fn gradients_of_transforms_hold_to_second_order() {
    let window = leaf(&[3]).detach();
    let options = StftOptions {
        hop_length: Some(2),
        win_length: Some(3),
        window: Some(&window),
        pad_mode: PadMode::Replicate,
        normalized: true,
        ..StftOptions::new(4)
    };
    check("stft", |x| x[0].stft(options), &[&[2, 7]]);
    let apart = StftOptions {
        center: false,
        onesided: false,
        hop_length: Some(2),
        ..StftOptions::new(4)
    };
    check("stft, uncentred", |x| x[0].stft(apart), &[&[5]]);
    check("istft", |x| x[0].istft(apart, Some(5)), &[&[4, 2, 2]]);
}

#[test]
fn the_inverse_restores_the_signal() {
    let x = leaf(&[2, 23]).detach();
    let window = Tensor::from_vec(vec![0.5, 1.0, 0.75, 1.0, 0.5], &[5]).unwrap();
    for n_fft in [5, 6] {
        for (onesided, normalized) in [(true, false), (false, true)] {
            let options = StftOptions {
                hop_length: Some(2),
                win_length: Some(5),
                window: Some(&window),
                onesided,
                normalized,
                ..StftOptions::new(n_fft)
            };
            let y = x.stft(options).unwrap().istft(options, Some(23)).unwrap();
            let furthest = (&x - y).unwrap().abs().unwrap().max().unwrap();
            assert!(furthest.item().unwrap() < 1e-12, "{n_fft} {onesided}");
        }
    }
}

#[test]
fn windows_stand_in_the_middle_of_a_transform() {
    let x = Tensor::from_vec(vec![1.0, -2.0, 3.0, 0.5, 4.0, -1.0], &[6]).unwrap();
    let window = Tensor::from_vec(vec![0.5, 1.0, 0.25], &[3]).unwrap();
    let options = StftOptions {
        hop_length: Some(3),
        win_length: Some(3),
        window: Some(&window),
        pad_mode: PadMode::Replicate,
        normalized: true,
        ..StftOptions::new(5)
    };
    // What PyTorch returns.
    let expected = [
        [0.4472135954999579, 0.0],
        [1.3416407864998738, 0.0],
        [-0.11180339887498945, -0.6069610361773602],
        [-0.33541019662496835, -0.5065553282342464],
        [-0.11180339887498945, 0.5065553282342464],
        [-0.33541019662496835, -0.6069610361773602],
    ];
    let y = x.stft(options).unwrap();
    assert_eq!(y.shape(), [3, 2, 2]);
    for (got, expected) in numbers(&y).iter().zip(expected.as_flattened()) {
        assert!((got - expected).abs() < 1e-14, "{got} {expected}");
    }
}

#[test]
fn a_longer_signal_ends_in_zeros() {
    let options = StftOptions::new(4);
    let spectrum = leaf(&[8]).stft(options).unwrap();
    let y = spectrum.istft(options, Some(12)).unwrap();
    assert_eq!(numbers(&y.detach())[10..], [0.0, 0.0]);
}

#[test]
fn transforms_that_do_not_fit_are_refused() {
    let x = leaf(&[8]);
    let window = leaf(&[3]).detach();
    let refused = [
        StftOptions::new(0),
        StftOptions::new(3),
        StftOptions::new(20),
        StftOptions {
            hop_length: Some(0),
            ..StftOptions::new(4)
        },
        StftOptions {
            win_length: Some(5),
            ..StftOptions::new(4)
        },
        StftOptions {
            window: Some(&window),
            ..StftOptions::new(4)
        },
        StftOptions {
            center: false,
            ..StftOptions::new(9)
        },
    ];
    for options in refused {
        assert!(x.stft(options).is_err(), "{options:?}");
    }
    assert!(leaf(&[]).stft(StftOptions::new(4)).is_err());
    assert!(leaf(&[2, 2, 8]).stft(StftOptions::new(4)).is_err());
    assert!(tensor([1; 8]).unwrap().stft(StftOptions::new(4)).is_err());
    let spectrum = x.stft(StftOptions::new(4)).unwrap();
    assert!(spectrum.istft(StftOptions::new(8), None).is_err());
    assert!(x.istft(StftOptions::new(4), None).is_err());
    let far = StftOptions {
        hop_length: Some(usize::MAX),
        ..StftOptions::new(4)
    };
    assert!(spectrum.istft(far, None).is_err());
    let gaps = StftOptions {
        hop_length: Some(5),
        ..StftOptions::new(4)
    };
    assert!(spectrum.istft(gaps, None).is_err());
}
