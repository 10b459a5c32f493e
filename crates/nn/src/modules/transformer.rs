//! The encoder and decoder of "Attention Is All You Need" (Vaswani et al. 2017).

use crate::builder::builder;
use crate::functional::MultiHeadAttentionOptions;
use crate::{Dropout, Forward, LayerNorm, Linear, Module, MultiheadAttention, Result, Site, init};
use rushlight_autograd::{DType, Tensor, rng_state, set_rng_state};

/// What attention may not look at. See [`MultiHeadAttentionOptions`] for the forms of both.
#[derive(Debug, Clone, Copy, Default)]
pub struct AttentionMasks<'a> {
    /// Which queries may not attend to which keys. Default: none.
    pub mask: Option<&'a Tensor>,
    /// Which keys are padding. Default: none.
    pub key_padding_mask: Option<&'a Tensor>,
}

impl AttentionMasks<'_> {
    /// Attention under these masks, without the weights.
    fn attend(
        &self,
        attention: &MultiheadAttention,
        x: &Tensor,
        memory: &Tensor,
    ) -> Result<Tensor> {
        let options = MultiHeadAttentionOptions {
            attn_mask: self.mask,
            key_padding_mask: self.key_padding_mask,
            need_weights: false,
            ..MultiHeadAttentionOptions::default()
        };
        Ok(attention.forward_with(x, memory, memory, &options)?.0)
    }
}

/// Which masks apply where in a [`Transformer`].
#[derive(Debug, Clone, Copy, Default)]
pub struct TransformerMasks<'a> {
    /// Among the elements of the source.
    pub src: AttentionMasks<'a>,
    /// Among the elements of the target.
    pub tgt: AttentionMasks<'a>,
    /// From the target to the encoded source.
    pub memory: AttentionMasks<'a>,
}

/// The function between the two affine maps of a layer, such as `Tensor::relu` or `Tensor::gelu`.
pub type Activation = fn(&Tensor) -> Result<Tensor>;

