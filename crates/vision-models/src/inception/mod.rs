//! Inception V3: several convolutions side by side, large ones split into two thin ones.
//!
//! [Rethinking the Inception Architecture](https://arxiv.org/abs/1512.00567).

mod basic_conv;
mod blocks;

pub use basic_conv::BasicConv2d;
pub use blocks::{InceptionA, InceptionAux, InceptionB, InceptionC, InceptionD, InceptionE};

use crate::initialise;
use crate::options::family_options;
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{AdaptiveAvgPool2d, Conv2d, Dropout, Forward, Linear, MaxPool2d, Module, Site};

/// A network of Inception blocks.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`, height and width at least 75, and 299 as a rule.
///
/// While training, [`forward_with_aux`](Inception3::forward_with_aux) has the logits of the auxiliary
/// head, too.
#[derive(Module, Debug)]
pub struct Inception3 {
    /// The first convolution, with a stride of 2.
    #[module(rename = "Conv2d_1a_3x3")]
    pub conv2d_1a_3x3: BasicConv2d,
    /// The second one.
    #[module(rename = "Conv2d_2a_3x3")]
    pub conv2d_2a_3x3: BasicConv2d,
    /// The third one.
    #[module(rename = "Conv2d_2b_3x3")]
    pub conv2d_2b_3x3: BasicConv2d,
    /// Halves height and width.
    pub maxpool1: MaxPool2d,
    /// A 1x1 convolution.
    #[module(rename = "Conv2d_3b_1x1")]
    pub conv2d_3b_1x1: BasicConv2d,
    /// The last convolution before the blocks.
    #[module(rename = "Conv2d_4a_3x3")]
    pub conv2d_4a_3x3: BasicConv2d,
    /// Halves height and width.
    pub maxpool2: MaxPool2d,
    /// To 256 channels.
    #[module(rename = "Mixed_5b")]
    pub mixed_5b: InceptionA,
    /// To 288 channels.
    #[module(rename = "Mixed_5c")]
    pub mixed_5c: InceptionA,
    /// Of 288 channels.
    #[module(rename = "Mixed_5d")]
    pub mixed_5d: InceptionA,
    /// To 768 channels; halves height and width.
    #[module(rename = "Mixed_6a")]
    pub mixed_6a: InceptionB,
    /// Of 768 channels.
    #[module(rename = "Mixed_6b")]
    pub mixed_6b: InceptionC,
    /// Of 768 channels.
    #[module(rename = "Mixed_6c")]
    pub mixed_6c: InceptionC,
    /// Of 768 channels.
    #[module(rename = "Mixed_6d")]
    pub mixed_6d: InceptionC,
    /// Of 768 channels.
    #[module(rename = "Mixed_6e")]
    pub mixed_6e: InceptionC,
    /// The auxiliary head.
    #[module(rename = "AuxLogits")]
    pub aux_logits: Option<InceptionAux>,
    /// To 1280 channels; halves height and width.
    #[module(rename = "Mixed_7a")]
    pub mixed_7a: InceptionD,
    /// To 2048 channels.
    #[module(rename = "Mixed_7b")]
    pub mixed_7b: InceptionE,
    /// Of 2048 channels.
    #[module(rename = "Mixed_7c")]
    pub mixed_7c: InceptionE,
    /// The mean over height and width.
    pub avgpool: AdaptiveAvgPool2d,
    /// Before the head.
    pub dropout: Dropout,
    /// The head.
    pub fc: Linear,
    /// Whether the input is normalised by the statistics of ImageNet and the model wants -1 to 1.
    pub transform_input: bool,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of an [`Inception3`].
    Inception3Options
    /// Whether there is an auxiliary head. Default: true.
    aux_logits: bool = true;
    /// Whether the input is normalised by the statistics of ImageNet, as the published weights want it.
    /// Default: where weights are given.
    transform_input: Option<bool> = None, from impl Into<Option<bool>>;
    /// Whether to draw values from the truncated normal distribution; else those of the layers alone
    /// remain. Default: true.
    init_weights: bool = true;
    /// The probability with which features are dropped while training. Default: 0.5.
    dropout: f64 = 0.5;
}

/// What an [`Inception3`] computes.
#[derive(Debug, Clone)]
pub struct InceptionOutputs {
    /// `[n, num_classes]`.
    pub logits: Tensor,
    /// `[n, num_classes]`, while training and where there is an auxiliary head.
    pub aux_logits: Option<Tensor>,
}

