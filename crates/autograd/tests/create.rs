//! Making tensors.

use crate::gradients::numbers;
use rushlight_autograd::{DType, Device, Generator, Tensor, TensorOptions, manual_seed, signal};

#[test]
fn ranges_know_their_length() {
    assert_eq!(numbers(&Tensor::arange(5, 0, -2).unwrap()), [5.0, 3.0, 1.0]);
    assert_eq!(Tensor::arange(0.0, 1.0, 0.1).unwrap().shape(), [10]);
    assert_eq!(
        Tensor::arange(i64::MIN, i64::MAX, i64::MAX)
            .unwrap()
            .shape(),
        [3]
    );
    assert!(Tensor::arange(0, 5, 0).is_err());
    assert!(Tensor::arange(0, 5, -1).is_err());
    assert!(Tensor::arange(0.0, f64::INFINITY, 1.0).is_err());
    assert!(Tensor::arange(0.0, 1e300, 1e-300).is_err());
    assert!(Tensor::arange(i64::MIN, i64::MAX, 1).is_err());
    assert!(Tensor::linspace(0, 1, usize::MAX).is_err());
}

#[test]
fn options_hold_for_every_way_to_make_a_tensor() {
    let options = TensorOptions::new().dtype(DType::F16).requires_grad(true);
    for x in [
        options.zeros(&[2]).unwrap(),
        options.eye(2, 3).unwrap(),
        options.arange(0, 3, 1).unwrap(),
        options.linspace(0, 1, 3).unwrap(),
        options.rand(&[3]).unwrap(),
        options.empty_strided(&[2, 2], &[1, 5]).unwrap(),
        options.empty_permuted(&[2, 3], &[1, 0]).unwrap(),
    ] {
        assert_eq!((x.dtype(), x.requires_grad()), (DType::F16, true));
    }
    assert!(
        TensorOptions::new()
            .requires_grad(true)
            .arange(0, 3, 1)
            .is_err()
    );
    assert!(Tensor::full(&[usize::MAX, 2], 0, DType::U8, Device::Cpu).is_err());
    assert!(Tensor::full(&[usize::MAX, 2, 0], 0, DType::U8, Device::Cpu).is_err());
    assert!(
        TensorOptions::new()
            .empty_strided(&[2, 2], &[isize::MAX, isize::MAX])
            .is_err()
    );
}

#[test]
fn a_scope_draws_from_its_own_generator() {
    manual_seed(3);
    let outside = Tensor::rand(&[4]).unwrap();
    manual_seed(3);
    let mut generator = Generator::from_seed(5);
    let inside = generator.scope(|| Tensor::rand(&[4])).unwrap();
    assert_eq!(numbers(&Tensor::rand(&[4]).unwrap()), numbers(&outside));
    let mut again = Generator::from_seed(5);
    assert_eq!(
        numbers(&again.scope(|| Tensor::rand(&[4])).unwrap()),
        numbers(&inside)
    );
    assert_eq!(again, generator);
}

#[test]
fn distributions_refuse_parameters_they_are_not_defined_for() {
    let mut x = Tensor::zeros(&[2]).unwrap();
    assert!(x.normal_(0.0, -1.0).is_err());
    assert!(x.bernoulli_(1.5).is_err());
    assert!(x.geometric_(0.0).is_err());
    assert!(x.long().unwrap().uniform_(0.0, 1.0).is_err());
    assert!(x.random_(5, Some(5)).is_err());
    assert!(x.dropout(1.5, false).is_err());
    assert!(x.multinomial(1, true).is_err());
    assert!(Tensor::randint(3, 3, &[1]).is_err());
    assert_eq!(numbers(&x), [0.0, 0.0]);
}

#[test]
fn windows_start_where_they_end_or_would_go_on() {
    let options = TensorOptions::new().dtype(DType::F64);
    let symmetric = numbers(&signal::windows::hann(5, true, options).unwrap());
    assert_eq!((symmetric[2], symmetric[0]), (1.0, symmetric[4]));
    let periodic = numbers(&signal::windows::hann(4, false, options).unwrap());
    assert_eq!(periodic[..], symmetric[..4]);
    assert!(signal::windows::hann(3, true, options.dtype(DType::F16)).is_err());
    assert!(signal::windows::gaussian(3, 0.0, true, options).is_err());
    assert!(signal::windows::kaiser(usize::MAX, 1.0, true, options).is_err());
}
