use rushlight_autograd::{
    DType, Result, Tensor, autocast, autocast_dtype, autocast_guard, checkpoint,
    is_autocast_enabled, no_grad, tensor,
};

const HALVES: [DType; 2] = [DType::BF16, DType::F16];

#[test]
fn every_class_of_operations_has_its_type() -> Result<()> {
    let x = Tensor::rand(&[2, 3])?;
    let image = Tensor::rand(&[1, 3, 4, 4])?;
    let (kernel, bias) = (Tensor::rand(&[2, 3, 3, 3])?, Tensor::rand(&[2])?);
    let transposed_kernel = Tensor::rand(&[3, 2, 3, 3])?;
    for half in HALVES {
        let low = x.to_dtype(half)?;
        let type_of = |y: Result<Tensor>| y.map(|y| y.dtype());
        autocast(half, || -> Result<()> {
            let halves = [
                x.matmul(&x.t()?),
                x.mm(&low.t()?),
                x.unsqueeze(0)?.bmm(&x.t()?.unsqueeze(0)?),
                x.mv(&x.select(0, 0)?),
                bias.addmv(&x, &x.select(0, 0)?, 1, 1),
                x.linear(&x, Some(&bias)),
                image.conv2d(&kernel, Some(&bias), &Default::default()),
                image.conv_transpose2d(&transposed_kernel, Some(&bias), &Default::default()),
                x.prelu(&low.select(0, 0)?),
                Tensor::einsum("ij,kj->ik", &[x.clone(), low.clone()]),
                low.relu(),
                low.add(1.0),
                low.mean(),
                low.cat_with_itself(),
            ];
            for (index, y) in halves.into_iter().enumerate() {
                assert_eq!(type_of(y)?, half, "{index}");
            }
            let singles = [
                low.softmax(-1),
                low.log_softmax(-1),
                low.sum(),
                low.sum_dim(&[0], true),
                low.prod(),
                low.cumsum(0),
                low.cumprod(0),
                low.norm(),
                low.cdist(&low, 2.0),
                low.dist(&low, 2.0),
                low.renorm(2.0, 0, 1.0),
                low.exp(),
                low.log(),
                low.rsqrt(),
                low.pow(2.0),
                low.pow(&low),
                2.0 / &low,
                low.softplus(1.0, 20.0),
                low.add(&x),
                low.select(0, 0)?.dot(&x.select(0, 1)?),
                low.scatter_add(0, &tensor([[0, 0, 0]])?, &x),
            ];
            for (index, y) in singles.into_iter().enumerate() {
                assert_eq!(type_of(y)?, DType::F32, "{index}");
            }
            let row = low.select(0, 0)?;
            assert_eq!(row.dot(&row)?.dtype(), half);
            assert_eq!(tensor([1, 2])?.sum()?.dtype(), DType::I64);
            assert_eq!(x.double()?.exp()?.dtype(), DType::F64);
            Ok(())
        })?;
    }
    Ok(())
}

trait Joined {
    fn cat_with_itself(&self) -> Result<Tensor>;
}

impl Joined for Tensor {
    fn cat_with_itself(&self) -> Result<Tensor> {
        Tensor::cat(&[self, self], 0)
    }
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
