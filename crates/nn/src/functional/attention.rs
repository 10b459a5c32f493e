//! Attention: averages of values, weighted by how well their keys match a query.

use crate::parts::equal_parts;
use crate::{Error, Result};
use rushlight_autograd::{Attended, DType, Shape, Tensor, amp, broadcast_shapes};

const OP: &str = "scaled_dot_product_attention";

/// Settings of [`scaled_dot_product_attention_with`].
#[derive(Debug, Clone, Copy, Default)]
pub struct AttentionOptions<'a> {
    /// Booleans, true where a query may attend to a key, or numbers that are added to the scores.
    /// Broadcasts to `[..., queries, keys]`. Default: none.
    pub attn_mask: Option<&'a Tensor>,
    /// Probability with which weights are dropped. Default: 0.
    pub dropout_p: f64,
    /// Whether query `i` attends to keys up to `i` only. Excludes a mask. Default: false.
    pub is_causal: bool,
    /// What scores are multiplied by. Default: `1 / sqrt(features)`.
    pub scale: Option<f64>,
    /// Whether several heads of queries may share a head of keys and values. Default: false.
    pub enable_gqa: bool,
}

/// `softmax(query key^T / sqrt(features)) value`.
///
/// Shapes: `[..., queries, features]`, `[..., keys, features]`, `[..., keys, values]` ->
/// `[..., queries, values]`.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::functional as F;
/// # fn main() -> Result<()> {
/// let query = tensor([[0.0, 0.0]])?;
/// let (key, value) = (tensor([[1.0, 2.0], [3.0, 4.0]])?, tensor([[2.0], [4.0]])?);
/// assert_eq!(F::scaled_dot_product_attention(&query, &key, &value)?.item()?, 3.0);
/// # Ok(()) }
/// ```
pub fn scaled_dot_product_attention(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
) -> Result<Tensor> {
    scaled_dot_product_attention_with(query, key, value, AttentionOptions::default())
}

/// As [`scaled_dot_product_attention`], with a mask, dropout, another scale, or grouped heads. A
/// query that may attend to nothing gets zeros.
pub fn scaled_dot_product_attention_with(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    options: AttentionOptions<'_>,
) -> Result<Tensor> {
    amp::run(OP, [query, key, value], |[query, key, value]| {
        if let Some(y) = in_blocks(query, key, value, options)? {
            return Ok(y);
        }
        let scored = Scored::new(query, key, value, options)?;
        let weights = scored.scores.safe_softmax(-1)?;
        let weights = weights.dropout(options.dropout_p, true)?;
        weights.matmul(&scored.value)?.to_dtype(query.dtype())
    })
}

/// As [`scaled_dot_product_attention_with`], with the logarithms of the sums that the softmax divides
/// by, `[..., queries]`, with which attention over parts of the keys can be put together.
pub fn scaled_dot_product_attention_with_logsumexp(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    options: AttentionOptions<'_>,
) -> Result<(Tensor, Tensor)> {
    let logsumexp = Scored::new(query, key, value, options)?
        .scores
        .logsumexp(&[-1], false)?;
    let y = scaled_dot_product_attention_with(query, key, value, options)?;
    Ok((y, logsumexp))
}

/// Attention that keeps no weights, where nothing asks for them: dropout, gradients of the mask, and
/// heads that are broadcast do.
fn in_blocks(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    options: AttentionOptions<'_>,
) -> Result<Option<Tensor>> {
    let (shapes, rank) = ([query.shape(), key.shape(), value.shape()], query.dim());
    let is_plain = query.is_floating_point()
        && [key, value].iter().all(|x| x.dtype() == query.dtype())
        && shapes.iter().all(|shape| shape.len() == rank)
        && rank >= 2
        && options.dropout_p == 0.0
        && !(options.is_causal && options.attn_mask.is_some());
    if !is_plain || shapes.iter().any(|shape| shape.contains(&0)) {
        return Ok(None);
    }
    let [query_heads, key_heads, value_heads] = shapes.each_ref().map(|shape| &shape[..rank - 2]);
    let shares_heads = match (query_heads, key_heads) {
        ([outer @ .., heads], [key_outer @ .., key_heads]) if options.enable_gqa => {
            outer == key_outer && heads.is_multiple_of(*key_heads)
        }
        _ => query_heads == key_heads,
    };
    let (features, keys) = (shapes[0][rank - 1], shapes[1][rank - 2]);
    if !shares_heads
        || key_heads != value_heads
        || (shapes[1][rank - 1], shapes[2][rank - 2]) != (features, keys)
    {
        return Ok(None);
    }
    let attended = match options.attn_mask {
        None if options.is_causal => Attended::Causal,
        None => Attended::All,
        Some(mask) => {
            let scores = Shape::from([query_heads, &[shapes[0][rank - 2], keys]].concat());
            let joint = broadcast_shapes(&[mask.shape(), scores.clone()]);
            if mask.requires_grad() || !joint.is_ok_and(|joint| joint == scores) {
                return Ok(None);
            }
            Attended::Masked(mask)
        }
    };
    let compute = wide(query.dtype());
    let [wide_query, key, value] = [query, key, value].map(|x| x.to_dtype(compute));
    let scale = options.scale.unwrap_or(1.0 / (features as f64).sqrt());
    let y = wide_query?.attention(&key?, &value?, attended, scale)?;
    Ok(Some(y.to_dtype(query.dtype())?))
}

