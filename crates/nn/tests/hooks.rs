use crate::{Block, Scale};
use rushlight_autograd::{BackwardOptions, Result, Tensor, no_grad, tensor};
use rushlight_nn::{
    Bilinear, CosineEmbeddingLoss, Forward, GRU, LSTM, LSTMCell, Loss, MSELoss, MaxPool1d, Module,
    MultiheadAttention, Site, Transformer, sequential,
};
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

/// Shapes of what a hook sees.
type Shapes = Arc<Mutex<Vec<(Vec<Vec<usize>>, Vec<Vec<usize>>)>>>;

/// Has a site note the shapes of inputs and outputs of its calls.
fn noted(site: &Site) -> Shapes {
    let shapes = |tensors: &[Tensor]| tensors.iter().map(|x| x.shape().to_vec()).collect();
    let seen = Shapes::default();
    let log = Arc::clone(&seen);
    site.register_forward_hook_all(move |inputs, outputs| {
        log.lock().unwrap().push((shapes(inputs), shapes(outputs)));
        Ok(None)
    });
    seen
}

#[test]
fn hooks_see_all_inputs_and_outputs_of_modules_that_have_several() -> Result<()> {
    let x = Tensor::randn(&[5, 2, 4])?;
    let lstm = LSTM::new(4, 3)?;
    let seen = noted(lstm.site()?);
    let (_, states) = lstm.forward(&x)?;
    lstm.forward_from(&x, Some(&states))?;
    let (sequence, state) = (vec![5, 2, 4], vec![1, 2, 3]);
    let outputs = vec![vec![5, 2, 3], state.clone(), state.clone()];
    let expected = [
        (vec![sequence.clone()], outputs.clone()),
        (vec![sequence.clone(), state.clone(), state], outputs),
    ];
    assert_eq!(*seen.lock().unwrap(), expected);

    let attention = MultiheadAttention::new(4, 2)?;
    let seen = noted(attention.site()?);
    attention.forward(&x, &x, &x)?;
    let expected = (
        vec![sequence.clone(); 3],
        vec![sequence.clone(), vec![2, 5, 5]],
    );
    assert_eq!(*seen.lock().unwrap(), [expected]);

    let loss = MSELoss::new();
    let seen = noted(loss.site()?);
    Loss::forward(&loss, &x, &x)?;
    assert_eq!(
        *seen.lock().unwrap(),
        [(vec![sequence.clone(); 2], vec![vec![]])]
    );

    let loss = CosineEmbeddingLoss::new();
    let seen = noted(loss.site()?);
    loss.forward(
        &Tensor::ones(&[1, 2])?,
        &Tensor::ones(&[1, 2])?,
        &tensor([1.0])?,
    )?;
    assert_eq!(seen.lock().unwrap()[0].0, [vec![1, 2], vec![1, 2], vec![1]]);

    let cell = LSTMCell::new(4, 3)?;
    let seen = noted(cell.site()?);
    cell.forward(&Tensor::ones(&[2, 4])?)?;
    assert_eq!(
        *seen.lock().unwrap(),
        [(vec![vec![2, 4]], vec![vec![2, 3]; 2])]
    );

    let pool = MaxPool1d::new(2);
    let seen = noted(pool.site()?);
    pool.forward_with_indices(&x)?;
    assert_eq!(
        *seen.lock().unwrap(),
        [(vec![sequence.clone()], vec![vec![5, 2, 2]; 2])]
    );

    let builder = Transformer::builder()
        .d_model(4)
        .nhead(2)
        .dim_feedforward(4);
    let model = builder
        .num_encoder_layers(1)
        .num_decoder_layers(1)
        .build()?;
    let (whole, layer) = (noted(model.site()?), noted(model.decoder.layers[0].site()?));
    model.forward(&x, &x)?;
    assert_eq!(whole.lock().unwrap()[0].0, vec![sequence.clone(); 2]);
    assert_eq!(layer.lock().unwrap()[0].0, vec![sequence; 2]);
    Ok(())
}

