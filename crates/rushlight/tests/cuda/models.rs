//! Small models compute on the device what they compute on the CPU.

use crate::machine::{CUDA, machine};
use crate::transfer_learning;
use rushlight::prelude::*;
use rushlight::{Result, nn};
use rushlight_autograd::IscloseOptions;

/// A model, its optimizer, and a batch to learn.
pub struct Trained<M> {
    pub model: M,
    pub optimizer: Box<dyn Optimizer>,
    x: Tensor,
    y: Tensor,
}

impl<M: Forward + Module> Trained<M> {
    /// Puts a model and a batch on a device.
    fn on(device: Device, model: M, x: &Tensor, y: &Tensor) -> Result<Trained<M>> {
        model.to_device(device)?;
        Ok(Trained {
            optimizer: Box::new(optim::AdamW::new(model.parameters(), 0.01)),
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

/// A recurrent layer over words, and attention among what it finds.
#[derive(Module, Debug)]
pub struct Memories {
    words: Embedding,
    recurrent: LSTM,
    head: Linear,
}

/// A small network for sequences.
pub fn sequences(device: Device) -> Result<Trained<Memories>> {
    manual_seed(4);
    let model = Memories {
        words: Embedding::new(11, 6)?,
        recurrent: LSTM::builder(6, 8).batch_first(true).build()?,
        head: Linear::new(8, 4)?,
    };
    let x = Tensor::randint(0, 11, &[3, 5])?;
    let y = Tensor::randint(0, 4, &[3])?;
    Trained::on(device, model, &x, &y)
}

impl Forward for Memories {
    fn forward(&self, x: &Tensor) -> nn::Result<Tensor> {
        let (x, _) = self.recurrent.forward(&self.words.forward(x)?)?;
        let x = F::scaled_dot_product_attention(&x, &x, &x)?;
        self.head.forward(&x.mean_dim(&[1], false)?)
    }
}

/// A convolution, its normalisation and a pool.
pub fn convolutions(device: Device) -> Result<Trained<Sequential>> {
    manual_seed(2);
    let model = sequential![
        Conv2d::builder(1, 3, 3).padding(1).bias(false).build()?,
        BatchNorm2d::new(3)?,
        ReLU::new(),
        MaxPool2d::new(2),
        Flatten::new(),
        Linear::new(12, 3)?,
    ];
    let x = Tensor::randn(&[4, 1, 4, 4])?;
    let y = Tensor::randint(0, 3, &[4])?;
    Trained::on(device, model, &x, &y)
}

/// torchvision's network, on images of 32 by 32, with its running statistics.
fn resnet18(device: Device) -> Result<Trained<models::ResNet>> {
    manual_seed(3);
    let model = models::resnet18(Weights::None)?;
    model.eval();
    let x = Tensor::randn(&[1, 3, 32, 32])?;
    let y = Tensor::randint(0, 1000, &[1])?;
    let mut trained = Trained::on(device, model, &x, &y)?;
    // A step that does not turn rounding errors of small gradients into large ones.
    let params = trained.model.parameters();
    trained.optimizer = Box::new(optim::SGD::new(params, 0.01).momentum(0.9));
    Ok(trained)
}

/// Takes some steps on both devices, and compares losses and parameters.
fn compare<M: Forward + Module>(
    steps: usize,
    make: impl Fn(Device) -> Result<Trained<M>>,
) -> Result<()> {
    let (_simulator, _guard) = machine();
    let (mut here, mut there) = (make(Device::Cpu)?, make(CUDA)?);
    for step in 0..steps {
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
    compare(3, Mlp::on)
}

#[test]
fn a_transformer_learns_as_on_the_cpu() -> Result<()> {
    compare(3, transformer)
}

#[test]
fn a_recurrent_network_learns_as_on_the_cpu() -> Result<()> {
    compare(3, sequences)
}

#[test]
fn convolutions_learn_as_on_the_cpu() -> Result<()> {
    compare(3, convolutions)
}

#[test]
fn resnet18_learns_as_on_the_cpu() -> Result<()> {
    compare(1, resnet18)
}

#[test]
fn the_example_of_transfer_learning_runs() -> Result<()> {
    let (_simulator, _guard) = machine();
    let all: Vec<usize> = (0..80).collect();
    let (images, labels) = transfer_learning::pick(digits()?.tensors(), &all, 0)?;
    let digits = (images.to_device(CUDA)?, labels.to_device(CUDA)?);
    let accuracies = transfer_learning::run(0, &digits, [2, 3, 1], false)?;
    assert!(
        accuracies
            .iter()
            .all(|accuracy| (0.0..=100.0).contains(accuracy))
    );
    Ok(())
}
