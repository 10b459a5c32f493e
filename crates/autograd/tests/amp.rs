use rushlight_autograd::linalg::{Driver, QrMode, Triangle};
use rushlight_autograd::{
    AvgPoolOptions, DType, Interpolation, MaxPoolOptions, PadMode, Result, StftOptions, Tensor,
    autocast, autocast_dtype, autocast_guard, checkpoint, fft, is_autocast_enabled, linalg,
    no_grad, tensor,
};

const HALVES: [DType; 2] = [DType::BF16, DType::F16];

/// An operation on tensors of a type.
type Op = (&'static str, fn(DType) -> Result<Tensor>);

/// Asserts the types that operations return for operands of a half type and of `f32`.
fn assert_types(ops: &[Op], expected: impl Fn(DType) -> [DType; 2]) -> Result<()> {
    for half in HALVES {
        for (name, op) in ops {
            let got = autocast(half, || -> Result<_> {
                Ok([op(half)?.dtype(), op(DType::F32)?.dtype()])
            });
            assert_eq!(got?, expected(half), "{name} in {half}");
            assert_eq!(
                autocast(half, || op(DType::F64))?.dtype(),
                DType::F64,
                "{name}"
            );
        }
    }
    Ok(())
}

fn rand(shape: &[usize], dtype: DType) -> Result<Tensor> {
    Tensor::rand(shape)?.to_dtype(dtype)
}

/// A symmetric matrix that is well conditioned.
fn matrix(dtype: DType) -> Result<Tensor> {
    tensor([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]])?.to_dtype(dtype)
}

/// What the operations of `torch.autocast("cpu")` return, as recorded from PyTorch 2.15.
#[test]
fn on_the_cpu_products_of_matrices_run_in_the_half_type() -> Result<()> {
    let ops: [Op; 17] = [
        ("matmul", |d| rand(&[2, 3], d)?.matmul(&rand(&[3, 2], d)?)),
        ("matmul of a vector", |d| {
            rand(&[2, 3], d)?.matmul(&rand(&[3], d)?)
        }),
        ("matmul of vectors", |d| {
            rand(&[3], d)?.matmul(&rand(&[3], d)?)
        }),
        ("mm", |d| rand(&[2, 3], d)?.mm(&rand(&[3, 2], d)?)),
        ("bmm", |d| rand(&[1, 2, 3], d)?.bmm(&rand(&[1, 3, 2], d)?)),
        ("inner", |d| rand(&[2, 3], d)?.inner(&rand(&[2, 3], d)?)),
        ("addmm", |d| {
            rand(&[2, 2], d)?.addmm(&rand(&[2, 3], d)?, &rand(&[3, 2], d)?, 1, 1)
        }),
        ("addbmm", |d| {
            rand(&[2, 2], d)?.addbmm(&rand(&[1, 2, 3], d)?, &rand(&[1, 3, 2], d)?, 1, 1)
        }),
        ("baddbmm", |d| {
            rand(&[1, 2, 2], d)?.baddbmm(&rand(&[1, 2, 3], d)?, &rand(&[1, 3, 2], d)?, 1, 1)
        }),
        ("linalg.vecdot", |d| {
            linalg::vecdot(&rand(&[3], d)?, &rand(&[3], d)?, -1)
        }),
        ("linalg.multi_dot", |d| {
            linalg::multi_dot(&[&matrix(d)?, &matrix(d)?, &matrix(d)?])
        }),
        ("linalg.matrix_power", |d| {
            linalg::matrix_power(&matrix(d)?, 3)
        }),
        ("einsum", |d| {
            Tensor::einsum("ij,kj->ik", &[matrix(d)?, matrix(d)?])
        }),
        ("tensordot", |d| {
            matrix(d)?.tensordot(&matrix(d)?, &[1], &[0])
        }),
        ("linear", |d| {
            rand(&[2, 3], d)?.linear(&rand(&[4, 3], d)?, Some(&rand(&[4], d)?))
        }),
        ("conv2d", |d| {
            let (x, weight) = (rand(&[1, 2, 5, 5], d)?, rand(&[3, 2, 3, 3], d)?);
            x.conv2d(&weight, Some(&rand(&[3], d)?), &Default::default())
        }),
        ("conv_transpose2d", |d| {
            let (x, weight) = (rand(&[1, 2, 5, 5], d)?, rand(&[2, 3, 3, 3], d)?);
            x.conv_transpose2d(&weight, None, &Default::default())
        }),
    ];
    assert_types(&ops, |half| [half, half])?;
    let prelu: Op = ("prelu", |d| rand(&[2, 3], d)?.prelu(&rand(&[3], d)?));
    assert_types(&[prelu], |half| [half, half])
}

