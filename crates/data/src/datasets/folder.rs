//! Images in a folder for each class.

use std::fs;
use std::path::{Path, PathBuf};

use rushlight_autograd::Tensor;

use crate::{Dataset, Error, Result, read_image};

/// What names of images end in.
const EXTENSIONS: [&str; 3] = ["jpg", "jpeg", "png"];
/// Folders deeper than this are a circle of links.
const MAX_DEPTH: usize = 32;

/// Images in a folder for each class: `root/cat/1.png`, `root/dog/some/2.jpg`.
///
/// The items are bytes `[3, height, width]` and the number of the class, in the order of the sorted
/// names. Only the names are read at first; an image is when it is asked for.
///
/// ```no_run
/// use rushlight_data::datasets::ImageFolder;
/// use rushlight_data::transforms::{CenterCrop, Compose, Resize, ToTensor};
/// use rushlight_data::{DataLoader, Dataset};
///
/// # fn main() -> rushlight_data::Result<()> {
/// let folder = ImageFolder::new("photographs")?;
/// println!("{:?}", folder.classes());
/// let transform = Compose::new().then(Resize::new(256)).then(CenterCrop::new(224)).then(ToTensor);
/// let loader = DataLoader::new(folder.transform(transform)).batch_size(32).num_workers(2);
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct ImageFolder {
    classes: Vec<String>,
    samples: Vec<(PathBuf, i64)>,
}

impl ImageFolder {
    /// Finds the classes and images under `root`.
    ///
    /// # Errors
    /// If it cannot be read, has no folders, or one of them has no images (`.jpg`, `.jpeg`, `.png`).
    pub fn new(root: impl AsRef<Path>) -> Result<ImageFolder> {
        let root = root.as_ref();
        let (mut classes, mut samples) = (Vec::new(), Vec::new());
        for folder in entries(root)?.into_iter().filter(|path| path.is_dir()) {
            let Some(class) = folder.file_name().and_then(|name| name.to_str()) else {
                return Err(Error::malformed(&folder, "a name that is no text"));
            };
            let mut images = Vec::new();
            collect(&folder, &mut images, 0)?;
            if images.is_empty() {
                return Err(Error::malformed(&folder, "a class without images"));
            }
            let label = classes.len() as i64;
            samples.extend(images.into_iter().map(|image| (image, label)));
            classes.push(class.to_owned());
        }
        match classes.is_empty() {
            true => Err(Error::malformed(root, "no folders, which classes are")),
            false => Ok(ImageFolder { classes, samples }),
        }
    }

    /// The names of the classes, sorted.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// The files, with the numbers of their classes.
    pub fn samples(&self) -> &[(PathBuf, i64)] {
        &self.samples
    }
}

impl Dataset for ImageFolder {
    type Item = (Tensor, i64);

    fn len(&self) -> usize {
        self.samples.len()
    }

    fn get(&self, index: usize) -> Result<(Tensor, i64)> {
        self.check(index)?;
        let (path, label) = &self.samples[index];
        Ok((read_image(path)?, *label))
    }
}

/// What is in a folder, sorted.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let failed = |error| Error::file(folder, error);
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries
        .map(|entry| Ok(entry.map_err(failed)?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Adds the images of a folder, its own before those below it.
fn collect(folder: &Path, images: &mut Vec<PathBuf>, depth: usize) -> Result<()> {
    if depth > MAX_DEPTH {
        return Err(Error::malformed(folder, "too deep"));
    }
    let (folders, files): (Vec<_>, Vec<_>) =
        entries(folder)?.into_iter().partition(|path| path.is_dir());
    images.extend(files.into_iter().filter(|path| is_image(path)));
    folders
        .iter()
        .try_for_each(|folder| collect(folder, images, depth + 1))
}

fn is_image(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|extension| {
        EXTENSIONS
            .iter()
            .any(|known| known.eq_ignore_ascii_case(extension))
    })
}
