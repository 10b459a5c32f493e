//! Operations with kernels of their own, for every dtype they take.

use crate::arrays::{CUDA, each_device, numbers, samples, simulate};
use rushlight_tensor::ops::reduce::{ExtremeOp, ReduceOp, SpreadOp};
use rushlight_tensor::ops::scan::{Direction, ScanOp};
use rushlight_tensor::ops::scatter::ScatterOp;
use rushlight_tensor::ops::softmax::SoftmaxOp;
use rushlight_tensor::ops::update::UpdateOp;
use rushlight_tensor::{Array, DType, Scalar};

const REDUCTIONS: [ReduceOp; 13] = [
    ReduceOp::Sum,
    ReduceOp::NanSum,
    ReduceOp::Mean,
    ReduceOp::Prod,
    ReduceOp::Max,
    ReduceOp::Min,
    ReduceOp::Any,
    ReduceOp::All,
    ReduceOp::CountNonzero,
    ReduceOp::AbsSum,
    ReduceOp::AbsMax,
    ReduceOp::AbsMin,
    ReduceOp::Euclidean,
];

#[test]
fn reductions() {
    simulate();
    for dtype in DType::ALL {
        let special = samples(40, 0, dtype)
            .reshape(&[2, 4, 5].into())
            .expect("a shape");
        for x in [
            numbers(&[3, 7, 50], dtype),
            numbers(&[2, 0], dtype),
            special,
        ] {
            for dims in [&[][..], &[0], &[-1], &[0, 1]] {
                for op in REDUCTIONS {
                    let name = format!("{} {dtype} {} {dims:?}", op.name(), x.shape());
                    each_device(&name, &x, |x| x.reduce(op, dims));
                    each_device(&name, &x, |x| x.transpose(0, 1)?.reduce(op, dims));
                }
            }
        }
    }
}

#[test]
fn extremes_and_where_they_are() {
    simulate();
    for dtype in DType::ALL {
        for x in [
            numbers(&[4, 300], dtype),
            samples(40, 0, dtype)
                .reshape(&[8, 5].into())
                .expect("a shape"),
        ] {
            for op in [ExtremeOp::Max, ExtremeOp::Min] {
                for dim in [0, 1] {
                    let name = format!("{} {dtype}", op.name());
                    each_device(&name, &x, |x| Ok(x.extreme(op, dim)?.0));
                    each_device(&name, &x, |x| Ok(x.extreme(op, dim)?.1));
                }
            }
        }
    }
}

#[test]
fn spreads() {
    simulate();
    for dtype in DType::ALL {
        let x = numbers(&[3, 700], dtype);
        for op in [SpreadOp::Variance, SpreadOp::Deviation] {
            for (dims, correction) in [(&[][..], 1.0), (&[1], 0.0), (&[0], 3.0)] {
                each_device(op.name(), &x, |x| Ok(x.spread(op, dims, correction)?.0));
                each_device(op.name(), &x, |x| Ok(x.spread(op, dims, correction)?.1));
            }
        }
    }
}

#[test]
fn products_of_matrices() {
    simulate();
    for dtype in DType::ALL {
        for shape in [&[70, 65][..], &[2, 3, 5, 17], &[4, 0]] {
            let x = numbers(shape, dtype);
            each_device(&format!("matmul {dtype} {shape:?}"), &x, |x| {
                x.matmul(&x.transpose(-1, -2)?)
            });
            each_device(&format!("matmul {dtype} {shape:?}"), &x, |x| {
                x.transpose(-1, -2)?.matmul(x)
            });
        }
    }
}

#[test]
fn softmax_and_its_gradient() {
    simulate();
    for dtype in DType::ALL {
        for x in [
            numbers(&[3, 5, 300], dtype),
            numbers(&[], dtype),
            numbers(&[2, 0], dtype),
        ] {
            for op in [SoftmaxOp::Softmax, SoftmaxOp::LogSoftmax] {
                for dim in [0, -1] {
                    let name = format!("{} {dtype} {} {dim}", op.name(), x.shape());
                    each_device(&name, &x, |x| x.softmax(op, dim));
                    each_device(&name, &x, |x| {
                        Array::softmax_backward(op, x, &x.softmax(op, dim)?, dim)
                    });
                }
            }
        }
    }
}

