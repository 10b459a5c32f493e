//! Checks that hold for every row of the op table; a new row is tested the day it is added.

use rushlight_autograd::{Result, Tensor, gradcheck, gradgradcheck};
use rushlight_tensor::ops::table::{BinaryOp, Class, UnaryOp};
use rushlight_tensor::{for_each_binary_op, for_each_unary_op};
use std::ops::Range;

macro_rules! call_unary {
    ($($(#[$doc:meta])* $name:ident, $name_:ident, $Variant:ident, $Class:ident, |$x:ident| $formula:expr, $domain:expr;)*) => {
        fn unary(op: UnaryOp, x: &Tensor) -> Result<Tensor> {
            match op { $(UnaryOp::$Variant => x.$name()),* }
        }
    };
}
for_each_unary_op!(call_unary);

macro_rules! call_binary {
    ($($(#[$doc:meta])* $name:ident, $name_:ident, $Variant:ident, $Class:ident, |$a:ident, $b:ident| $formula:expr, $domain:expr;)*) => {
        fn binary(op: BinaryOp, a: &Tensor, b: &Tensor) -> Result<Tensor> {
            match op { $(BinaryOp::$Variant => a.$name(b)),* }
        }
    };
}
for_each_binary_op!(call_binary);

/// Points spread over a domain, none at its ends.
fn points(domain: Range<f64>, shape: &[usize], phase: f64) -> Tensor {
    let count: usize = shape.iter().product();
    let width = domain.end - domain.start;
    let at = |i: usize| domain.start + width * (i as f64 + phase) / (count as f64 + 0.9);
    let values = (0..count).map(at).collect();
    Tensor::from_vec(values, shape)
        .unwrap()
        .requires_grad_(true)
        .unwrap()
}

fn check(name: &str, f: impl Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor]) {
    gradcheck(&f, inputs, Default::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
    gradgradcheck(&f, inputs, Default::default()).unwrap_or_else(|e| panic!("{name}, twice: {e}"));
}

#[test]
fn unary_gradients_hold_to_second_order() {
    for &op in UnaryOp::ALL {
        let x = points(op.domain(), &[2, 3], 0.7);
        let strided = x
            .detach()
            .transpose(0, 1)
            .unwrap()
            .requires_grad_(true)
            .unwrap();
        for x in [
            x,
            strided,
            points(op.domain(), &[], 0.3),
            points(op.domain(), &[0, 2], 0.3),
        ] {
            check(op.name(), |inputs| unary(op, &inputs[0]), &[x]);
        }
    }
}

#[test]
fn binary_gradients_hold_to_second_order_with_broadcasting() {
    for &op in BinaryOp::ALL
        .iter()
        .filter(|op| op.class() != Class::Integer)
    {
        let a = points(op.domain(), &[2, 3], 0.7);
        for b in [
            points(op.domain(), &[3], 0.35),
            points(op.domain(), &[2, 1], 0.4),
        ] {
            check(
                op.name(),
                |inputs| binary(op, &inputs[0], &inputs[1]),
                &[a.clone(), b.clone()],
            );
            check(
                op.name(),
                |inputs| binary(op, &inputs[0], &inputs[1]),
                &[b, a.clone()],
            );
        }
    }
}
