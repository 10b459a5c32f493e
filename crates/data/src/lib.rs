//! From stored examples to batches: datasets, samplers, and the loader that ties them together.
//!
//! A [`Dataset`] returns single items by index, a [`Sampler`] decides which indices come in which
//! order, [`Collate`] turns the items of a batch into tensors, and a [`DataLoader`] does all three
//! for every epoch, in worker threads if told so.
//!
//! ```
//! use rushlight_data::{DataLoader, digits};
//!
//! # fn main() -> rushlight_data::Result<()> {
//! let loader = DataLoader::new(digits()?).batch_size(64).shuffle(true).seed(0).num_workers(2);
//! for batch in &loader {
//!     let (images, labels) = batch?; // [64, 1, 8, 8] and [64]; fewer in the last batch
//!     assert_eq!(images.size(0)?, labels.size(0)?);
//! }
//! # Ok(()) }
//! ```

mod collate;
mod concat;
mod dataset;
pub mod datasets;
mod digits;
#[cfg(feature = "download")]
pub mod download;
mod error;
mod files;
#[cfg(feature = "image")]
mod image;
mod loader;
mod sampler;
mod subset;
mod tensors;
pub mod transforms;
mod workers;

pub use collate::{Batch, Collate};
pub use concat::ConcatDataset;
pub use dataset::Dataset;
pub use digits::digits;
pub use error::{Error, Result};
#[cfg(feature = "image")]
pub use image::{decode_image, read_image};
pub use loader::{Batches, DataLoader};
pub use sampler::{
    BatchSampler, Order, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler,
    WeightedRandomSampler,
};
pub use subset::{SplitLength, Subset, random_split};
pub use tensors::{TensorDataset, Tensors};
