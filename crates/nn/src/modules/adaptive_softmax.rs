//! Softmax over many classes of very different frequency.

use crate::builder::builder;
use crate::{Error, Forward, Linear, Module, Result, Sequential, Site};
use rushlight_autograd::{DType, Tensor};

/// Adaptive softmax, from "Efficient softmax approximation for GPUs" (Grave et al. 2017): frequent
/// classes are told apart by the head, the others by clusters with fewer features each.
///
/// Classes are sorted by frequency, the most frequent first; `cutoffs` says where the clusters begin.
///
/// # Shape
///
/// `[n, in_features]` and targets `[n]`, both with or without `n`; the results are `[n]` and one
/// element.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor, tensor};
/// # use rushlight_nn::AdaptiveLogSoftmaxWithLoss;
/// # fn main() -> Result<()> {
/// let softmax = AdaptiveLogSoftmaxWithLoss::builder(8, 20, [5, 10]).div_value(2.0).build()?;
/// let x = Tensor::randn(&[3, 8])?;
/// let (output, loss) = softmax.forward(&x, &tensor([1, 7, 19])?)?;
/// assert_eq!((output.shape(), loss.numel()), (tensor([0, 0, 0])?.shape(), 1));
/// assert_eq!(softmax.log_prob(&x)?.shape(), [3, 20]);
/// # Ok(()) }
/// ```
#[derive(Module, Debug)]
pub struct AdaptiveLogSoftmaxWithLoss {
    /// Features of the input.
    pub in_features: usize,
    /// The number of classes.
    pub n_classes: usize,
    /// Where the clusters begin, and the number of classes.
    pub cutoffs: Vec<usize>,
    /// By how much the features of each cluster are fewer than those of the one before.
    pub div_value: f64,
    /// Scores of the frequent classes and of the clusters.
    pub head: Linear,
    /// Scores of the classes of each cluster.
    pub tail: Vec<Sequential>,
    /// The layer's place in a model.
    pub site: Site,
}

/// Where clusters begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cutoffs(pub Vec<usize>);

impl<T: Into<Vec<usize>>> From<T> for Cutoffs {
    fn from(cutoffs: T) -> Cutoffs {
        Cutoffs(cutoffs.into())
    }
}

builder! {
    /// Settings of an [`AdaptiveLogSoftmaxWithLoss`] layer.
    AdaptiveLogSoftmaxWithLossBuilder for AdaptiveLogSoftmaxWithLoss {
        /// Size of the last dimension of the input.
        in_features: usize;
        /// The number of classes.
        n_classes: usize;
        /// Where the clusters begin.
        cutoffs: Cutoffs, from impl Into<Cutoffs>;
    }
    /// By how much the features of each cluster are fewer than those of the one before. Default: 4.
    div_value: f64 = 4.0;
    /// Whether the head has a bias. Default: false.
    head_bias: bool = false;
}

impl AdaptiveLogSoftmaxWithLossBuilder {
    /// Makes the layer.
    ///
    /// Errors unless the cutoffs are increasing numbers from 1 to less than the number of classes.
    pub fn build(self) -> Result<AdaptiveLogSoftmaxWithLoss> {
        const OP: &str = "AdaptiveLogSoftmaxWithLoss";
        let mut cutoffs = self.cutoffs.0.clone();
        let is_increasing = cutoffs.is_sorted_by(|a, b| a < b);
        let fits = |range: &[usize]| range[0] > 0 && range[range.len() - 1] < self.n_classes;
        if cutoffs.is_empty() || !is_increasing || !fits(&cutoffs) {
            let expected = "increasing numbers from 1 to n_classes - 1";
            return Err(Error::argument(OP, "cutoffs", format!("{cutoffs:?}"), expected).into());
        }
        if self.div_value.is_nan() || self.div_value <= 0.0 {
            return Err(Error::argument(OP, "div_value", self.div_value, "greater than 0").into());
        }
        let linear = |inputs, outputs, bias| {
            let layer = Linear::builder(inputs, outputs).bias(bias);
            layer.dtype(self.dtype).device(self.device).build()
        };
        let head = linear(self.in_features, cutoffs[0] + cutoffs.len(), self.head_bias)?;
        cutoffs.push(self.n_classes);
        let mut tail = Vec::new();
        for (number, range) in cutoffs.windows(2).enumerate() {
            let shrunk = self.div_value.powi(number as i32 + 1);
            let hidden = (self.in_features as f64 / shrunk).floor() as usize;
            tail.push(Sequential::from(vec![
                Box::new(linear(self.in_features, hidden, false)?) as Box<dyn Forward>,
                Box::new(linear(hidden, range[1] - range[0], false)?),
            ]));
        }
        Ok(AdaptiveLogSoftmaxWithLoss {
            in_features: self.in_features,
            n_classes: self.n_classes,
            cutoffs,
            div_value: self.div_value,
            head,
            tail,
            site: Site::default(),
        })
    }
}

