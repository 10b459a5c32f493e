//! Every row of the operation table, and the other operations, on a million numbers.

use crate::cases::Case;
use rushlight::array::Array;
use rushlight::array::ops::table::*;
use rushlight::nn::Result;
use rushlight::prelude::*;
use std::ops::Range;

const SIDE: usize = 1000;
const COUNT: usize = SIDE * SIDE;

/// One case for each operation, named `op/NAME`.
pub fn operations() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name: &str, class: Class, domain: Range<f64>, operands: usize, call: Call| {
        if !matches!(class, Class::Integer | Class::Bits) {
            let told = format!("{operands} {} {}", domain.start, domain.end);
            let case = Case::new(format!("op/{name}"), move || {
                let (x, y) = (numbers(domain.clone())?, numbers(domain.clone())?);
                Ok(Box::new(move || call.run(&x, &y).map(drop)))
            });
            cases.push(case.with_operands(told));
        }
    };
    for &op in UnaryOp::ALL {
        add(op.name(), op.class(), op.domain(), 1, Call::Unary(op));
    }
    for &op in BinaryOp::ALL {
        add(op.name(), op.class(), op.domain(), 2, Call::Binary(op));
    }
    for &op in CompareOp::ALL {
        add(op.name(), op.class(), op.domain(), 2, Call::Compare(op));
    }
    for &op in PredicateOp::ALL {
        add(op.name(), op.class(), op.domain(), 1, Call::Predicate(op));
    }
    cases.extend(composed());
    cases
}

/// A row of the table.
#[derive(Clone, Copy)]
enum Call {
    Unary(UnaryOp),
    Binary(BinaryOp),
    Compare(CompareOp),
    Predicate(PredicateOp),
}

impl Call {
    fn run(self, x: &Array, y: &Array) -> Result<Array> {
        Ok(match self {
            Call::Unary(op) => x.unary(op)?,
            Call::Binary(op) => x.binary(op, y)?,
            Call::Compare(op) => x.compare(op, y)?,
            Call::Predicate(op) => x.predicate(op)?,
        })
    }
}

/// Random numbers of a range.
fn numbers(domain: Range<f64>) -> Result<Array> {
    let x = ((Tensor::rand(&[COUNT])? * (domain.end - domain.start))? + domain.start)?;
    Ok(x.array())
}

macro_rules! composed {
    ($($name:literal => |$($operand:ident),*| $call:expr;)*) => {
        /// Operations outside of the table; an operand's name says what it is.
        fn composed() -> Vec<Case> {
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
        "index" => Tensor::randint(0, SIDE as i64, &[SIDE, SIDE]),
        "rows" => Tensor::randint(0, SIDE as i64, &[SIDE]),
        "mask" => Tensor::randn(&[SIDE, SIDE])?.gt(0.0),
        "images" => Tensor::randn(&[1, 10, 316, 316]),
        "vector" => Tensor::randn(&[SIDE]),
        _ => unreachable!("an operand called {name}"),
    }
}

composed! {
    "clamp"             => |x| x.clamp(-0.5, 0.5);
    "leaky_relu"        => |x| x.leaky_relu(0.1);
    "elu"               => |x| x.elu(1.0);
    "softplus"          => |x| x.softplus(1.0, 20.0);
    "pow_2"             => |x| x.pow(2.0);
    "where"             => |mask, x, y| Tensor::select_where(&mask, &x, &y);
    "addcmul"           => |x, y| x.addcmul(&x, &y, 1);
    "lerp"              => |x, y| x.lerp(&y, 0.3);
    "sum"               => |x| x.sum();
    "sum_dim0"          => |x| x.sum_dim(&[0], false);
    "sum_dim1"          => |x| x.sum_dim(&[1], false);
    "mean"              => |x| x.mean();
    "prod"              => |x| x.prod();
    "amax_dim0"         => |x| x.amax_dim(&[0], false);
    "amax_dim1"         => |x| x.amax_dim(&[1], false);
    "argmax_dim1"       => |x| x.argmax_dim(1, false);
    "var_dim1"          => |x| x.var_dim(&[1], 1.0, false);
    "logsumexp_dim1"    => |x| x.logsumexp(&[1], false);
    "any"               => |mask| mask.any();
    "cumsum_dim1"       => |x| x.cumsum(1);
    "cumsum_dim0"       => |x| x.cumsum(0);
    "cumprod_dim1"      => |x| x.cumprod(1);
    "softmax"           => |x| x.softmax(1);
    "softmax_dim0"      => |x| x.softmax(0);
    "log_softmax"       => |x| x.log_softmax(1);
    "sort"              => |x| x.sort(1, false).map(|sorted| sorted.0);
    "topk_10"           => |x| x.topk(10, 1, true, true).map(|top| top.0);
    "transpose"         => |x| x.transpose(0, 1)?.contiguous();
    "cat"               => |x, y| Tensor::cat(&[&x, &y], 0);
    "flip"              => |x| x.flip(&[1]);
    "tril"              => |x| x.tril(0);
    "gather"            => |x, index| x.gather(1, &index);
    "index_select"      => |x, rows| x.index_select(0, &rows);
    "masked_fill"       => |x, mask| x.masked_fill(&mask, 0.0);
    "matmul_vector"     => |x, vector| x.matmul(&vector);
    "max_pool2d"        => |images| MaxPool2d::new(2).forward(&images);
    "avg_pool2d"        => |images| AvgPool2d::new(2).forward(&images);
    "rand"              => |x| Tensor::rand(&x.shape());
    "randn"             => |x| Tensor::randn(&x.shape());
}
