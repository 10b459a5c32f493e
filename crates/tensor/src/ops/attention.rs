//! Attention: averages of values, weighted by how well their keys match a query.

use super::rules;
use crate::layout::Layout;
use crate::{Array, DType, Error, Result, Shape};

const OP: &str = "scaled_dot_product_attention";

/// Which keys a query attends to.
#[derive(Clone, Copy, Debug)]
pub enum AttentionMask<'a> {
    /// All of them.
    None,
    /// Those up to the query's own place.
    Causal,
    /// Those where booleans are true; numbers are added to the scores. Broadcasts to
    /// `[..., queries, keys]`.
    Given(&'a Array),
}

/// What attention is computed from: `softmax(scale * query key^T) value`.
///
/// Shapes: `[..., heads, queries, features]`, `[..., key_heads, keys, features]`,
/// `[..., key_heads, keys, values]`, where each head of keys serves `heads / key_heads` heads of
/// queries. `f32` or `f64`.
#[derive(Clone, Copy, Debug)]
pub struct AttentionOperands<'a> {
    /// What is compared with the keys.
    pub query: &'a Array,
    /// What is compared with the queries.
    pub key: &'a Array,
    /// What is averaged.
    pub value: &'a Array,
    /// Which keys a query attends to.
    pub mask: AttentionMask<'a>,
    /// What scores are multiplied by.
    pub scale: f64,
}

/// What [`AttentionOperands::attend`] computes.
#[derive(Debug)]
pub struct Attention {
    /// `[..., heads, queries, values]`, lying in memory as the queries do; zeros for a query that
    /// attends to nothing.
    pub y: Array,
    /// The logarithms of the sums that the softmax divides by, `[..., heads, queries]`; infinity for a
    /// query that attends to nothing.
    pub logsumexp: Array,
}

/// The gradients of attention, each lying in memory as its operand does.
#[derive(Debug)]
pub struct AttentionGradients {
    /// That of the queries.
    pub query: Array,
    /// That of the keys.
    pub key: Array,
    /// That of the values.
    pub value: Array,
}

/// The sizes of a call.
#[derive(Clone, Copy, Debug)]
pub struct AttentionSizes {
    /// How many matrices of keys there are.
    pub matrices: usize,
    /// How many matrices of queries share one of keys.
    pub sharing: usize,
    /// Rows of a matrix of queries.
    pub queries: usize,
    /// Rows of a matrix of keys.
    pub keys: usize,
    /// Columns of queries and keys.
    pub features: usize,
    /// Columns of values.
    pub values: usize,
}

impl AttentionOperands<'_> {
    /// Computes attention, in memory that grows with the sum of queries and keys.
    pub fn attend(&self) -> Result<Attention> {
        let sizes = self.check()?;
        let sums = &self.query.shape()[..self.query.rank() - 1];
        let sums = Layout::contiguous(Shape::from(sums));
        let mut out = Attention {
            y: self.beside(self.query, self.rows_of(sizes.values))?,
            logsumexp: Array::uninit(OP, sums, self.query.dtype(), self.query.device())?,
        };
        let backend = self.query.backend(OP)?;
        self.with_whole_mask(|operands| backend.attention(&sizes, operands, &mut out))?;
        Ok(out)
    }

    /// The gradients, from the result and its gradient `g`.
    pub fn gradients(&self, done: &Attention, g: &Array) -> Result<AttentionGradients> {
        let sizes = self.check()?;
        rules::same_device(OP, self.query, g)?;
        let fits = g.dtype() == self.query.dtype();
        rules::dtype(OP, g.dtype(), fits, self.query.dtype().name())?;
        if g.shape() != done.y.shape() {
            return Err(Error::shape(OP, g.shape(), done.y.shape().to_string()));
        }
        let like = |x: &Array| self.beside(x, x.shape().clone());
        let mut out = AttentionGradients {
            query: like(self.query)?,
            key: like(self.key)?,
            value: like(self.value)?,
        };
        let backend = self.query.backend(OP)?;
        self.with_whole_mask(|operands| {
            backend.attention_backward(&sizes, operands, done, g, &mut out)
        })?;
        Ok(out)
    }

    fn check(&self) -> Result<AttentionSizes> {
        let (query, key, value) = (self.query, self.key, self.value);
        let dtype = query.dtype();
        let is_wide = matches!(dtype, DType::F32 | DType::F64);
        rules::dtype(OP, dtype, is_wide, "f32 or f64")?;
        for other in [key, value] {
            rules::same_device(OP, query, other)?;
            rules::dtype(OP, other.dtype(), other.dtype() == dtype, dtype.name())?;
        }
        let parts = [query, key, value].map(|x| match &x.shape()[..] {
            [outer @ .., heads, rows, columns] => Some((outer, *heads, *rows, *columns)),
            [rows, columns] => Some((&[][..], 1, *rows, *columns)),
            _ => None,
        });
        let [Some(query_parts), Some(key_parts), Some(value_parts)] = parts else {
            let got = format!("{}, {} and {}", query.shape(), key.shape(), value.shape());
            let expected = "at least two dimensions";
            return Err(Error::argument(OP, "query, key and value", got, expected));
        };
        let (outer, heads, queries, features) = query_parts;
        let (key_outer, key_heads, keys, key_features) = key_parts;
        let (value_outer, value_heads, value_keys, values) = value_parts;
        if (key_outer, key_features) != (outer, features)
            || key_heads == 0 && heads != 0
            || key_heads != 0 && !heads.is_multiple_of(key_heads)
        {
            let expected = format!("keys for queries {}", query.shape());
            return Err(Error::shape(OP, key.shape(), expected));
        }
        if (value_outer, value_heads, value_keys) != (outer, key_heads, keys) {
            let expected = format!("values for keys {}", key.shape());
            return Err(Error::shape(OP, value.shape(), expected));
        }
        // A few copies of the keys and values of a head.
        let room = keys.saturating_mul(features.saturating_add(values));
        rules::room_for(OP, room)?;
        Ok(AttentionSizes {
            matrices: outer.iter().product::<usize>() * key_heads,
            sharing: heads.checked_div(key_heads).unwrap_or(0),
            queries,
            keys,
            features,
            values,
        })
    }

    /// Calls a kernel with a mask of the shape of the scores, of booleans or of the queries' type.
    fn with_whole_mask(
        &self,
        kernel: impl FnOnce(&AttentionOperands<'_>) -> Result<()>,
    ) -> Result<()> {
        let AttentionMask::Given(mask) = self.mask else {
            return kernel(self);
        };
        rules::same_device(OP, self.query, mask)?;
        let keys = self.key.shape()[self.key.rank() - 2];
        let mask = match mask.dtype() {
            DType::Bool => mask.clone(),
            _ => mask.to_dtype(self.query.dtype())?,
        };
        let mask = mask.broadcast_to(OP, &self.rows_of(keys))?;
        let mask = AttentionMask::Given(&mask);
        kernel(&AttentionOperands { mask, ..*self })
    }

    /// The shape of the queries with another number of columns.
    fn rows_of(&self, columns: usize) -> Shape {
        let mut shape = self.query.shape().clone();
        if let Some(last) = shape.last_mut() {
            *last = columns;
        }
        shape
    }

    /// An array that lies in memory as `like` does, but for columns, which lie side by side.
    fn beside(&self, like: &Array, shape: Shape) -> Result<Array> {
        let columns = like.rank() - 1;
        let mut order = like.layout().memory_order();
        order.retain(|dim| *dim != columns);
        order.push(columns);
        let layout = Layout::in_order(shape, &order);
        Array::uninit(OP, layout, like.dtype(), like.device())
    }
}
