//! Arrays on the simulated device, and what they are compared with.

use rushlight_cuda_sim::Simulator;
use rushlight_tensor::ops::grid_sample::GridSampleOptions;
use rushlight_tensor::ops::table::{CompareOp, PredicateOp};
use rushlight_tensor::{Array, DType, Device, Result, Scalar, cuda};
use std::sync::Once;

pub const CUDA: Device = Device::Cuda(0);

/// Makes the program use a simulator with two devices.
pub fn simulate() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        cuda::use_driver(Box::new(Simulator::new(2, 1 << 30))).expect("no driver is in use");
    });
}

/// Numbers of every sign and size, where half types still hold them, and some that are none.
pub fn samples(count: usize, rotated: usize, dtype: DType) -> Array {
    let special = [
        0.0,
        -0.0,
        1.0,
        -1.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
    ];
    let grid = (-16..=16).map(|i| f64::from(i) * 0.37);
    let mut values: Vec<f64> = special.into_iter().chain(grid).collect();
    values.rotate_left(rotated % 40);
    let values: Vec<f64> = values.iter().cycle().take(count).copied().collect();
    let x = Array::from_slice(&values, &[count]).expect("an array");
    x.to_dtype(dtype).expect("a conversion")
}

/// Whether two arrays agree, but for rounding errors of so many units in the last place.
pub fn check(name: &str, got: Result<Array>, want: Result<Array>, units: f64) {
    let (got, want) = match (got, want) {
        (Ok(got), Ok(want)) => (got, want),
        (Err(got), Err(want)) => return assert_eq!(got.to_string(), want.to_string(), "{name}"),
        (got, want) => panic!("{name}: {got:?} instead of {want:?}"),
    };
    assert_eq!(got.device(), CUDA, "{name}");
    assert_eq!(
        (got.dtype(), got.shape()),
        (want.dtype(), want.shape()),
        "{name}"
    );
    assert_eq!(got.strides(), want.strides(), "{name}");
    let epsilon = match want.dtype() {
        DType::F16 => 2f64.powi(-10),
        DType::BF16 => 2f64.powi(-7),
        DType::F32 => f64::from(f32::EPSILON),
        DType::F64 => f64::EPSILON,
        _ => 0.0,
    };
    let numbers = |x: &Array| {
        let x = x
            .to_device(Device::Cpu)
            .and_then(|x| x.to_dtype(DType::F64));
        x.and_then(|x| x.to_vec::<f64>())
            .unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    for (i, (got, want)) in numbers(&got).into_iter().zip(numbers(&want)).enumerate() {
        let close = (got - want).abs() <= epsilon * units * want.abs().max(1.0);
        let same = got == want || got.is_nan() && want.is_nan();
        assert!(
            close || same,
            "{name}: element {i} is {got:e} instead of {want:e}"
        );
    }
}

/// Rounding errors, in units of the last place, that sums in another order may have.
const UNITS: f64 = 64.0;

/// Numbers between -6 and 6.
pub fn numbers(shape: &[usize], dtype: DType) -> Array {
    let count = shape.iter().product();
    let values: Vec<f64> = (0..count)
        .map(|i| f64::from((i * 37 % 97) as i32) / 8.0 - 6.0)
        .collect();
    Array::from_slice(&values, shape)
        .and_then(|x| x.to_dtype(dtype))
        .expect("an array")
}

/// Runs on both devices; what they refuse, both refuse.
pub fn each_device(name: &str, x: &Array, run: impl Fn(&Array) -> Result<Array>) {
    check(
        name,
        run(&x.to_device(CUDA).expect("a copy")),
        run(x),
        UNITS,
    );
}

#[test]
fn devices_are_there() {
    simulate();
    assert!(cuda::is_available() && cuda::device_count() == 2);
    assert_eq!(cuda::driver_version(), Some(12040));
    assert_eq!(Device::cuda_if_available(), CUDA);
    assert_eq!(cuda::properties(0).expect("a device").capability, (8, 0));
    assert!(cuda::use_driver(Box::new(Simulator::new(1, 1))).is_err());
}

#[test]
fn a_device_that_is_not_there_is_an_error() {
    simulate();
    let error = Array::scalar(Scalar::Int(1), DType::F32, Device::Cuda(7)).expect_err("no device");
    assert!(
        error.to_string().contains("cuda:7 failed: cuDeviceGet"),
        "{error}"
    );
}

#[test]
fn operands_on_two_devices_are_an_error() {
    simulate();
    let [a, b] = [Device::Cuda(0), Device::Cuda(1)]
        .map(|device| Array::scalar(Scalar::Int(1), DType::F32, device).expect("an array"));
    let error = a.compare(CompareOp::Eq, &b).expect_err("a mismatch");
    assert_eq!(
        error.to_string(),
        "eq: operands are on cuda:0 and cuda:1; move one of them with `to`"
    );
    assert!(
        a.to_device(Device::Cuda(1))
            .expect("a copy")
            .compare(CompareOp::Eq, &b)
            .is_ok()
    );
}

#[test]
fn every_dtype_converts_to_every_other() {
    simulate();
    for from in DType::ALL {
        let x = samples(40, 0, from);
        let y = x.to_device(CUDA).expect("a copy");
        assert_eq!(y.to_bytes(), x.to_bytes());
        for to in DType::ALL {
            check(
                &format!("{from} as {to}"),
                y.to_dtype(to),
                x.to_dtype(to),
                0.0,
            );
        }
        for value in [Scalar::Int(-3), Scalar::Float(2.6), Scalar::Bool(true)] {
            let full = |device| Array::full(&[3], value, from, device);
            check("full", full(CUDA), full(Device::Cpu), 0.0);
        }
    }
}

#[test]
fn views_are_copied_in_their_order() {
    simulate();
    let x = samples(2 * 3 * 5, 3, DType::I32)
        .reshape(&[2, 3, 5].into())
        .expect("a shape");
    let y = x.to_device(CUDA).expect("a copy");
    let view = |x: &Array| x.transpose(0, 2)?.narrow(1, 1, 2)?.contiguous();
    check("a view", view(&y), view(&x), 0.0);
    let overwrite = |x: &Array| {
        let source = x.narrow(0, 0, 1)?.predicate(PredicateOp::IsFinite)?;
        let mut x = x.transpose(1, 2)?;
        x.copy_from(&source.transpose(1, 2)?)?;
        Ok(x)
    };
    check("a write", overwrite(&y), overwrite(&x), 0.0);
}

#[test]
fn what_has_no_kernel_is_an_error_that_names_it() {
    simulate();
    let on_device = |shape: &[usize]| numbers(shape, DType::F32).to_device(CUDA);
    let (x, grid) = (on_device(&[1, 2, 3, 4]), on_device(&[1, 3, 4, 2]));
    let y = x.and_then(|x| x.grid_sample(&grid?, GridSampleOptions::default()));
    let error = y.map(drop).expect_err("no kernel");
    let expected = "grid_sample: cuda:0 has no kernel for it; compose it of other operations";
    assert_eq!(error.to_string(), expected);
}