macro_rules! layer_builder { ($(#[$doc:meta])* $Builder:ident for $Layer:ident) => {
    builder! {
        $(#[$doc])*
        $Builder for $Layer {
            /// Features of the elements.
            d_model: usize;
            /// Number of heads.
            nhead: usize;
        }
        /// Features between the two affine maps. Default: 2048.
        dim_feedforward: usize = 2048;
        /// Probability of dropout in training. Default: 0.1.
        dropout: f64 = 0.1;
        /// The function between the two affine maps. Default: `Tensor::relu`.
        activation: Activation = Tensor::relu;
        /// Added to the variance by normalisation. Default: 1e-5.
        layer_norm_eps: f64 = 1e-5;
        /// Whether the batch dimension comes first. Default: false.
        batch_first: bool = false;
        /// Whether to normalise the input of each part instead of its result. Default: false.
        norm_first: bool = false;
        /// Whether affine maps and normalisation have biases. Default: true.
        bias: bool = true;
    }

    impl $Builder {
        fn attention(&self) -> Result<MultiheadAttention> {
            MultiheadAttention::builder(self.d_model, self.nhead)
                .dropout(self.dropout)
                .bias(self.bias)
                .batch_first(self.batch_first)
                .dtype(self.dtype)
                .device(self.device)
                .build()
        }

        fn linear(&self, inputs: usize, outputs: usize) -> Result<Linear> {
            let linear = Linear::builder(inputs, outputs).bias(self.bias);
            linear.dtype(self.dtype).device(self.device).build()
        }

        fn norm(&self) -> Result<LayerNorm> {
            let norm = LayerNorm::builder(self.d_model).eps(self.layer_norm_eps).bias(self.bias);
            norm.dtype(self.dtype).device(self.device).build()
        }
    }

    impl $Layer {
        /// The settings of the layers of a model.
        fn of(model: &TransformerBuilder) -> $Builder {
            $Layer::builder(model.d_model, model.nhead)
                .dim_feedforward(model.dim_feedforward)
                .dropout(model.dropout)
                .activation(model.activation)
                .layer_norm_eps(model.layer_norm_eps)
                .batch_first(model.batch_first)
                .norm_first(model.norm_first)
                .bias(model.bias)
                .dtype(model.dtype)
                .device(model.device)
        }

        /// The settings that make another layer like this one.
        fn settings(&self) -> $Builder {
            let weight = &self.linear1.weight;
            $Layer::builder(self.linear1.in_features, self.self_attn.num_heads)
                .dim_feedforward(self.linear1.out_features)
                .dropout(self.dropout.p)
                .activation(self.activation)
                .layer_norm_eps(self.norm1.eps)
                .batch_first(self.self_attn.batch_first)
                .norm_first(self.norm_first)
                .bias(self.linear1.bias.is_some())
                .dtype(weight.dtype())
                .device(weight.device())
        }

        /// The layer and further ones of the same values, without drawing numbers.
        fn repeated(self, count: usize) -> Result<Vec<$Layer>> {
            // Refuses what memory has no room for, rather than filling it layer after layer.
            Tensor::empty(&[count])?;
            let (numbers, state) = (rng_state(), self.state_dict());
            let mut layers = Vec::new();
            for _ in 1..count {
                let layer = self.settings().build()?;
                layer.load_state_dict(&state, true)?;
                layers.push(layer);
            }
            set_rng_state(&numbers)?;
            layers.splice(0..0, (count > 0).then_some(self));
            Ok(layers)
        }

        /// The two affine maps.
        fn feed_forward(&self, x: &Tensor) -> Result<Tensor> {
            let hidden = (self.activation)(&self.linear1.forward(x)?)?;
            self.linear2.forward(&self.dropout.forward(&hidden)?)
        }
    }
} }

/// Self-attention and a small network for each element, with residual connections around both:
/// `y = norm(x + attention(x))`, then `norm(y + network(y))`.
///
/// # Shape
///
/// `[length, n, d_model]`, or `[n, length, d_model]` if `batch_first`, or without `n`; the result
/// has the same.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Forward, TransformerEncoderLayer};
/// # fn main() -> Result<()> {
/// let layer = TransformerEncoderLayer::builder(8, 2).dim_feedforward(16).build()?;
/// assert_eq!(layer.forward(&Tensor::randn(&[10, 32, 8])?)?.shape(), [10, 32, 8]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct TransformerEncoderLayer {
    /// Attention among the elements.
    pub self_attn: MultiheadAttention,
    /// The first map of the network.
    pub linear1: Linear,
    /// Dropout between its maps.
    pub dropout: Dropout,
    /// The second map of the network.
    pub linear2: Linear,
    /// Whether the input of each part is normalised instead of its result.
    pub norm_first: bool,
    /// Normalisation around attention.
    pub norm1: LayerNorm,
    /// Normalisation around the network.
    pub norm2: LayerNorm,
    /// Dropout of attention's result.
    pub dropout1: Dropout,
    /// Dropout of the network's result.
    pub dropout2: Dropout,
    /// The function between the maps of the network.
    #[module(skip)]
    pub activation: Activation,
    /// The layer's place in a model.
    pub site: Site,
}

layer_builder! {
    /// Settings of a [`TransformerEncoderLayer`].
    TransformerEncoderLayerBuilder for TransformerEncoderLayer
}

impl TransformerEncoderLayerBuilder {
    /// Makes the layer.
    pub fn build(self) -> Result<TransformerEncoderLayer> {
        Ok(TransformerEncoderLayer {
            self_attn: self.attention()?,
            linear1: self.linear(self.d_model, self.dim_feedforward)?,
            dropout: Dropout::new(self.dropout)?,
            linear2: self.linear(self.dim_feedforward, self.d_model)?,
            norm_first: self.norm_first,
            norm1: self.norm()?,
            norm2: self.norm()?,
            dropout1: Dropout::new(self.dropout)?,
            dropout2: Dropout::new(self.dropout)?,
            activation: self.activation,
            site: Site::default(),
        })
    }
}

impl TransformerEncoderLayer {
    /// Calls the layer under masks.
    pub fn forward_with(&self, src: &Tensor, masks: AttentionMasks<'_>) -> Result<Tensor> {
        self.site.call(src, |x| {
            let attend =
                |x: &Tensor| self.dropout1.forward(&masks.attend(&self.self_attn, x, x)?);
            let feed = |x: &Tensor| self.dropout2.forward(&self.feed_forward(x)?);
            let x = residual(x, &self.norm1, self.norm_first, attend)?;
            residual(&x, &self.norm2, self.norm_first, feed)
        })
    }
}

impl Forward for TransformerEncoderLayer {
    fn forward(&self, src: &Tensor) -> Result<Tensor> {
        self.forward_with(src, AttentionMasks::default())
    }
}

/// Self-attention, attention to the encoded source, and a small network for each element, with
/// residual connections around all three.
///
/// # Shape
///
/// Target and encoded source as for [`TransformerEncoderLayer`]; the result has the shape of the
/// target.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::TransformerDecoderLayer;
/// # fn main() -> Result<()> {
/// let layer = TransformerDecoderLayer::builder(8, 2).dim_feedforward(16).build()?;
/// let y = layer.forward(&Tensor::randn(&[20, 3, 8])?, &Tensor::randn(&[10, 3, 8])?)?;
/// assert_eq!(y.shape(), [20, 3, 8]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct TransformerDecoderLayer {
    /// Attention among the elements of the target.
    pub self_attn: MultiheadAttention,
    /// Attention to the encoded source.
    pub multihead_attn: MultiheadAttention,
    /// The first map of the network.
    pub linear1: Linear,
    /// Dropout between its maps.
    pub dropout: Dropout,
    /// The second map of the network.
    pub linear2: Linear,
    /// Whether the input of each part is normalised instead of its result.
    pub norm_first: bool,
    /// Normalisation around self-attention.
    pub norm1: LayerNorm,
    /// Normalisation around attention to the source.
    pub norm2: LayerNorm,
    /// Normalisation around the network.
    pub norm3: LayerNorm,
    /// Dropout of self-attention's result.
    pub dropout1: Dropout,
    /// Dropout of the result of attention to the source.
    pub dropout2: Dropout,
    /// Dropout of the network's result.
    pub dropout3: Dropout,
    /// The function between the maps of the network.
    #[module(skip)]
    pub activation: Activation,
    /// The layer's place in a model.
    pub site: Site,
}

