//! Attention in several heads.

use crate::builder::builder;
use crate::functional::{
    InProjection, MultiHeadAttentionOptions, MultiHeadAttentionParameters, attend_in_heads,
};
use crate::{Error, Linear, Module, Parameter, Result, Site, init};
use rushlight_autograd::Tensor;

/// The last map of [`MultiheadAttention`]: a [`Linear`] layer, `y = x w^T + b`, under the name that
/// PyTorch prints.
///
/// # Shape
///
/// `[..., embed_dim] -> [..., embed_dim]`
///
/// # Arguments
///
/// * `layer`: The affine map.
///
/// ```
/// # use rushlight_autograd::{Result};
/// # use rushlight_nn::{Module, MultiheadAttention};
/// # fn main() -> Result<()> {
/// let attention = MultiheadAttention::new(8, 2)?;
/// let text = "NonDynamicallyQuantizableLinear(in_features=8, out_features=8, bias=True)";
/// assert_eq!(attention.out_proj.to_string(), text);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct NonDynamicallyQuantizableLinear {
    /// The layer.
    #[module(flatten)]
    pub linear: Linear,
}

/// Attention in several heads side by side, `softmax(q k^T / sqrt(embed_dim / num_heads)) v` in
/// each, from "Attention Is All You Need" (Vaswani et al. 2017); see
/// [`multi_head_attention_forward`](crate::functional::multi_head_attention_forward).
///
/// # Shape
///
/// Queries `[l, n, embed_dim]`, keys `[s, n, kdim]` and values `[s, n, vdim]`, with `n` in front if
/// `batch_first`, or without `n`. The results have the shape of the queries, and the weights
/// `[n, l, s]`.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::MultiheadAttention;
/// # fn main() -> Result<()> {
/// let attention = MultiheadAttention::builder(8, 2).batch_first(true).build()?;
/// let x = Tensor::randn(&[3, 5, 8])?;
/// let (y, weights) = attention.forward(&x, &x, &x)?;
/// assert_eq!(y.shape(), [3, 5, 8]);
/// assert_eq!(weights.unwrap().shape(), [3, 5, 5]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct MultiheadAttention {
    /// Features of queries and results.
    pub embed_dim: usize,
    /// Features of keys.
    pub kdim: usize,
    /// Features of values.
    pub vdim: usize,
    /// Number of heads.
    pub num_heads: usize,
    /// Probability with which weights are dropped in training.
    pub dropout: f64,
    /// Whether the batch dimension comes first.
    pub batch_first: bool,
    /// Whether there is a further key and value of zeros.
    pub add_zero_attn: bool,
    /// Maps of queries, keys and values, `[3 embed_dim, embed_dim]`, if all have as many features.
    pub in_proj_weight: Option<Parameter>,
    /// `[embed_dim, embed_dim]` otherwise.
    pub q_proj_weight: Option<Parameter>,
    /// `[embed_dim, kdim]` otherwise.
    pub k_proj_weight: Option<Parameter>,
    /// `[embed_dim, vdim]` otherwise.
    pub v_proj_weight: Option<Parameter>,
    /// `[3 embed_dim]`.
    pub in_proj_bias: Option<Parameter>,
    /// A further key, `[1, 1, embed_dim]`.
    pub bias_k: Option<Parameter>,
    /// A further value, `[1, 1, embed_dim]`.
    pub bias_v: Option<Parameter>,
    /// The map of the joined heads.
    pub out_proj: NonDynamicallyQuantizableLinear,
    /// The layer's place in a model.
    pub site: Site,
}

builder! {
    /// Settings of a [`MultiheadAttention`] layer.
    MultiheadAttentionBuilder for MultiheadAttention {
        /// Features of queries and results.
        embed_dim: usize;
        /// Number of heads.
        num_heads: usize;
    }
    /// Probability with which weights are dropped in training. Default: 0.
    dropout: f64 = 0.0;
    /// Whether both maps have a bias. Default: true.
    bias: bool = true;
    /// Whether to learn a further key and value. Default: false.
    add_bias_kv: bool = false;
    /// Whether to add a further key and value of zeros. Default: false.
    add_zero_attn: bool = false;
    /// Features of keys. Default: `embed_dim`.
    kdim: Option<usize> = None, from impl Into<Option<usize>>;
    /// Features of values. Default: `embed_dim`.
    vdim: Option<usize> = None, from impl Into<Option<usize>>;
    /// Whether the batch dimension comes first. Default: false.
    batch_first: bool = false;
}

