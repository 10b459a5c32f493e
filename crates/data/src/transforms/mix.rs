//! Batches whose images are mixed with each other, and their labels with them.

use rushlight_autograd::{DType, Ellipsis, Tensor};

use super::{draw, size_of};
use crate::{Error, Result};

/// Writes the settings and checks that both ways of mixing have.
macro_rules! mixers {
    ($($(#[$doc:meta])* $Name:ident $op:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// Shapes: images `[n, channels, height, width]` of floating point; labels `[n]`, which become
        /// `[n, num_classes]`, or such already.
        #[derive(Debug, Clone, Copy)]
        pub struct $Name {
            num_classes: usize,
            alpha: f64,
        }

        impl $Name {
            /// For labels of so many classes.
            pub fn new(num_classes: usize) -> $Name {
                let alpha = 1.0;
                $Name { num_classes, alpha }
            }

            /// The concentration of the beta distribution: the larger, the more alike are the shares of
            /// two images. Default: 1.
            #[must_use]
            pub fn alpha(mut self, alpha: f64) -> $Name {
                self.alpha = alpha;
                self
            }

            /// The mixed batch: images, and shares of classes.
            ///
            /// # Errors
            /// If images and labels are not such, or a label is none of the classes.
            pub fn apply(&self, images: &Tensor, labels: &Tensor) -> Result<(Tensor, Tensor)> {
                let shares = shares_of($op, images, labels, self.num_classes)?;
                let share = draw::dirichlet($op, self.alpha, 2)?[0].into();
                self.mixed(images, &shares, share)
            }
        }
    )* };
}

mixers! {
    /// Each image becomes a weighted mean of itself and the one before it: `transforms.MixUp` (Zhang et
    /// al. 2018).
    ///
    /// ```
    /// use rushlight_data::transforms::{MixUp, ToTensor};
    /// use rushlight_data::{Collate, DataLoader, Dataset, digits};
    ///
    /// # fn main() -> rushlight_data::Result<()> {
    /// let mix_up = MixUp::new(10).alpha(0.2);
    /// let loader = DataLoader::with_collate(digits()?, move |items| {
    ///     let (images, labels) = Collate::collate(items)?;
    ///     mix_up.apply(&images, &labels)
    /// });
    /// let (images, labels) = loader.batch_size(4).iter().next().expect("a batch")?;
    /// assert_eq!((images.shape().to_vec(), labels.shape().to_vec()), (vec![4, 1, 8, 8], vec![4, 10]));
    /// # Ok(()) }
    /// ```
    MixUp "MixUp";
    /// A rectangle of each image comes from the one before it: `transforms.CutMix` (Yun et al. 2019).
    CutMix "CutMix";
}

impl MixUp {
    fn mixed(&self, images: &Tensor, shares: &Tensor, share: f64) -> Result<(Tensor, Tensor)> {
        Ok((with_previous(images, share)?, with_previous(shares, share)?))
    }
}

impl CutMix {
    fn mixed(&self, images: &Tensor, shares: &Tensor, share: f64) -> Result<(Tensor, Tensor)> {
        let [height, width] = size_of("CutMix", images)?;
        let (x, y) = (draw::below(width)?, draw::below(height)?);
        let reach = 0.5 * (1.0 - share).sqrt();
        let around = |middle: usize, length: usize| {
            let half = (reach * length as f64) as usize;
            middle.saturating_sub(half)..(middle + half).min(length)
        };
        let (columns, rows) = (around(x, width), around(y, height));
        let area = columns.len() * rows.len();
        let share = 1.0 - area as f64 / (width * height) as f64;
        let mut mixed = images.clone();
        if area > 0 {
            let part = |range: std::ops::Range<usize>| range.start as i64..range.end as i64;
            let part = || (Ellipsis, part(rows.clone()), part(columns.clone()));
            let previous = images.roll(&[1], &[0])?;
            mixed = images.index_put(part(), previous.index(part())?, false)?;
        }
        Ok((mixed, with_previous(shares, share)?))
    }
}

/// `share` of each item and the rest of the one before it.
fn with_previous(items: &Tensor, share: f64) -> Result<Tensor> {
    let previous = items.roll(&[1], &[0])?.mul(1.0 - share)?;
    Ok(previous.add(items.mul(share)?)?)
}

/// The shares of classes `[n, num_classes]` that labels are.
fn shares_of(
    op: &'static str,
    images: &Tensor,
    labels: &Tensor,
    num_classes: usize,
) -> Result<Tensor> {
    let (shape, own) = (images.shape(), labels.shape());
    if shape.len() != 4 || !images.is_floating_point() {
        let got = format!("{} {shape}", images.dtype());
        let expected = "a batch of images of floating point";
        return Err(Error::argument(op, "images", got, expected));
    }
    let fits = own.first() == shape.first() && shape[2..].iter().all(|&length| length > 0);
    match own[..] {
        [_] if fits && !labels.is_floating_point() => {
            Ok(labels.one_hot(Some(num_classes))?.to_dtype(DType::F32)?)
        }
        [_, classes] if fits && classes == num_classes => match labels.is_floating_point() {
            true => Ok(labels.clone()),
            false => Ok(labels.to_dtype(DType::F32)?),
        },
        _ => {
            let got = format!("{} {own} for {shape}", labels.dtype());
            let expected = "a class, or a share of each, per image";
            Err(Error::argument(op, "labels", got, expected))
        }
    }
}
