//! Every row of the op table, for every dtype: dense, strided and broadcast.

use crate::arrays::{CUDA, check, samples, simulate};
use rushlight_tensor::ops::table::{
    BinaryOp, CompareOp, ParametricOp, PredicateOp, TernaryOp, UnaryOp,
};
use rushlight_tensor::{Array, DType, Result, Scalar};

/// Units in the last place by which functions of the two devices may differ.
const UNITS: f64 = 64.0;

/// Operands, first as they are and then as views, that broadcast to one shape.
fn operands(dtype: DType) -> [[Array; 3]; 2] {
    let [a, b, c] = [0, 1, 7].map(|rotated| samples(40, rotated, dtype));
    let matrix = |x: &Array| x.reshape(&[5, 8].into()).and_then(|x| x.transpose(0, 1));
    let views = [
        matrix(&a),
        matrix(&b).and_then(|x| x.narrow(0, 2, 1)),
        c.narrow(0, 4, 5),
    ];
    [[a, b, c], views.map(|view| view.expect("a view"))]
}

/// Runs an operation on both devices.
fn each_device(
    name: &str,
    units: f64,
    operands: &[Array; 3],
    run: impl Fn([&Array; 3]) -> Result<Array>,
) {
    let moved = operands.each_ref().map(|x| {
        // A view moves as a dense array: what is made of it there has that layout.
        x.to_device(CUDA).expect("a copy")
    });
    let dense = operands.each_ref().map(|x| x.contiguous().expect("a copy"));
    let name = format!("{name} {} {}", operands[0].dtype(), operands[0].shape());
    check(&name, run(moved.each_ref()), run(dense.each_ref()), units);
    let turned = |x: [&Array; 3]| {
        let views = x.map(|x| {
            if x.rank() == 2 {
                x.transpose(0, 1)
            } else {
                Ok(x.clone())
            }
        });
        let [a, b, c] = views;
        let (a, b, c) = (a?, b?, c?);
        if a.rank() == 2 {
            run([&a, &b, &a])
        } else {
            run([&a, &b, &c])
        }
    };
    check(
        &name,
        turned(moved.each_ref()),
        turned(dense.each_ref()),
        units,
    );
}

macro_rules! each_row {
    ($test:ident, $Op:ident, |$op:ident, $a:ident, $b:ident, $c:ident| $call:expr) => {
        #[test]
        fn $test() {
            simulate();
            for dtype in DType::ALL {
                for operands in operands(dtype) {
                    for &$op in $Op::ALL {
                        each_device($op.name(), UNITS, &operands, |[$a, $b, $c]| $call);
                    }
                }
            }
        }
    };
}
each_row!(unary_operations, UnaryOp, |op, a, _b, _c| match op {
    // It oscillates so fast that rounding leaves no digit of it at the least integers.
    UnaryOp::AiryAi => a
        .binary_scalar(BinaryOp::Maximum, Scalar::Int(-100))?
        .unary(op),
    _ => a.unary(op),
});
each_row!(binary_operations, BinaryOp, |op, a, b, _c| a.binary(op, b));
each_row!(comparisons, CompareOp, |op, a, b, _c| a.compare(op, b));
each_row!(predicates, PredicateOp, |op, a, _b, _c| a.predicate(op));
each_row!(ternary_operations, TernaryOp, |op, a, b, c| Array::ternary(
    op,
    Scalar::Float(0.3),
    [a, b, c]
));
each_row!(parametric_operations, ParametricOp, |op, a, _b, _c| {
    a.parametric(op, op.test_parameters().map(Scalar::from))
});

#[test]
fn operands_of_two_dtypes_meet() {
    simulate();
    for (first, second) in [
        (DType::F16, DType::I32),
        (DType::U8, DType::F64),
        (DType::Bool, DType::I8),
    ] {
        let [a, b] = [samples(40, 0, first), samples(40, 5, second)];
        each_device("add", 0.0, &[a.clone(), b.clone(), b], |[a, b, _]| {
            a.binary(BinaryOp::Add, b)
        });
    }
}

#[test]
fn an_unshared_array_changes_in_its_own_memory() {
    simulate();
    let run = |mut x: Array| {
        assert!(x.unary_assign(UnaryOp::Tanh)?);
        assert!(x.binary_scalar_assign(BinaryOp::Mul, Scalar::Int(2))?);
        Ok(x)
    };
    let x = samples(40, 0, DType::F32);
    check(
        "in place",
        run(x.to_device(CUDA).expect("a copy")),
        run(x.copied().expect("a copy")),
        4.0,
    );
}

#[test]
fn many_dimensions_are_walked_over() {
    simulate();
    let x = samples(1 << 10, 0, DType::F32)
        .reshape(&[2; 10].into())
        .expect("a shape");
    let reversed = |x: &Array| x.permute(&[9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    let run = |x: &Array| reversed(x)?.binary(BinaryOp::Add, x);
    check(
        "add",
        run(&x.to_device(CUDA).expect("a copy")),
        run(&x),
        0.0,
    );
}
