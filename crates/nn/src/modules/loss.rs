//! Losses.

use crate::builder::arguments;
use crate::functional as f;
use crate::functional::Reduction;
use crate::{Buffer, Loss, Module, Result, Site};
use rushlight_autograd::Tensor;

/// Writes a loss: a struct with the buffers in braces and a public field per row, `new`, a chained
/// setter for each of these, and the call. What a loss is set to is not printed, as in PyTorch.
macro_rules! loss {
    (
        $(#[$struct_doc:meta])*
        $Loss:ident { $($(#[doc = $buffer_doc:literal])* $buffer:ident;)* }
        $( $(#[doc = $doc:literal])* $name:ident: $T:ty = $default:expr; )*
        |$loss:ident $(, $input:ident: &Tensor)+| $forward:expr
    ) => {
        $(#[$struct_doc])*
        #[doc = arguments!(
            $($buffer: $($buffer_doc)*;)*
            $($name: $($doc)*;)*
            reduction: " How the losses of the elements become one. Default: their mean.";
        )]
        #[derive(Module, Debug)]
        pub struct $Loss {
            $($(#[doc = $buffer_doc])* pub $buffer: Option<Buffer>,)*
            $($(#[doc = $doc])* #[module(skip)] pub $name: $T,)*
            /// How the losses of the elements become one. Default: their mean.
            #[module(skip)]
            pub reduction: Reduction,
            /// The loss's place in a model.
            pub site: Site,
        }

        impl $Loss {
            /// The loss with default settings.
            #[allow(clippy::new_without_default, reason = "some losses would need settings")]
            pub fn new() -> $Loss {
                $Loss {
                    $($buffer: None,)*
                    $($name: $default,)*
                    reduction: Reduction::Mean,
                    site: Site::default(),
                }
            }

            $(
                $(#[doc = $buffer_doc])*
                #[must_use]
                pub fn $buffer(mut self, $buffer: Tensor) -> $Loss {
                    self.$buffer = Some(Buffer::new($buffer));
                    self
                }
            )*

            $(
                $(#[doc = $doc])*
                #[must_use]
                pub fn $name(mut self, $name: $T) -> $Loss {
                    self.$name = $name;
                    self
                }
            )*

            /// How the losses of the elements become one. Default: their mean.
            #[must_use]
            pub fn reduction(mut self, reduction: Reduction) -> $Loss {
                self.reduction = reduction;
                self
            }
        }

        loss!(call $Loss, |$loss $(, $input)+| $forward);
    };
    (call $Loss:ident, |$loss:ident, $input:ident, $target:ident| $forward:expr) => {
        impl Loss for $Loss {
            fn forward(&self, $input: &Tensor, $target: &Tensor) -> Result<Tensor> {
                let $loss = self;
                self.site.call_all([$input, $target], |[$input, $target]| $forward)
            }
        }
    };
    (call $Loss:ident, |$loss:ident, $a:ident, $b:ident, $c:ident| $forward:expr) => {
        impl $Loss {
            /// The loss.
            pub fn forward(&self, $a: &Tensor, $b: &Tensor, $c: &Tensor) -> Result<Tensor> {
                let $loss = self;
                self.site.call_all([$a, $b, $c], |[$a, $b, $c]| $forward)
            }
        }
    };
}

loss! {
    /// The mean of `(input - target)^2`; see [`mse_loss`](f::mse_loss).
    ///
    /// # Shape
    ///
    /// Input and target `[...]`, both alike; the result has one element, or their shape without
    /// reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Loss, MSELoss, functional::Reduction};
    /// # fn main() -> Result<()> {
    /// let loss = MSELoss::new().reduction(Reduction::Sum);
    /// let value = loss.forward(&tensor([1.0, 2.0])?, &tensor([0.0, 0.0])?)?;
    /// assert_eq!(value.item()?, 5.0);
    /// # Ok(()) }
    /// ```
    MSELoss {}
    |loss, input: &Tensor, target: &Tensor| f::mse_loss_with(input, target, None, loss.reduction)
}

loss! {
    /// The mean of `|input - target|`; see [`l1_loss`](f::l1_loss).
    ///
    /// # Shape
    ///
    /// Input and target `[...]`, both alike; the result has one element, or their shape without
    /// reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{L1Loss, Loss};
    /// # fn main() -> Result<()> {
    /// let loss = L1Loss::new();
    /// let value = loss.forward(&tensor([1.0, 2.0])?, &tensor([0.0, 0.0])?)?;
    /// assert_eq!(value.item()?, 1.5);
    /// # Ok(()) }
    /// ```
    L1Loss {}
    |loss, input: &Tensor, target: &Tensor| f::l1_loss_with(input, target, None, loss.reduction)
}

loss! {
    /// The mean of `(input - target)^2 / (2 beta)` where `|input - target|` is below `beta`, and of
    /// `|input - target| - beta / 2` above; see [`smooth_l1_loss_with`](f::smooth_l1_loss_with).
    ///
    /// # Shape
    ///
    /// Input and target `[...]`, both alike; the result has one element, or their shape without
    /// reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Loss, SmoothL1Loss};
    /// # fn main() -> Result<()> {
    /// let loss = SmoothL1Loss::new();
    /// let value = loss.forward(&tensor([0.5, 3.0])?, &tensor([0.0, 0.0])?)?;
    /// assert_eq!(value.to_string(), "tensor(1.3125)");
    /// # Ok(()) }
    /// ```
    SmoothL1Loss {}
    /// The distance from which the loss is linear. Default: 1.
    beta: f64 = 1.0;
    |loss, input: &Tensor, target: &Tensor| {
        f::smooth_l1_loss_with(input, target, loss.beta, loss.reduction)
    }
}

loss! {
    /// The mean of `(input - target)^2 / 2` where `|input - target|` is at most `delta`, and of
    /// `delta (|input - target| - delta / 2)` above; see [`huber_loss_with`](f::huber_loss_with).
    ///
    /// # Shape
    ///
    /// Input and target `[...]`, both alike; the result has one element, or their shape without
    /// reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{HuberLoss, Loss};
    /// # fn main() -> Result<()> {
    /// let loss = HuberLoss::new();
    /// let value = loss.forward(&tensor([0.5, 3.0])?, &tensor([0.0, 0.0])?)?;
    /// assert_eq!(value.to_string(), "tensor(1.3125)");
    /// # Ok(()) }
    /// ```
    HuberLoss {}
    /// The distance from which the loss is linear. Default: 1.
    delta: f64 = 1.0;
    |loss, input: &Tensor, target: &Tensor| {
        f::huber_loss_with(input, target, loss.delta, None, loss.reduction)
    }
}

loss! {
    /// The negative log probability of the target under the softmax of the input,
    /// `log(sum(exp(input))) - input[target]`; see [`cross_entropy`](f::cross_entropy).
    ///
    /// # Shape
    ///
    /// Input `[n, classes, ...]` and target `[n, ...]` of classes, or one of probabilities with the
    /// shape of the input, both with or without `n`; the result has one element, or the shape of
    /// the target without reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{CrossEntropyLoss, Loss};
    /// # fn main() -> Result<()> {
    /// let loss = CrossEntropyLoss::new().label_smoothing(0.1);
    /// let value = loss.forward(&tensor([[0.0, 0.0]])?, &tensor([1])?)?;
    /// assert_eq!(value.to_string(), "tensor(0.6931)");
    /// # Ok(()) }
    /// ```
    CrossEntropyLoss {
        /// How much each class counts. Default: all alike.
        weight;
    }
    /// A class index whose elements do not count. Default: -100.
    ignore_index: i64 = -100;
    /// How much of the target is spread evenly over the classes. Default: 0.
    label_smoothing: f64 = 0.0;
    |loss, input: &Tensor, target: &Tensor| {
        let options = f::CrossEntropyOptions {
            weight: loss.weight.as_deref(),
            ignore_index: loss.ignore_index,
            reduction: loss.reduction,
            label_smoothing: loss.label_smoothing,
        };
        f::cross_entropy_with(input, target, options)
    }
}

loss! {
    /// The mean of `-weight[target] * input[target]`, the negative log likelihood of classes,
    /// divided by the weights; see [`nll_loss`](f::nll_loss).
    ///
    /// # Shape
    ///
    /// Input `[n, classes, ...]` and target `[n, ...]` of classes, both with or without `n`; the
    /// result has one element, or the shape of the target without reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Loss, NLLLoss};
    /// # fn main() -> Result<()> {
    /// let loss = NLLLoss::new();
    /// let value = loss.forward(&tensor([[-1.0, -0.5], [-2.0, -0.25]])?, &tensor([1, 0])?)?;
    /// assert_eq!(value.item()?, 1.25);
    /// # Ok(()) }
    /// ```
    NLLLoss {
        /// How much each class counts. Default: all alike.
        weight;
    }
    /// A class index whose elements do not count. Default: -100.
    ignore_index: i64 = -100;
    |loss, input: &Tensor, target: &Tensor| {
        let options = f::NllOptions {
            weight: loss.weight.as_deref(),
            ignore_index: loss.ignore_index,
            reduction: loss.reduction,
        };
        f::nll_loss_with(input, target, options)
    }
}

loss! {
    /// The mean of `-(target * log(input) + (1 - target) * log(1 - input))`, the cross entropy of
    /// probabilities; see [`binary_cross_entropy`](f::binary_cross_entropy).
    ///
    /// # Shape
    ///
    /// Input and target `[...]`, both alike; the result has one element, or their shape without
    /// reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{BCELoss, Loss};
    /// # fn main() -> Result<()> {
    /// let loss = BCELoss::new();
    /// let value = loss.forward(&tensor([0.5, 0.5])?, &tensor([0.0, 1.0])?)?;
    /// assert_eq!(value.to_string(), "tensor(0.6931)");
    /// # Ok(()) }
    /// ```
    BCELoss {
        /// Weights of the elements. Default: none.
        weight;
    }
    |loss, input: &Tensor, target: &Tensor| {
        f::binary_cross_entropy_with(input, target, loss.weight.as_deref(), loss.reduction)
    }
}

loss! {
    /// The mean of `-(pos_weight * target * log(s) + (1 - target) * log(1 - s))` with
    /// `s = sigmoid(input)`, without overflow; see
    /// [`binary_cross_entropy_with_logits`](f::binary_cross_entropy_with_logits).
    ///
    /// # Shape
    ///
    /// Input and target `[...]`, both alike; the result has one element, or their shape without
    /// reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{BCEWithLogitsLoss, Loss};
    /// # fn main() -> Result<()> {
    /// let loss = BCEWithLogitsLoss::new();
    /// let value = loss.forward(&tensor([0.0, 2.0])?, &tensor([0.0, 1.0])?)?;
    /// assert_eq!(value.to_string(), "tensor(0.4100)");
    /// # Ok(()) }
    /// ```
    BCEWithLogitsLoss {
        /// Weights of the elements. Default: none.
        weight;
        /// How much positive targets count, for each class. Default: as much as negative ones.
        pos_weight;
    }
    |loss, input: &Tensor, target: &Tensor| {
        let options = f::BceWithLogitsOptions {
            weight: loss.weight.as_deref(),
            pos_weight: loss.pos_weight.as_deref(),
            reduction: loss.reduction,
        };
        f::binary_cross_entropy_with_logits_with(input, target, options)
    }
}

loss! {
    /// The mean of `target * (log(target) - input)`, the Kullback-Leibler divergence from the
    /// input, which is given as logarithms; see [`kl_div`](f::kl_div).
    ///
    /// # Shape
    ///
    /// Input and target `[...]`, both alike; the result has one element, or their shape without
    /// reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{KLDivLoss, Loss, functional::Reduction};
    /// # fn main() -> Result<()> {
    /// let loss = KLDivLoss::new().reduction(Reduction::BatchMean);
    /// let value = loss.forward(&tensor([[-0.5, -1.0]])?, &tensor([[0.5, 0.5]])?)?;
    /// assert_eq!(value.to_string(), "tensor(0.0569)");
    /// # Ok(()) }
    /// ```
    KLDivLoss {}
    /// Whether the target is given as logarithms too. Default: false.
    log_target: bool = false;
    |loss, input: &Tensor, target: &Tensor| {
        f::kl_div_with(input, target, loss.log_target, loss.reduction)
    }
}

loss! {
    /// The mean of `exp(input) - target * input`, the negative log likelihood of counts, or of
    /// `input - target * log(input + eps)` for rates; see
    /// [`poisson_nll_loss`](f::poisson_nll_loss).
    ///
    /// # Shape
    ///
    /// Input and target `[...]`, both alike; the result has one element, or their shape without
    /// reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Loss, PoissonNLLLoss};
    /// # fn main() -> Result<()> {
    /// let loss = PoissonNLLLoss::new();
    /// let value = loss.forward(&tensor([0.0, 1.0])?, &tensor([1.0, 2.0])?)?;
    /// assert_eq!(value.to_string(), "tensor(0.8591)");
    /// # Ok(()) }
    /// ```
    PoissonNLLLoss {}
    /// Whether the input is the logarithm of the rate. Default: true.
    log_input: bool = true;
    /// Whether to add the Stirling approximation of the target's factorial. Default: false.
    full: bool = false;
    /// Added to a rate before its logarithm is taken. Default: 1e-8.
    eps: f64 = 1e-8;
    |loss, input: &Tensor, target: &Tensor| {
        let options = f::PoissonNllOptions {
            log_input: loss.log_input,
            full: loss.full,
            eps: loss.eps,
            reduction: loss.reduction,
        };
        f::poisson_nll_loss_with(input, target, options)
    }
}

loss! {
    /// The mean of `(log(var) + (input - target)^2 / var) / 2`, the negative log likelihood under
    /// normal distributions with mean `input` and variance `var`; see
    /// [`gaussian_nll_loss`](f::gaussian_nll_loss).
    ///
    /// # Shape
    ///
    /// Input, target and variance `[...]`, alike, or the variance with a last dimension of 1 or
    /// without one; the result has one element, or the shape of the input without reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::GaussianNLLLoss;
    /// # fn main() -> Result<()> {
    /// let loss = GaussianNLLLoss::new();
    /// let value = loss.forward(&tensor([0.0, 1.0])?, &tensor([1.0, 1.0])?, &tensor([1.0, 1.0])?)?;
    /// assert_eq!(value.item()?, 0.25);
    /// # Ok(()) }
    /// ```
    GaussianNLLLoss {}
    /// Whether to add the constant `log(2 pi) / 2`. Default: false.
    full: bool = false;
    /// The least variance that counts. Default: 1e-6.
    eps: f64 = 1e-6;
    |loss, input: &Tensor, target: &Tensor, var: &Tensor| {
        let options = f::GaussianNllOptions {
            full: loss.full,
            eps: loss.eps,
            reduction: loss.reduction,
        };
        f::gaussian_nll_loss_with(input, target, var, options)
    }
}

loss! {
    /// The mean of `input` where the target is 1, and of `max(0, margin - input)` where it is -1,
    /// so that distances become small or large; see
    /// [`hinge_embedding_loss`](f::hinge_embedding_loss).
    ///
    /// # Shape
    ///
    /// Input and target `[...]`, both alike; the result has one element, or their shape without
    /// reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{HingeEmbeddingLoss, Loss};
    /// # fn main() -> Result<()> {
    /// let loss = HingeEmbeddingLoss::new();
    /// let value = loss.forward(&tensor([0.5, 0.25])?, &tensor([1.0, -1.0])?)?;
    /// assert_eq!(value.item()?, 0.625);
    /// # Ok(()) }
    /// ```
    HingeEmbeddingLoss {}
    /// How large. Default: 1.
    margin: f64 = 1.0;
    |loss, input: &Tensor, target: &Tensor| {
        f::hinge_embedding_loss_with(input, target, loss.margin, loss.reduction)
    }
}

loss! {
    /// The mean of `log(1 + exp(-target * input))`; see [`soft_margin_loss`](f::soft_margin_loss).
    ///
    /// # Shape
    ///
    /// Input and target `[...]`, both alike; the result has one element, or their shape without
    /// reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Loss, SoftMarginLoss};
    /// # fn main() -> Result<()> {
    /// let loss = SoftMarginLoss::new();
    /// let value = loss.forward(&tensor([0.0, 2.0])?, &tensor([1.0, -1.0])?)?;
    /// assert_eq!(value.to_string(), "tensor(1.4100)");
    /// # Ok(()) }
    /// ```
    SoftMarginLoss {}
    |loss, input: &Tensor, target: &Tensor| f::soft_margin_loss_with(input, target, loss.reduction)
}

loss! {
    /// The sum of `max(0, 1 - (input[j] - input[i])) / classes` over the target's classes `j` and
    /// all others `i`; see [`multilabel_margin_loss`](f::multilabel_margin_loss).
    ///
    /// # Shape
    ///
    /// Input and target `[n, classes]`, both with or without `n`; a target lists classes, and ends
    /// where it is -1. The result has one element, or `[n]` without reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Loss, MultiLabelMarginLoss};
    /// # fn main() -> Result<()> {
    /// let loss = MultiLabelMarginLoss::new();
    /// let value = loss.forward(&tensor([[0.25, 0.5, 1.0]])?, &tensor([[2, -1, 0]])?)?;
    /// assert_eq!(value.item()?, 0.25);
    /// # Ok(()) }
    /// ```
    MultiLabelMarginLoss {}
    |loss, input: &Tensor, target: &Tensor| {
        f::multilabel_margin_loss_with(input, target, loss.reduction)
    }
}

loss! {
    /// The mean of `-(target * log(s) + (1 - target) * log(1 - s))` over the classes with
    /// `s = sigmoid(input)`, for several classes at a time; see
    /// [`multilabel_soft_margin_loss`](f::multilabel_soft_margin_loss).
    ///
    /// # Shape
    ///
    /// Input and target `[n, classes]`, both with or without `n`; the result has one element, or
    /// `[n]` without reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Loss, MultiLabelSoftMarginLoss};
    /// # fn main() -> Result<()> {
    /// let loss = MultiLabelSoftMarginLoss::new();
    /// let value = loss.forward(&tensor([[0.0, 2.0]])?, &tensor([[1.0, 0.0]])?)?;
    /// assert_eq!(value.to_string(), "tensor(1.4100)");
    /// # Ok(()) }
    /// ```
    MultiLabelSoftMarginLoss {
        /// How much each class counts. Default: all alike.
        weight;
    }
    |loss, input: &Tensor, target: &Tensor| {
        f::multilabel_soft_margin_loss_with(input, target, loss.weight.as_deref(), loss.reduction)
    }
}

loss! {
    /// The sum of `max(0, margin - input[target] + input[i])^p / classes` over all other classes
    /// `i`, so that the score of the target exceeds all others; see
    /// [`multi_margin_loss`](f::multi_margin_loss).
    ///
    /// # Shape
    ///
    /// Input `[n, classes]` and target `[n]` of classes, both with or without `n`; the result has
    /// one element, or `[n]` without reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Loss, MultiMarginLoss};
    /// # fn main() -> Result<()> {
    /// let loss = MultiMarginLoss::new();
    /// let value = loss.forward(&tensor([[0.25, 0.5, 1.0]])?, &tensor([2])?)?;
    /// assert_eq!(value.item()?, 0.25);
    /// # Ok(()) }
    /// ```
    MultiMarginLoss {
        /// How much each class counts. Default: all alike.
        weight;
    }
    /// The power of each violation, 1 or 2. Default: 1.
    p: u32 = 1;
    /// By how much. Default: 1.
    margin: f64 = 1.0;
    |loss, input: &Tensor, target: &Tensor| {
        let options = f::MultiMarginOptions {
            p: loss.p,
            margin: loss.margin,
            weight: loss.weight.as_deref(),
            reduction: loss.reduction,
        };
        f::multi_margin_loss_with(input, target, options)
    }
}

loss! {
    /// `1 - cos(x1, x2)` where the target is 1, and `max(0, cos(x1, x2) - margin)` where it is -1,
    /// so that vectors become near or far; see [`cosine_embedding_loss`](f::cosine_embedding_loss).
    ///
    /// # Shape
    ///
    /// Two inputs `[n, features]` and a target `[n]`, all with or without `n`; the result has one
    /// element, or `[n]` without reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::CosineEmbeddingLoss;
    /// # fn main() -> Result<()> {
    /// let loss = CosineEmbeddingLoss::new();
    /// let value = loss.forward(&tensor([[1.0, 0.0]])?, &tensor([[0.0, 2.0]])?, &tensor([1.0])?)?;
    /// assert_eq!(value.item()?, 1.0);
    /// # Ok(()) }
    /// ```
    CosineEmbeddingLoss {}
    /// Subtracted from the cosine of vectors that should be far. Default: 0.
    margin: f64 = 0.0;
    |loss, x1: &Tensor, x2: &Tensor, target: &Tensor| {
        f::cosine_embedding_loss_with(x1, x2, target, loss.margin, loss.reduction)
    }
}

loss! {
    /// The mean of `max(0, -target * (x1 - x2) + margin)`: the first score should be greater where
    /// the target is 1, and the second where it is -1; see
    /// [`margin_ranking_loss`](f::margin_ranking_loss).
    ///
    /// # Shape
    ///
    /// Two inputs and a target `[...]`, all alike; the result has one element, or their shape
    /// without reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::MarginRankingLoss;
    /// # fn main() -> Result<()> {
    /// let loss = MarginRankingLoss::new();
    /// let value = loss.forward(&tensor([1.0, 2.0])?, &tensor([2.0, 0.0])?, &tensor([1.0, 1.0])?)?;
    /// assert_eq!(value.item()?, 0.5);
    /// # Ok(()) }
    /// ```
    MarginRankingLoss {}
    /// By how much. Default: 0.
    margin: f64 = 0.0;
    |loss, x1: &Tensor, x2: &Tensor, target: &Tensor| {
        f::margin_ranking_loss_with(x1, x2, target, loss.margin, loss.reduction)
    }
}

loss! {
    /// The mean of `max(0, d(anchor, positive) - d(anchor, negative) + margin)`, so that an anchor
    /// becomes nearer to the positive than to the negative; `d` is the norm of the difference. See
    /// [`triplet_margin_loss`](f::triplet_margin_loss).
    ///
    /// # Shape
    ///
    /// Anchor, positive and negative `[n, features]`, all with or without `n`; the result has one
    /// element, or `[n]` without reduction.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::TripletMarginLoss;
    /// # fn main() -> Result<()> {
    /// let loss = TripletMarginLoss::new().eps(0.0);
    /// let value = loss.forward(&tensor([[0.0, 0.0]])?, &tensor([[0.0, 1.0]])?, &tensor([[1.5, 0.0]])?)?;
    /// assert_eq!(value.item()?, 0.5);
    /// # Ok(()) }
    /// ```
    TripletMarginLoss {}
    /// By how much. Default: 1.
    margin: f64 = 1.0;
    /// The norm that measures distances. Default: 2.
    p: f64 = 2.0;
    /// Added to differences before the norm is taken. Default: 1e-6.
    eps: f64 = 1e-6;
    /// Whether the negative counts from the nearer of anchor and positive. Default: false.
    swap: bool = false;
    |loss, anchor: &Tensor, positive: &Tensor, negative: &Tensor| {
        let options = f::TripletMarginOptions {
            margin: loss.margin,
            p: loss.p,
            eps: loss.eps,
            swap: loss.swap,
            reduction: loss.reduction,
        };
        f::triplet_margin_loss_with(anchor, positive, negative, options)
    }
}
