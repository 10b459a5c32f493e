//! States of optimizers and schedules in PyTorch's checkpoints.

use rushlight::prelude::*;
use rushlight::serialize::{
    Value, load_optimizer, optimizer_state, optimizer_value, save_optimizer, scheduler_state,
    scheduler_value,
};

/// Two steps of PyTorch's AdamW with a schedule: its state after the first, and the parameter before
/// and after the second.
const CHECKPOINT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/adamw.pt");

fn stored(checkpoint: &Value, name: &str) -> Tensor {
    let tensor = checkpoint.get(name).and_then(Value::as_tensor);
    Tensor::new(tensor.expect("the tensor is stored").array.clone())
}

#[test]
fn training_goes_on_from_a_checkpoint_of_pytorch() {
    let checkpoint = serialize::load(CHECKPOINT).unwrap();
    let w = stored(&checkpoint, "before").requires_grad_(true).unwrap();
    let mut optimizer = optim::AdamW::new([&w], 0.5);
    let mut scheduler = optim::StepLR::new(1).attach(&mut optimizer).unwrap();
    optimizer
        .load_state_dict(&load_optimizer(CHECKPOINT).unwrap())
        .unwrap();
    let state = scheduler_state(checkpoint.get("scheduler").unwrap()).unwrap();
    scheduler.load_state_dict(&state).unwrap();
    assert_eq!(scheduler.last_epoch(), 1);
    w.set_grad(Some(stored(&checkpoint, "gradient"))).unwrap();
    optimizer.step().unwrap();
    let expected = stored(&checkpoint, "after");
    let difference = w.detach().sub(&expected).unwrap().abs().unwrap();
    assert!(difference.sum().unwrap().item().unwrap() < 1e-6);
}

#[test]
fn a_state_is_the_same_after_saving_and_loading() {
    let w = Tensor::ones(&[3]).unwrap().requires_grad_(true).unwrap();
    let mut optimizer = optim::RMSprop::new([&w], 0.1).momentum(0.9);
    let mut scheduler = optim::ExponentialLR::new(0.5)
        .attach(&mut optimizer)
        .unwrap();
    w.square().unwrap().sum().unwrap().backward().unwrap();
    optimizer.step().unwrap();
    scheduler.step(&mut optimizer).unwrap();
    let path = std::env::temp_dir().join(format!("optimizer-{}.pt", std::process::id()));
    let state = optimizer.state_dict().unwrap();
    save_optimizer(&state, &path).unwrap();
    let loaded = load_optimizer(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(format!("{loaded:?}"), format!("{state:?}"));
    let saved = scheduler.state_dict();
    assert_eq!(scheduler_state(&scheduler_value(&saved)).unwrap(), saved);
}

#[test]
fn what_is_no_state_of_an_optimizer_is_refused() {
    let w = Tensor::ones(&[1]).unwrap().requires_grad_(true).unwrap();
    let state = optim::SGD::new([&w], 0.1).state_dict().unwrap();
    let Value::Dict(mut entries) = optimizer_value(&state) else {
        panic!("a dict");
    };
    assert!(optimizer_state(&Value::Dict(entries.clone())).is_ok());
    entries.pop();
    assert!(optimizer_state(&Value::Dict(entries)).is_err());
    assert!(optimizer_state(&Value::None).is_err());
}

#[cfg(feature = "mmap")]
#[test]
fn a_model_takes_its_values_from_a_mapped_file() -> rushlight::Result<()> {
    let name = format!("rushlight-mapped-{}.pth", std::process::id());
    let path = std::env::temp_dir().join(name);
    let (saved, model) = (Linear::new(3, 2)?, Linear::new(3, 2)?);
    serialize::save_state(&saved.state_dict(), &path)?;
    model.load_state_dict(&serialize::load_state_mapped(&path)?, true)?;
    assert!(model.weight.equal(&saved.weight)? && model.bias.is_some());
    // What the model learns is not written to the file.
    let mut optimizer = optim::SGD::new(model.parameters(), 0.1);
    model.forward(&Tensor::ones(&[1, 3])?)?.sum()?.backward()?;
    optimizer.step()?;
    let again = serialize::load_state(&path)?;
    let kept = again.get("weight").expect("it is there");
    assert!(kept.equal(&saved.weight)? && !model.weight.equal(kept)?);
    std::fs::remove_file(path).ok();
    Ok(())
}
