//! Every row of the op table has a functor, and every functor a kernel.

mod limits;

use rushlight_cuda_kernels::{Compute, find};
use rushlight_tensor::ops::table::{
    BinaryOp, Class, CompareOp, ParametricOp, PredicateOp, TernaryOp, UnaryOp,
};
use std::collections::HashMap;

/// Variant and class of the rows of a table of functors.
fn functors(text: &str) -> HashMap<String, String> {
    let rows = text.lines().filter(|line| line.contains("ROW("));
    let row = |line: &str| {
        let mut columns = line
            .split_once('(')
            .expect("a row")
            .1
            .split(',')
            .map(str::trim);
        let class = columns.next().expect("a class").to_string();
        (columns.next().expect("a variant").to_string(), class)
    };
    rows.map(row).collect()
}

fn check(family: &str, text: &str, rows: Vec<(String, Class)>) {
    let mut functors = functors(text);
    for (variant, class) in rows {
        let functor = functors.remove(&variant);
        assert_eq!(
            functor,
            Some(format!("{class:?}")),
            "the class of {family} {variant}"
        );
        let computes: &[Compute] = match class {
            Class::Any | Class::Number => &[Compute::F32, Compute::F64, Compute::I64],
            Class::Float | Class::Real => &[Compute::F32, Compute::F64],
            Class::Integer | Class::Bits => &[Compute::I64],
        };
        for &compute in computes {
            assert!(
                find(family, compute, &variant).is_some(),
                "{family} {compute:?} {variant}"
            );
        }
    }
    assert!(functors.is_empty(), "no row has the functors {functors:?}");
}

macro_rules! table_test {
    ($test:ident, $family:literal, $Op:ident) => {
        #[test]
        fn $test() {
            let rows = $Op::ALL
                .iter()
                .map(|op| (format!("{op:?}"), op.class()))
                .collect();
            check(
                $family,
                include_str!(concat!("../kernels/functors/", $family, ".cuh")),
                rows,
            );
        }
    };
}
table_test!(unary_operations_have_kernels, "unary", UnaryOp);
table_test!(binary_operations_have_kernels, "binary", BinaryOp);
table_test!(
    parametric_operations_have_kernels,
    "parametric",
    ParametricOp
);
table_test!(ternary_operations_have_kernels, "ternary", TernaryOp);
table_test!(comparisons_have_kernels, "compare", CompareOp);
table_test!(predicates_have_kernels, "predicate", PredicateOp);
