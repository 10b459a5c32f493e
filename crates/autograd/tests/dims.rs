//! What holds for every operation that is told a dimension.

use crate::gradients::leaf;
use rushlight_autograd::{Interpolation, Result, ScatterReduce, Spacing, Tensor, masked, tensor};

type Along = fn(&Tensor, isize) -> Result<Tensor>;

const ROWS: &[(&str, Along)] = &[
    ("sum", |x, dim| x.sum_dim(&[dim], false)),
    ("nansum", |x, dim| x.nansum_dim(&[dim], false)),
    ("mean", |x, dim| x.mean_dim(&[dim], true)),
    ("nanmean", |x, dim| x.nanmean_dim(&[dim], false)),
    ("prod", |x, dim| x.prod_dim(dim, false)),
    ("any", |x, dim| x.any_dim(&[dim], false)),
    ("all", |x, dim| x.all_dim(&[dim], true)),
    ("count_nonzero", |x, dim| x.count_nonzero_dim(&[dim])),
    ("logsumexp", |x, dim| x.logsumexp(&[dim], false)),
    ("max", |x, dim| Ok(x.max_dim(dim, false)?.0)),
    ("min", |x, dim| Ok(x.min_dim(dim, true)?.1)),
    ("amax", |x, dim| x.amax_dim(&[dim], false)),
    ("amin", |x, dim| x.amin_dim(&[dim], false)),
    ("aminmax", |x, dim| Ok(x.aminmax_dim(dim, false)?.1)),
    ("argmax", |x, dim| x.argmax_dim(dim, false)),
    ("argmin", |x, dim| x.argmin_dim(dim, true)),
    ("var", |x, dim| x.var_dim(&[dim], 1.0, false)),
    ("std_mean", |x, dim| {
        Ok(x.std_mean_dim(&[dim], 1.0, false)?.0)
    }),
    ("norm", |x, dim| x.norm_dim(2.0, &[dim], false)),
    ("normalize", |x, dim| x.normalize(2.0, dim, 1e-12)),
    ("cumsum", |x, dim| x.cumsum(dim)),
    ("cumprod", |x, dim| x.cumprod(dim)),
    ("logcumsumexp", |x, dim| x.logcumsumexp(dim)),
    ("cummax", |x, dim| Ok(x.cummax(dim)?.0)),
    ("cummin", |x, dim| Ok(x.cummin(dim)?.1)),
    ("softmax", |x, dim| x.softmax(dim)),
    ("log_softmax", |x, dim| x.log_softmax(dim)),
    ("softmin", |x, dim| x.softmin(dim)),
    ("safe_softmax", |x, dim| x.safe_softmax(dim)),
    ("sort", |x, dim| Ok(x.sort(dim, false)?.0)),
    ("argsort", |x, dim| x.argsort(dim, true)),
    ("topk", |x, dim| Ok(x.topk(1, dim, true, true)?.0)),
    ("kthvalue", |x, dim| Ok(x.kthvalue(1, dim, false)?.0)),
    ("median", |x, dim| Ok(x.median_dim(dim, false)?.0)),
    ("nanmedian", |x, dim| Ok(x.nanmedian_dim(dim, false)?.0)),
    ("mode", |x, dim| Ok(x.mode(dim, false)?.0)),
    ("quantile", |x, dim| {
        x.quantile_dim(0.5, dim, false, Interpolation::Linear)
    }),
    ("nanquantile", |x, dim| {
        x.nanquantile_dim(0.5, dim, true, Interpolation::Lower)
    }),
    ("unique", |x, dim| Ok(x.unique(Some(dim))?.values)),
    ("diff", |x, dim| x.diff(1, dim, None, None)),
    ("gradient", |x, dim| {
        Ok(x.gradient(&[], &[dim], 1)?.remove(0))
    }),
    ("trapezoid", |x, dim| x.trapezoid(Spacing::Even(1.0), dim)),
    ("cumulative_trapezoid", |x, dim| {
        x.cumulative_trapezoid(Spacing::Even(1.0), dim)
    }),
    ("cross", |x, dim| x.cross(x, dim)),
    ("gather", |x, dim| x.gather(dim, &x.zeros_like()?.long()?)),
    ("scatter", |x, dim| {
        x.scatter(dim, &x.zeros_like()?.long()?, 1.0)
    }),
    ("scatter_reduce", |x, dim| {
        x.scatter_reduce(dim, &x.zeros_like()?.long()?, x, ScatterReduce::Mean, true)
    }),
    ("index_select", |x, dim| x.index_select(dim, &tensor([0])?)),
    ("cat", |x, dim| Tensor::cat(&[x, x], dim)),
    ("flip", |x, dim| x.flip(&[dim])),
    ("roll", |x, dim| x.roll(&[1], &[dim])),
    ("narrow", |x, dim| x.narrow(dim, 0, 1)),
    ("select", |x, dim| x.select(dim, 0)),
    ("unfold", |x, dim| x.unfold(dim, 1, 1)),
    ("repeat_interleave", |x, dim| {
        x.repeat_interleave(2, Some(dim))
    }),
    ("masked::sum", |x, dim| masked::sum(x, &[dim], false, None)),
    ("masked::prod", |x, dim| {
        masked::prod(x, &[dim], false, None)
    }),
    ("masked::median", |x, dim| {
        masked::median(x, dim, false, None)
    }),
    ("masked::argmax", |x, dim| {
        masked::argmax(x, Some(dim), false, None)
    }),
    ("masked::softmax", |x, dim| masked::softmax(x, dim, None)),
    ("masked::normalize", |x, dim| {
        masked::normalize(x, 2.0, dim, 1e-12, None)
    }),
];

#[test]
fn a_dimension_that_does_not_exist_is_refused() {
    for (name, along) in ROWS {
        for shape in [&[][..], &[3], &[2, 3], &[0, 3]] {
            let rank = shape.len().max(1) as isize;
            for dim in [rank, -rank - 1, isize::MAX, isize::MIN] {
                let refused = along(&leaf(shape), dim).is_err();
                assert!(refused, "{name} along {dim} of {shape:?}");
            }
        }
    }
}

#[test]
fn a_dimension_counts_from_either_end() {
    for (name, along) in ROWS {
        for shape in [&[3][..], &[3, 3], &[2, 3, 3]] {
            let x = leaf(shape);
            let (front, back) = (along(&x, shape.len() as isize - 1), along(&x, -1));
            let text = |y: Result<Tensor>| y.map(|y| y.detach().to_string());
            let (front, back) = (text(front), text(back));
            assert_eq!(front.unwrap(), back.unwrap(), "{name} of {shape:?}");
        }
    }
}

#[test]
fn empty_and_0d_tensors_have_a_result_or_an_error() {
    for (name, along) in ROWS {
        for shape in [&[][..], &[0], &[0, 3], &[3, 0], &[1, 0, 1]] {
            for dim in 0..shape.len().max(1) as isize {
                let Ok(y) = along(&leaf(shape), dim) else {
                    continue;
                };
                let read = y.to_bytes().map(|bytes| bytes.len());
                let expected = y.numel() * y.dtype().size_in_bytes();
                assert_eq!(read.unwrap(), expected, "{name} along {dim} of {shape:?}");
            }
        }
    }
}
