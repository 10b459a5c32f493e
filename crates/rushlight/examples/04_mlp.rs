//! A multi-layer perceptron: layers, activation functions, a training loop.
//!
//! `cargo run --release --example 04_mlp`

use rushlight::prelude::*;

/// A network is a struct of layers; `#[derive(Module)]` finds the parameters in its fields.
#[derive(Module, Debug)]
struct Mlp {
    hidden1: Linear,
    hidden2: Linear,
    output: Linear,
}

impl Mlp {
    fn new() -> rushlight::Result<Mlp> {
        let (hidden1, hidden2) = (Linear::new(2, 32)?, Linear::new(32, 32)?);
        Ok(Mlp {
            hidden1,
            hidden2,
            output: Linear::new(32, 2)?,
        })
    }
}

impl Forward for Mlp {
    fn forward(&self, x: &Tensor) -> nn::Result<Tensor> {
        let x = F::relu(&self.hidden1.forward(x)?)?;
        let x = F::tanh(&self.hidden2.forward(&x)?)?;
        self.output.forward(&x)
    }
}

/// Points of two interleaved spirals, and which spiral each belongs to.
fn spirals(points: usize) -> rushlight::Result<(Tensor, Tensor)> {
    let (mut x, mut y) = (Vec::new(), Vec::new());
    for i in 0..points {
        for class in 0..2 {
            let t = 0.3 + 3.0 * i as f32 / points as f32;
            let angle = 2.0 * t + std::f32::consts::PI * class as f32;
            x.extend([t * angle.cos() / 3.0, t * angle.sin() / 3.0]);
            y.push(class as i64);
        }
    }
    Ok((
        Tensor::from_vec(x, &[2 * points, 2])?,
        Tensor::from_vec(y, &[2 * points])?,
    ))
}

fn main() -> rushlight::Result<()> {
    manual_seed(0);
    let (x, y) = spirals(100)?;
    let model = Mlp::new()?;
    println!("{model}");
    let mut optimizer = optim::Adam::new(model.parameters(), 0.01);
    for epoch in 0..=300 {
        optimizer.zero_grad();
        let logits = model.forward(&x)?;
        let loss = F::cross_entropy(&logits, &y)?;
        loss.backward()?;
        optimizer.step()?;
        if epoch % 100 == 0 {
            let right = logits.argmax_dim(1, false)?.eq(&y)?.sum()?.item()?;
            let accuracy = 100.0 * right / y.numel() as f64;
            println!(
                "epoch {epoch:3}: loss {:.4}, accuracy {accuracy:.1} %",
                loss.item()?
            );
        }
    }
    Ok(())
}
