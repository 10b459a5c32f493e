//! What is known of the files that torchvision publishes.

use crate::{Error, Weights, hub, registry};
use rushlight_autograd::Result;
use rushlight_data::transforms::{ImageClassification, Normalisation};
use std::path::PathBuf;
use std::sync::LazyLock;

/// Weights that torchvision publishes: a file, and what belongs to it.
///
/// ```
/// use rushlight_vision_models::ResNet50Weights;
///
/// let weights = ResNet50Weights::DEFAULT;
/// assert_eq!(weights.to_string(), "ResNet50_Weights.IMAGENET1K_V2");
/// assert_eq!(weights.url(), "https://download.pytorch.org/models/resnet50-11ad3fa6.pth");
/// assert_eq!(weights.sha256_prefix(), "11ad3fa6");
/// assert_eq!(weights.transforms().resize_size, 232);
/// assert_eq!(weights.meta().accuracy, Some([80.858, 95.434]));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Published {
    /// The model's name.
    pub model: &'static str,
    /// torchvision's name of the enum that has the weights of the model.
    pub weights: &'static str,
    /// torchvision's name of the weights among those.
    pub name: &'static str,
    /// The file's name.
    pub file: &'static str,
    /// What is known of the weights.
    pub(super) meta: Meta,
    /// What is done with images before the model sees them.
    pub(super) transforms: ImageClassification,
}

/// What is known of published weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Meta {
    /// The number of parameters.
    pub num_params: usize,
    /// The file's size in MiB.
    pub file_size: f64,
    /// The least height and width of an input.
    pub min_size: usize,
    /// Percentages of ImageNet's validation images whose class is the first, and among the first five;
    /// `None` where the weights are for features only.
    pub accuracy: Option<[f64; 2]>,
}

impl Meta {
    /// The names of the classes, in the order of the logits; `None` where the weights are for features
    /// only.
    ///
    /// ```
    /// use rushlight_vision_models::ResNet18Weights;
    ///
    /// let categories = ResNet18Weights::DEFAULT.meta().categories().unwrap();
    /// assert_eq!((categories.len(), categories[0], categories[999]), (1000, "tench", "toilet tissue"));
    /// ```
    pub fn categories(&self) -> Option<&'static [&'static str]> {
        self.accuracy.is_some().then(|| &**IMAGENET_CATEGORIES)
    }
}

/// The names of ImageNet's classes, as torchvision has them.
static IMAGENET_CATEGORIES: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("imagenet.txt").lines().collect());

/// To -1 to 1.
pub(super) const HALF: Normalisation = Normalisation {
    mean: [0.5; 3],
    std: [0.5; 3],
};

/// Bytes around a mean, which models of before 2015 want.
pub(super) const BYTES: Normalisation = Normalisation {
    mean: [0.48235, 0.45882, 0.40784],
    std: [1.0 / 255.0; 3],
};

impl Published {
    /// What is known of the weights: sizes, accuracy, names of classes.
    pub fn meta(&self) -> Meta {
        self.meta
    }

    /// What is done with images before the model sees them.
    ///
    /// ```
    /// use rushlight_autograd::Tensor;
    /// use rushlight_data::transforms::Transform;
    /// use rushlight_vision_models::ResNet18Weights;
    ///
    /// # fn main() -> rushlight_data::Result<()> {
    /// let image = Tensor::from_vec(vec![128_u8; 3 * 300 * 400], &[3, 300, 400])?;
    /// let input = ResNet18Weights::DEFAULT.transforms().apply(&image)?;
    /// assert_eq!(input.shape(), [3, 224, 224]);
    /// # Ok(()) }
    /// ```
    pub fn transforms(&self) -> ImageClassification {
        self.transforms
    }

    /// Where the file can be had.
    pub fn url(&self) -> String {
        format!("https://download.pytorch.org/models/{}", self.file)
    }

    /// The first hexadecimal digits of the file's SHA-256, which its name ends in.
    pub fn sha256_prefix(&self) -> &'static str {
        let stem = self.file.strip_suffix(".pth").unwrap_or(self.file);
        stem.rsplit_once('-').map_or("", |(_, digits)| digits)
    }

    /// Where PyTorch keeps the file: `checkpoints` in the [folder of `torch.hub`](hub::get_dir).
    pub fn path(&self) -> PathBuf {
        hub::checkpoint(self.file)
    }

    /// The download of the file from its [address](Published::url), or from the mirror that the variable
    /// `RUSHLIGHT_MIRROR` names, to its [path](Published::path).
    #[cfg(feature = "download")]
    pub fn download(&self) -> hub::Download {
        let mirror = std::env::var(hub::MIRROR).ok();
        let url = match mirror.filter(|mirror| !mirror.is_empty()) {
            Some(mirror) => format!("{}/{}", mirror.trim_end_matches('/'), self.file),
            None => self.url(),
        };
        hub::Download::new(url, self.path()).sha256_prefix(self.sha256_prefix())
    }
}

/// As torchvision names the weights: `ResNet50_Weights.IMAGENET1K_V2`.
impl std::fmt::Display for Published {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.weights, self.name)
    }
}

impl From<&'static Published> for Weights {
    fn from(published: &'static Published) -> Weights {
        Weights::Published(published)
    }
}

/// The published weights of a model, by the model's name.
///
/// ```
/// # use rushlight_vision_models::get_model_weights;
/// # fn main() -> rushlight_autograd::Result<()> {
/// let names: Vec<_> = get_model_weights("resnet50")?.iter().map(|weights| weights.name).collect();
/// assert_eq!(names, ["IMAGENET1K_V1", "IMAGENET1K_V2"]);
/// # Ok(()) }
/// ```
pub fn get_model_weights(name: &str) -> Result<&'static [Published]> {
    Ok(registry::find(name)?.weights)
}

/// The published weights of a name such as `ResNet50_Weights.IMAGENET1K_V2`; `DEFAULT` stands for the
/// best.
///
/// ```
/// # use rushlight_vision_models::get_weight;
/// # fn main() -> rushlight_autograd::Result<()> {
/// let best = get_weight("ResNet50_Weights.DEFAULT")?;
/// assert_eq!(best.name, "IMAGENET1K_V2");
/// # Ok(()) }
/// ```
pub fn get_weight(name: &str) -> Result<&'static Published> {
    let found = name.split_once('.').and_then(|(weights, own)| {
        let mut rows = registry::MODELS.iter();
        let row = rows.find(|row| row.default().weights == weights)?;
        match own {
            "DEFAULT" => Some(row.default()),
            _ => row.weights.iter().find(|published| published.name == own),
        }
    });
    let name = name.to_owned();
    found.ok_or_else(|| Error::UnknownWeights { name }.into())
}
