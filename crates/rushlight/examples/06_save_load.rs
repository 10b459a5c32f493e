//! Saving and loading: safetensors, and checkpoints that PyTorch reads.
//!
//! `cargo run --release --example 06_save_load`

use rushlight::prelude::*;

fn network() -> rushlight::Result<Sequential> {
    Ok(sequential![
        Linear::new(4, 8)?,
        ReLU::new(),
        Linear::new(8, 2)?
    ])
}

fn main() -> rushlight::Result<()> {
    manual_seed(0);
    let folder = std::env::temp_dir().join(format!("rushlight-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a place for temporary files");
    let model = network()?;
    let x = Tensor::randn(&[3, 4])?;
    let expected = model.forward(&x)?;

    for file in ["model.safetensors", "model.pth"] {
        let path = folder.join(file);
        serialize::save_state(&model.state_dict(), &path)?;
        let other = network()?;
        other.load_state_dict(&serialize::load_state(&path)?, true)?;
        assert!(other.forward(&x)?.equal(&expected)?);
        let size = std::fs::metadata(&path).expect("just written").len();
        println!("{file}: {size} bytes, the same outputs after loading");
    }

    // A file that does not fit changes nothing, and the error names everything that is wrong.
    let smaller = sequential![Linear::new(4, 6)?, ReLU::new()];
    let state = serialize::load_state(folder.join("model.safetensors"))?;
    if let Err(error) = smaller.load_state_dict(&state, true) {
        println!("as expected: {error}");
    }

    // Training goes on where it stopped: an optimizer has a state, too.
    let mut optimizer = optim::Adam::new(model.parameters(), 0.01);
    model.forward(&x)?.square()?.mean()?.backward()?;
    optimizer.step()?;
    let state = optimizer.state_dict()?;
    let mut resumed = optim::Adam::new(model.parameters(), 0.5);
    resumed.load_state_dict(&state)?;
    println!(
        "resumed with a learning rate of {}",
        resumed.param_groups()[0].learning_rate()
    );
    std::fs::remove_dir_all(&folder).expect("our own folder");
    Ok(())
}
