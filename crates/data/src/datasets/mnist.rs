//! MNIST and the datasets that have its files.

use std::path::{Path, PathBuf};

use rushlight_autograd::Tensor;

use super::Split;
use super::idx::Idx;
use crate::{Error, Result, TensorDataset};

/// What the classes of [`fashion_mnist`] are.
pub const FASHION_MNIST_CLASSES: [&str; 10] = [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
];

macro_rules! datasets {
    ($($(#[$doc:meta])* $name:ident $folder:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// Shapes: images `[n, 1, 28, 28]` of bytes, labels `[n]` from 0 to 9.
        #[doc = concat!(
            "The four files `train-images-idx3-ubyte` and so on, which may be packed by gzip (the ",
            "feature `gzip`), are in `root`, or where torchvision puts them: in `root/",
            $folder, "/raw`."
        )]
        ///
        /// # Errors
        /// If a file is missing or damaged.
        pub fn $name(root: impl AsRef<Path>, split: Split) -> Result<TensorDataset<(Tensor, Tensor)>> {
            read(root.as_ref(), $folder, split)
        }
    )* };
}

datasets! {
    /// Handwritten digits.
    mnist "MNIST";
    /// Clothes and shoes; see [`FASHION_MNIST_CLASSES`].
    fashion_mnist "FashionMNIST";
    /// Handwritten hiragana.
    kmnist "KMNIST";
}

fn read(root: &Path, name: &str, split: Split) -> Result<TensorDataset<(Tensor, Tensor)>> {
    let raw: PathBuf = root.join(name).join("raw");
    let folder = if raw.is_dir() { &raw } else { root };
    let prefix = match split {
        Split::Train => "train",
        Split::Test => "t10k",
    };
    let images = Idx::read(folder, &format!("{prefix}-images-idx3-ubyte"), 3)?;
    let labels = Idx::read(folder, &format!("{prefix}-labels-idx1-ubyte"), 1)?;
    let (count, classes) = (images.sizes[0], FASHION_MNIST_CLASSES.len());
    let wrong = labels
        .bytes
        .iter()
        .find(|&&label| usize::from(label) >= classes);
    if images.sizes[1..] != [28, 28] || labels.sizes != [count] || wrong.is_some() {
        let problem = format!(
            "images {:?} and labels {:?} up to {}",
            images.sizes,
            labels.sizes,
            labels.bytes.iter().max().copied().unwrap_or(0)
        );
        return Err(Error::malformed(folder, problem));
    }
    let labels: Vec<i64> = labels.bytes.into_iter().map(i64::from).collect();
    TensorDataset::new((
        Tensor::from_vec(images.bytes, &[count, 1, 28, 28])?,
        Tensor::from_vec(labels, &[count])?,
    ))
}
