//! Losses as functions.

use super::ops;
use crate::call::{Call, Given, KEYWORD};
use crate::modules::{distance, lengths, reduction, reduction_at};
use crate::tensor::Tensor;
use rushlight_nn::functional as F;

ops! {
    "nn.functional.binary_cross_entropy" => |c| F::binary_cross_entropy_with(
        &c.input()?,
        &target(c)?,
        c.opt_tensor("weight", 2)?.as_ref(),
        reduction(c)?,
    );
    "nn.functional.binary_cross_entropy_with_logits" => |c| {
        let weight = c.opt_tensor("weight", 2)?;
        let pos_weight = c.opt_tensor("pos_weight", KEYWORD)?;
        let options = F::BceWithLogitsOptions {
            weight: weight.as_ref(),
            pos_weight: pos_weight.as_ref(),
            reduction: reduction(c)?,
        };
        F::binary_cross_entropy_with_logits_with(&c.input()?, &target(c)?, options)
    };
    "nn.functional.cosine_embedding_loss" => |c| F::cosine_embedding_loss_with(
        &c.input()?,
        &c.tensor("input2", 1)?,
        &c.tensor("target", 2)?,
        c.float_or("margin", 3, 0.0)?,
        reduction(c)?,
    );
    "nn.functional.cosine_similarity" => |c| F::cosine_similarity(
        &c.tensor("x1", 0)?,
        &c.tensor("x2", 1)?,
        c.int_or("dim", 2, 1)?,
        c.float_or("eps", 3, 1e-8)?,
    );
    "nn.functional.cross_entropy" => |c| {
        let weight = c.opt_tensor("weight", 2)?;
        let options = F::CrossEntropyOptions {
            weight: weight.as_ref(),
            ignore_index: c.int_or("ignore_index", KEYWORD, -100)?,
            reduction: reduction(c)?,
            label_smoothing: c.float_or("label_smoothing", KEYWORD, 0.0)?,
        };
        F::cross_entropy_with(&c.input()?, &target(c)?, options)
    };
    "nn.functional.ctc_loss" => |c| {
        let options = F::CtcOptions {
            blank: c.int_or("blank", 4, 0)?,
            reduction: reduction_at(c, 5)?,
            zero_infinity: c.bool_or("zero_infinity", 6, false)?,
        };
        F::ctc_loss_with(
            &c.input()?,
            &c.tensor("targets", 1)?,
            &lengths(c, "input_lengths", 2)?,
            &lengths(c, "target_lengths", 3)?,
            options,
        )
    };
    "nn.functional.gaussian_nll_loss" => |c| {
        let (input, target, var) = (c.input()?, target(c)?, c.tensor("var", 2)?);
        let options = F::GaussianNllOptions {
            full: c.bool_or("full", 3, false)?,
            eps: c.float_or("eps", 4, 1e-6)?,
            reduction: reduction(c)?,
        };
        F::gaussian_nll_loss_with(&input, &target, &var, options)
    };
    "nn.functional.hinge_embedding_loss" => |c| F::hinge_embedding_loss_with(
        &c.input()?,
        &target(c)?,
        c.float_or("margin", 2, 1.0)?,
        reduction(c)?,
    );
    "nn.functional.huber_loss" => |c| F::huber_loss_with(
        &c.input()?,
        &target(c)?,
        c.float_or("delta", 3, 1.0)?,
        c.opt_tensor("weight", 4)?.as_ref(),
        reduction(c)?,
    );
    "nn.functional.kl_div" => |c| F::kl_div_with(
        &c.input()?,
        &target(c)?,
        c.bool_or("log_target", KEYWORD, false)?,
        reduction(c)?,
    );
    "nn.functional.l1_loss" => |c| F::l1_loss_with(
        &c.input()?,
        &target(c)?,
        c.opt_tensor("weight", KEYWORD)?.as_ref(),
        reduction(c)?,
    );
    "nn.functional.linear_cross_entropy" => |c| {
        let weight = c.opt_tensor("weight", KEYWORD)?;
        let options = F::CrossEntropyOptions {
            weight: weight.as_ref(),
            ignore_index: c.int_or("ignore_index", KEYWORD, -100)?,
            reduction: reduction(c)?,
            label_smoothing: c.float_or("label_smoothing", KEYWORD, 0.0)?,
        };
        F::linear_cross_entropy(
            &c.input()?,
            &c.tensor("linear_weight", 1)?,
            c.opt_tensor("linear_bias", KEYWORD)?.as_ref(),
            &c.tensor("target", 2)?,
            options,
        )
    };
    "nn.functional.margin_ranking_loss" => |c| F::margin_ranking_loss_with(
        &c.input()?,
        &c.tensor("input2", 1)?,
        &c.tensor("target", 2)?,
        c.float_or("margin", 3, 0.0)?,
        reduction(c)?,
    );
    "nn.functional.mse_loss" => |c| F::mse_loss_with(
        &c.input()?,
        &target(c)?,
        c.opt_tensor("weight", KEYWORD)?.as_ref(),
        reduction(c)?,
    );
    "nn.functional.multi_margin_loss" => |c| {
        let (input, target) = (c.input()?, target(c)?);
        let weight = c.opt_tensor("weight", 4)?;
        let options = F::MultiMarginOptions {
            p: c.int_or("p", 2, 1)?,
            margin: c.float_or("margin", 3, 1.0)?,
            weight: weight.as_ref(),
            reduction: reduction(c)?,
        };
        F::multi_margin_loss_with(&input, &target, options)
    };
    "nn.functional.multilabel_margin_loss" => |c| {
        F::multilabel_margin_loss_with(&c.input()?, &target(c)?, reduction(c)?)
    };
    "nn.functional.multilabel_soft_margin_loss" => |c| F::multilabel_soft_margin_loss_with(
        &c.input()?,
        &target(c)?,
        c.opt_tensor("weight", 2)?.as_ref(),
        reduction(c)?,
    );
    "nn.functional.nll_loss" => |c| {
        let weight = c.opt_tensor("weight", 2)?;
        let options = F::NllOptions {
            weight: weight.as_ref(),
            ignore_index: c.int_or("ignore_index", KEYWORD, -100)?,
            reduction: reduction(c)?,
        };
        F::nll_loss_with(&c.input()?, &target(c)?, options)
    };
    "nn.functional.pairwise_distance" => |c| F::pairwise_distance_with(
        &c.input()?,
        &c.tensor("x2", 1)?,
        c.float_or("p", 2, 2.0)?,
        c.float_or("eps", 3, 1e-6)?,
        c.bool_or("keepdim", 4, false)?,
    );
    "nn.functional.pdist" => |c| F::pdist(&c.input()?, c.float_or("p", 1, 2.0)?);
    "nn.functional.poisson_nll_loss" => |c| {
        let (input, target) = (c.input()?, target(c)?);
        let options = F::PoissonNllOptions {
            log_input: c.bool_or("log_input", 2, true)?,
            full: c.bool_or("full", 3, false)?,
            eps: c.float_or("eps", 5, 1e-8)?,
            reduction: reduction(c)?,
        };
        F::poisson_nll_loss_with(&input, &target, options)
    };
    "nn.functional.smooth_l1_loss" => |c| F::smooth_l1_loss_with(
        &c.input()?,
        &target(c)?,
        c.float_or("beta", KEYWORD, 1.0)?,
        reduction(c)?,
    );
    "nn.functional.soft_margin_loss" => |c| {
        F::soft_margin_loss_with(&c.input()?, &target(c)?, reduction(c)?)
    };
    "nn.functional.triplet_margin_loss" => |c| {
        let (anchor, positive, negative) = triplet(c)?;
        let options = F::TripletMarginOptions {
            margin: c.float_or("margin", 3, 1.0)?,
            p: c.float_or("p", 4, 2.0)?,
            eps: c.float_or("eps", 5, 1e-6)?,
            swap: c.bool_or("swap", 6, false)?,
            reduction: reduction(c)?,
        };
        F::triplet_margin_loss_with(&anchor, &positive, &negative, options)
    };
    "nn.functional.triplet_margin_with_distance_loss" => |c| {
        let (anchor, positive, negative) = triplet(c)?;
        let distance = distance(c)?;
        let options = F::TripletMarginOptions {
            margin: c.float_or("margin", KEYWORD, 1.0)?,
            swap: c.bool_or("swap", KEYWORD, false)?,
            reduction: reduction(c)?,
            ..F::TripletMarginOptions::default()
        };
        let measure = |a: &Tensor, b: &Tensor| distance.forward(a, b);
        F::triplet_margin_with_distance_loss(&anchor, &positive, &negative, measure, options)
    };
}

fn triplet(c: &Call) -> Given<(Tensor, Tensor, Tensor)> {
    Ok((
        c.input()?,
        c.tensor("positive", 1)?,
        c.tensor("negative", 2)?,
    ))
}

fn target(c: &Call) -> Given<Tensor> {
    c.tensor("target", 1)
}