#[test]
fn hooks_replace_inputs_and_outputs_of_modules_that_have_several() -> Result<()> {
    let loss = MSELoss::new();
    let x = tensor([1.0, 2.0])?;
    let handle = loss.register_forward_pre_hook_all(|inputs| {
        Ok(Some(vec![inputs[0].clone(), inputs[0].add(3.0)?]))
    })?;
    assert_eq!(Loss::forward(&loss, &x, &x)?.item()?, 9.0);
    handle.remove();
    // The hook of a single tensor sees the first one.
    loss.register_forward_pre_hook(|input| Ok(Some(input.add(2.0)?)))?;
    loss.register_forward_hook(|_, loss| Ok(Some(loss.mul(10.0)?)))?;
    assert_eq!(Loss::forward(&loss, &x, &x)?.item()?, 40.0);

    let gru = GRU::new(2, 2)?;
    gru.register_forward_hook_all(|_, outputs| {
        Ok(Some(vec![
            outputs[0].zeros_like()?,
            outputs[1].ones_like()?,
        ]))
    })?;
    let (y, h) = gru.forward(&Tensor::randn(&[3, 1, 2])?)?;
    assert_eq!((y.sum()?.item()?, h.sum()?.item()?), (0.0, 2.0));
    gru.register_forward_hook_all(|_, _| Ok(Some(Vec::new())))?;
    let error = gru
        .forward(&Tensor::randn(&[3, 1, 2])?)
        .unwrap_err()
        .to_string();
    assert!(error.contains("0 tensors in place of 2"), "{error}");
    Ok(())
}

/// With the numbers that PyTorch's hooks see.
#[test]
fn backward_hooks_see_the_gradients_of_all_inputs_and_outputs() -> Result<()> {
    let layer = Bilinear::builder(2, 2, 1).bias(false).build()?;
    no_grad(|| layer.weight.set_data(&tensor([[[1.0, 2.0], [3.0, 4.0]]])?))?;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    layer.register_full_backward_hook_all(move |of_inputs, of_outputs| {
        let numbers = |g: &[Option<Tensor>]| {
            let numbers = g
                .iter()
                .map(|g| g.as_ref().map(Tensor::to_vec::<f32>).transpose());
            numbers.collect::<Result<Vec<_>>>()
        };
        log.lock()
            .unwrap()
            .push((numbers(of_inputs)?, numbers(of_outputs)?));
        let doubled = of_inputs
            .iter()
            .map(|g| g.as_ref().map(|g| g.mul(2.0)).transpose());
        Ok(Some(doubled.collect::<Result<_>>()?))
    })?;
    layer.register_full_backward_pre_hook_all(|of_outputs| {
        let g = of_outputs[0].as_ref().map(|g| g.mul(10.0)).transpose()?;
        Ok(Some(vec![g]))
    })?;
    let x1 = tensor([[1.0, -1.0]])?.requires_grad_(true)?;
    let x2 = tensor([[2.0, 1.0]])?.requires_grad_(true)?;
    layer.forward(&x1, &x2)?.sum()?.backward()?;
    let of_inputs = vec![Some(vec![40.0, 100.0]), Some(vec![-20.0, -20.0])];
    assert_eq!(seen.lock().unwrap()[0], (of_inputs, vec![Some(vec![10.0])]));
    assert_eq!(x1.grad().unwrap().to_vec::<f32>()?, [80.0, 200.0]);
    assert_eq!(x2.grad().unwrap().to_vec::<f32>()?, [-40.0, -40.0]);

    // An input that needs no gradient has none.
    layer.forward(&x1.detach(), &x2)?.sum()?.backward()?;
    assert_eq!(seen.lock().unwrap()[1].0[0], None);
    layer
        .forward(&x1.detach(), &x2.detach())?
        .sum()?
        .backward()?;
    assert_eq!(seen.lock().unwrap()[2].0, [None, None]);
    Ok(())
}

#[test]
fn an_output_that_takes_no_part_has_no_gradient() -> Result<()> {
    let lstm = LSTM::new(2, 2)?;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    lstm.register_full_backward_hook_all(move |of_inputs, of_outputs| {
        let there = |g: &[Option<Tensor>]| g.iter().map(Option::is_some).collect::<Vec<_>>();
        log.lock()
            .unwrap()
            .push((there(of_inputs), there(of_outputs)));
        Ok(None)
    })?;
    let x = Tensor::randn(&[3, 1, 2])?.requires_grad_(true)?;
    let (y, (_, c)) = lstm.forward(&x)?;
    (y.sum()? + c.sum()?)?.backward()?;
    assert_eq!(
        *seen.lock().unwrap(),
        [(vec![true], vec![true, false, true])]
    );
    assert!(x.grad().is_some());
    Ok(())
}
