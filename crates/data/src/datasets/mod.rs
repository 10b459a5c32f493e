//! Readers of datasets in the files they are published in.
//!
//! Images are bytes, and labels `i64`; [`Dataset::transform`](crate::Dataset::transform) makes of the
//! images what a model wants.
//!
//! With the feature `download`, `Remote` fetches them.
//!
//! ```no_run
//! use rushlight_data::datasets::{Split, fashion_mnist};
//! use rushlight_data::transforms::ToTensor;
//! use rushlight_data::{DataLoader, Dataset};
//!
//! # fn main() -> rushlight_data::Result<()> {
//! let train = fashion_mnist("/usr/share/datasets/fashion-mnist", Split::Train)?;
//! let loader = DataLoader::new(train.transform(ToTensor)).batch_size(64).shuffle(true);
//! # Ok(()) }
//! ```

mod cifar;
#[cfg(feature = "image")]
mod folder;
mod idx;
mod mnist;
#[cfg(feature = "download")]
mod remote;

pub use cifar::{CIFAR10_CLASSES, cifar10, cifar100};
#[cfg(feature = "image")]
pub use folder::ImageFolder;
pub use mnist::{FASHION_MNIST_CLASSES, fashion_mnist, kmnist, mnist};
#[cfg(feature = "download")]
pub use remote::Remote;

/// Which part of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// What to learn from.
    Train,
    /// What to be measured by.
    Test,
}
