//! What runs on the host: factorizations, systems and Fourier transforms.

use crate::arrays::{each_device, numbers, simulate};
use rushlight_tensor::ops::fourier::{FourierKind, FourierTransform};
use rushlight_tensor::ops::linalg::{Bases, Factorization, System};
use rushlight_tensor::{Array, DType, Result};

/// `x x^T`.
fn definite(x: &Array) -> Result<Array> {
    x.matmul(&x.transpose(-1, -2)?)
}

#[test]
fn factors_are_those_of_the_cpu() {
    simulate();
    let x = numbers(&[2, 3, 5], DType::F64);
    for factorization in [
        Factorization::Lu { pivot: true },
        Factorization::Qr(Bases::Reduced),
        Factorization::Svd(Bases::Reduced),
    ] {
        for which in 0..2 {
            let name = format!("{factorization:?}");
            each_device(&name, &x, |x| {
                Ok(x.factorize(factorization)?.swap_remove(which))
            });
        }
    }
    for factorization in [
        Factorization::Cholesky,
        Factorization::Ldl,
        Factorization::Eigen,
    ] {
        for which in 0..2 {
            let name = format!("{factorization:?}");
            each_device(&name, &x, |x| {
                Ok(definite(x)?.factorize(factorization)?.swap_remove(which))
            });
        }
    }
    each_device("none", &numbers(&[0, 3, 3], DType::F64), |x| {
        Ok(x.factorize(Factorization::Qr(Bases::None))?.swap_remove(0))
    });
}

#[test]
fn solutions_are_those_of_the_cpu() {
    simulate();
    let x = numbers(&[2, 3, 5], DType::F64);
    let triangular = System::Triangular {
        upper: false,
        unit: false,
    };
    each_device("a triangle", &x, |x| {
        definite(x)?.solve(triangular, None, &x.narrow(2, 1, 2)?)
    });
    each_device("ldl", &x, |x| {
        let factors = definite(x)?.factorize(Factorization::Ldl)?;
        factors[0].solve(System::Ldl, Some(&factors[1]), x)
    });
}

#[test]
fn transforms_are_those_of_the_cpu() {
    simulate();
    for (kind, size, shape) in [
        (FourierKind::Complex, 7, &[3, 7, 2][..]),
        (FourierKind::Complex, 4, &[0, 4, 2]),
        (FourierKind::FromReal, 8, &[2, 8]),
        (FourierKind::ToReal, 8, &[5, 2]),
    ] {
        let transform = FourierTransform {
            kind,
            size,
            is_inverse: kind == FourierKind::ToReal,
            scale: 1.0,
        };
        for dtype in [DType::F32, DType::F64] {
            each_device("fft", &numbers(shape, dtype), |x| x.fourier(&transform));
        }
    }
}