impl AdaptiveLogSoftmaxWithLoss {
    /// The logarithm of the probability of each target, and the mean of their negatives.
    ///
    /// Shapes: `[n, in_features]`, `[n] -> [n]`, all with or without `n`.
    pub fn forward(&self, x: &Tensor, target: &Tensor) -> Result<(Tensor, Tensor)> {
        self.site.call_all([x, target], |[x, target]| {
            let output = match x.dim() {
                2 => self.of_targets(x, target)?,
                _ => self.of_targets(&x.unsqueeze(0)?, &target.unsqueeze(0)?)?,
            };
            let loss = output.neg()?.mean()?;
            match x.dim() {
                2 => Ok((output, loss)),
                _ => Ok((output.squeeze_dims(&[0])?, loss)),
            }
        })
    }

    fn of_targets(&self, x: &Tensor, target: &Tensor) -> Result<Tensor> {
        const OP: &str = "AdaptiveLogSoftmaxWithLoss";
        let count = x.size(0)?;
        if x.dim() != 2 || target.shape() != [count] {
            let got = format!("{} for an input of {}", target.shape(), x.shape());
            let expected = "a class for each example";
            return Err(Error::argument(OP, "target", got, expected).into());
        }
        let classes = target.to_dtype(DType::I64)?.to_vec::<i64>()?;
        if let Some(class) = classes
            .iter()
            .find(|&&class| !(0..self.n_classes as i64).contains(&class))
        {
            return Err(Error::argument(OP, "target", class, "from 0 to n_classes - 1").into());
        }
        // The entry of the head that stands for each target.
        let mut entries = classes.clone();
        let mut output = x.new_zeros(&[count])?;
        for (number, range) in self.cutoffs.windows(2).enumerate() {
            let is_inside = |class: i64| (range[0] as i64..range[1] as i64).contains(&class);
            let rows = (0..count).filter(|&row| is_inside(classes[row]));
            let rows: Vec<i64> = rows.map(|row| row as i64).collect();
            if rows.is_empty() {
                continue;
            }
            let own = rows
                .iter()
                .map(|&row| classes[row as usize] - range[0] as i64);
            let own = Tensor::from_vec(own.collect(), &[rows.len(), 1])?.to_device(x.device())?;
            for &row in &rows {
                entries[row as usize] = (self.cutoffs[0] + number) as i64;
            }
            let rows = Tensor::from_slice(&rows, &[rows.len()])?.to_device(x.device())?;
            let scores = self.tail[number].forward(&x.index_select(0, &rows)?)?;
            let chosen = scores.log_softmax(1)?.gather(1, &own)?.squeeze_dims(&[1])?;
            output = output.index_copy(0, &rows, &chosen)?;
        }
        let entries = Tensor::from_vec(entries, &[count, 1])?.to_device(x.device())?;
        let head = self.head.forward(x)?.log_softmax(1)?;
        output.add(head.gather(1, &entries)?.squeeze_dims(&[1])?)
    }

    /// The logarithms of the probabilities of all classes.
    ///
    /// Shapes: `[n, in_features] -> [n, n_classes]`.
    pub fn log_prob(&self, x: &Tensor) -> Result<Tensor> {
        let head = self.head.forward(x)?.log_softmax(1)?;
        let shortlist = self.cutoffs[0];
        let mut parts = vec![head.narrow(1, 0_i64, shortlist)?];
        for (number, cluster) in self.tail.iter().enumerate() {
            let of_cluster = head.narrow(1, (shortlist + number) as i64, 1)?;
            parts.push(cluster.forward(x)?.log_softmax(1)?.add(of_cluster)?);
        }
        Tensor::cat(&parts, 1)
    }

    /// The most probable class of each example.
    ///
    /// Shapes: `[n, in_features] -> [n]`.
    pub fn predict(&self, x: &Tensor) -> Result<Tensor> {
        self.log_prob(x)?.argmax_dim(1, false)
    }
}