/// A type that sums of products of numbers of this type do not overflow.
fn wide(dtype: DType) -> DType {
    match dtype.size_in_bytes() {
        2 => DType::F32,
        _ => dtype,
    }
}

/// Masked scores and the values they weigh, in a type that half precision cannot overflow.
struct Scored {
    scores: Tensor, // [..., queries, keys]
    value: Tensor,
}

impl Scored {
    fn new(
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        options: AttentionOptions<'_>,
    ) -> Result<Scored> {
        for tensor in [query, key, value] {
            if tensor.dim() < 2 {
                return Err(Error::shape(OP, tensor.shape(), "at least two dimensions").into());
            }
            if tensor.dtype() != query.dtype() || !tensor.is_floating_point() {
                let got = format!("{} beside {}", tensor.dtype(), query.dtype());
                let expected = "floating-point numbers of one type";
                return Err(Error::argument(OP, "query, key and value", got, expected).into());
            }
        }
        if options.is_causal && options.attn_mask.is_some() {
            let (got, expected) = ("a mask", "none where `is_causal` is set");
            return Err(Error::argument(OP, "attn_mask", got, expected).into());
        }
        let features = query.size(-1)?;
        let scale = options.scale.unwrap_or(1.0 / (features as f64).sqrt());
        let compute = wide(query.dtype());
        let [query, key, value] = [query, key, value].map(|x| x.to_dtype(compute));
        let (query, mut key, mut value) = (query?, key?, value?);
        if options.enable_gqa {
            key = shared_heads(OP, &query, &key)?;
            value = shared_heads(OP, &query, &value)?;
        }
        let root = scale.abs().sqrt();
        let scores =
            (query * (root * scale.signum()))?.matmul(&(key * root)?.transpose(-2, -1)?)?;
        let scores = match options.attn_mask {
            None if options.is_causal => {
                let sizes = [scores.size(-2)?, scores.size(-1)?];
                let may_attend = scores.new_ones(&sizes)?.tril(0)?.ne(0)?;
                scores.masked_fill(&may_attend.logical_not()?, f64::NEG_INFINITY)?
            }
            None => scores,
            Some(mask) if mask.dtype() == DType::Bool => {
                scores.masked_fill(&mask.logical_not()?, f64::NEG_INFINITY)?
            }
            Some(mask) => scores.add(mask.to_dtype(compute)?)?,
        };
        Ok(Scored { scores, value })
    }
}

/// Repeats heads of keys or values, the third dimension from the end, for as many heads of queries.
fn shared_heads(op: &'static str, query: &Tensor, x: &Tensor) -> Result<Tensor> {
    if query.dim() < 3 || x.dim() < 3 {
        return Err(Error::shape(op, x.shape(), "a dimension of heads").into());
    }
    let (wanted, heads) = (query.size(-3)?, x.size(-3)?);
    if heads == wanted {
        return Ok(x.clone());
    }
    if heads == 0 || wanted % heads != 0 {
        let got = format!("{wanted} for {heads} heads of keys and values");
        return Err(Error::argument(op, "query", got, "a multiple of as many heads").into());
    }
    x.repeat_interleave((wanted / heads) as i64, Some(-3))
}