#[test]
fn elements_by_index() {
    simulate();
    let index = Array::from_slice(&[2i64, 0, 1, 1, 3, 0], &[2, 3]).expect("an array");
    for dtype in DType::ALL {
        let x = numbers(&[4, 5], dtype);
        let source = numbers(&[2, 3], dtype);
        each_device("gather", &x, |x| x.gather(0, &index.to_device(x.device())?));
        each_device("gather", &x, |x| {
            x.transpose(0, 1)?.gather(1, &index.to_device(x.device())?)
        });
        for op in [
            ScatterOp::Replace,
            ScatterOp::Add,
            ScatterOp::Multiply,
            ScatterOp::Minimum,
            ScatterOp::Maximum,
        ] {
            for dim in [0, 1] {
                let name = format!("{op:?} {dtype} {dim}");
                each_device(&name, &x, |x| {
                    let (index, source) =
                        (index.to_device(x.device())?, source.to_device(x.device())?);
                    x.clone().scatter(op, dim, &index, &source)
                });
            }
        }
    }
    let x = numbers(&[4, 5], DType::F32)
        .to_device(CUDA)
        .expect("a copy");
    let beyond = Array::from_slice(&[7i64], &[1])
        .and_then(|x| x.to_device(CUDA))
        .expect("an array");
    let error = x.index_select(0, &beyond).expect_err("beyond the end");
    assert_eq!(
        error.to_string(),
        "index_select: index 7 is out of range for size 4"
    );
}

#[test]
fn scans() {
    simulate();
    for dtype in DType::ALL {
        let x = numbers(&[3, 40, 2], dtype);
        for op in [
            ScanOp::Sum,
            ScanOp::Prod,
            ScanOp::ProdBefore,
            ScanOp::LogSumExp,
        ] {
            for direction in [Direction::Forward, Direction::Backward] {
                for dim in [0, 1] {
                    let name = format!("{} {dtype} {direction:?} {dim}", op.name());
                    each_device(&name, &x, |x| x.scan(op, dim, direction));
                    each_device(&name, &x, |x| {
                        Array::recurrence(&x.narrow(1, 0, 5)?, &x.narrow(1, 0, 5)?, dim, direction)
                    });
                }
            }
        }
    }
}

#[test]
fn long_lines_are_scanned_in_pieces() {
    simulate();
    for dtype in [DType::F32, DType::F64, DType::BF16, DType::I64, DType::I8] {
        let x = numbers(&[2, 9001], dtype);
        for direction in [Direction::Forward, Direction::Backward] {
            let name = format!("{dtype} {direction:?}");
            each_device(&name, &x, |x| x.scan(ScanOp::Sum, 1, direction));
            each_device(&name, &x, |x| {
                x.narrow(1, 5, 333)?.scan(ScanOp::ProdBefore, 1, direction)
            });
            each_device(&name, &x, |x| {
                x.narrow(1, 1, 500)?.scan(ScanOp::LogSumExp, 1, direction)
            });
        }
    }
}

#[test]
fn optimizer_steps() {
    simulate();
    let h = [0.1, 1.0, 0.01, 0.9, 0.1, 0.99, 0.01, 1e-3, 0.5, 0.7];
    for dtype in DType::ALL
        .into_iter()
        .filter(|dtype| dtype.is_floating_point())
    {
        let x = numbers(&[5, 9], dtype);
        for &op in UpdateOp::ALL {
            for which in 0..=op.states() {
                let name = format!("{op:?} {dtype} {which}");
                each_device(&name, &x, |x| {
                    let gradient = x.transpose(0, 1)?.contiguous()?.transpose(0, 1)?;
                    let state = Array::full(&[5, 9], Scalar::Float(50.0), dtype, x.device())?;
                    let mut states = vec![state; op.states()];
                    let mut parameter = x.copied()?;
                    parameter.update(op, &h, &gradient, &mut states)?;
                    states.push(parameter);
                    Ok(states.swap_remove(which))
                });
            }
        }
    }
}
