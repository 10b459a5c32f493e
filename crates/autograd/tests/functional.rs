use rushlight_autograd::functional::{self, Options};
use rushlight_autograd::{Error, Result, Tensor, func, tensor};

fn vector(values: &[f64]) -> Tensor {
    Tensor::from_slice(values, &[values.len()]).unwrap()
}

/// Two points, and directions for them.
fn inputs() -> ([Tensor; 2], [Tensor; 2]) {
    let points = [vector(&[0.3, -0.7]), vector(&[1.1, 0.4])];
    (points, [vector(&[1.0, 2.0]), vector(&[-1.0, 0.5])])
}

fn waves(x: &[Tensor]) -> Result<Tensor> {
    x[0].mul(&x[1])?.sin()? * x[0].exp()?
}

fn energy(x: &[Tensor]) -> Result<Tensor> {
    x[0].dot(&x[1])?.square()? * x[0].sum()?.cos()?
}

fn assert_close(got: &Tensor, expected: &[f64]) {
    let got = got.detach().contiguous().unwrap().to_vec::<f64>().unwrap();
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-12, "{got} {expected}");
    }
}

const BY_FIRST: [f64; 4] = [1.8421382846392138, 0.0, 0.0, 0.053664249020893784];
const BY_SECOND: [f64; 4] = [0.3831070769254908, 0.0, 0.0, -0.33407220475575833];

/// The expected numbers of this file are those of `torch.autograd.functional`.
#[test]
fn jacobians_by_rows_and_by_columns() -> Result<()> {
    let (x, _) = inputs();
    let ways = [
        functional::jacobian(waves, &x, Options::default())?,
        func::jacrev(waves, &x)?,
        func::jacfwd(waves, &x)?,
    ];
    for jacobians in ways {
        assert_close(&jacobians[0], &BY_FIRST);
        assert_close(&jacobians[1], &BY_SECOND);
        assert!(!jacobians[0].requires_grad());
    }
    let sizes = |x: &[Tensor]| x[0].unsqueeze(1)?.mul(&tensor([[1.0, 2.0, 3.0]])?)?.sin();
    let (rows, columns) = (func::jacrev(sizes, &x[..1])?, func::jacfwd(sizes, &x[..1])?);
    assert_eq!(rows[0].shape(), [2, 3, 2]);
    assert_close(&columns[0], &rows[0].to_vec::<f64>()?);
    Ok(())
}

#[test]
fn hessians_and_products() -> Result<()> {
    let (x, v) = inputs();
    let h = functional::hessian(energy, &x, Options::default())?;
    assert_close(
        &h[0][0],
        &[
            2.3123369883098785,
            0.8666437735838295,
            0.8666437735838295,
            0.32359033298060813,
        ],
    );
    assert_close(
        &h[0][1],
        &[
            0.7116889057114524,
            -1.4456932147260488,
            0.23273718882995195,
            -0.45094734120293267,
        ],
    );
    assert_close(
        &h[1][1],
        &[
            0.1657909789205193,
            -0.3868456174812117,
            -0.38684561748121166,
            0.9026397741228273,
        ],
    );
    for product in [functional::vhp, functional::hvp] {
        let (value, products) = product(energy, &x, &v, Options::default())?;
        assert_close(&products[0], &[2.6110890224030605, 1.0556135801136275]);
        assert_close(&products[1], &[0.817949495710231, -1.5094223925892885]);
        assert_eq!(value.item()?, energy(&x)?.item()?);
    }
    let (_, jvp) = functional::jvp(waves, &x, &v, Options::default())?;
    assert_close(&jvp, &[1.459031207713723, -0.05970760433609157]);
    let (y, vjp) = functional::vjp(waves, &x, Some(&v[0]), Options::default())?;
    assert_close(&vjp[0], &[1.8421382846392138, 0.10732849804178757]);
    assert_close(&vjp[1], &[0.3831070769254908, -0.6681444095115167]);
    assert!(!y.requires_grad());
    Ok(())
}

#[test]
fn derivatives_differentiate_again() -> Result<()> {
    let x = vector(&[0.4, 0.9]).requires_grad_(true)?;
    let options = Options {
        create_graph: true,
        strict: true,
    };
    let j = functional::jacobian(|x| x[0].pow(3.0), std::slice::from_ref(&x), options)?.remove(0);
    j.sum()?.backward()?;
    assert_close(&x.grad().unwrap(), &[6.0 * 0.4, 6.0 * 0.9]);
    x.zero_grad();
    let (_, dy) = func::jvp(
        |x| x[0].pow(3.0),
        std::slice::from_ref(&x),
        &[vector(&[1.0, 2.0])],
    )?;
    dy.sum()?.backward()?;
    assert_close(&x.grad().unwrap(), &[6.0 * 0.4, 12.0 * 0.9]);
    Ok(())
}