/// The map of queries, keys and values into the space of the heads.
#[derive(Debug, Clone, Copy)]
pub enum InProjection<'a> {
    /// One weight above the other, `[3 embed_dim, embed_dim]`.
    Packed(&'a Tensor),
    /// A weight each, `[embed_dim, features]`, where keys or values have other features than queries.
    Separate {
        /// Weight of the queries.
        query: &'a Tensor,
        /// Weight of the keys.
        key: &'a Tensor,
        /// Weight of the values.
        value: &'a Tensor,
    },
}

/// Parameters of [`multi_head_attention_forward`].
#[derive(Debug, Clone, Copy)]
pub struct MultiHeadAttentionParameters<'a> {
    /// Into how many heads the features are divided.
    pub num_heads: usize,
    /// Weights of the first map.
    pub in_proj: InProjection<'a>,
    /// Bias of the first map, `[3 embed_dim]`.
    pub in_proj_bias: Option<&'a Tensor>,
    /// A further key and value that every query may attend to, `[1, 1, embed_dim]` each.
    pub bias_kv: Option<(&'a Tensor, &'a Tensor)>,
    /// Whether there is another key and value of zeros.
    pub add_zero_attn: bool,
    /// Probability with which weights are dropped.
    pub dropout_p: f64,
    /// Weight of the last map, `[embed_dim, embed_dim]`.
    pub out_proj_weight: &'a Tensor,
    /// Bias of the last map, `[embed_dim]`.
    pub out_proj_bias: Option<&'a Tensor>,
}

/// Settings of a call of [`multi_head_attention_forward`].
#[derive(Debug, Clone, Copy)]
pub struct MultiHeadAttentionOptions<'a> {
    /// Booleans, true for keys that are ignored, or numbers that are added to the scores:
    /// `[n, keys]`. Default: none.
    pub key_padding_mask: Option<&'a Tensor>,
    /// Booleans, true where a query may *not* attend to a key, or numbers that are added to the
    /// scores: `[queries, keys]` or `[n num_heads, queries, keys]`. Default: none.
    pub attn_mask: Option<&'a Tensor>,
    /// Whether to return the weights. Default: true.
    pub need_weights: bool,
    /// Whether to return the mean of the weights over the heads. Default: true.
    pub average_attn_weights: bool,
}

impl Default for MultiHeadAttentionOptions<'_> {
    fn default() -> Self {
        MultiHeadAttentionOptions {
            key_padding_mask: None,
            attn_mask: None,
            need_weights: true,
            average_attn_weights: true,
        }
    }
}

/// Attention in several heads side by side, each over a part of the features, from "Attention Is All
/// You Need" (Vaswani et al. 2017). The second result are the weights, if wanted.
///
/// Shapes: `[queries, n, embed_dim]`, `[keys, n, kdim]`, `[keys, n, vdim]` ->
/// `[queries, n, embed_dim]` and `[n, queries, keys]`, or `[n, num_heads, queries, keys]` without
/// averaging. All may lack the batch dimension `n`.
pub fn multi_head_attention_forward(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    parameters: &MultiHeadAttentionParameters<'_>,
    options: &MultiHeadAttentionOptions<'_>,
) -> Result<(Tensor, Option<Tensor>)> {
    attend_in_heads([query, key, value], parameters, options, false)
}

/// As [`multi_head_attention_forward`], with the batch dimension in front of all but the weights if
/// `batch_first`.
pub(crate) fn attend_in_heads(
    inputs: [&Tensor; 3],
    parameters: &MultiHeadAttentionParameters<'_>,
    options: &MultiHeadAttentionOptions<'_>,
    batch_first: bool,
) -> Result<(Tensor, Option<Tensor>)> {
    if inputs[0].dim() != 2 {
        return batched(inputs, parameters, options, batch_first);
    }
    let padding = options.key_padding_mask.map(|mask| mask.unsqueeze(0));
    let padding = padding.transpose()?;
    let options = MultiHeadAttentionOptions {
        key_padding_mask: padding.as_ref(),
        ..*options
    };
    let [query, key, value] = unless_same(inputs, |x| x.unsqueeze(1))?;
    let (y, weights) = batched([&query, &key, &value], parameters, &options, false)?;
    let weights = weights.map(|weights| weights.squeeze_dims(&[0]));
    Ok((y.squeeze_dims(&[1])?, weights.transpose()?))
}

/// Changes queries, keys and values; those that are one tensor stay one.
fn unless_same(
    [query, key, value]: [&Tensor; 3],
    change: impl Fn(&Tensor) -> Result<Tensor>,
) -> Result<[Tensor; 3]> {
    let changed = change(query)?;
    let other = |x: &Tensor| match x.is_same(query) {
        true => Ok(changed.clone()),
        false => change(x),
    };
    let (key, value) = (other(key)?, other(value)?);
    Ok([changed, key, value])
}

