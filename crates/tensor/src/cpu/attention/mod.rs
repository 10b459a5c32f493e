//! Attention a block of scores at a time, so that memory grows with the sum of queries and keys and not
//! with their product.
//!
//! A block of scores becomes weights relative to the largest score so far, and is multiplied with its
//! values at once; where a larger score comes later, what has been added up is scaled down. The gradients
//! compute each block again, from the logarithm of the sum that the softmax divided by. FlashAttention,
//! Dao et al. 2022.
//!
//! Operands are copied into rows and panels of whole vectors, from which tiles of products are computed.
//! A query's numbers do not depend on what else is computed, and neither on threads.

mod backward;
mod forward;
mod parts;

pub(crate) use backward::attention_backward;
pub(crate) use forward::attention;

/// Keys of a block.
const KEYS: usize = 128;
/// Tiles of queries that use a block of keys while it is in the cache.
const TILES: usize = 4;
