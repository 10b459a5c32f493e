//! Every row of the operation table on a million numbers.

use crate::cases::Case;
use crate::composed::composed;
use rushlight::array::Array;
use rushlight::array::ops::table::*;
use rushlight::nn::Result;
use rushlight::prelude::*;
use std::ops::Range;

const COUNT: usize = 1_000_000;

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