layer_builder! {
    /// Settings of a [`TransformerDecoderLayer`].
    TransformerDecoderLayerBuilder for TransformerDecoderLayer
}

impl TransformerDecoderLayerBuilder {
    /// Makes the layer.
    pub fn build(self) -> Result<TransformerDecoderLayer> {
        Ok(TransformerDecoderLayer {
            self_attn: self.attention()?,
            multihead_attn: self.attention()?,
            linear1: self.linear(self.d_model, self.dim_feedforward)?,
            dropout: Dropout::new(self.dropout)?,
            linear2: self.linear(self.dim_feedforward, self.d_model)?,
            norm_first: self.norm_first,
            norm1: self.norm()?,
            norm2: self.norm()?,
            norm3: self.norm()?,
            dropout1: Dropout::new(self.dropout)?,
            dropout2: Dropout::new(self.dropout)?,
            dropout3: Dropout::new(self.dropout)?,
            activation: self.activation,
            site: Site::default(),
        })
    }
}

impl TransformerDecoderLayer {
    /// Calls the layer with the target and the encoded source.
    pub fn forward(&self, tgt: &Tensor, memory: &Tensor) -> Result<Tensor> {
        self.forward_with(
            tgt,
            memory,
            AttentionMasks::default(),
            AttentionMasks::default(),
        )
    }

    /// As [`TransformerDecoderLayer::forward`], under masks.
    pub fn forward_with(
        &self,
        tgt: &Tensor,
        memory: &Tensor,
        tgt_masks: AttentionMasks<'_>,
        memory_masks: AttentionMasks<'_>,
    ) -> Result<Tensor> {
        self.site.call_all([tgt, memory], |[x, memory]| {
            let attend = |x: &Tensor| {
                let y = tgt_masks.attend(&self.self_attn, x, x)?;
                self.dropout1.forward(&y)
            };
            let attend_to_memory = |x: &Tensor| {
                let y = memory_masks.attend(&self.multihead_attn, x, memory)?;
                self.dropout2.forward(&y)
            };
            let feed = |x: &Tensor| self.dropout3.forward(&self.feed_forward(x)?);
            let x = residual(x, &self.norm1, self.norm_first, attend)?;
            let x = residual(&x, &self.norm2, self.norm_first, attend_to_memory)?;
            residual(&x, &self.norm3, self.norm_first, feed)
        })
    }
}

/// `x + part(norm(x))` or `norm(x + part(x))`.
fn residual(
    x: &Tensor,
    norm: &LayerNorm,
    norm_first: bool,
    part: impl FnOnce(&Tensor) -> Result<Tensor>,
) -> Result<Tensor> {
    match norm_first {
        true => x.add(part(&norm.forward(x)?)?),
        false => norm.forward(&x.add(part(x)?)?),
    }
}