fn batched(
    inputs: [&Tensor; 3],
    parameters: &MultiHeadAttentionParameters<'_>,
    options: &MultiHeadAttentionOptions<'_>,
    batch_first: bool,
) -> Result<(Tensor, Option<Tensor>)> {
    let sizes = Sizes::checked(inputs, parameters, batch_first)?;
    let mut projected = project(inputs, parameters)?;
    let mut extra = 0;
    if let Some((bias_k, bias_v)) = parameters.bias_kv {
        let (row, along) = match batch_first {
            true => ([sizes.batch, 1, sizes.features], 1),
            false => ([1, sizes.batch, sizes.features], 0),
        };
        projected[1] = Tensor::cat(&[&projected[1], &bias_k.broadcast_to(&row)?], along)?;
        projected[2] = Tensor::cat(&[&projected[2], &bias_v.broadcast_to(&row)?], along)?;
        extra += 1;
    }
    let [query, key, value] = projected.map(|x| sizes.heads_of(&x));
    let (query, mut key, mut value) = (query?, key?, value?); // [n, heads, length, head_dim]
    if parameters.add_zero_attn {
        let zeros = key.new_zeros(&[sizes.batch, sizes.heads, 1, sizes.head_dim])?;
        key = Tensor::cat(&[&key, &zeros], 2)?;
        value = Tensor::cat(&[&value, &zeros], 2)?;
        extra += 1;
    }
    let mask = sizes.mask(&query, options, extra)?;
    let (y, weights) = match options.need_weights {
        false => {
            let options = AttentionOptions {
                attn_mask: mask.as_ref(),
                dropout_p: parameters.dropout_p,
                ..AttentionOptions::default()
            };
            let y = scaled_dot_product_attention_with(&query, &key, &value, options)?;
            (y, None)
        }
        true => {
            let query = (query * (1.0 / sizes.head_dim as f64).sqrt())?;
            let mut scores = query.matmul(&key.transpose(-2, -1)?)?;
            if let Some(mask) = mask {
                scores = scores.add(mask)?;
            }
            let weights = scores.softmax(-1)?.dropout(parameters.dropout_p, true)?;
            (weights.matmul(&value)?, Some(weights))
        }
    };
    let order = if batch_first {
        [0, 2, 1, 3]
    } else {
        [2, 0, 1, 3]
    };
    let y = y.permute(&order)?.flatten(2, 3)?; // [queries, n, embed_dim]
    let y = y.linear(parameters.out_proj_weight, parameters.out_proj_bias)?;
    let weights = match weights {
        Some(weights) if options.average_attn_weights => Some(weights.mean_dim(&[1], false)?),
        weights => weights,
    };
    Ok((y, weights))
}

/// The first map of queries, keys and values.
fn project(
    inputs: [&Tensor; 3],
    parameters: &MultiHeadAttentionParameters<'_>,
) -> Result<[Tensor; 3]> {
    const OP: &str = "multi_head_attention_forward";
    let [query, key, value] = inputs;
    if let InProjection::Packed(weight) = parameters.in_proj
        && query.is_same(key)
        && query.is_same(value)
    {
        // Of self-attention all three maps are one.
        return equal_parts(OP, &query.linear(weight, parameters.in_proj_bias)?, -1);
    }
    let weights = match parameters.in_proj {
        InProjection::Packed(weight) => equal_parts(OP, weight, 0)?,
        InProjection::Separate { query, key, value } => [query, key, value].map(Tensor::clone),
    };
    let biases = match parameters.in_proj_bias {
        Some(bias) => equal_parts(OP, bias, 0)?.map(Some),
        None => [const { None }; 3],
    };
    let map = |at: usize| inputs[at].linear(&weights[at], biases[at].as_ref());
    Ok([map(0)?, map(1)?, map(2)?])
}

/// The sizes of a call.
struct Sizes {
    batch: usize,
    queries: usize,
    keys: usize,
    features: usize,
    heads: usize,
    head_dim: usize,
    batch_first: bool,
}