/// Inception V3.
pub fn inception_v3(options: impl Into<Inception3Options>) -> Result<Inception3> {
    let mut options = options.into();
    options.weights = options.weights.of_model("inception_v3")?;
    let has_weights = !options.weights.is_none();
    let classes = options.num_classes;
    let pool = || MaxPool2d::new(3).stride(2);
    let conv = |from, to, size| Conv2d::builder(from, to, size);
    // Published weights have the auxiliary head; it is taken off again behind loading.
    let has_aux = options.aux_logits || has_weights;
    let mut model = Inception3 {
        conv2d_1a_3x3: BasicConv2d::new(conv(3, 32, 3).stride(2))?,
        conv2d_2a_3x3: BasicConv2d::new(conv(32, 32, 3))?,
        conv2d_2b_3x3: BasicConv2d::new(conv(32, 64, 3).padding(1))?,
        maxpool1: pool(),
        conv2d_3b_1x1: BasicConv2d::new(conv(64, 80, 1))?,
        conv2d_4a_3x3: BasicConv2d::new(conv(80, 192, 3))?,
        maxpool2: pool(),
        mixed_5b: InceptionA::new(192, 32)?,
        mixed_5c: InceptionA::new(256, 64)?,
        mixed_5d: InceptionA::new(288, 64)?,
        mixed_6a: InceptionB::new(288)?,
        mixed_6b: InceptionC::new(768, 128)?,
        mixed_6c: InceptionC::new(768, 160)?,
        mixed_6d: InceptionC::new(768, 160)?,
        mixed_6e: InceptionC::new(768, 192)?,
        aux_logits: has_aux
            .then(|| InceptionAux::new(768, classes))
            .transpose()?,
        mixed_7a: InceptionD::new(768)?,
        mixed_7b: InceptionE::new(1280)?,
        mixed_7c: InceptionE::new(2048)?,
        avgpool: AdaptiveAvgPool2d::new([1, 1]),
        dropout: Dropout::new(options.dropout)?,
        fc: Linear::new(2048, classes)?,
        transform_input: options.transform_input.unwrap_or(has_weights),
        site: Site::default(),
    };
    if options.init_weights && !has_weights {
        let aux = model.aux_logits.as_ref().map(|aux| &aux.fc);
        initialise::layers(
            &model,
            |conv| initialise::truncated(&conv.weight, 0.1),
            |linear| {
                let is_aux = aux.is_some_and(|aux| std::ptr::eq(aux, linear));
                initialise::truncated(&linear.weight, if is_aux { 0.001 } else { 0.1 })
            },
        )?;
    }
    options.weights.load_into(&model)?;
    if !options.aux_logits {
        model.aux_logits = None;
    }
    Ok(model)
}

impl Inception3 {
    /// The logits, and while training those of the auxiliary head.
    pub fn forward_with_aux(&self, x: &Tensor) -> Result<InceptionOutputs> {
        self.site.locate(self.outputs(x, self.site.is_training()))
    }

    fn outputs(&self, x: &Tensor, wants_aux: bool) -> Result<InceptionOutputs> {
        let mut x = match self.transform_input {
            true => to_symmetric(x)?,
            false => x.clone(),
        };
        x = self.conv2d_1a_3x3.forward(&x)?;
        x = self.conv2d_2a_3x3.forward(&x)?;
        x = self.conv2d_2b_3x3.forward(&x)?;
        x = self.maxpool1.forward(&x)?;
        x = self.conv2d_3b_1x1.forward(&x)?;
        x = self.conv2d_4a_3x3.forward(&x)?;
        x = self.maxpool2.forward(&x)?;

        x = self.mixed_5b.forward(&x)?;
        x = self.mixed_5c.forward(&x)?;
        x = self.mixed_5d.forward(&x)?;
        x = self.mixed_6a.forward(&x)?;
        x = self.mixed_6b.forward(&x)?;
        x = self.mixed_6c.forward(&x)?;
        x = self.mixed_6d.forward(&x)?;
        x = self.mixed_6e.forward(&x)?;
        let aux_logits = match &self.aux_logits {
            Some(aux) if wants_aux => Some(aux.forward(&x)?),
            _ => None,
        };
        x = self.mixed_7a.forward(&x)?;
        x = self.mixed_7b.forward(&x)?;
        x = self.mixed_7c.forward(&x)?;

        x = self.dropout.forward(&self.avgpool.forward(&x)?)?;
        let logits = self.fc.forward(&x.flatten(1, -1)?)?;
        Ok(InceptionOutputs { logits, aux_logits })
    }
}

impl Forward for Inception3 {
    /// The logits alone; the auxiliary head is not called.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| Ok(self.outputs(x, false)?.logits))
    }
}

/// An input normalised by the mean and deviation of each of ImageNet's channels, as one normalised by a
/// mean and a deviation of 0.5: `x * (std / 0.5) + (mean - 0.5) / 0.5`.
///
/// Shapes: `[n, 3, height, width]`; the result has the same.
pub(crate) fn to_symmetric(x: &Tensor) -> Result<Tensor> {
    let channels: [(f64, f64); 3] = [(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)];
    let transformed = (0..).zip(channels).map(|(channel, (mean, std))| {
        x.narrow(1, channel, 1)?
            .mul(std / 0.5)?
            .add((mean - 0.5) / 0.5)
    });
    Tensor::cat(&transformed.collect::<Result<Vec<_>>>()?, 1)
}
