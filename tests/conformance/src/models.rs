//! The mapping of torchvision's models, and the networks of the training runs.

use rushlight_autograd::{MaxPoolOptions, Result as TensorResult, Tensor};
use rushlight_nn::{
    BatchNorm2d, Conv2d, Dropout, Embedding, Forward, LSTM, Linear, Module, functional as F,
};
use rushlight_vision_models::{
    GoogLeNetOptions, Inception3Options, Weights, get_model, googlenet, inception_v3, list_models,
};

use crate::modules::{Instance, instance, mapped};
use crate::outcome::Failure;
use crate::output::Output;

/// Constructs the torchvision model of a name, without weights and with default options; the Inception
/// networks with the values that their layers draw, and with their auxiliary logits.
pub fn construct(name: &str) -> Result<Box<dyn Instance>, Failure> {
    match name {
        "googlenet" => {
            let model = googlenet(GoogLeNetOptions::new().init_weights(false))?;
            Ok(mapped(model, |model, call| {
                let outputs = model.forward_with_aux(&call.input()?)?;
                let auxiliary = [outputs.aux_logits2, outputs.aux_logits1];
                Ok(with_auxiliary(outputs.logits, auxiliary))
            }))
        }
        "inception_v3" => {
            let model = inception_v3(Inception3Options::new().init_weights(false))?;
            Ok(mapped(model, |model, call| {
                let outputs = model.forward_with_aux(&call.input()?)?;
                Ok(with_auxiliary(outputs.logits, [outputs.aux_logits]))
            }))
        }
        _ if list_models().contains(&name) => Ok(instance(get_model(name, Weights::None)?)),
        _ => Err(unmapped(name)),
    }
}

/// The logits and, in training mode, those of the auxiliary heads.
fn with_auxiliary<const N: usize>(logits: Tensor, auxiliary: [Option<Tensor>; N]) -> Output {
    let all = [logits].into_iter().chain(auxiliary.into_iter().flatten());
    Output::Sequence(all.map(Output::Tensor).collect())
}

/// Constructs the network of a training run.
pub fn trained(name: &str) -> Result<Box<dyn Instance>, Failure> {
    match name {
        "mlp_sgd" => Ok(instance(Digits::new()?)),
        "conv_adam_steplr" => Ok(instance(ConvNet::new()?)),
        "lstm_adamw_clip" => Ok(instance(Sequence::new()?)),
        _ => Err(unmapped(name)),
    }
}

fn unmapped(name: &str) -> Failure {
    Failure::Unsupported(format!("`{name}` is not mapped"))
}

/// Three linear layers over flattened images of 8 by 8.
#[derive(Module, Debug)]
struct Digits {
    fc1: Linear,
    fc2: Linear,
    fc3: Linear,
}

impl Digits {
    fn new() -> TensorResult<Self> {
        Ok(Self {
            fc1: Linear::new(64, 32)?,
            fc2: Linear::new(32, 16)?,
            fc3: Linear::new(16, 10)?,
        })
    }
}

impl Forward for Digits {
    fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        let x = x.flatten(1, -1)?;
        let x = self.fc1.forward(&x)?.relu()?;
        let x = self.fc2.forward(&x)?.relu()?;
        self.fc3.forward(&x)
    }
}

/// Two convolutions with normalisation and pooling, dropout that drops nothing, a linear layer.
#[derive(Module, Debug)]
struct ConvNet {
    conv1: Conv2d,
    bn1: BatchNorm2d,
    conv2: Conv2d,
    bn2: BatchNorm2d,
    drop: Dropout,
    fc: Linear,
}

impl ConvNet {
    fn new() -> TensorResult<Self> {
        let conv = |from, to| Conv2d::builder(from, to, 3).padding(1).bias(false).build();
        Ok(Self {
            conv1: conv(1, 4)?,
            bn1: BatchNorm2d::new(4)?,
            conv2: conv(4, 8)?,
            bn2: BatchNorm2d::new(8)?,
            drop: Dropout::new(0.0)?,
            fc: Linear::new(32, 5)?,
        })
    }
}

impl Forward for ConvNet {
    fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        let pool = MaxPoolOptions::new([2, 2]);
        let x = self.bn1.forward(&self.conv1.forward(x)?)?.relu()?;
        let x = F::max_pool2d(&x, &pool)?;
        let x = self.bn2.forward(&self.conv2.forward(&x)?)?.relu()?;
        let x = F::max_pool2d(&x, &pool)?;
        let x = self.drop.forward(&x.flatten(1, -1)?)?;
        self.fc.forward(&x)
    }
}

/// A table, a recurrent network of two layers, a linear layer over its last step.
#[derive(Module, Debug)]
struct Sequence {
    embed: Embedding,
    lstm: LSTM,
    head: Linear,
}

impl Sequence {
    fn new() -> TensorResult<Self> {
        Ok(Self {
            embed: Embedding::new(20, 8)?,
            lstm: LSTM::builder(8, 12)
                .num_layers(2)
                .batch_first(true)
                .build()?,
            head: Linear::new(12, 3)?,
        })
    }
}

impl Forward for Sequence {
    fn forward(&self, x: &Tensor) -> TensorResult<Tensor> {
        let (steps, _) = self.lstm.forward(&self.embed.forward(x)?)?;
        self.head.forward(&steps.select(1, -1)?)
    }
}