impl Sizes {
    fn checked(
        inputs: [&Tensor; 3],
        parameters: &MultiHeadAttentionParameters<'_>,
        batch_first: bool,
    ) -> Result<Sizes> {
        const OP: &str = "multi_head_attention_forward";
        let shapes = inputs.map(Tensor::shape);
        let [
            [queries, batch, features],
            [keys, key_batch, _],
            [values, value_batch, _],
        ] = shapes.each_ref().map(|shape| match shape[..] {
            [batch, length, features] if batch_first => [length, batch, features],
            [length, batch, features] => [length, batch, features],
            _ => [usize::MAX; 3],
        });
        if shapes.iter().any(|shape| shape.len() != 3) {
            let got = format!("{}, {} and {}", shapes[0], shapes[1], shapes[2]);
            let expected = "of two or three dimensions, all alike";
            return Err(Error::argument(OP, "query, key and value", got, expected).into());
        }
        if (key_batch, value_batch) != (batch, batch) || keys != values {
            let got = format!("{} and {} for queries {}", shapes[1], shapes[2], shapes[0]);
            let expected = "of one length and of the batch size of the queries";
            return Err(Error::argument(OP, "key and value", got, expected).into());
        }
        let heads = parameters.num_heads;
        let wanted = parameters.out_proj_weight.shape();
        if wanted.last() != Some(&features) || heads == 0 || features % heads != 0 {
            let expected = format!("features as {wanted} has them, divisible by {heads} heads");
            return Err(Error::shape(OP, shapes[0].clone(), expected).into());
        }
        if let InProjection::Packed(weight) = parameters.in_proj
            && weight.size(0)? != 3 * features
        {
            return Err(
                Error::shape(OP, weight.shape(), format!("[{}, ...]", 3 * features)).into(),
            );
        }
        let head_dim = features / heads;
        Ok(Sizes {
            batch,
            queries,
            keys,
            features,
            heads,
            head_dim,
            batch_first,
        })
    }

    /// `[length, n, embed_dim] -> [n, heads, length, head_dim]`, from `[n, length, embed_dim]` if the
    /// batch comes first.
    fn heads_of(&self, x: &Tensor) -> Result<Tensor> {
        let order = match self.batch_first {
            true => [0, 2, 1, 3],
            false => [1, 2, 0, 3],
        };
        x.unflatten(2, &[self.heads as isize, self.head_dim as isize])?
            .permute(&order)
    }

    /// Both masks as one that is added to the scores; `extra` keys behind the others are not masked.
    fn mask(
        &self,
        like: &Tensor,
        options: &MultiHeadAttentionOptions<'_>,
        extra: isize,
    ) -> Result<Option<Tensor>> {
        const OP: &str = "multi_head_attention_forward";
        let (batch, heads) = (self.batch, self.heads);
        let mut whole: Option<Tensor> = None;
        if let Some(mask) = options.attn_mask {
            let shape = mask.shape();
            let leading = match shape[..] {
                [queries, keys] if [queries, keys] == [self.queries, self.keys] => [1, 1],
                [all, queries, keys]
                    if [all, queries, keys] == [batch * heads, self.queries, self.keys] =>
                {
                    [batch, heads]
                }
                _ => {
                    let (queries, keys) = (self.queries, self.keys);
                    let expected = format!(
                        "[{queries}, {keys}] or [{}, {queries}, {keys}]",
                        batch * heads
                    );
                    return Err(Error::shape(OP, shape, expected).into());
                }
            };
            let sizes = [leading[0], leading[1], self.queries, self.keys];
            whole = Some(added(mask, like)?.reshape(&sizes.map(|size| size as isize))?);
        }
        if let Some(mask) = options.key_padding_mask {
            if mask.shape() != [batch, self.keys] {
                let expected = format!("[{batch}, {}]", self.keys);
                return Err(Error::shape(OP, mask.shape(), expected).into());
            }
            let mask = added(mask, like)?.unsqueeze(1)?.unsqueeze(1)?;
            whole = Some(match whole {
                Some(other) => other.add(mask)?,
                None => mask,
            });
        }
        let padded = whole.map(|mask| mask.constant_pad_nd(&[0, extra], 0.0));
        padded.transpose()
    }
}

/// A mask as numbers to add: negative infinity where it is true.
fn added(mask: &Tensor, like: &Tensor) -> Result<Tensor> {
    match mask.dtype() {
        DType::Bool => like
            .new_zeros(&mask.shape())?
            .masked_fill(mask, f64::NEG_INFINITY),
        _ => mask.to_dtype(like.dtype()),
    }
}