#[test]
fn on_the_cpu_what_had_no_half_kernels_runs_in_single_precision() -> Result<()> {
    const VOLUME: [usize; 5] = [1, 1, 4, 4, 4];
    let ops: [Op; 37] = [
        ("prod", |d| matrix(d)?.prod()),
        ("prod of a dimension", |d| matrix(d)?.prod_dim(0, false)),
        ("trace", |d| matrix(d)?.trace()),
        ("quantile", |d| {
            rand(&[4], d)?.quantile(0.5, Interpolation::Linear)
        }),
        ("nanquantile", |d| {
            rand(&[4], d)?.nanquantile(0.5, Interpolation::Linear)
        }),
        ("cdist", |d| matrix(d)?.cdist(&matrix(d)?, 2.0)),
        ("stft", |d| rand(&[16], d)?.stft(StftOptions::new(8))),
        ("fft.rfft", |d| {
            fft::rfft(&rand(&[4], d)?, None, -1, Default::default())
        }),
        ("fft.hfft", |d| {
            fft::hfft(&rand(&[4, 2], d)?, None, -1, Default::default())
        }),
        ("avg_pool3d", |d| {
            rand(&VOLUME, d)?.avg_pool3d(&AvgPoolOptions::new([2; 3]))
        }),
        ("max_pool3d", |d| {
            Ok(rand(&VOLUME, d)?
                .max_pool3d(&MaxPoolOptions::new([2; 3]))?
                .0)
        }),
        ("adaptive_avg_pool3d", |d| {
            rand(&VOLUME, d)?.adaptive_avg_pool3d([Some(2); 3])
        }),
        ("adaptive_max_pool3d", |d| {
            Ok(rand(&VOLUME, d)?.adaptive_max_pool3d([Some(2); 3])?.0)
        }),
        ("reflection_pad1d", |d| {
            rand(&[1, 1, 4], d)?.pad(&[1; 2], PadMode::Reflect)
        }),
        ("reflection_pad2d", |d| {
            rand(&[1, 1, 4, 4], d)?.pad(&[1; 4], PadMode::Reflect)
        }),
        ("replication_pad1d", |d| {
            rand(&[1, 1, 4], d)?.pad(&[1; 2], PadMode::Replicate)
        }),
        ("replication_pad2d", |d| {
            rand(&[1, 1, 4, 4], d)?.pad(&[1; 4], PadMode::Replicate)
        }),
        ("replication_pad3d", |d| {
            rand(&VOLUME, d)?.pad(&[1; 6], PadMode::Replicate)
        }),
        ("cholesky_inverse", |d| {
            matrix(d)?.cholesky_inverse(Triangle::Lower)
        }),
        ("cholesky_solve", |d| {
            rand(&[3, 1], d)?.cholesky_solve(&matrix(d)?, Triangle::Lower)
        }),
        ("geqrf", |d| Ok(matrix(d)?.geqrf()?.0)),
        ("lu", |d| Ok(matrix(d)?.lu(true)?.0)),
        ("inverse", |d| matrix(d)?.inverse()),
        ("pinverse", |d| matrix(d)?.pinverse(1e-15)),
        ("svd", |d| Ok(matrix(d)?.svd(true)?.1)),
        ("triangular_solve", |d| {
            let b = rand(&[3, 1], d)?;
            Ok(
                b.triangular_solve(&matrix(d)?, Triangle::Upper, false, false)?
                    .0,
            )
        }),
        ("linalg.cholesky", |d| {
            linalg::cholesky(&matrix(d)?, Triangle::Lower)
        }),
        ("linalg.cond", |d| linalg::cond(&matrix(d)?, None)),
        ("linalg.eigh", |d| {
            Ok(linalg::eigh(&matrix(d)?, Triangle::Lower)?.0)
        }),
        ("linalg.eigvalsh", |d| {
            linalg::eigvalsh(&matrix(d)?, Triangle::Lower)
        }),
        ("linalg.householder_product", |d| {
            linalg::householder_product(&rand(&[3, 3], d)?, &rand(&[3], d)?)
        }),
        ("linalg.inv", |d| linalg::inv(&matrix(d)?)),
        ("linalg.lstsq", |d| {
            Ok(linalg::lstsq(&matrix(d)?, &rand(&[3, 1], d)?, None, Driver::Gelsy)?.solution)
        }),
        ("linalg.qr", |d| {
            Ok(linalg::qr(&matrix(d)?, QrMode::Reduced)?.0)
        }),
        ("linalg.solve", |d| {
            linalg::solve(&matrix(d)?, &rand(&[3, 1], d)?)
        }),
        ("linalg.svdvals", |d| linalg::svdvals(&matrix(d)?)),
        ("linalg.tensorsolve", |d| {
            linalg::tensorsolve(&matrix(d)?, &rand(&[3], d)?, &[])
        }),
    ];
    assert_types(&ops, |_| [DType::F32; 2])
}

