//! Operations outside of the table, each on about a million numbers.

use crate::cases::Case;
use rushlight::autograd::fft::Normalization;
use rushlight::autograd::linalg::{QrMode, Triangle};
use rushlight::autograd::{
    CovarianceWeights, Interpolation, IscloseOptions, PadMode, ScatterReduce, Spacing, fft, linalg,
};
use rushlight::nn::Result;
use rushlight::nn::functional::{
    BatchNormOptions, GridSampleOptions, InterpolateOptions, InterpolationMode, Resize,
    UnfoldOptions,
};
use rushlight::prelude::*;

const SIDE: usize = 1000;

macro_rules! composed {
    ($($name:literal => |$($operand:ident),*| $call:expr;)*) => {
        /// One case for each; an operand's name says what it is.
        pub(crate) fn composed() -> Vec<Case> {
            vec![$(Case::new(concat!("op/", $name), || {
                $(let $operand = operand(stringify!($operand))?;)*
                Ok(Box::new(move || {
                    $call?;
                    Ok(())
                }))
            })),*]
        }
    };
}

fn operand(name: &str) -> Result<Tensor> {
    match name {
        "x" | "y" => Tensor::randn(&[SIDE, SIDE]),
        "vector" => Tensor::randn(&[SIDE]),
        "column" => Tensor::randn(&[SIDE, 1]),
        "flat" => Tensor::randn(&[SIDE * SIDE]),
        "unit" => Ok(Tensor::rand(&[SIDE, SIDE])?.clamp(0.01, 0.99)?),
        "large" => Ok((Tensor::rand(&[SIDE, SIDE])? + 2.0)?),
        "signs" => Ok(Tensor::randn(&[SIDE, SIDE])?.sign()?),
        "mask" => Tensor::randn(&[SIDE, SIDE])?.gt(0.0),
        "index" => Tensor::randint(0, SIDE as i64, &[SIDE, SIDE]),
        "picks" => Tensor::randint(0, SIDE as i64, &[SIDE * SIDE]),
        "rows" => Tensor::randint(0, SIDE as i64, &[SIDE]),
        "steps" => Tensor::linspace(-3.0, 3.0, SIDE),
        "points" => Tensor::randn(&[SIDE, 16]),
        "small" => Tensor::randn(&[8, 8]),
        "triples" => Tensor::randn(&[SIDE * SIDE / 3, 3]),
        "stack" => Tensor::randn(&[16, 250, 250]),
        "square" => Tensor::randn(&[256, 256]),
        "definite" => {
            let x = Tensor::randn(&[256, 256])?;
            Ok((x.matmul(&x.mt()?)? + (Tensor::eye(256)? * 10.0)?)?)
        }
        "spectrum" => Tensor::randn(&[SIDE, SIDE / 2 + 1, 2]),
        "lines" => Tensor::randn(&[1, 10, 100_000]),
        "images" => Tensor::randn(&[1, 10, 316, 316]),
        "quads" => Tensor::randn(&[1, 16, 250, 250]),
        "volume" => Tensor::randn(&[1, 10, 46, 46, 46]),
        "grid" => Ok(((Tensor::rand(&[1, 316, 316, 2])? * 2.0)? - 1.0)?),
        _ => unreachable!("an operand called {name}"),
    }
}

fn training() -> BatchNormOptions<'static> {
    BatchNormOptions {
        training: true,
        ..BatchNormOptions::default()
    }
}

/// To twice the sizes.
fn upsample(x: &Tensor, mode: InterpolationMode) -> Result<Tensor> {
    let options = InterpolateOptions {
        mode,
        ..InterpolateOptions::new(Resize::By(vec![2.0]))
    };
    F::interpolate(x, &options)
}

