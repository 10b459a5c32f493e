use crate::{Block, Scale};
use rushlight_autograd::{Result, Tensor};
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