#[test]
fn on_the_cpu_all_else_runs_in_the_type_it_comes_in() -> Result<()> {
    let ops: [Op; 43] = [
        ("mv", |d| matrix(d)?.mv(&rand(&[3], d)?)),
        ("dot", |d| rand(&[3], d)?.dot(&rand(&[3], d)?)),
        ("outer", |d| rand(&[3], d)?.outer(&rand(&[3], d)?)),
        ("addmv", |d| {
            rand(&[3], d)?.addmv(&matrix(d)?, &rand(&[3], d)?, 1, 1)
        }),
        ("addr", |d| {
            matrix(d)?.addr(&rand(&[3], d)?, &rand(&[3], d)?, 1, 1)
        }),
        ("linalg.matrix_exp", |d| linalg::matrix_exp(&matrix(d)?)),
        ("acos", |d| rand(&[3], d)?.acos()),
        ("cosh", |d| rand(&[3], d)?.cosh()),
        ("erfinv", |d| rand(&[3], d)?.erfinv()),
        ("exp", |d| rand(&[3], d)?.exp()),
        ("expm1", |d| rand(&[3], d)?.expm1()),
        ("log", |d| rand(&[3], d)?.log()),
        ("log1p", |d| rand(&[3], d)?.log1p()),
        ("reciprocal", |d| rand(&[3], d)?.reciprocal()),
        ("rsqrt", |d| rand(&[3], d)?.rsqrt()),
        ("sinh", |d| rand(&[3], d)?.sinh()),
        ("tan", |d| rand(&[3], d)?.tan()),
        ("relu", |d| rand(&[3], d)?.relu()),
        ("gelu", |d| rand(&[3], d)?.gelu()),
        ("softplus", |d| rand(&[3], d)?.softplus(1.0, 20.0)),
        ("pow", |d| rand(&[3], d)?.pow(2.0)),
        ("division of a number", |d| 2.0 / &rand(&[3], d)?),
        ("sum of a number", |d| rand(&[3], d)?.add(1.0)),
        ("sum", |d| rand(&[3], d)?.sum()),
        ("sum of a dimension", |d| matrix(d)?.sum_dim(&[0], true)),
        ("mean", |d| rand(&[3], d)?.mean()),
        ("cumsum", |d| rand(&[3], d)?.cumsum(0)),
        ("cumprod", |d| rand(&[3], d)?.cumprod(0)),
        ("logsumexp", |d| rand(&[3], d)?.logsumexp(&[0], false)),
        ("norm", |d| rand(&[3], d)?.norm()),
        ("dist", |d| rand(&[3], d)?.dist(&rand(&[3], d)?, 2.0)),
        ("renorm", |d| matrix(d)?.renorm(2.0, 0, 1.0)),
        ("softmax", |d| rand(&[3], d)?.softmax(-1)),
        ("log_softmax", |d| rand(&[3], d)?.log_softmax(-1)),
        ("layer_norm", |d| {
            matrix(d)?.layer_norm(&[3], None, None, 1e-5)
        }),
        ("scatter_add", |d| {
            matrix(d)?.scatter_add(0, &tensor([[0, 0, 0]])?, &matrix(d)?)
        }),
        ("avg_pool2d", |d| {
            rand(&[1, 4, 4], d)?.avg_pool2d(&AvgPoolOptions::new([2; 2]))
        }),
        ("max_pool2d", |d| {
            Ok(rand(&[1, 4, 4], d)?
                .max_pool2d(&MaxPoolOptions::new([2; 2]))?
                .0)
        }),
        ("adaptive_avg_pool2d", |d| {
            rand(&[1, 4, 4], d)?.adaptive_avg_pool2d([Some(2); 2])
        }),
        ("constant_pad3d", |d| {
            rand(&[1, 4, 4, 4], d)?.pad(&[1; 6], PadMode::default())
        }),
        ("reflection_pad3d", |d| {
            rand(&[1, 4, 4, 4], d)?.pad(&[1; 6], PadMode::Reflect)
        }),
        ("circular_pad2d", |d| {
            rand(&[1, 4, 4], d)?.pad(&[1; 4], PadMode::Circular)
        }),
        ("cat", |d| Tensor::cat(&[matrix(d)?, matrix(d)?], 0)),
    ];
    assert_types(&ops, |half| [half, DType::F32])
}