impl MultiheadAttentionBuilder {
    /// Makes the layer.
    ///
    /// Errors unless `embed_dim` is a positive multiple of `num_heads`.
    pub fn build(self) -> Result<MultiheadAttention> {
        const OP: &str = "MultiheadAttention";
        let (embed, heads) = (self.embed_dim, self.num_heads);
        if embed == 0 || heads == 0 {
            let got = format!("{embed} and {heads}");
            let expected = "greater than 0";
            return Err(Error::argument(OP, "embed_dim and num_heads", got, expected).into());
        }
        if embed % heads != 0 {
            let got = format!("{embed} for {heads} heads");
            return Err(Error::argument(OP, "embed_dim", got, "divisible by num_heads").into());
        }
        crate::functional::check_probability(OP, self.dropout)?;
        let zeros =
            |shape: &[usize]| Parameter::new(Tensor::full(shape, 0.0, self.dtype, self.device)?);
        let drawn = |rows, columns| {
            let weight = zeros(&[rows, columns])?;
            init::xavier_uniform_(&weight, 1.0)?;
            Ok::<_, rushlight_autograd::Error>(weight)
        };
        let out_proj = Linear::builder(embed, embed)
            .bias(self.bias)
            .dtype(self.dtype)
            .device(self.device)
            .build()?;
        if let Some(bias) = &out_proj.bias {
            init::zeros_(bias)?;
        }
        let (kdim, vdim) = (self.kdim.unwrap_or(embed), self.vdim.unwrap_or(embed));
        let packed = kdim == embed && vdim == embed;
        let separate = |columns| (!packed).then(|| drawn(embed, columns)).transpose();
        let further = || {
            let parameter = self.add_bias_kv.then(|| zeros(&[1, 1, embed]));
            let parameter = parameter.transpose()?;
            if let Some(parameter) = &parameter {
                init::xavier_normal_(parameter, 1.0)?;
            }
            Ok::<_, rushlight_autograd::Error>(parameter)
        };
        Ok(MultiheadAttention {
            embed_dim: embed,
            kdim,
            vdim,
            num_heads: heads,
            dropout: self.dropout,
            batch_first: self.batch_first,
            add_zero_attn: self.add_zero_attn,
            in_proj_weight: packed.then(|| drawn(3 * embed, embed)).transpose()?,
            q_proj_weight: separate(embed)?,
            k_proj_weight: separate(kdim)?,
            v_proj_weight: separate(vdim)?,
            in_proj_bias: self.bias.then(|| zeros(&[3 * embed])).transpose()?,
            bias_k: further()?,
            bias_v: further()?,
            out_proj: NonDynamicallyQuantizableLinear { linear: out_proj },
            site: Site::default(),
        })
    }
}

impl MultiheadAttention {
    /// Attends from queries to keys and their values; the second result are the weights.
    pub fn forward(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
    ) -> Result<(Tensor, Option<Tensor>)> {
        self.forward_with(query, key, value, &MultiHeadAttentionOptions::default())
    }

    /// As [`MultiheadAttention::forward`], with masks, or without weights.
    pub fn forward_with(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        options: &MultiHeadAttentionOptions<'_>,
    ) -> Result<(Tensor, Option<Tensor>)> {
        // The function applies the last layer itself.
        let last = &self.out_proj.linear.site;
        self.site.call_all([query, key, value], |inputs| {
            last.run(|| self.attend(inputs, options))
        })
    }

    fn attend(
        &self,
        inputs: [&Tensor; 3],
        options: &MultiHeadAttentionOptions<'_>,
    ) -> Result<(Tensor, Option<Tensor>)> {
        let parameters = MultiHeadAttentionParameters {
            num_heads: self.num_heads,
            in_proj: self.in_projection()?,
            in_proj_bias: self.in_proj_bias.as_deref(),
            bias_kv: self.bias_k.as_deref().zip(self.bias_v.as_deref()),
            add_zero_attn: self.add_zero_attn,
            dropout_p: if self.site.is_training() {
                self.dropout
            } else {
                0.0
            },
            out_proj_weight: &self.out_proj.linear.weight,
            out_proj_bias: self.out_proj.linear.bias.as_deref(),
        };
        attend_in_heads(inputs, &parameters, options, self.batch_first)
    }

    fn in_projection(&self) -> Result<InProjection<'_>> {
        let separate = (
            &self.q_proj_weight,
            &self.k_proj_weight,
            &self.v_proj_weight,
        );
        match (&self.in_proj_weight, separate) {
            (Some(weight), _) => Ok(InProjection::Packed(weight)),
            (None, (Some(query), Some(key), Some(value))) => {
                Ok(InProjection::Separate { query, key, value })
            }
            _ => {
                let expected = "there, or all three separate ones";
                Err(
                    Error::argument("MultiheadAttention", "in_proj_weight", "none", expected)
                        .into(),
                )
            }
        }
    }
}
