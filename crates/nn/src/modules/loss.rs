//! Losses.

use crate::functional as f;
use crate::functional::Reduction;
use crate::{Buffer, Loss, Module, Result, Site};
use rushlight_autograd::Tensor;

/// Writes a loss: a struct with the buffers in braces and a public field per row, `new`, a chained
/// setter for each of these, and the call. What a loss is set to is not printed, as in PyTorch.
macro_rules! loss {
    (
        $(#[$struct_doc:meta])*
        $Loss:ident { $($(#[$buffer_doc:meta])* $buffer:ident;)* }
        $( $(#[$doc:meta])* $name:ident: $T:ty = $default:expr; )*
        |$loss:ident $(, $input:ident: &Tensor)+| $forward:expr
    ) => {
        $(#[$struct_doc])*
        #[derive(Module, Debug)]
        pub struct $Loss {
            $($(#[$buffer_doc])* pub $buffer: Option<Buffer>,)*
            $($(#[$doc])* #[module(skip)] pub $name: $T,)*
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
                $(#[$buffer_doc])*
                #[must_use]
                pub fn $buffer(mut self, $buffer: Tensor) -> $Loss {
                    self.$buffer = Some(Buffer::new($buffer));
                    self
                }
            )*

            $(
                $(#[$doc])*
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
                self.site.locate($forward)
            }
        }
    };
    (call $Loss:ident, |$loss:ident, $a:ident, $b:ident, $c:ident| $forward:expr) => {
        impl $Loss {
            /// The loss.
            pub fn forward(&self, $a: &Tensor, $b: &Tensor, $c: &Tensor) -> Result<Tensor> {
                let $loss = self;
                self.site.locate($forward)
            }
        }
    };
}

loss! {
    /// The mean of `(input - target)^2`; see [`mse_loss`](f::mse_loss).
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{Loss, MSELoss, functional::Reduction};
    /// # fn main() -> Result<()> {
    /// let loss = MSELoss::new().reduction(Reduction::Sum);
    /// let loss = loss.forward(&tensor([1.0, 2.0])?, &tensor([0.0, 0.0])?)?;
    /// assert_eq!(loss.item()?, 5.0);
    /// # Ok(()) }
    /// ```
    MSELoss {}
    |loss, input: &Tensor, target: &Tensor| f::mse_loss_with(input, target, None, loss.reduction)
}

loss! {
    /// The mean of `|input - target|`; see [`l1_loss`](f::l1_loss).
    L1Loss {}
    |loss, input: &Tensor, target: &Tensor| f::l1_loss_with(input, target, None, loss.reduction)
}

loss! {
    /// Square below `beta`, linear above; see [`smooth_l1_loss_with`](f::smooth_l1_loss_with).
    SmoothL1Loss {}
    /// The distance from which the loss is linear. Default: 1.
    beta: f64 = 1.0;
    |loss, input: &Tensor, target: &Tensor| {
        f::smooth_l1_loss_with(input, target, loss.beta, loss.reduction)
    }
}

loss! {
    /// Square up to `delta`, linear above; see [`huber_loss_with`](f::huber_loss_with).
    HuberLoss {}
    /// The distance from which the loss is linear. Default: 1.
    delta: f64 = 1.0;
    |loss, input: &Tensor, target: &Tensor| {
        f::huber_loss_with(input, target, loss.delta, None, loss.reduction)
    }
}

loss! {
    /// Negative log probability of the target under the softmax of the input; see
    /// [`cross_entropy`](f::cross_entropy).
    ///
    /// ```
    /// # use rushlight_autograd::{Result, tensor};
    /// # use rushlight_nn::{CrossEntropyLoss, Loss};
    /// # fn main() -> Result<()> {
    /// let loss = CrossEntropyLoss::new().label_smoothing(0.1);
    /// let value = loss.forward(&tensor([[0.0, 0.0]])?, &tensor([1])?)?.item()?;
    /// assert!((value - 2.0_f64.ln()).abs() < 1e-6);
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
    /// Negative log likelihood of classes; see [`nll_loss`](f::nll_loss).
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
    /// Cross entropy of probabilities; see [`binary_cross_entropy`](f::binary_cross_entropy).
    BCELoss {
        /// Weights of the elements. Default: none.
        weight;
    }
    |loss, input: &Tensor, target: &Tensor| {
        f::binary_cross_entropy_with(input, target, loss.weight.as_deref(), loss.reduction)
    }
}

loss! {
    /// Cross entropy of sigmoids, without overflow; see
    /// [`binary_cross_entropy_with_logits`](f::binary_cross_entropy_with_logits).
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
    /// Kullback-Leibler divergence from the input, given as logarithms; see [`kl_div`](f::kl_div).
    KLDivLoss {}
    /// Whether the target is given as logarithms too. Default: false.
    log_target: bool = false;
    |loss, input: &Tensor, target: &Tensor| {
        f::kl_div_with(input, target, loss.log_target, loss.reduction)
    }
}

loss! {
    /// Negative log likelihood of counts; see [`poisson_nll_loss`](f::poisson_nll_loss).
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
    /// Negative log likelihood under normal distributions with mean `input` and variance `var`; see
    /// [`gaussian_nll_loss`](f::gaussian_nll_loss).
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
    /// Distances that should be small or large; see [`hinge_embedding_loss`](f::hinge_embedding_loss).
    HingeEmbeddingLoss {}
    /// How large. Default: 1.
    margin: f64 = 1.0;
    |loss, input: &Tensor, target: &Tensor| {
        f::hinge_embedding_loss_with(input, target, loss.margin, loss.reduction)
    }
}

loss! {
    /// The mean of `log(1 + exp(-target * input))`; see [`soft_margin_loss`](f::soft_margin_loss).
    SoftMarginLoss {}
    |loss, input: &Tensor, target: &Tensor| f::soft_margin_loss_with(input, target, loss.reduction)
}

loss! {
    /// Several classes at a time; see [`multilabel_margin_loss`](f::multilabel_margin_loss).
    MultiLabelMarginLoss {}
    |loss, input: &Tensor, target: &Tensor| {
        f::multilabel_margin_loss_with(input, target, loss.reduction)
    }
}

loss! {
    /// Several classes at a time; see [`multilabel_soft_margin_loss`](f::multilabel_soft_margin_loss).
    MultiLabelSoftMarginLoss {
        /// How much each class counts. Default: all alike.
        weight;
    }
    |loss, input: &Tensor, target: &Tensor| {
        f::multilabel_soft_margin_loss_with(input, target, loss.weight.as_deref(), loss.reduction)
    }
}

loss! {
    /// The score of the target should exceed all others; see
    /// [`multi_margin_loss`](f::multi_margin_loss).
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
    /// Vectors that should be near or far; see [`cosine_embedding_loss`](f::cosine_embedding_loss).
    CosineEmbeddingLoss {}
    /// Subtracted from the cosine of vectors that should be far. Default: 0.
    margin: f64 = 0.0;
    |loss, x1: &Tensor, x2: &Tensor, target: &Tensor| {
        f::cosine_embedding_loss_with(x1, x2, target, loss.margin, loss.reduction)
    }
}

loss! {
    /// Which of two scores should be greater; see [`margin_ranking_loss`](f::margin_ranking_loss).
    MarginRankingLoss {}
    /// By how much. Default: 0.
    margin: f64 = 0.0;
    |loss, x1: &Tensor, x2: &Tensor, target: &Tensor| {
        f::margin_ranking_loss_with(x1, x2, target, loss.margin, loss.reduction)
    }
}

loss! {
    /// An anchor should be nearer to the positive than to the negative; see
    /// [`triplet_margin_loss`](f::triplet_margin_loss).
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
