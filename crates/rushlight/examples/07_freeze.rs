//! Freezing: which parameters train, by name.
//!
//! `cargo run --release --example 07_freeze`

use rushlight::prelude::*;

#[derive(Module, Debug)]
struct Network {
    features: Sequential,
    block: Sequential,
    head: Linear,
}

impl Network {
    fn new() -> rushlight::Result<Network> {
        Ok(Network {
            features: sequential![Linear::new(8, 16)?, ReLU::new(), Linear::new(16, 16)?],
            block: sequential![Linear::new(16, 16)?, ReLU::new()],
            head: Linear::new(16, 3)?,
        })
    }
}

impl Forward for Network {
    fn forward(&self, x: &Tensor) -> nn::Result<Tensor> {
        self.head
            .forward(&self.block.forward(&self.features.forward(x)?)?)
    }
}

fn show(title: &str, model: &Network) {
    println!("{title}");
    for (name, parameter) in model.named_parameters() {
        let state = if parameter.requires_grad() {
            "trains"
        } else {
            "frozen"
        };
        println!("  {state}  {name:20} {}", parameter.shape());
    }
}

fn main() -> rushlight::Result<()> {
    manual_seed(0);
    let model = Network::new()?;
    show("at first", &model);

    model.requires_grad_(false);
    show("all frozen", &model);

    // All but one block, by name, as in PyTorch.
    for (name, parameter) in model.named_parameters() {
        parameter.requires_grad_(name.starts_with("block."));
    }
    show("all frozen but the block", &model);

    // Frozen parameters get no gradient, and the optimizer leaves them alone.
    let before = model.head.weight.to_bytes()?;
    let mut optimizer = optim::SGD::new(model.parameters(), 0.1);
    let loss = F::cross_entropy(
        &model.forward(&Tensor::randn(&[4, 8])?)?,
        &tensor([0, 1, 2, 0])?,
    )?;
    loss.backward()?;
    optimizer.step()?;
    assert!(model.head.weight.grad().is_none() && model.head.weight.to_bytes()? == before);
    assert!(
        model
            .named_parameters()
            .iter()
            .all(|(_, p)| p.requires_grad() == p.grad().is_some())
    );

    model.requires_grad_(true);
    show("all unfrozen", &model);
    Ok(())
}
