use crate::{Block, Scale};
use rushlight_autograd::{BackwardOptions, Result, Tensor, no_grad, tensor};
use rushlight_nn::{Forward, Module, sequential};
use std::sync::{Arc, Mutex};

#[test]
fn a_hook_sees_input_and_output_until_it_is_removed() -> Result<()> {
    let model = sequential![Scale::new(2, true)?, Scale::new(2, true)?];
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let layer = model.get_submodule("1")?;
    let handle = layer.site()?.register_forward_hook(move |x, y| {
        log.lock()
            .unwrap()
            .push((x.to_vec::<f32>()?, y.to_vec::<f32>()?));
        Ok(None)
    });
    model.forward(&Tensor::ones(&[2])?)?;
    assert_eq!(*seen.lock().unwrap(), [(vec![2.0, 2.0], vec![3.0, 3.0])]);
    handle.remove();
    model.forward(&Tensor::ones(&[2])?)?;
    assert_eq!(seen.lock().unwrap().len(), 1);
    Ok(())
}

#[test]
fn hooks_replace_input_and_output() -> Result<()> {
    let layer = Scale::new(1, true)?;
    layer.register_forward_pre_hook(|x| Ok(Some(x.mul(10.0)?)))?;
    layer.register_forward_hook(|_, y| Ok(Some(y.neg()?)))?;
    assert_eq!(
        layer.forward(&Tensor::ones(&[1])?)?.to_vec::<f32>()?,
        [-11.0]
    );
    Ok(())
}

#[test]
fn a_hook_may_register_another() -> Result<()> {
    let layer = Arc::new(Scale::new(1, true)?);
    let inside = Arc::clone(&layer);
    layer.site.register_forward_hook(move |_, _| {
        inside
            .site
            .register_forward_hook(|_, y| Ok(Some(y.add(1.0)?)));
        Ok(None)
    });
    layer.forward(&Tensor::ones(&[1])?)?;
    assert_eq!(layer.forward(&Tensor::ones(&[1])?)?.to_vec::<f32>()?, [3.0]);
    Ok(())
}

#[test]
fn hooking_a_module_without_a_site_is_an_error() -> Result<()> {
    let error = Block::new(false)?
        .register_forward_hook(|_, _| Ok(None))
        .map(drop);
    assert_eq!(
        error.unwrap_err().to_string(),
        "site: Block has no field named `site`; give it one of type `Site` and call it through that"
    );
    Ok(())
}

#[test]
fn a_full_backward_hook_sees_and_replaces_gradients() -> Result<()> {
    let layer = Scale::new(2, false)?;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let handle = layer.register_full_backward_hook(move |input, output| {
        let input = input.map(Tensor::to_vec::<f32>).transpose()?;
        log.lock().unwrap().push((input, output.to_vec::<f32>()?));
        Ok(Some(output.mul(100.0)?))
    })?;
    no_grad(|| layer.weight.set_data(&tensor([2.0, 3.0])?))?;
    let x = Tensor::ones(&[2])?.requires_grad_(true)?;
    layer.forward(&x)?.square()?.sum()?.backward()?;
    let expected = (Some(vec![8.0, 18.0]), vec![4.0, 6.0]);
    assert_eq!(*seen.lock().unwrap(), [expected]);
    assert_eq!(x.grad().unwrap().to_vec::<f32>()?, [400.0, 600.0]);
    // The parameter has its own gradient.
    assert_eq!(layer.weight.grad().unwrap().to_vec::<f32>()?, [4.0, 6.0]);

    // Without a gradient of the input there is that of the output.
    layer.forward(&Tensor::ones(&[2])?)?.sum()?.backward()?;
    assert_eq!(seen.lock().unwrap()[1], (None, vec![1.0, 1.0]));
    no_grad(|| layer.forward(&x))?;
    handle.remove();
    layer.forward(&x)?.sum()?.backward()?;
    assert_eq!(seen.lock().unwrap().len(), 2);
    Ok(())
}

#[test]
fn a_full_backward_pre_hook_replaces_the_gradient_of_the_output() -> Result<()> {
    let layer = Scale::new(2, false)?;
    layer.register_full_backward_pre_hook(|g| Ok(Some(g.mul(10.0)?)))?;
    let x = Tensor::ones(&[2])?.requires_grad_(true)?;
    layer.forward(&x)?.sum()?.backward()?;
    assert_eq!(x.grad().unwrap().to_vec::<f32>()?, [10.0, 10.0]);
    assert_eq!(layer.weight.grad().unwrap().to_vec::<f32>()?, [10.0, 10.0]);
    Ok(())
}

#[test]
fn backward_hooks_work_in_every_pass_over_a_retained_graph() -> Result<()> {
    let layer = Scale::new(1, false)?;
    let calls = Arc::new(Mutex::new(0));
    let count = Arc::clone(&calls);
    layer.register_full_backward_hook(move |_, _| {
        *count.lock().unwrap() += 1;
        Ok(None)
    })?;
    let x = Tensor::ones(&[1])?.requires_grad_(true)?;
    let y = layer.forward(&x)?;
    let options = BackwardOptions {
        retain_graph: true,
        ..Default::default()
    };
    for _ in 0..2 {
        y.backward_with(&Tensor::ones(&[1])?, options)?;
    }
    assert_eq!(
        (*calls.lock().unwrap(), x.grad().unwrap().item()?),
        (2, 2.0)
    );
    Ok(())
}