#[test]
fn the_widest_type_wins_where_types_meet() -> Result<()> {
    for half in HALVES {
        let (single, low) = (rand(&[3], DType::F32)?, rand(&[3], half)?);
        let index = tensor([0, 1, 2])?;
        let met = autocast(half, || -> Result<_> {
            Ok([
                Tensor::cat(&[&single, &low], 0)?,
                Tensor::stack(&[&low, &single], 0)?,
                low.index_copy(0, &index, &single)?,
                single.index_copy(0, &index, &low)?,
                low.add(&single)?,
                low.atan2(&single)?,
            ])
        })?;
        for (number, y) in met.iter().enumerate() {
            assert_eq!(y.dtype(), DType::F32, "{number}");
        }
        let products = autocast(half, || linalg::vecdot(&low, &single, -1))?;
        assert_eq!(products.dtype(), half);
        assert_eq!(
            autocast(half, || tensor([1, 2])?.sum())?.dtype(),
            DType::I64
        );
    }
    Ok(())
}

/// `F.linear` and the mean square error under `torch.autocast`.
#[test]
fn numbers_and_gradients_are_those_of_pytorch() -> Result<()> {
    let x = tensor([[0.1, 0.2, 0.3], [1.7, -0.6, 0.9]])?;
    let target = tensor([[1.0, 2.0], [3.0, 4.0]])?;
    #[rustfmt::skip]
    let expected = [
        (DType::BF16, [0.14648438, 0.04663086, 0.9375, 1.3359375], 3.973818778991699,
         [-1.796875, 0.53515625, -1.0546875, -2.359375, 0.6015625, -1.484375], [-1.453125, -2.3125]),
        (DType::F16, [0.1459961, 0.046875, 0.93603516, 1.3369141], 3.973999261856079,
         [-1.7978516, 0.5341797, -1.0566406, -2.3632812, 0.6040039, -1.4921875],
         [-1.4589844, -2.3085938]),
    ];
    for (half, y_expected, loss_expected, w_expected, b_expected) in expected {
        let w = tensor([[0.11, -0.37, 0.53], [1.3, 0.77, -0.29]])?.requires_grad_(true)?;
        let b = tensor([0.05, -0.15])?.requires_grad_(true)?;
        let (y, loss) = autocast(half, || -> Result<_> {
            let y = x.linear(&w, Some(&b))?;
            let loss = (&y - &target)?.square()?.mean()?;
            Ok((y, loss))
        })?;
        loss.backward()?;
        // The sum with the bias is rounded once more than in PyTorch.
        let eps = if half == DType::BF16 {
            1.0 / 128.0
        } else {
            1.0 / 1024.0
        };
        for (got, expected) in y.float()?.to_vec::<f32>()?.iter().zip(y_expected) {
            assert!(
                (got - expected).abs() <= eps * expected.abs(),
                "{got} {expected}"
            );
        }
        assert!((loss.item()? - loss_expected).abs() < f64::from(eps));
        for (leaf, expected) in [(&w, &w_expected[..]), (&b, &b_expected[..])] {
            let gradient = leaf.grad().unwrap();
            assert_eq!(gradient.dtype(), DType::F32);
            for (got, expected) in gradient.to_vec::<f32>()?.iter().zip(expected) {
                assert!(
                    (got - expected).abs() <= 2.0 * eps * expected.abs(),
                    "{got} {expected}"
                );
            }
        }
    }
    Ok(())
}