#[test]
fn inputs_that_take_no_part_have_zeros_or_are_refused() -> Result<()> {
    let (x, v) = inputs();
    let first = |x: &[Tensor]| x[0].sin();
    assert_close(
        &functional::jacobian(first, &x, Options::default())?[1],
        &[0.0; 4],
    );
    let constant = |_: &[Tensor]| Ok(vector(&[1.0, 2.0]));
    assert_close(
        &functional::jacobian(constant, &x, Options::default())?[0],
        &[0.0; 4],
    );
    assert_close(
        &functional::jvp(constant, &x, &v, Options::default())?.1,
        &[0.0; 2],
    );
    let linear = |x: &[Tensor]| x[0].sum();
    assert_close(
        &functional::hessian(linear, &x, Options::default())?[0][0],
        &[0.0; 4],
    );
    assert_close(
        &functional::vhp(linear, &x, &v, Options::default())?.1[0],
        &[0.0; 2],
    );
    let strict = Options {
        strict: true,
        ..Options::default()
    };
    for f in [first, |_: &[Tensor]| Ok(vector(&[1.0, 2.0]))] {
        assert!(matches!(
            functional::jacobian(f, &x, strict),
            Err(Error::Unused { .. })
        ));
    }
    Ok(())
}

#[test]
fn bad_calls_are_errors() {
    let (x, v) = inputs();
    assert!(functional::jvp(waves, &x, &v[..1], Options::default()).is_err());
    assert!(
        functional::vhp(
            energy,
            &x,
            &[v[0].clone(), vector(&[1.0])],
            Options::default()
        )
        .is_err()
    );
    assert!(functional::hessian(waves, &x, Options::default()).is_err());
    assert!(functional::vjp(waves, &x, None, Options::default()).is_err());
    assert!(
        functional::jacobian(
            waves,
            &[tensor([1, 2]).unwrap(), x[1].clone()],
            Options::default()
        )
        .is_err()
    );
    assert!(func::vmap_over(waves, &x, &[Some(0)], 0).is_err());
    assert!(func::vmap_over(waves, &x, &[None, None], 0).is_err());
    assert!(func::vmap(waves, &[x[0].clone(), vector(&[1.0, 2.0, 3.0])]).is_err());
    assert!(func::vmap(waves, &[tensor(1.0).unwrap(), x[0].clone()]).is_err());
}

#[test]
fn functions_nest() -> Result<()> {
    let slope =
        |x: &[Tensor]| -> Result<Tensor> { Ok(func::grad(|x| x[0].sin()?.sum(), x)?.remove(0)) };
    let j = func::jacrev(slope, &[vector(&[0.5, 2.0])])?;
    assert_close(&j[0], &[-(0.5f64.sin()), 0.0, 0.0, -(2.0f64.sin())]);
    let (g, value) = func::grad_and_value(|x| x[0].square()?.sum(), &[vector(&[1.0, 2.0])])?;
    assert_close(&g[0], &[2.0, 4.0]);
    assert_eq!(value.item()?, 5.0);
    let (_, pull) = func::vjp(|x| x[0].square(), &[vector(&[1.0, 2.0])])?;
    assert_close(&pull(&vector(&[1.0, 0.0]))?[0], &[2.0, 0.0]);
    assert_close(&pull(&vector(&[0.0, 1.0]))?[0], &[0.0, 4.0]);
    Ok(())
}

#[test]
fn vmap_maps_over_any_dimension_and_differentiates() -> Result<()> {
    let x = Tensor::rand(&[3, 4])?
        .double()?
        .detach()
        .requires_grad_(true)?;
    let scale = vector(&[1.0, 2.0, 3.0]);
    let columns = func::vmap_over(
        |x| x[0].mul(&x[1]),
        &[x.clone(), scale.clone()],
        &[Some(1), None],
        1,
    )?;
    let expected = x.mul(&scale.unsqueeze(1)?)?;
    assert_close(&columns, &expected.detach().to_vec::<f64>()?);
    columns.sum()?.backward()?;
    assert_close(&x.grad().unwrap().sum_dim(&[1], false)?, &[4.0, 8.0, 12.0]);
    // Gradients of each example by itself.
    let w = vector(&[0.1, 0.2, 0.3, 0.4]);
    let loss = |x: &[Tensor]| x[0].dot(&x[1])?.square();
    let each = func::vmap_over(
        |x| Ok(func::grad(loss, x)?.remove(1)),
        &[x.detach(), w.clone()],
        &[Some(0), None],
        0,
    )?;
    let errors = x.detach().mv(&w)?.mul(2.0)?;
    assert_close(
        &each,
        &x.detach().mul(&errors.unsqueeze(1)?)?.to_vec::<f64>()?,
    );
    Ok(())
}
