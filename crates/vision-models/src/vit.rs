//! Vision Transformer: an image as a sequence of patches.
//!
//! [An Image is Worth 16x16 Words](https://arxiv.org/abs/2010.11929).

use crate::Weights;
use crate::initialise;
use crate::ops::{MLP, sequence};
use crate::options::{constructors, family_options};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::functional::MultiHeadAttentionOptions;
use rushlight_nn::init::{normal_, zeros_};
use rushlight_nn::{
    Conv2d, Dropout, Error, Forward, LayerNorm, Linear, Module, MultiheadAttention, Parameter,
    Sequential, Site, Tanh,
};

/// A transformer over the patches of an image, of which a further one becomes the features.
///
/// Shapes: `[n, 3, image_size, image_size] -> [n, num_classes]`.
#[derive(Module, Debug)]
pub struct VisionTransformer {
    /// `[1, 1, channels]`, what stands before the patches.
    pub class_token: Parameter,
    /// Makes vectors of patches.
    pub conv_proj: Conv2d,
    /// The transformer.
    pub encoder: Encoder,
    /// The head, `head`, and before it perhaps a further linear layer, `pre_logits`.
    pub heads: Sequential,
    /// Height and width of the images.
    pub image_size: usize,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`VisionTransformer`].
    VisionTransformerOptions
    /// Height and width of the images, a multiple of the patches'. Default: those that published weights
    /// are for, else 224.
    image_size: Option<usize> = None, from impl Into<Option<usize>>;
    /// The probability with which elements of each layer's output are dropped while training.
    /// Default: 0.
    dropout: f64 = 0.0;
    /// The probability with which attention is dropped while training. Default: 0.
    attention_dropout: f64 = 0.0;
    /// Channels of a linear layer before the head, if there is to be one. Default: none.
    representation_size: Option<usize> = None, from impl Into<Option<usize>>;
}

/// What the members of the family differ in.
#[derive(Debug, Clone, Copy)]
struct Architecture {
    patch_size: usize,
    layers: usize,
    heads: usize,
    channels: usize,
}

/// Size of patches, number of layers, number of heads, and channels.
const fn vit(patch_size: usize, layers: usize, heads: usize, channels: usize) -> Architecture {
    Architecture {
        patch_size,
        layers,
        heads,
        channels,
    }
}

constructors! {
    VisionTransformer(VisionTransformerOptions)
    /// ViT-B with patches of 16x16.
    vit_b_16: vit(16, 12, 12, 768);
    /// ViT-B with patches of 32x32.
    vit_b_32: vit(32, 12, 12, 768);
    /// ViT-L with patches of 16x16.
    vit_l_16: vit(16, 24, 16, 1024);
    /// ViT-L with patches of 32x32.
    vit_l_32: vit(32, 24, 16, 1024);
    /// ViT-H with patches of 14x14.
    vit_h_14: vit(14, 32, 16, 1280);
}

/// Added to variances.
const EPS: f64 = 1e-6;

impl VisionTransformer {
    fn new(
        architecture: Architecture,
        options: impl Into<VisionTransformerOptions>,
    ) -> Result<VisionTransformer> {
        let options = options.into();
        let Architecture {
            patch_size,
            channels,
            ..
        } = architecture;
        let image_size = options.image_size.unwrap_or(match options.weights {
            Weights::Published(published) => published.meta().min_size,
            _ => 224,
        });
        let patches = count_patches(image_size, patch_size)?;
        let model = VisionTransformer {
            conv_proj: Conv2d::builder(3, channels, patch_size)
                .stride(patch_size)
                .build()?,
            class_token: Parameter::new(Tensor::zeros(&[1, 1, channels])?)?,
            encoder: Encoder::new(architecture, patches + 1, &options)?,
            heads: heads(channels, &options)?,
            image_size,
            site: Site::default(),
        };
        let fan_in = 3 * patch_size * patch_size;
        initialise::truncated(&model.conv_proj.weight, (1.0 / fan_in as f64).sqrt())?;
        initialise::zero(model.conv_proj.bias.as_ref())?;
        for (name, module) in model.heads.named_children() {
            let Some(linear) = module.downcast_ref::<Linear>() else {
                continue;
            };
            match &*name {
                "head" => zeros_(&linear.weight)?,
                _ => initialise::truncated(&linear.weight, (linear.in_features as f64).powf(-0.5))?,
            }
            initialise::zero(linear.bias.as_ref())?;
        }
        options.weights.load_renamed_into(&model, with_numbers)?;
        Ok(model)
    }

    fn attend(&self, x: &Tensor) -> Result<Tensor> {
        let [n, _, height, width] = x.shape()[..] else {
            let expected = "[n, channels, height, width]";
            return Err(Error::shape("VisionTransformer", x.shape(), expected).into());
        };
        if [height, width] != [self.image_size; 2] {
            let expected = format!("height and width of {}", self.image_size);
            return Err(Error::shape("VisionTransformer", x.shape(), expected).into());
        }
        let patches = self.conv_proj.forward(x)?.flatten(2, 3)?.transpose(1, 2)?;
        let class = self.class_token.expand(&[n as isize, -1, -1])?;
        let x = self.encoder.forward(&Tensor::cat(&[class, patches], 1)?)?;
        self.heads.forward(&x.select(1, 0)?)
    }
}

