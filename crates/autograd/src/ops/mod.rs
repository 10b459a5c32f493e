//! The public operations, one subject a file.

mod conv;
mod convert;
mod activation;
mod arithmetic;
mod create;
mod einsum;
mod elementwise;
mod embedding;
mod gather;
mod index;
mod join;
mod mask;
mod matmul;
mod pad;
mod part;
mod permute;
mod pool;
mod range;
mod reduce;
mod repeat;
mod scatter;
mod shape;
mod slice;
mod split;
mod strided;
mod triangle;

pub use conv::{ConvOptions, ConvTransposeOptions};
pub use convert::{MemoryFormat, Target};
pub use create::{TensorData, TensorOptions, tensor};
pub use embedding::EmbeddingOptions;
pub use index::{Ellipsis, Entry, Index, Indices, NewAxis};
pub use join::{Indexing, broadcast_shapes};
pub use pad::PadMode;
pub use pool::{AvgPoolOptions, MaxPoolOptions};
pub use scatter::ScatterReduce;
pub use slice::Slice;
pub use split::Sections;
mod special;

pub use arithmetic::IscloseOptions;
pub use create::{TensorData, tensor};
