use crate::{Scale, Statistics};
use rushlight_autograd::{GradOptions, Result, Tensor, func, grad, tensor};
use rushlight_nn::{
    BatchNorm1d, Forward, Linear, Module, Tanh, functional, functional_call, sequential,
    with_tensors,
};

#[test]
fn gradients_go_to_the_given_tensors() -> Result<()> {
    let model = sequential![Linear::new(3, 4)?, Tanh::new(), Linear::new(4, 1)?];
    let x = Tensor::rand(&[5, 3])?;
    let scale = tensor(2.0)?.requires_grad_(true)?;
    let named = model.named_parameters();
    let scaled = named
        .iter()
        .map(|(name, parameter)| Ok((name.clone(), parameter.detach().mul(&scale)?)))
        .collect::<Result<Vec<_>>>()?;
    let y = functional_call(&model, scaled.iter().map(|(name, t)| (name, t)), &x)?;
    y.sum()?.backward()?;
    assert!(scale.grad().is_some());
    assert_eq!(model.parameters_without_grad().len(), 4);
    // A model that has these values itself.
    for ((_, parameter), (_, value)) in named.iter().zip(&scaled) {
        parameter.set_data(value)?;
    }
    assert_eq!(
        model.forward(&x)?.to_vec::<f32>()?,
        y.detach().to_vec::<f32>()?
    );
    Ok(())
}

#[test]
fn meta_learning_differentiates_through_an_update() -> Result<()> {
    let model = Linear::new(2, 1)?;
    let (x, y) = (Tensor::rand(&[4, 2])?, Tensor::rand(&[4, 1])?);
    let loss = |weight: &Tensor| {
        functional::mse_loss(&functional_call(&model, [("weight", weight)], &x)?, &y)
    };
    let first = functional::mse_loss(&model.forward(&x)?, &y)?;
    let options = GradOptions {
        create_graph: true,
        ..Default::default()
    };
    let g = grad(&[&first], &[&model.weight], &[], options)?
        .remove(0)
        .unwrap();
    let moved = (&*model.weight - (g * 0.1)?)?;
    loss(&moved)?.backward()?;
    let analytic = model.weight.grad().unwrap().to_vec::<f32>()?;
    // (1 - 0.1 H)^T times the gradient at the new weight.
    let at_moved = func::grad(|w| loss(&w[0]), &[moved.detach()])?.remove(0);
    let h = func::hessian(|w| loss(&w[0]), &[model.weight.detach()])?
        .remove(0)
        .remove(0);
    let h = h.reshape(&[2, 2])?;
    let expected = (&at_moved - (at_moved.matmul(&h)? * 0.1)?)?.to_vec::<f32>()?;
    for (got, expected) in analytic.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-5, "{got} {expected}");
    }
    Ok(())
}

#[test]
fn gradients_of_each_example_add_up() -> Result<()> {
    let model = sequential![Linear::new(3, 4)?, Tanh::new(), Linear::new(4, 2)?];
    let (x, y) = (Tensor::rand(&[5, 3])?, tensor([0, 1, 1, 0, 1])?);
    let named = model.named_parameters();
    let loss = |t: &[Tensor]| {
        let given = named.iter().map(|(name, _)| name).zip(t);
        let scores = functional_call(&model, given, &t[4])?;
        functional::cross_entropy(&scores, &t[5])
    };
    let mut inputs: Vec<Tensor> = named.iter().map(|(_, p)| p.detach()).collect();
    inputs.extend([x.clone(), y.clone()]);
    let in_dims = [None, None, None, None, Some(0), Some(0)];
    let each = func::per_sample_grad(loss, &inputs, &in_dims)?;
    functional::cross_entropy(&model.forward(&x)?, &y)?.backward()?;
    for (each, (_, parameter)) in each.iter().zip(&named) {
        let mean = each.mean_dim(&[0], false)?;
        let whole = parameter.grad().unwrap();
        assert!((mean - whole)?.abs()?.max()?.item()? < 1e-6);
    }
    Ok(())
}

#[test]
fn buffers_can_be_given_and_stay_as_they_are() -> Result<()> {
    let model = BatchNorm1d::new(2)?;
    let x = tensor([[1.0, 2.0], [3.0, 6.0]])?;
    let mean = tensor([5.0, 5.0])?;
    let var = tensor([1.0, 4.0])?;
    let given = [("running_mean", &mean), ("running_var", &var)];
    functional_call(&model, given, &x)?;
    assert_eq!(mean.to_vec::<f32>()?, [5.0, 5.0]);
    assert_eq!(
        model.running_mean.as_ref().unwrap().to_vec::<f32>()?,
        [0.0, 0.0]
    );
    model.eval();
    let y = functional_call(&model, given, &x)?;
    assert!((y.to_vec::<f32>()?[0] + 4.0).abs() < 1e-4);
    Ok(())
}

#[test]
fn an_unknown_name_is_an_error_and_leaves_the_module_alone() -> Result<()> {
    let model = Scale::new(2, true)?;
    let other = tensor([5.0, 5.0])?;
    let given = [("weight", &other), ("wieght", &other)];
    let error = functional_call(&model, given, &other)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "functional_call: Scale has no parameter or buffer named `wieght`; did you mean `weight`?"
    );
    assert_eq!(model.weight.to_vec::<f32>()?, [1.0, 1.0]);
    let statistics = Statistics::new(2)?;
    let guard = with_tensors(&statistics, [("weight", &other)])?;
    assert_eq!(statistics.weight.to_vec::<f32>()?, [5.0, 5.0]);
    drop(guard);
    assert_eq!(statistics.weight.to_vec::<f32>()?, [1.0, 1.0]);
    Ok(())
}
