//! Small models compute on the device what they compute on the CPU.

use crate::machine::{CUDA, machine};
use rushlight::prelude::*;
use rushlight::{Result, nn};
use rushlight_autograd::IscloseOptions;

/// A model, its optimizer, and a batch to learn.
pub struct Trained<M> {
    pub model: M,
    pub optimizer: optim::AdamW,
    x: Tensor,
    y: Tensor,
}

impl<M: Forward + Module> Trained<M> {
    /// Puts a model and a batch on a device.
    fn on(device: Device, model: M, x: &Tensor, y: &Tensor) -> Result<Trained<M>> {
        model.to_device(device)?;
        Ok(Trained {
            optimizer: optim::AdamW::new(model.parameters(), 0.01),
            model,
            x: x.to_device(device)?,
            y: y.to_device(device)?,
        })
    }

    /// Takes a step, and returns the loss.
    pub fn step(&mut self) -> Result<f64> {
        self.optimizer.zero_grad();
        let loss = F::cross_entropy(&self.model.forward(&self.x)?, &self.y)?;
        loss.backward()?;
        self.optimizer.step()?;
        Ok(loss.item()?)
    }
}

/// Three layers.
#[derive(Module, Debug)]
pub struct Mlp {
    layers: Sequential,
}

impl Mlp {
    pub fn on(device: Device) -> Result<Trained<Mlp>> {
        manual_seed(0);
        let layers = sequential![
            Linear::new(5, 8)?,
            ReLU::new(),
            Linear::new(8, 8)?,
            Tanh::new(),
            Linear::new(8, 3)?,
        ];
        let x = Tensor::randn(&[6, 5])?;
        let y = Tensor::randint(0, 3, &[6])?;
        Trained::on(device, Mlp { layers }, &x, &y)
    }
}

impl Forward for Mlp {
    fn forward(&self, x: &Tensor) -> nn::Result<Tensor> {
        self.layers.forward(x)
    }
}

/// Attention and a feed-forward network over a table of words.
#[derive(Module, Debug)]
pub struct Sentences {
    words: Embedding,
    attention: MultiheadAttention,
    feed: Sequential,
    head: Linear,
}

/// A small transformer without normalisation.
pub fn transformer(device: Device) -> Result<Trained<Sentences>> {
    manual_seed(1);
    let model = Sentences {
        words: Embedding::new(11, 8)?,
        // The gradient of a bias of keys is nothing but rounding errors.
        attention: MultiheadAttention::builder(8, 2)
            .bias(false)
            .batch_first(true)
            .build()?,
        feed: sequential![Linear::new(8, 16)?, GELU::new(), Linear::new(16, 8)?],
        head: Linear::new(8, 4)?,
    };
    let x = Tensor::randint(0, 11, &[3, 5])?;
    let y = Tensor::randint(0, 4, &[3])?;
    Trained::on(device, model, &x, &y)
}

impl Forward for Sentences {
    fn forward(&self, x: &Tensor) -> nn::Result<Tensor> {
        let x = self.words.forward(x)?;
        let x = (&x + self.attention.forward(&x, &x, &x)?.0)?;
        let x = (&x + self.feed.forward(&x)?)?;
        self.head.forward(&x.mean_dim(&[1], false)?)
    }
}

/// Takes some steps on both devices, and compares losses and parameters.
fn compare<M: Forward + Module>(make: impl Fn(Device) -> Result<Trained<M>>) -> Result<()> {
    let (_simulator, _guard) = machine();
    let (mut here, mut there) = (make(Device::Cpu)?, make(CUDA)?);
    for step in 0..3 {
        let losses = [here.step()?, there.step()?];
        let distance = (losses[0] - losses[1]).abs();
        assert!(distance < 1e-5 * losses[0].abs(), "step {step}: {losses:?}");
    }
    let parameters = here.model.named_parameters().into_iter();
    for ((name, ours), theirs) in parameters.zip(there.model.parameters()) {
        assert_eq!(theirs.device(), CUDA, "{name}");
        let theirs = theirs.to_device(Device::Cpu)?;
        let options = IscloseOptions {
            rtol: 1e-4,
            atol: 1e-5,
            ..IscloseOptions::default()
        };
        assert!(
            ours.allclose(&theirs, options)?,
            "{name}: {} {theirs}",
            *ours
        );
    }
    Ok(())
}

#[test]
fn a_perceptron_learns_as_on_the_cpu() -> Result<()> {
    compare(Mlp::on)
}

#[test]
fn a_transformer_learns_as_on_the_cpu() -> Result<()> {
    compare(transformer)
}