composed! {
    // Pointwise
    "clamp"                => |x| x.clamp(-0.5, 0.5);
    "leaky_relu"           => |x| x.leaky_relu(0.1);
    "elu"                  => |x| x.elu(1.0);
    "celu"                 => |x| x.celu(1.2);
    "selu"                 => |x| x.selu();
    "relu6"                => |x| x.relu6();
    "hardtanh"             => |x| x.hardtanh(-1.0, 1.0);
    "hardshrink"           => |x| x.hardshrink(0.5);
    "softshrink"           => |x| x.softshrink(0.5);
    "threshold"            => |x| x.threshold(0.1, 20.0);
    "prelu"                => |x, vector| x.prelu(&vector);
    "rrelu_train"          => |x| F::rrelu(&x, 0.1, 0.3, true);
    "glu"                  => |x| x.glu(1);
    "softplus"             => |x| x.softplus(1.0, 20.0);
    "pow_2"                => |x| x.pow(2.0);
    "float_power"          => |x| x.float_power(2.0);
    "add_scalar"           => |x| x.add(1.5);
    "add_alpha"            => |x, y| x.add_alpha(&y, 0.5);
    "add_row"              => |x, vector| x.add(&vector);
    "add_column"           => |x, column| x.add(&column);
    "mul_column"           => |x, column| x.mul(&column);
    "where"                => |mask, x, y| Tensor::select_where(&mask, &x, &y);
    "addcmul"              => |x, y| x.addcmul(&x, &y, 1);
    "addcdiv"              => |x, y| x.addcdiv(&x, &y, 1);
    "lerp"                 => |x, y| x.lerp(&y, 0.3);
    "ldexp"                => |x, index| x.ldexp(&index);
    "frexp"                => |x| x.frexp();
    "nan_to_num"           => |x| x.nan_to_num(None, None, None);
    "logit"                => |unit| unit.logit(None);
    "round_decimals"       => |x| x.round_decimals(2);
    "polygamma_2"          => |unit| unit.polygamma(2);
    "mvlgamma"             => |large| large.mvlgamma(2);
    "isclose"              => |x, y| x.isclose(&y, IscloseOptions::default());
    "allclose"             => |x| x.allclose(&x, IscloseOptions::default());
    "equal"                => |x| x.equal(&x.clone());
    "bitwise_and"          => |index| index.bitwise_and(&index);
    "index_add_1"          => |index| index.add(1);
    "to_f64"               => |x| x.to_dtype(DType::F64);
    "to_bf16"              => |x| x.to_dtype(DType::BF16);
    "to_f16"               => |x| x.to_dtype(DType::F16);
    "to_i64"               => |x| x.to_dtype(DType::I64);
    "to_bool"              => |x| x.to_dtype(DType::Bool);
    "from_i64"             => |index| index.to_dtype(DType::F32);
    // Reductions
    "sum"                  => |x| x.sum();
    "sum_dim0"             => |x| x.sum_dim(&[0], false);
    "sum_dim1"             => |x| x.sum_dim(&[1], false);
    "sum_mask"             => |mask| mask.sum();
    "mean"                 => |x| x.mean();
    "nansum"               => |x| x.nansum();
    "nanmean"              => |x| x.nanmean();
    "prod"                 => |x| x.prod();
    "max"                  => |x| x.max();
    "max_dim1"             => |x| x.max_dim(1, false);
    "min_dim0"             => |x| x.min_dim(0, false);
    "amax_dim0"            => |x| x.amax_dim(&[0], false);
    "amax_dim1"            => |x| x.amax_dim(&[1], false);
    "aminmax"              => |x| x.aminmax();
    "argmax"               => |x| x.argmax();
    "argmax_dim1"          => |x| x.argmax_dim(1, false);
    "argmin_dim0"          => |x| x.argmin_dim(0, false);
    "var"                  => |x| x.var();
    "var_dim1"             => |x| x.var_dim(&[1], 1.0, false);
    "std_mean"             => |x| x.std_mean();
    "logsumexp_dim1"       => |x| x.logsumexp(&[1], false);
    "norm"                 => |x| x.norm();
    "vector_norm_1"        => |x| x.norm_dim(1.0, &[1], false);
    "vector_norm_3"        => |x| x.norm_dim(3.0, &[1], false);
    "dist"                 => |x, y| x.dist(&y, 2.0);
    "any"                  => |mask| mask.any();
    "all_dim1"             => |mask| mask.all_dim(&[1], false);
    "count_nonzero"        => |x| x.count_nonzero();
    "cumsum_dim1"          => |x| x.cumsum(1);
    "cumsum_dim0"          => |x| x.cumsum(0);
    "cumprod_dim1"         => |x| x.cumprod(1);
    "cummax_dim1"          => |x| x.cummax(1);
    "logcumsumexp"         => |x| x.logcumsumexp(1);
    "diff"                 => |x| x.diff(1, 1, None, None);
    "trapezoid"            => |x| x.trapezoid(Spacing::Even(1.0), 1);
    "softmax"              => |x| x.softmax(1);
    "softmax_dim0"         => |x| x.softmax(0);
    "log_softmax"          => |x| x.log_softmax(1);
    "trace"                => |x| x.trace();
    "cov"                  => |x| x.cov(1, CovarianceWeights::default());
    // Order
    "sort"                 => |x| x.sort(1, false);
    "sort_dim0"            => |x| x.sort(0, false);
    "sort_flat"            => |flat| flat.sort(0, false);
    "argsort"              => |x| x.argsort(1, false);
    "msort"                => |x| x.msort();
    "topk_10"              => |x| x.topk(10, 1, true, true);
    "kthvalue"             => |x| x.kthvalue(500, 1, false);
    "median"               => |x| x.median();
    "median_dim1"          => |x| x.median_dim(1, false);
    "nanmedian"            => |x| x.nanmedian();
    "mode"                 => |index| index.mode(1, false);
    "quantile"             => |x| x.quantile(0.3, Interpolation::Linear);
    "unique"               => |picks| picks.unique_values(None);
    "unique_consecutive"   => |picks| picks.unique_consecutive_values(None);
    "searchsorted"         => |steps, x| steps.searchsorted(&x, false, None);
    "bucketize"            => |x, steps| x.bucketize(&steps, false);
    "histc"                => |x| x.histc(100, -3.0, 3.0);
    "bincount"             => |picks| picks.bincount(None, 0);
    "isin"                 => |index, rows| index.isin(&rows);
    // Places
    "transpose"            => |x| x.transpose(0, 1)?.contiguous();
    "to_channels_last"     => |images| images.permute(&[0, 2, 3, 1])?.contiguous();
    "contiguous_part"      => |x| x.narrow(1, 1, 998)?.contiguous();
    "expand_copy"          => |vector| vector.broadcast_to(&[1000, 1000])?.contiguous();
    "clone"                => |x| x.mul(1);
    "cat"                  => |x, y| Tensor::cat(&[&x, &y], 0);
    "cat_dim1"             => |x, y| Tensor::cat(&[&x, &y], 1);
    "stack"                => |x, y| Tensor::stack(&[&x, &y], 0);
    "flip"                 => |x| x.flip(&[1]);
    "flip_both"            => |x| x.flip(&[0, 1]);
    "roll"                 => |x| x.roll(&[300], &[1]);
    "rot90"                => |x| x.rot90(1, &[0, 1]);
    "repeat"               => |rows| rows.repeat(&[1000]);
    "repeat_interleave"    => |vector| vector.repeat_interleave(1000, Some(0));
    "tile"                 => |vector| vector.tile(&[1000, 1]);
    "tril"                 => |x| x.tril(0);
    "triu"                 => |x| x.triu(0);
    "diag_embed"           => |vector| vector.diag_embed(0, 0, 1);
    "pad_constant"         => |images| images.pad(&[1, 1, 1, 1], PadMode::Constant(0.into()));
    "pad_reflect"          => |images| images.pad(&[1, 1, 1, 1], PadMode::Reflect);
    "pad_replicate"        => |images| images.pad(&[1, 1, 1, 1], PadMode::Replicate);
    "pad_circular"         => |images| images.pad(&[1, 1, 1, 1], PadMode::Circular);
    "unfold"               => |flat| flat.unfold(0, 8, 8)?.contiguous();
    "im2col"               => |images| F::unfold(&images, &UnfoldOptions::new([3, 3]));
    "pixel_shuffle"        => |quads| F::pixel_shuffle(&quads, 2);
    "pixel_unshuffle"      => |quads| F::pixel_unshuffle(&quads, 2);
    "channel_shuffle"      => |quads| F::channel_shuffle(&quads, 2);
    // Indices
    "gather"               => |x, index| x.gather(1, &index);
    "gather_dim0"          => |x, index| x.gather(0, &index);
    "take"                 => |x, index| x.take(&index);
    "take_along_dim"       => |x, index| x.take_along_dim(&index, Some(1));
    "index_select"         => |x, rows| x.index_select(0, &rows);
    "index_select_dim1"    => |x, rows| x.index_select(1, &rows);
    "index_rows"           => |x, rows| x.index(&rows);
    "index_add"            => |x, rows, y| x.index_add(0, &rows, &y, 1);
    "index_copy"           => |x, rows, y| x.index_copy(0, &rows, &y);
    "index_fill"           => |x, rows| x.index_fill(0, &rows, 1.0);
    "put"                  => |x, index, y| x.put(&index, &y, false);
    "scatter"              => |x, index, y| x.scatter(1, &index, &y);
    "scatter_add"          => |x, index, y| x.scatter_add(1, &index, &y);
    "scatter_add_dim0"     => |x, index, y| x.scatter_add(0, &index, &y);
    "scatter_amax"         => |x, index, y| x.scatter_reduce(1, &index, &y, ScatterReduce::Amax, true);
    "masked_fill"          => |x, mask| x.masked_fill(&mask, 0.0);
    "masked_select"        => |x, mask| x.masked_select(&mask);
    "masked_scatter"       => |x, mask, y| x.masked_scatter(&mask, &y);
    "nonzero"              => |mask| mask.nonzero();
    "one_hot"              => |rows| rows.one_hot(Some(1000));
    "embedding"            => |x, rows| F::embedding(&rows, &x);
    // Products
    "matmul_vector"        => |x, vector| x.matmul(&vector);
    "dot"                  => |flat| flat.dot(&flat);
    "outer"                => |vector| vector.outer(&vector);
    "bmm"                  => |stack| stack.bmm(&stack);
    "addmm"                => |x, y| x.addmm(&x, &y, 1.0, 1.0);
    "linear"               => |x, y, vector| x.linear(&y, Some(&vector));
    "cdist"                => |points| points.cdist(&points, 2.0);
    "cdist_1"              => |points| points.cdist(&points, 1.0);
    "pdist"                => |points| F::pdist(&points, 2.0);
    "cross"                => |triples| triples.cross(&triples, 1);
    "kron"                 => |points, small| points.kron(&small);
    "tensordot"            => |stack| stack.tensordot(&stack, &[0, 1], &[0, 1]);
    "cosine_similarity"    => |x, y| F::cosine_similarity(&x, &y, 1, 1e-8);
    "pairwise_distance"    => |x, y| F::pairwise_distance(&x, &y);
    // Layers
    "normalize"            => |x| x.normalize(2.0, 1, 1e-12);
    "layer_norm"           => |x, vector| F::layer_norm(&x, &[1000], Some(&vector), Some(&vector), 1e-5);
    "rms_norm"             => |x, vector| F::rms_norm(&x, &[1000], Some(&vector), None);
    "batch_norm"           => |images| F::batch_norm(&images, None, None, training());
    "group_norm"           => |images| F::group_norm(&images, 2, None, None, 1e-5);
    "instance_norm"        => |images| F::instance_norm(&images, None, None, training());
    "local_response_norm"  => |images| F::local_response_norm(&images, 5, 1e-4, 0.75, 1.0);
    "dropout"              => |x| x.dropout(0.5, true);
    "max_pool2d"           => |images| MaxPool2d::new(2).forward(&images);
    "max_pool2d_3"         => |images| MaxPool2d::new(3).stride(2).padding(1).forward(&images);
    "avg_pool2d"           => |images| AvgPool2d::new(2).forward(&images);
    "max_pool1d"           => |lines| MaxPool1d::new(2).forward(&lines);
    "avg_pool1d"           => |lines| AvgPool1d::new(2).forward(&lines);
    "max_pool3d"           => |volume| MaxPool3d::new(2).forward(&volume);
    "avg_pool3d"           => |volume| AvgPool3d::new(2).forward(&volume);
    "adaptive_avg_pool2d"  => |images| AdaptiveAvgPool2d::new(7).forward(&images);
    "adaptive_max_pool2d"  => |images| AdaptiveMaxPool2d::new(7).forward(&images);
    "upsample_nearest"     => |quads| upsample(&quads, InterpolationMode::Nearest);
    "upsample_bilinear"    => |quads| upsample(&quads, InterpolationMode::Bilinear);
    "upsample_bicubic"     => |quads| upsample(&quads, InterpolationMode::Bicubic);
    "grid_sample"          => |images, grid| F::grid_sample(&images, &grid, GridSampleOptions::default());
    // Losses
    "mse_loss"             => |x, y| F::mse_loss(&x, &y);
    "l1_loss"              => |x, y| F::l1_loss(&x, &y);
    "smooth_l1_loss"       => |x, y| F::smooth_l1_loss(&x, &y);
    "huber_loss"           => |x, y| F::huber_loss(&x, &y);
    "bce"                  => |unit| F::binary_cross_entropy(&unit, &unit);
    "bce_with_logits"      => |x, unit| F::binary_cross_entropy_with_logits(&x, &unit);
    "kl_div"               => |x, unit| F::kl_div(&x, &unit);
    "cross_entropy"        => |x, rows| F::cross_entropy(&x, &rows);
    "nll_loss"             => |x, rows| F::nll_loss(&x, &rows);
    "gaussian_nll_loss"    => |x, y, unit| F::gaussian_nll_loss(&x, &y, &unit);
    "poisson_nll_loss"     => |x, unit| F::poisson_nll_loss(&x, &unit);
    "soft_margin_loss"     => |x, signs| F::soft_margin_loss(&x, &signs);
    "hinge_embedding_loss" => |x, signs| F::hinge_embedding_loss(&x, &signs);
    "multi_margin_loss"    => |x, rows| F::multi_margin_loss(&x, &rows);
    "triplet_margin_loss"  => |x, y| F::triplet_margin_loss(&x, &y, &x);
    // Decompositions and transforms
    "cholesky"             => |definite| linalg::cholesky(&definite, Triangle::Lower);
    "qr"                   => |square| linalg::qr(&square, QrMode::Reduced);
    "svd"                  => |square| linalg::svd(&square, false);
    "eigh"                 => |definite| linalg::eigh(&definite, Triangle::Lower);
    "inv"                  => |definite| linalg::inv(&definite);
    "det"                  => |definite| linalg::det(&definite);
    "solve"                => |definite, square| linalg::solve(&definite, &square);
    "irfft"                => |spectrum| fft::irfft(&spectrum, None, -1, Normalization::Backward);
    // Creation
    "zeros"                => |x| Tensor::zeros(&x.shape());
    "full"                 => |x| x.full_like(1.5);
    "arange"               => |flat| Tensor::arange(0, flat.numel() as i64, 1);
    "linspace"             => |flat| Tensor::linspace(0.0, 1.0, flat.numel());
    "eye"                  => |x| Tensor::eye(x.size(0)?);
    "rand"                 => |x| Tensor::rand(&x.shape());
    "randn"                => |x| Tensor::randn(&x.shape());
    "randint"              => |x| Tensor::randint(0, 1000, &x.shape());
    "randperm"             => |flat| Tensor::randperm(flat.numel());
    "bernoulli"            => |unit| unit.bernoulli();
    "multinomial"          => |unit| unit.multinomial(100, true);
}
