//! Losses.

use rushlight_nn::functional::Reduction;
use rushlight_nn::{
    AdaptiveLogSoftmaxWithLoss, BCELoss, BCEWithLogitsLoss, Buffer, CTCLoss, CosineEmbeddingLoss,
    CosineSimilarity, CrossEntropyLoss, GaussianNLLLoss, HingeEmbeddingLoss, HuberLoss, KLDivLoss,
    L1Loss, LinearCrossEntropyLoss, Loss, MSELoss, MarginRankingLoss, MultiLabelMarginLoss,
    MultiLabelSoftMarginLoss, MultiMarginLoss, NLLLoss, PairwiseDistance, PoissonNLLLoss,
    SmoothL1Loss, SoftMarginLoss, TripletMarginLoss, TripletMarginWithDistanceLoss,
};

use super::modules;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::{DType, Tensor};

modules! {
    "nn.BCELoss" => |c| BCELoss { weight: buffer(c, "weight", 0)?, ..BCELoss::new() }
        .reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.BCEWithLogitsLoss" => |c| BCEWithLogitsLoss {
            weight: buffer(c, "weight", 0)?,
            pos_weight: buffer(c, "pos_weight", 4)?,
            ..BCEWithLogitsLoss::new()
        }
        .reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.CosineEmbeddingLoss" => |c| CosineEmbeddingLoss::new()
        .margin(c.float_or("margin", 0, 0.0)?)
        .reduction(reduction(c)?),
        |m, c| m.forward(&c.tensor("input1", 0)?, &c.tensor("input2", 1)?, &c.tensor("target", 2)?);
    "nn.CTCLoss" => |c| CTCLoss::new()
        .blank(c.int_or("blank", 0, 0)?)
        .reduction(reduction_at(c, 1)?)
        .zero_infinity(c.bool_or("zero_infinity", 2, false)?),
        |m, c| m.forward(
            &c.tensor("log_probs", 0)?,
            &c.tensor("targets", 1)?,
            &lengths(c, "input_lengths", 2)?,
            &lengths(c, "target_lengths", 3)?,
        );
    "nn.CosineSimilarity" => |c| CosineSimilarity::new()
        .dim(c.int_or("dim", 0, 1)?)
        .eps(c.float_or("eps", 1, 1e-8)?),
        |m, c| m.forward(&c.tensor("x1", 0)?, &c.tensor("x2", 1)?);
    "nn.CrossEntropyLoss" => |c| CrossEntropyLoss {
            weight: buffer(c, "weight", 0)?,
            ..CrossEntropyLoss::new()
        }
        .ignore_index(c.int_or("ignore_index", 2, -100)?)
        .label_smoothing(c.float_or("label_smoothing", 5, 0.0)?)
        .reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.GaussianNLLLoss" => |c| GaussianNLLLoss::new()
        .full(c.bool_or("full", KEYWORD, false)?)
        .eps(c.float_or("eps", KEYWORD, 1e-6)?)
        .reduction(reduction(c)?),
        |m, c| m.forward(&c.input()?, &c.tensor("target", 1)?, &c.tensor("var", 2)?);
    "nn.HingeEmbeddingLoss" => |c| HingeEmbeddingLoss::new()
        .margin(c.float_or("margin", 0, 1.0)?)
        .reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.HuberLoss" => |c| HuberLoss::new()
        .delta(c.float_or("delta", 1, 1.0)?)
        .reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.KLDivLoss" => |c| KLDivLoss::new()
        .log_target(c.bool_or("log_target", 3, false)?)
        .reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.L1Loss" => |c| L1Loss::new().reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.LinearCrossEntropyLoss" => |c| {
            c.only_dense_cpu()?;
            LinearCrossEntropyLoss::builder(c.int("in_features", 0)?, c.int("num_classes", 1)?)
                .out_features(c.opt_ints::<usize>("out_features", KEYWORD)?.unwrap_or_default())
                .bias(c.bool_or("bias", KEYWORD, false)?)
                .dtype(c.opt_dtype("dtype", KEYWORD)?.unwrap_or(DType::F32))
                .reduction(reduction(c)?)
                .weight(c.opt_tensor("weight", KEYWORD)?)
                .ignore_index(c.opt_int::<i64>("ignore_index", KEYWORD)?)
                .label_smoothing(c.float_or("label_smoothing", KEYWORD, 0.0)?)
                .build()?
        }, |m, c| pair(m, c);
    "nn.MSELoss" => |c| MSELoss::new().reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.MarginRankingLoss" => |c| MarginRankingLoss::new()
        .margin(c.float_or("margin", 0, 0.0)?)
        .reduction(reduction(c)?),
        |m, c| m.forward(&c.tensor("input1", 0)?, &c.tensor("input2", 1)?, &c.tensor("target", 2)?);
    "nn.MultiLabelMarginLoss" => |c| MultiLabelMarginLoss::new().reduction(reduction(c)?),
        |m, c| pair(m, c);
    "nn.MultiLabelSoftMarginLoss" => |c| MultiLabelSoftMarginLoss {
            weight: buffer(c, "weight", 0)?,
            ..MultiLabelSoftMarginLoss::new()
        }
        .reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.MultiMarginLoss" => |c| MultiMarginLoss {
            weight: buffer(c, "weight", 2)?,
            ..MultiMarginLoss::new()
        }
        .p(c.int_or("p", 0, 1)?)
        .margin(c.float_or("margin", 1, 1.0)?)
        .reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.NLLLoss" => |c| NLLLoss { weight: buffer(c, "weight", 0)?, ..NLLLoss::new() }
        .ignore_index(c.int_or("ignore_index", 2, -100)?)
        .reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.PairwiseDistance" => |c| PairwiseDistance::new()
        .p(c.float_or("p", 0, 2.0)?)
        .eps(c.float_or("eps", 1, 1e-6)?)
        .keepdim(c.bool_or("keepdim", 2, false)?),
        |m, c| m.forward(&c.tensor("x1", 0)?, &c.tensor("x2", 1)?);
    "nn.PoissonNLLLoss" => |c| PoissonNLLLoss::new()
        .log_input(c.bool_or("log_input", 0, true)?)
        .full(c.bool_or("full", 1, false)?)
        .eps(c.float_or("eps", 3, 1e-8)?)
        .reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.SmoothL1Loss" => |c| SmoothL1Loss::new()
        .beta(c.float_or("beta", 3, 1.0)?)
        .reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.SoftMarginLoss" => |c| SoftMarginLoss::new().reduction(reduction(c)?), |m, c| pair(m, c);
    "nn.TripletMarginLoss" => |c| TripletMarginLoss::new()
        .margin(c.float_or("margin", 0, 1.0)?)
        .p(c.float_or("p", 1, 2.0)?)
        .eps(c.float_or("eps", 2, 1e-6)?)
        .swap(c.bool_or("swap", 3, false)?)
        .reduction(reduction(c)?),
        |m, c| m.forward(&c.tensor("anchor", 0)?, &c.tensor("positive", 1)?, &c.tensor("negative", 2)?);
    "nn.AdaptiveLogSoftmaxWithLoss" => |c| AdaptiveLogSoftmaxWithLoss::builder(
            c.int("in_features", 0)?,
            c.int("n_classes", 1)?,
            c.ints::<usize>("cutoffs", 2)?,
        )
        .div_value(c.float_or("div_value", 3, 4.0)?)
        .head_bias(c.bool_or("head_bias", 4, false)?)
        .build()?,
        |m, c| m.forward(&c.input()?, &c.tensor("target", 1)?);
    "nn.TripletMarginWithDistanceLoss" => |c| {
            let mut loss = TripletMarginWithDistanceLoss::new()
                .margin(c.float_or("margin", KEYWORD, 1.0)?)
                .swap(c.bool_or("swap", KEYWORD, false)?)
                .reduction(reduction(c)?);
            loss.distance_function = Some(distance(c)?);
            loss
        },
        |m, c| m.forward(&c.tensor("anchor", 0)?, &c.tensor("positive", 1)?, &c.tensor("negative", 2)?);
}

