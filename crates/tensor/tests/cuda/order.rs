//! What follows from the order of elements: sorting, statistics, groups, searches, counts.

use crate::arrays::{each_device, numbers, samples, simulate};
use rushlight_tensor::ops::reduce::ExtremeOp;
use rushlight_tensor::ops::search::Side;
use rushlight_tensor::ops::sort::StatisticOp;
use rushlight_tensor::{Array, DType, Result};

/// Rows with repetitions, NaN and both zeros; shorter, longer and much longer than a block has threads.
fn rows(dtype: DType) -> Vec<Array> {
    let shapes = [[2, 3, 7], [1, 2, 90], [1, 1, 1500], [3, 0, 2], [1, 1, 1]];
    let arrays = shapes.map(|shape| {
        let x = samples(shape.iter().product(), 3, dtype);
        x.reshape(&shape.into()).expect("a shape")
    });
    arrays.into_iter().collect()
}

#[test]
fn sorted_rows_and_where_they_were() {
    simulate();
    for dtype in DType::ALL {
        for x in rows(dtype) {
            for dim in [0, -1] {
                for flag in [false, true] {
                    let name = format!("{dtype} {} {dim} {flag}", x.shape());
                    each_device(&name, &x, |x| Ok(x.sort(dim, flag)?.0));
                    each_device(&name, &x, |x| Ok(x.sort(dim, flag)?.1));
                    each_device(&name, &x, |x| Ok(x.topk(1, dim, flag, true)?.0));
                    each_device(&name, &x, |x| Ok(x.topk(1, dim, flag, true)?.1));
                }
            }
        }
        let x = numbers(&[4, 30], dtype);
        each_device("a view", &x, |x| Ok(x.transpose(0, 1)?.sort(0, false)?.1));
        each_device("five", &x, |x| Ok(x.topk(5, 1, true, true)?.1));
        each_device("none", &x, |x| Ok(x.topk(0, 1, true, true)?.1));
        each_device("0-d", &numbers(&[], dtype), |x| Ok(x.sort(0, true)?.1));
    }
}

#[test]
fn a_long_row_is_sorted_beyond_blocks() {
    simulate();
    let x = numbers(&[2, 5000], DType::F32);
    each_device("a long row", &x, |x| Ok(x.sort(1, false)?.1));
    let x = numbers(&[2, 5000], DType::I64);
    each_device("a long row", &x, |x| Ok(x.sort(1, true)?.1));
}

#[test]
fn statistics_and_where_they_are() {
    simulate();
    for dtype in DType::ALL {
        let clean = numbers(&[3, 40], dtype);
        for x in rows(dtype).into_iter().chain([clean]) {
            for dim in [0, -1] {
                for op in [
                    StatisticOp::Rank(0),
                    StatisticOp::Rank(5),
                    StatisticOp::Median,
                    StatisticOp::NanMedian,
                    StatisticOp::Mode,
                ] {
                    let name = format!("{op:?} {dtype} {} {dim}", x.shape());
                    each_device(&name, &x, |x| Ok(x.statistic(op, dim)?.0));
                    each_device(&name, &x, |x| Ok(x.statistic(op, dim)?.1));
                }
            }
        }
    }
}

#[test]
fn extremes_so_far() {
    simulate();
    for dtype in DType::ALL {
        for x in rows(dtype) {
            for op in [ExtremeOp::Max, ExtremeOp::Min] {
                for dim in [0, -1] {
                    let name = format!("{} {dtype} {} {dim}", op.name(), x.shape());
                    each_device(&name, &x, |x| Ok(x.scan_extreme(op, dim)?.0));
                    each_device(&name, &x, |x| Ok(x.scan_extreme(op, dim)?.1));
                }
            }
        }
    }
}

#[test]
fn groups_of_equal_rows() {
    simulate();
    for dtype in DType::ALL {
        for x in rows(dtype) {
            for neighbours in [false, true] {
                for dim in [None, Some(0), Some(-1)] {
                    let name = format!("{dtype} {} {neighbours} {dim:?}", x.shape());
                    // A sort for each column is a lot of columns.
                    if dim == Some(0) && x.numel() > 100 {
                        continue;
                    }
                    each_device(&name, &x, |x| Ok(x.unique(neighbours, dim)?.values));
                    each_device(&name, &x, |x| Ok(x.unique(neighbours, dim)?.inverse));
                    each_device(&name, &x, |x| Ok(x.unique(neighbours, dim)?.counts));
                }
            }
        }
    }
}

#[test]
fn places_in_sorted_rows() {
    simulate();
    for dtype in DType::ALL {
        let sorted = numbers(&[3, 30], dtype).sort(1, false).expect("rows").0;
        for side in [Side::Left, Side::Right] {
            let name = format!("{side:?} {dtype}");
            for x in [
                numbers(&[3, 8], dtype),
                samples(12, 0, dtype)
                    .reshape(&[3, 4].into())
                    .expect("a shape"),
            ] {
                each_device(&name, &x, |x| {
                    x.search(&sorted.to_device(x.device())?, side)
                });
                each_device(&name, &x, |x| {
                    x.search(&sorted.to_device(x.device())?.select(0, 1)?, side)
                });
            }
        }
    }
}

#[test]
fn counts_of_bins() {
    simulate();
    for dtype in DType::ALL
        .into_iter()
        .filter(|dtype| !dtype.is_floating_point())
    {
        for shape in [&[4, 40][..], &[0], &[]] {
            let x = numbers(shape, dtype);
            each_device(&format!("{dtype}"), &x, |x| x.count_into(5, None));
            for weights in DType::ALL {
                each_device(&format!("{dtype} {weights}"), &x, |x| -> Result<Array> {
                    let weights = numbers(shape, weights).to_device(x.device())?;
                    x.count_into(5, Some(&weights))
                });
            }
        }
        each_device("no bins", &numbers(&[3], dtype), |x| x.count_into(0, None));
    }
}

#[test]
fn positions_of_what_is_not_zero() {
    simulate();
    for dtype in DType::ALL {
        for x in [
            numbers(&[3, 40], dtype),
            numbers(&[2, 5000], DType::I8)
                .to_dtype(dtype)
                .expect("a conversion"),
            samples(40, 0, dtype),
            numbers(&[0], dtype),
            numbers(&[], dtype),
        ] {
            let name = format!("{dtype} {}", x.shape());
            each_device(&name, &x, Array::nonzero_positions);
            if x.rank() == 2 {
                each_device(&name, &x, |x| x.transpose(0, 1)?.nonzero_positions());
            }
        }
    }
}
