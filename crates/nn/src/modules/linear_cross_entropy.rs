//! Cross entropy of a learnable affine map.

use crate::builder::builder;
use crate::functional::{CrossEntropyOptions, Reduction, linear_cross_entropy};
use crate::{Buffer, Error, Linear, Loss, Module, Result, Setting, Site};
use rushlight_autograd::Tensor;

/// The cross entropy of a learnable affine map of the input; see [`linear_cross_entropy`].
///
/// # Shape
///
/// Input `[n, in_features]`, target `[n, out_features...]` of classes, or
/// `[n, num_classes, out_features...]` of probabilities; all with or without `n`. The result has
/// one element.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor, tensor};
/// # use rushlight_nn::{LinearCrossEntropyLoss, Loss};
/// # fn main() -> Result<()> {
/// let loss = LinearCrossEntropyLoss::new(5, 10)?;
/// let value = loss.forward(&Tensor::randn(&[2, 5])?, &tensor([3, 7])?)?;
/// assert_eq!(value.numel(), 1);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
#[module(repr = Self::text)]
pub struct LinearCrossEntropyLoss {
    /// The number of classes.
    pub num_classes: usize,
    /// Sizes of the target behind its classes.
    pub out_features: Vec<usize>,
    /// How much each class counts.
    pub weight: Option<Buffer>,
    /// How the losses of the elements become one.
    #[module(skip)]
    pub reduction: Reduction,
    /// A class index whose elements do not count; none for -100.
    pub ignore_index: Option<i64>,
    /// How much of the target is spread evenly over the classes.
    pub label_smoothing: f64,
    /// The map.
    pub linear: Linear,
    /// The loss's place in a model.
    pub site: Site,
}

builder! {
    /// Settings of a [`LinearCrossEntropyLoss`].
    LinearCrossEntropyLossBuilder for LinearCrossEntropyLoss {
        /// Size of the last dimension of the input.
        in_features: usize;
        /// The number of classes.
        num_classes: usize;
    }
    /// Sizes of the target behind its classes. Default: none.
    out_features: Vec<usize> = Vec::new(), from impl Into<Vec<usize>>;
    /// Whether the map has a bias. Default: false.
    bias: bool = false;
    /// How the losses of the elements become one. Default: their mean.
    reduction: Reduction = Reduction::Mean;
    /// How much each class counts. Default: all alike.
    weight: Option<Tensor> = None, from impl Into<Option<Tensor>>;
    /// A class index whose elements do not count. Default: -100.
    ignore_index: Option<i64> = None, from impl Into<Option<i64>>;
    /// How much of the target is spread evenly over the classes. Default: 0.
    label_smoothing: f64 = 0.0;
}

impl LinearCrossEntropyLossBuilder {
    /// Makes the loss.
    pub fn build(self) -> Result<LinearCrossEntropyLoss> {
        const OP: &str = "LinearCrossEntropyLoss";
        if !(0.0..=1.0).contains(&self.label_smoothing) {
            let expected = "in the range from 0 to 1";
            let got = self.label_smoothing;
            return Err(Error::argument(OP, "label_smoothing", got, expected).into());
        }
        if let Some(weight) = &self.weight
            && weight.shape() != [self.num_classes]
        {
            let expected = format!("[{}]", self.num_classes);
            return Err(Error::shape(OP, weight.shape(), expected).into());
        }
        let classes = [self.num_classes];
        let sizes = classes.iter().chain(&self.out_features);
        let outputs = sizes.copied().try_fold(1_usize, usize::checked_mul);
        let outputs = outputs.ok_or_else(|| {
            let got = format!("{:?}", self.out_features);
            rushlight_autograd::Error::from(Error::argument(OP, "out_features", got, "addressable"))
        })?;
        let linear = Linear::builder(self.in_features, outputs).bias(self.bias);
        Ok(LinearCrossEntropyLoss {
            num_classes: self.num_classes,
            out_features: self.out_features,
            weight: self.weight.map(Buffer::new),
            reduction: self.reduction,
            ignore_index: self.ignore_index,
            label_smoothing: self.label_smoothing,
            linear: linear.dtype(self.dtype).device(self.device).build()?,
            site: Site::default(),
        })
    }
}

impl LinearCrossEntropyLoss {
    fn loss(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let mut sizes = vec![self.num_classes as isize];
        sizes.extend(self.out_features.iter().map(|&size| size as isize));
        let bias = self.linear.bias.as_ref().map(|bias| bias.reshape(&sizes));
        sizes.push(self.linear.in_features as isize);
        let options = CrossEntropyOptions {
            weight: self.weight.as_deref(),
            ignore_index: self.ignore_index.unwrap_or(-100),
            reduction: self.reduction,
            label_smoothing: self.label_smoothing,
        };
        let weight = self.linear.weight.reshape(&sizes)?;
        linear_cross_entropy(input, &weight, bias.transpose()?.as_ref(), target, options)
    }

    fn text(&self) -> String {
        format!(
            "in_features={}, num_classes={}, out_features={}, bias={}, reduction={}, \
             ignore_index={}, label_smoothing={}, options=None",
            self.linear.in_features,
            self.num_classes,
            self.out_features.text(),
            self.linear.bias.is_some().text(),
            self.reduction.name(),
            self.ignore_index.text(),
            self.label_smoothing.text(),
        )
    }
}

impl Loss for LinearCrossEntropyLoss {
    fn forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        // The function applies the linear map itself.
        let linear = &self.linear.site;
        self.site.call_all([input, target], |[input, target]| {
            linear.run(|| self.loss(input, target))
        })
    }
}