#[test]
fn regions_nest_and_end_with_their_guard() {
    assert!(!is_autocast_enabled());
    autocast(DType::BF16, || {
        assert_eq!(autocast_dtype(), Some(DType::BF16));
        autocast(DType::F16, || {
            assert_eq!(autocast_dtype(), Some(DType::F16))
        });
        autocast(DType::F32, || assert!(!is_autocast_enabled()));
        assert_eq!(autocast_dtype(), Some(DType::BF16));
    });
    let panicked = std::panic::catch_unwind(|| autocast(DType::BF16, || panic!("on purpose")));
    assert!(panicked.is_err());
    assert!(!is_autocast_enabled());
    let guard = autocast_guard(DType::F16);
    assert!(is_autocast_enabled());
    drop(guard);
    assert!(!is_autocast_enabled());
}

#[test]
fn the_mode_is_the_threads() {
    let _guard = autocast_guard(DType::BF16);
    let elsewhere = std::thread::spawn(is_autocast_enabled).join().unwrap();
    assert!(!elsewhere);
}

#[test]
fn a_leaf_is_cast_once_and_again_when_it_changes() -> Result<()> {
    let w = Tensor::ones(&[4, 4])?.requires_grad_(true)?;
    let x = Tensor::ones(&[2, 4])?;
    autocast(DType::BF16, || -> Result<()> {
        let (a, b) = (x.matmul(&w)?, x.matmul(&w)?);
        // Each pass frees what it used, but not the cast that they share.
        a.sum()?.backward()?;
        b.sum()?.backward()?;
        assert_eq!(w.grad().unwrap().to_vec::<f32>()?, [4.0; 16]);
        w.set_data(&Tensor::full(&[4, 4], 2.0, DType::F32, w.device())?)?;
        assert_eq!(x.matmul(&w)?.float()?.to_vec::<f32>()?, [8.0; 8]);
        no_grad(|| w.clone().mul_(2.0))?;
        assert_eq!(x.matmul(&w)?.float()?.to_vec::<f32>()?, [16.0; 8]);
        // What was cast without a graph is not used with one.
        let again = Tensor::ones(&[4, 4])?.requires_grad_(true)?;
        assert!(!no_grad(|| x.matmul(&again))?.requires_grad());
        assert!(x.matmul(&again)?.requires_grad());
        w.requires_grad_(false)?;
        assert!(!x.matmul(&w)?.requires_grad());
        Ok(())
    })
}

#[test]
fn backward_is_not_cast() -> Result<()> {
    let w = Tensor::rand(&[3, 3])?.requires_grad_(true)?;
    let x = Tensor::rand(&[3, 3])?;
    x.matmul(&w)?.square()?.sum()?.backward()?;
    let outside = w.grad().unwrap().to_vec::<f32>()?;
    w.zero_grad();
    let y = x.matmul(&w)?.square()?.sum()?;
    autocast(DType::BF16, || y.backward())?;
    assert_eq!(w.grad().unwrap().to_vec::<f32>()?, outside);
    Ok(())
}

#[test]
fn a_checkpoint_runs_again_in_the_same_precision() -> Result<()> {
    let w = Tensor::rand(&[3, 3])?.requires_grad_(true)?;
    let x = Tensor::rand(&[3, 3])?.requires_grad_(true)?;
    let inner = w.clone();
    let f = move |x: &Tensor| x.matmul(&inner)?.softmax(-1)?.matmul(&inner);
    let plain = autocast(DType::BF16, || f(&x))?;
    plain.float()?.square()?.sum()?.backward()?;
    let expected = (w.grad().unwrap(), x.grad().unwrap());
    w.zero_grad();
    x.zero_grad();
    let y = autocast(DType::BF16, || checkpoint(f, &x))?;
    y.float()?.square()?.sum()?.backward()?;
    assert_eq!(
        w.grad().unwrap().to_vec::<f32>()?,
        expected.0.to_vec::<f32>()?
    );
    assert_eq!(
        x.grad().unwrap().to_vec::<f32>()?,
        expected.1.to_vec::<f32>()?
    );
    Ok(())
}