/// The call of a loss of two tensors.
fn pair(loss: &impl Loss, c: &Call) -> Given<Tensor> {
    Ok(loss.forward(&c.input()?, &c.tensor("target", 1)?)?)
}

fn buffer(c: &Call, name: &str, position: usize) -> Given<Option<Buffer>> {
    Ok(c.opt_tensor(name, position)?.map(Buffer::new))
}

/// What the losses of the elements become.
pub fn reduction(c: &Call) -> Given<Reduction> {
    Ok(c.text_or("reduction", KEYWORD, "mean")?.parse()?)
}

/// As [`reduction`], where it may be given by position.
pub fn reduction_at(c: &Call, position: usize) -> Given<Reduction> {
    Ok(c.text_or("reduction", position, "mean")?.parse()?)
}

/// Lengths as a sequence or as a tensor.
pub fn lengths(c: &Call, name: &str, position: usize) -> Given<Vec<usize>> {
    let Some(Argument::Tensor(_)) = c.argument(name, position) else {
        return c.ints(name, position);
    };
    let lengths = c
        .tensor(name, position)?
        .to_dtype(DType::I64)?
        .to_vec::<i64>()?;
    match lengths
        .iter()
        .map(|&length| usize::try_from(length))
        .collect()
    {
        Ok(lengths) => Ok(lengths),
        Err(_) => c.unsupported("negative lengths"),
    }
}

/// The distance that is passed as a module.
pub fn distance(c: &Call) -> Given<PairwiseDistance> {
    if !c.has("distance_function", KEYWORD) {
        return Ok(PairwiseDistance::new());
    }
    let settings = c.module("distance_function", KEYWORD)?;
    let distance = PairwiseDistance::new()
        .p(settings.float_or("p", 0, 2.0)?)
        .eps(settings.float_or("eps", 1, 1e-6)?)
        .keepdim(settings.bool_or("keepdim", 2, false)?);
    settings.complete(Ok(distance))
}
