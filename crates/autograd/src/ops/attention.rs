//! Attention in one pass over blocks of scores, none of which is kept.

use crate::{Backward, Gradients, Result, Saved, Tensor, Wants, gradients, is_grad_enabled};
use rushlight_tensor::ops::attention::{Attention, AttentionMask, AttentionOperands};
use rushlight_tensor::{Array, DType};

/// Which keys a query attends to, in [`Tensor::attention`].
#[derive(Clone, Copy, Debug)]
pub enum Attended<'a> {
    /// All of them.
    All,
    /// Those up to the query's own place.
    Causal,
    /// Those where booleans are true; numbers are added to the scores. Broadcasts to
    /// `[..., queries, keys]`, and gets no gradient.
    Masked(&'a Tensor),
}

/// [`Attended`] without its tensor.
enum Mask {
    All,
    Causal,
    Given(Array),
}

impl Mask {
    fn view(&self) -> AttentionMask<'_> {
        match self {
            Mask::All => AttentionMask::None,
            Mask::Causal => AttentionMask::Causal,
            Mask::Given(mask) => AttentionMask::Given(mask),
        }
    }

    /// The scores, masked.
    fn apply(&self, scores: &Tensor) -> Result<Tensor> {
        let forbid =
            |allowed: &Tensor| scores.masked_fill(&allowed.logical_not()?, f64::NEG_INFINITY);
        match self {
            Mask::All => Ok(scores.clone()),
            Mask::Causal => {
                let sizes = [scores.size(-2)?, scores.size(-1)?];
                forbid(&scores.new_ones(&sizes)?.tril(0)?.ne(0)?)
            }
            Mask::Given(mask) if mask.dtype() == DType::Bool => forbid(&Tensor::new(mask.clone())),
            Mask::Given(mask) => scores + Tensor::new(mask.clone()),
        }
    }
}

struct Rule {
    query: Saved,
    key: Saved,
    value: Saved,
    mask: Mask,
    scale: f64,
    done: Attention,
}

impl Rule {
    /// The gradients in operations that have derivatives themselves.
    fn composed(&self, g: &Tensor, operands: &[Tensor; 3]) -> Result<[Tensor; 3]> {
        let [query, key, value] = operands;
        let sharing = match query.dim() {
            2 => 1,
            _ => query.size(-3)? / key.size(-3)?.max(1),
        };
        let repeated = |x: &Tensor| match sharing {
            1 => Ok(x.clone()),
            _ => x.repeat_interleave(sharing as i64, Some(-3)),
        };
        let summed = |x: Tensor| match sharing {
            1 => Ok(x),
            _ => x
                .unflatten(-3, &[-1, sharing as isize])?
                .sum_dim(&[-3], false),
        };
        let (key, value) = (repeated(key)?, repeated(value)?);
        let scores = (query.matmul(&key.mt()?)? * self.scale)?;
        let weights = self.mask.apply(&scores)?.safe_softmax(-1)?;
        let slopes = g.matmul(&value.mt()?)?;
        let slopes = (slopes.softmax_backward_data(&weights, -1)? * self.scale)?;
        Ok([
            slopes.matmul(&key)?,
            summed(slopes.mt()?.matmul(query)?)?,
            summed(weights.mt()?.matmul(g)?)?,
        ])
    }
}

impl Backward for Rule {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let operands = [self.query.get(), self.key.get(), self.value.get()];
        let [query, key, value] = match is_grad_enabled() {
            true => self.composed(g, &operands)?,
            false => {
                let [query, key, value] = &operands.map(|operand| operand.array());
                let (mask, scale) = (self.mask.view(), self.scale);
                let operands = AttentionOperands {
                    query,
                    key,
                    value,
                    mask,
                    scale,
                };
                let all = operands.gradients(&self.done, &g.array())?;
                [all.query, all.key, all.value].map(Tensor::new)
            }
        };
        gradients![wants; query, key, value]
    }
}

impl Tensor {
    /// `softmax(scale * self key^T) value`, without storing the weights: memory grows with the sum of
    /// queries and keys. A query that attends to nothing gets zeros.
    ///
    /// Shapes: `[..., heads, queries, features]`, `[..., key_heads, keys, features]`,
    /// `[..., key_heads, keys, values]` `-> [..., heads, queries, values]`, where each head of keys serves
    /// `heads / key_heads` heads of queries. `f32` or `f64`. FlashAttention, Dao et al. 2022.
    ///
    /// ```
    /// # use rushlight_autograd::{Attended, Result, tensor};
    /// # fn main() -> Result<()> {
    /// let (query, key) = (tensor([[0.0, 0.0]])?, tensor([[1.0, 2.0], [3.0, 4.0]])?);
    /// let y = query.attention(&key, &tensor([[2.0], [4.0]])?, Attended::All, 1.0)?;
    /// assert_eq!(y.item()?, 3.0);
    /// # Ok(()) }
    /// ```
    pub fn attention(
        &self,
        key: &Tensor,
        value: &Tensor,
        attended: Attended<'_>,
        scale: f64,
    ) -> Result<Tensor> {
        let mask = match attended {
            Attended::All => Mask::All,
            Attended::Causal => Mask::Causal,
            Attended::Masked(mask) => Mask::Given(mask.array()),
        };
        let operands = AttentionOperands {
            query: &self.array(),
            key: &key.array(),
            value: &value.array(),
            mask: mask.view(),
            scale,
        };
        let done = operands.attend()?;
        let y = done.y.clone();
        let rule = || Rule {
            query: self.save(),
            key: key.save(),
            value: value.save(),
            mask,
            scale,
            done,
        };
        Ok(Tensor::record(y, "attention", &[self, key, value], rule))
    }
}