/// Several [`TransformerEncoderLayer`]s in a row, and a normalisation at the end if there is one.
///
/// # Shape
///
/// As for [`TransformerEncoderLayer`].
///
/// # Arguments
///
/// * `layer`: The layer that all start as.
/// * `num_layers`: How many there are.
/// * `norm`: Normalisation at the end. Default: none.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Forward, TransformerEncoder, TransformerEncoderLayer};
/// # fn main() -> Result<()> {
/// let layer = TransformerEncoderLayer::builder(8, 2).dim_feedforward(16).build()?;
/// let y = TransformerEncoder::new(layer, 2)?.forward(&Tensor::randn(&[10, 3, 8])?)?;
/// assert_eq!(y.shape(), [10, 3, 8]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct TransformerEncoder {
    /// The layers.
    pub layers: Vec<TransformerEncoderLayer>,
    /// Normalisation at the end.
    pub norm: Option<LayerNorm>,
    /// The module's place in a model.
    pub site: Site,
}

impl TransformerEncoder {
    /// `num_layers` layers that start as copies of `layer`.
    pub fn new(layer: TransformerEncoderLayer, num_layers: usize) -> Result<TransformerEncoder> {
        Ok(TransformerEncoder {
            layers: layer.repeated(num_layers)?,
            norm: None,
            site: Site::default(),
        })
    }

    /// Normalisation at the end. Default: none.
    #[must_use]
    pub fn norm(mut self, norm: LayerNorm) -> TransformerEncoder {
        self.norm = Some(norm);
        self
    }

    /// Calls all layers under the same masks.
    pub fn forward_with(&self, src: &Tensor, masks: AttentionMasks<'_>) -> Result<Tensor> {
        self.site.call(src, |src| {
            let mut layers = self.layers.iter();
            let x = layers.try_fold(src.clone(), |x, layer| layer.forward_with(&x, masks))?;
            self.norm.iter().try_fold(x, |x, norm| norm.forward(&x))
        })
    }
}

impl Forward for TransformerEncoder {
    fn forward(&self, src: &Tensor) -> Result<Tensor> {
        self.forward_with(src, AttentionMasks::default())
    }
}

/// Several [`TransformerDecoderLayer`]s in a row, and a normalisation at the end if there is one.
///
/// # Shape
///
/// As for [`TransformerDecoderLayer`].
///
/// # Arguments
///
/// * `layer`: The layer that all start as.
/// * `num_layers`: How many there are.
/// * `norm`: Normalisation at the end. Default: none.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{TransformerDecoder, TransformerDecoderLayer};
/// # fn main() -> Result<()> {
/// let layer = TransformerDecoderLayer::builder(8, 2).dim_feedforward(16).build()?;
/// let decoder = TransformerDecoder::new(layer, 2)?;
/// let y = decoder.forward(&Tensor::randn(&[20, 3, 8])?, &Tensor::randn(&[10, 3, 8])?)?;
/// assert_eq!(y.shape(), [20, 3, 8]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct TransformerDecoder {
    /// The layers.
    pub layers: Vec<TransformerDecoderLayer>,
    /// Normalisation at the end.
    pub norm: Option<LayerNorm>,
    /// The module's place in a model.
    pub site: Site,
}

impl TransformerDecoder {
    /// `num_layers` layers that start as copies of `layer`.
    pub fn new(layer: TransformerDecoderLayer, num_layers: usize) -> Result<TransformerDecoder> {
        Ok(TransformerDecoder {
            layers: layer.repeated(num_layers)?,
            norm: None,
            site: Site::default(),
        })
    }

    /// Normalisation at the end. Default: none.
    #[must_use]
    pub fn norm(mut self, norm: LayerNorm) -> TransformerDecoder {
        self.norm = Some(norm);
        self
    }

    /// Calls all layers with the target and the encoded source.
    pub fn forward(&self, tgt: &Tensor, memory: &Tensor) -> Result<Tensor> {
        self.forward_with(
            tgt,
            memory,
            AttentionMasks::default(),
            AttentionMasks::default(),
        )
    }

