//! CIFAR-10 and CIFAR-100, in their binary version and in that of Python.

use std::path::Path;

use rushlight_autograd::Tensor;
use rushlight_serialize::{Value, load_pickle};
use rushlight_tensor::{Array, DType};

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
/// Shapes: images `[n, 3, 32, 32]` of bytes, labels `[n]` from 0 to 9. The files are in `root` itself, or
/// in a folder as the archives have them: `data_batch_1.bin` and so on in `cifar-10-batches-bin`, or the
/// pickles `data_batch_1` and so on in `cifar-10-batches-py`, where torchvision puts them. The pickles
/// are read by a restricted machine and run nothing.
///
/// # Errors
/// If a file is missing or damaged.
pub fn cifar10(root: impl AsRef<Path>, split: Split) -> Result<TensorDataset<(Tensor, Tensor)>> {
    read(root.as_ref(), &CIFAR10, split)
}

/// Photographs of a hundred kinds.
///
/// Shapes: images `[n, 3, 32, 32]` of bytes, labels `[n]` from 0 to 99. The files are in `root` itself, or
/// in a folder as the archives have them: `train.bin` and `test.bin` in `cifar-100-binary`, or the
/// pickles `train` and `test` in `cifar-100-python`, as for [`cifar10`].
///
/// # Errors
/// If a file is missing or damaged.
pub fn cifar100(root: impl AsRef<Path>, split: Split) -> Result<TensorDataset<(Tensor, Tensor)>> {
    read(root.as_ref(), &CIFAR100, split)
}

/// What tells the two datasets apart.
struct Cifar {
    binary_folder: &'static str,
    python_folder: &'static str,
    train: &'static [&'static str],
    test: &'static [&'static str],
    /// The labels in front of an image, of which the last is the class.
    labels: usize,
    /// The entry of a pickle that has the classes.
    key: &'static str,
    classes: u8,
}

const CIFAR10: Cifar = Cifar {
    binary_folder: "cifar-10-batches-bin",
    python_folder: "cifar-10-batches-py",
    train: &[
        "data_batch_1",
        "data_batch_2",
        "data_batch_3",
        "data_batch_4",
        "data_batch_5",
    ],
    test: &["test_batch"],
    labels: 1,
    key: "labels",
    classes: 10,
};

const CIFAR100: Cifar = Cifar {
    binary_folder: "cifar-100-binary",
    python_folder: "cifar-100-python",
    train: &["train"],
    test: &["test"],
    // The first label names one of twenty groups, the second the kind.
    labels: 2,
    key: "fine_labels",
    classes: 100,
};

/// Images and classes, as they are read.
#[derive(Default)]
struct Records {
    pixels: Vec<u8>,
    kinds: Vec<i64>,
}

fn read(root: &Path, cifar: &Cifar, split: Split) -> Result<TensorDataset<(Tensor, Tensor)>> {
    let [binary, python] = [cifar.binary_folder, cifar.python_folder].map(|name| root.join(name));
    let names = match split {
        Split::Train => cifar.train,
        Split::Test => cifar.test,
    };
    let is_python = !binary.is_dir() && (python.is_dir() || root.join(names[0]).is_file());
    let own = if is_python { &python } else { &binary };
    let folder = if own.is_dir() { own } else { root };
    let mut records = Records::default();
    for name in names {
        match is_python {
            true => records.add_pickle(&folder.join(name), cifar)?,
            false => records.add_binary(&folder.join(format!("{name}.bin")), cifar)?,
        }
    }
    let count = records.kinds.len();
    TensorDataset::new((
        Tensor::from_vec(records.pixels, &[count, 3, 32, 32])?,
        Tensor::from_vec(records.kinds, &[count])?,
    ))
}

impl Records {
    /// Adds records of labels, the last of which is the class, and an image.
    fn add_binary(&mut self, path: &Path, cifar: &Cifar) -> Result<()> {
        let (bytes, length) = (files::read(path)?, cifar.labels + PIXELS);
        let records = bytes.chunks_exact(length);
        if !records.remainder().is_empty() {
            let problem = format!("{} bytes, in records of {length}", bytes.len());
            return Err(Error::malformed(path, problem));
        }
        for record in records {
            self.add_kind(path, record[cifar.labels - 1].into(), cifar)?;
            self.pixels.extend_from_slice(&record[cifar.labels..]);
        }
        Ok(())
    }

    /// Adds the images in `data`, a row each, and the classes in the list beside it.
    fn add_pickle(&mut self, path: &Path, cifar: &Cifar) -> Result<()> {
        let malformed = |problem: String| Error::malformed(path, problem);
        let value = match load_pickle(path) {
            Ok(value) => value,
            Err(rushlight_serialize::Error::File { source, .. }) => {
                return Err(Error::file(path, source));
            }
            Err(error) => return Err(malformed(error.to_string())),
        };
        let data = value.get("data").and_then(Value::as_tensor);
        let images = data
            .map(|data| &data.array)
            .filter(|images| are_images(images));
        let images = images.ok_or_else(|| malformed("no images in `data`".to_string()))?;
        let Some(Value::List(kinds)) = value.get(cifar.key) else {
            return Err(malformed(format!("no list `{}`", cifar.key)));
        };
        if images.shape()[0] != kinds.len() {
            let (images, kinds) = (images.shape()[0], kinds.len());
            return Err(malformed(format!("{images} images and {kinds} classes")));
        }
        for kind in kinds {
            let kind = kind.as_i64();
            let kind = kind.ok_or_else(|| malformed("a class that is no number".to_string()))?;
            self.add_kind(path, kind, cifar)?;
        }
        self.pixels.extend(images.to_vec::<u8>()?);
        Ok(())
    }

    fn add_kind(&mut self, path: &Path, kind: i64, cifar: &Cifar) -> Result<()> {
        if !(0..i64::from(cifar.classes)).contains(&kind) {
            let problem = format!("class {kind} of {}", cifar.classes);
            return Err(Error::malformed(path, problem));
        }
        self.kinds.push(kind);
        Ok(())
    }
}

/// Whether an array has a row of bytes for each image.
fn are_images(array: &Array) -> bool {
    array.dtype() == DType::U8 && matches!(array.shape()[..], [_, PIXELS])
}