impl Forward for VisionTransformer {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| self.attend(x))
    }
}

/// The number of patches of an image.
fn count_patches(image_size: usize, patch_size: usize) -> Result<usize> {
    let side = image_size / patch_size;
    match side.checked_mul(side) {
        Some(patches @ 1..) if image_size.is_multiple_of(patch_size) && patches < 1 << 30 => {
            Ok(patches)
        }
        _ => {
            let expected = "a multiple of the size of patches, and not too large";
            Err(Error::argument("VisionTransformer", "image_size", image_size, expected).into())
        }
    }
}

fn heads(channels: usize, options: &VisionTransformerOptions) -> Result<Sequential> {
    let mut heads = Sequential::new();
    let mut features = channels;
    if let Some(size) = options.representation_size {
        heads.add_module("pre_logits", Linear::new(channels, size)?)?;
        heads.add_module("act", Tanh::new())?;
        features = size;
    }
    heads.add_module("head", Linear::new(features, options.num_classes)?)?;
    Ok(heads)
}

/// The name that a tensor of an older file has today: `mlp.linear_1.weight` became `mlp.0.weight`.
fn with_numbers(name: &str) -> String {
    name.replace(".mlp.linear_1.", ".mlp.0.")
        .replace(".mlp.linear_2.", ".mlp.3.")
}

/// Layers of attention over a sequence with learned positions.
///
/// Shapes: `[n, length, channels]`; the result has the same.
#[derive(Module, Debug)]
pub struct Encoder {
    /// `[1, length, channels]`, what is added for positions.
    pub pos_embedding: Parameter,
    /// Before the layers.
    pub dropout: Dropout,
    /// The layers, `encoder_layer_0` and so on.
    pub layers: Sequential,
    /// The last normalisation.
    pub ln: LayerNorm,
    /// The encoder's place in a model.
    pub site: Site,
}

impl Encoder {
    fn new(
        architecture: Architecture,
        length: usize,
        options: &VisionTransformerOptions,
    ) -> Result<Encoder> {
        let channels = architecture.channels;
        let pos_embedding = Parameter::new(Tensor::zeros(&[1, length, channels])?)?;
        normal_(&pos_embedding, 0.0, 0.02)?;
        let mut layers = Sequential::new();
        for index in 0..architecture.layers {
            let block = EncoderBlock::new(architecture, options)?;
            layers.add_module(format!("encoder_layer_{index}"), block)?;
        }
        Ok(Encoder {
            pos_embedding,
            dropout: Dropout::new(options.dropout)?,
            layers,
            ln: LayerNorm::builder(channels).eps(EPS).build()?,
            site: Site::default(),
        })
    }
}

impl Forward for Encoder {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let x = self.dropout.forward(&(x + &*self.pos_embedding)?)?;
            self.ln.forward(&self.layers.forward(&x)?)
        })
    }
}

/// Attention and two linear layers, each with a way around.
///
/// Shapes: `[n, length, channels]`; the result has the same.
#[derive(Module, Debug)]
pub struct EncoderBlock {
    /// The normalisation of the attention.
    pub ln_1: LayerNorm,
    /// The attention.
    pub self_attention: MultiheadAttention,
    /// Behind the attention.
    pub dropout: Dropout,
    /// The normalisation of the linear layers.
    pub ln_2: LayerNorm,
    /// The linear layers.
    pub mlp: MLPBlock,
    /// The block's place in a model.
    pub site: Site,
}

impl EncoderBlock {
    fn new(architecture: Architecture, options: &VisionTransformerOptions) -> Result<EncoderBlock> {
        let Architecture {
            heads, channels, ..
        } = architecture;
        Ok(EncoderBlock {
            ln_1: LayerNorm::builder(channels).eps(EPS).build()?,
            self_attention: MultiheadAttention::builder(channels, heads)
                .dropout(options.attention_dropout)
                .batch_first(true)
                .build()?,
            dropout: Dropout::new(options.dropout)?,
            ln_2: LayerNorm::builder(channels).eps(EPS).build()?,
            mlp: MLPBlock::new(channels, options.dropout)?,
            site: Site::default(),
        })
    }
}

impl Forward for EncoderBlock {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let y = self.ln_1.forward(x)?;
            let without_weights = MultiHeadAttentionOptions {
                need_weights: false,
                ..MultiHeadAttentionOptions::default()
            };
            let (y, _) = self
                .self_attention
                .forward_with(&y, &y, &y, &without_weights)?;
            let x = (self.dropout.forward(&y)? + x)?;
            let y = self.mlp.forward(&self.ln_2.forward(&x)?)?;
            x + y
        })
    }
}

sequence! {
    /// An [`MLP`] of four times the channels inside.
    #[module(version = 2)]
    MLPBlock
}

impl MLPBlock {
    fn new(channels: usize, dropout: f64) -> Result<MLPBlock> {
        let MLP { layers } = MLP::new(channels, 4 * channels, dropout)?;
        Ok(MLPBlock { layers })
    }
}