    /// As [`TransformerDecoder::forward`], under masks.
    pub fn forward_with(
        &self,
        tgt: &Tensor,
        memory: &Tensor,
        tgt_masks: AttentionMasks<'_>,
        memory_masks: AttentionMasks<'_>,
    ) -> Result<Tensor> {
        self.site.call_all([tgt, memory], |[tgt, memory]| {
            let x = self.layers.iter().try_fold(tgt.clone(), |x, layer| {
                layer.forward_with(&x, memory, tgt_masks, memory_masks)
            })?;
            self.norm.iter().try_fold(x, |x, norm| norm.forward(&x))
        })
    }
}

/// An encoder of the source, and a decoder that makes the target from what it encoded.
///
/// # Shape
///
/// Source `[s, n, d_model]`, target `[t, n, d_model]`, with `n` in front if `batch_first`, or
/// without `n`; the result has the shape of the target.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::Transformer;
/// # fn main() -> Result<()> {
/// let model = Transformer::builder()
///     .d_model(8)
///     .nhead(2)
///     .num_encoder_layers(1)
///     .num_decoder_layers(1)
///     .dim_feedforward(16)
///     .build()?;
/// let y = model.forward(&Tensor::randn(&[10, 3, 8])?, &Tensor::randn(&[20, 3, 8])?)?;
/// assert_eq!(y.shape(), [20, 3, 8]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct Transformer {
    /// Encodes the source.
    pub encoder: TransformerEncoder,
    /// Makes the target.
    pub decoder: TransformerDecoder,
    /// The module's place in a model.
    pub site: Site,
}

builder! {
    /// Settings of a [`Transformer`].
    TransformerBuilder for Transformer {}
    /// Features of source, target and result. Default: 512.
    d_model: usize = 512;
    /// Number of heads. Default: 8.
    nhead: usize = 8;
    /// Layers of the encoder. Default: 6.
    num_encoder_layers: usize = 6;
    /// Layers of the decoder. Default: 6.
    num_decoder_layers: usize = 6;
    /// Features between the two affine maps of a layer. Default: 2048.
    dim_feedforward: usize = 2048;
    /// Probability of dropout in training. Default: 0.1.
    dropout: f64 = 0.1;
    /// The function between the two affine maps of a layer. Default: `Tensor::relu`.
    activation: Activation = Tensor::relu;
    /// Added to the variance by normalisation. Default: 1e-5.
    layer_norm_eps: f64 = 1e-5;
    /// Whether the batch dimension comes first. Default: false.
    batch_first: bool = false;
    /// Whether to normalise the input of each part instead of its result. Default: false.
    norm_first: bool = false;
    /// Whether affine maps and normalisation have biases. Default: true.
    bias: bool = true;
}

impl TransformerBuilder {
    /// Makes the model.
    pub fn build(self) -> Result<Transformer> {
        let layer = TransformerEncoderLayer::of(&self);
        let norm = layer.norm()?;
        let encoder = TransformerEncoder::new(layer.build()?, self.num_encoder_layers)?.norm(norm);
        let layer = TransformerDecoderLayer::of(&self);
        let norm = layer.norm()?;
        let decoder = TransformerDecoder::new(layer.build()?, self.num_decoder_layers)?.norm(norm);
        let model = Transformer {
            encoder,
            decoder,
            site: Site::default(),
        };
        for parameter in model.parameters() {
            if parameter.dim() > 1 {
                init::xavier_uniform_(&parameter, 1.0)?;
            }
        }
        Ok(model)
    }
}

impl Transformer {
    /// The target, made from the source and what of the target came before.
    pub fn forward(&self, src: &Tensor, tgt: &Tensor) -> Result<Tensor> {
        self.forward_with(src, tgt, TransformerMasks::default())
    }

    /// As [`Transformer::forward`], under masks.
    pub fn forward_with(
        &self,
        src: &Tensor,
        tgt: &Tensor,
        masks: TransformerMasks<'_>,
    ) -> Result<Tensor> {
        self.site.call_all([src, tgt], |[src, tgt]| {
            let memory = self.encoder.forward_with(src, masks.src)?;
            self.decoder
                .forward_with(tgt, &memory, masks.tgt, masks.memory)
        })
    }

    /// A mask under which each of `size` elements attends to itself and those before it: negative
    /// infinity above the diagonal, zeros elsewhere.
    pub fn generate_square_subsequent_mask(size: usize) -> Result<Tensor> {
        let later = Tensor::ones(&[size, size])?
            .triu(1)?
            .to_dtype(DType::Bool)?;
        Tensor::zeros(&[size, size])?.masked_fill(&later, f64::NEG_INFINITY)
    }
}
