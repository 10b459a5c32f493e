//! CIFAR-10 and CIFAR-100 in their binary version.

use std::path::Path;

use rushlight_autograd::Tensor;

use super::Split;
use crate::{Error, Result, TensorDataset, files};

/// What the classes of [`cifar10`] are.
pub const CIFAR10_CLASSES: [&str; 10] = [
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
];

/// The bytes of an image: 32 rows of 32 in red, then in green, then in blue.
const PIXELS: usize = 3 * 32 * 32;

/// Photographs of ten kinds; see [`CIFAR10_CLASSES`].
///
/// Shapes: images `[n, 3, 32, 32]` of bytes, labels `[n]` from 0 to 9. The files `data_batch_1.bin` and so
/// on are in `root`, or in `root/cifar-10-batches-bin` as the archive has them.
///
/// # Errors
/// If a file is missing or damaged.
pub fn cifar10(root: impl AsRef<Path>, split: Split) -> Result<TensorDataset<(Tensor, Tensor)>> {
    let files: &[&str] = match split {
        Split::Train => &[
            "data_batch_1.bin",
            "data_batch_2.bin",
            "data_batch_3.bin",
            "data_batch_4.bin",
            "data_batch_5.bin",
        ],
        Split::Test => &["test_batch.bin"],
    };
    read(root.as_ref(), "cifar-10-batches-bin", files, 1, 10)
}

/// Photographs of a hundred kinds.
///
/// Shapes: images `[n, 3, 32, 32]` of bytes, labels `[n]` from 0 to 99. The files `train.bin` and
/// `test.bin` are in `root`, or in `root/cifar-100-binary` as the archive has them.
///
/// # Errors
/// If a file is missing or damaged.
pub fn cifar100(root: impl AsRef<Path>, split: Split) -> Result<TensorDataset<(Tensor, Tensor)>> {
    let file = match split {
        Split::Train => "train.bin",
        Split::Test => "test.bin",
    };
    // The first label names one of twenty groups, the second the kind.
    read(root.as_ref(), "cifar-100-binary", &[file], 2, 100)
}

/// Records of labels, the last of which is the class, and an image.
fn read(
    root: &Path,
    folder: &str,
    names: &[&str],
    labels: usize,
    classes: u8,
) -> Result<TensorDataset<(Tensor, Tensor)>> {
    let inner = root.join(folder);
    let folder = if inner.is_dir() { &inner } else { root };
    let (mut pixels, mut kinds) = (Vec::new(), Vec::new());
    for name in names {
        let path = folder.join(name);
        let bytes = files::read(&path)?;
        let records = bytes.chunks_exact(labels + PIXELS);
        if !records.remainder().is_empty() {
            let problem = format!("{} bytes, in records of {}", bytes.len(), labels + PIXELS);
            return Err(Error::malformed(path, problem));
        }
        for record in records {
            let kind = record[labels - 1];
            if kind >= classes {
                return Err(Error::malformed(path, format!("class {kind} of {classes}")));
            }
            kinds.push(i64::from(kind));
            pixels.extend_from_slice(&record[labels..]);
        }
    }
    let count = kinds.len();
    TensorDataset::new((
        Tensor::from_vec(pixels, &[count, 3, 32, 32])?,
        Tensor::from_vec(kinds, &[count])?,
    ))
}
