//! Elementwise kernels: the formulas of the op table over blocks.

use super::number::{Int, Number, Real, Whole};
use super::parallel::for_each_chunk;
use super::special;
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::ops::table::{BinaryOp, CompareOp, ParametricOp, PredicateOp, TernaryOp, UnaryOp};
use crate::{
    Array, DType, Scalar, for_each_binary_op, for_each_compare_op, for_each_parametric_op,
};
use crate::{for_each_predicate_op, for_each_ternary_op, for_each_unary_op};

/// Elements per parallel chunk: some microseconds of cheap work.
const GRAIN: usize = 1 << 15;

/// Runs an expression with `$C` bound to the type in which a dtype computes; booleans and integers
/// take the second form.
macro_rules! with_number {
    ($dtype:expr, real $C:ident => $real:expr, int => $int:expr) => {
        match $dtype.to_accumulate() {
            DType::F32 => {
                type $C = f32;
                $real
            }
            DType::F64 => {
                type $C = f64;
                $real
            }
            _ => {
                type $C = Int;
                $int
            }
        }
    };
}
pub(crate) use with_number;

/// The loop of a row in a kernel over reals or integers; `unreachable` where the class rules it out.
macro_rules! formula_loop {
    (Float int $($loop:tt)*) => { unreachable!("a float operation on integers") };
    (Real int $($loop:tt)*) => { unreachable!("a float operation on integers") };
    (Integer real $($loop:tt)*) => { unreachable!("an integer operation on floats") };
    (Bits real $($loop:tt)*) => { unreachable!("an integer operation on floats") };
    ($Class:ident $kind:ident $out:ident, [$($x:ident),*], $formula:expr) => {
        formula_loop!($out, [$($x),*], $formula)
    };
    ($out:ident, [$x:ident], $formula:expr) => {
        for (target, &$x) in $out.iter_mut().zip($x) { *target = $formula; }
    };
    ($out:ident, [$a:ident, $b:ident], $formula:expr) => {
        for ((target, &$a), &$b) in $out.iter_mut().zip($a).zip($b) { *target = $formula; }
    };
    ($out:ident, [$a:ident, $b:ident, $c:ident], $formula:expr) => {
        for (((target, &$a), &$b), &$c) in $out.iter_mut().zip($a).zip($b).zip($c) { *target = $formula; }
    };
}

macro_rules! unary_loops {
    ($($(#[$doc:meta])* $name:ident, $name_:ident, $Variant:ident, $Class:ident, |$x:ident| $formula:expr, $domain:expr;)*) => {
        #[inline(always)]
        fn unary_real<C: Real>(op: UnaryOp, x: &[C], out: &mut [C]) {
            match op { $(UnaryOp::$Variant => { let $x = x; let _ = $x; formula_loop!($Class real out, [$x], $formula) })* }
        }
        #[inline(always)]
        fn unary_int(op: UnaryOp, x: &[Int], out: &mut [Int]) {
            match op { $(UnaryOp::$Variant => { let $x = x; let _ = &$x; formula_loop!($Class int out, [$x], $formula) })* }
        }
    };
}
for_each_unary_op!(unary_loops);

macro_rules! binary_loops {
    ($($(#[$doc:meta])* $name:ident, $name_:ident, $Variant:ident, $Class:ident, |$a:ident, $b:ident| $formula:expr, $domain:expr;)*) => {
        #[inline(always)]
        fn binary_real<C: Real>(op: BinaryOp, a: &[C], b: &[C], out: &mut [C]) {
            match op { $(BinaryOp::$Variant => { let ($a, $b) = (a, b); let _ = (&$a, &$b); formula_loop!($Class real out, [$a, $b], $formula) })* }
        }
        #[inline(always)]
        fn binary_int(op: BinaryOp, a: &[Int], b: &[Int], out: &mut [Int]) {
            match op { $(BinaryOp::$Variant => { let ($a, $b) = (a, b); let _ = (&$a, &$b); formula_loop!($Class int out, [$a, $b], $formula) })* }
        }
    };
}
for_each_binary_op!(binary_loops);

macro_rules! parametric_loops {
    ($($(#[$doc:meta])* $Variant:ident, $name:literal, $Class:ident, |$x:ident $(, $p:ident)*| $formula:expr, $parameters:expr, $domain:expr;)*) => {
        #[inline(always)]
        fn parametric_real<C: Real>(op: ParametricOp, parameters: [C; 3], x: &[C], out: &mut [C]) {
            match op { $(ParametricOp::$Variant => { let [$($p,)* ..] = parameters; let $x = x; formula_loop!($Class real out, [$x], $formula) })* }
        }
        #[inline(always)]
        fn parametric_int(op: ParametricOp, parameters: [Int; 3], x: &[Int], out: &mut [Int]) {
            match op { $(ParametricOp::$Variant => { let [$($p,)* ..] = parameters; let $x = x; let _ = (&$x, $(&$p),*); formula_loop!($Class int out, [$x], $formula) })* }
        }
    };
}
for_each_parametric_op!(parametric_loops);

macro_rules! compare_loops {
    ($($(#[$doc:meta])* $name:ident, $Variant:ident, |$a:ident, $b:ident| $formula:expr;)*) => {
        #[inline(always)]
        fn compare_loop<C: Number>(op: CompareOp, a: &[C], b: &[C], out: &mut [bool]) {
            match op { $(CompareOp::$Variant => { let ($a, $b) = (a, b); formula_loop!(out, [$a, $b], $formula) })* }
        }
    };
}
for_each_compare_op!(compare_loops);

macro_rules! predicate_loops {
    ($($(#[$doc:meta])* $name:ident, $Variant:ident, |$x:ident| $formula:expr;)*) => {
        #[inline(always)]
        #[allow(clippy::eq_op, reason = "only NaN differs from itself")]
        fn predicate_loop<C: Number>(op: PredicateOp, x: &[C], out: &mut [bool]) {
            match op { $(PredicateOp::$Variant => { let $x = x; formula_loop!(out, [$x], $formula) })* }
        }
    };
}
for_each_predicate_op!(predicate_loops);

macro_rules! ternary_loops {
    ($($(#[$doc:meta])* $Variant:ident, $name:literal, $Class:ident, |$a:ident, $b:ident, $c:ident $(, $value:ident)?| $formula:expr, $domain:expr;)*) => {
        #[inline(always)]
        fn ternary_real<C: Real>(op: TernaryOp, value: C, [a, b, c]: [&[C]; 3], out: &mut [C]) {
            match op { $(TernaryOp::$Variant => { let ($a, $b, $c) = (a, b, c); $(let $value = value;)? formula_loop!($Class real out, [$a, $b, $c], $formula) })* }
        }
        #[inline(always)]
        fn ternary_int(op: TernaryOp, value: Int, [a, b, c]: [&[Int]; 3], out: &mut [Int]) {
            match op { $(TernaryOp::$Variant => { let ($a, $b, $c) = (a, b, c); let _ = (&$a, &$b, &$c); $(let $value = value; let _ = $value;)? formula_loop!($Class int out, [$a, $b, $c], $formula) })* }
        }
    };
}
for_each_ternary_op!(ternary_loops);

pub(crate) fn unary(op: UnaryOp, x: &Array, out: &mut Array) {
    with_number!(out.dtype(), real C => map([x], out, |[x], out| unary_real::<C>(op, x, out)),
        int => map([x], out, |[x], out: &mut [C]| unary_int(op, x, out)));
}

pub(crate) fn parametric(op: ParametricOp, parameters: [Scalar; 3], x: &Array, out: &mut Array) {
    with_number!(out.dtype(),
        real C => map([x], out, |[x], out| parametric_real::<C>(op, parameters.map(C::from_scalar), x, out)),
        int => map([x], out, |[x], out| parametric_int(op, parameters.map(C::from_scalar), x, out)));
}

pub(crate) fn binary(op: BinaryOp, a: &Array, b: &Array, out: &mut Array) {
    with_number!(out.dtype(), real C => map([a, b], out, |[a, b], out| binary_real::<C>(op, a, b, out)),
        int => map([a, b], out, |[a, b], out: &mut [C]| binary_int(op, a, b, out)));
}

pub(crate) fn ternary(op: TernaryOp, value: Scalar, operands: [&Array; 3], out: &mut Array) {
    with_number!(out.dtype(),
        real C => map(operands, out, |operands, out| ternary_real(op, C::from_scalar(value), operands, out)),
        int => map(operands, out, |operands, out| ternary_int(op, C::from_scalar(value), operands, out)));
}

pub(crate) fn compare(op: CompareOp, common: DType, a: &Array, b: &Array, out: &mut Array) {
    with_number!(common, real C => test([a, b], out, |[a, b], out| compare_loop::<C>(op, a, b, out)),
        int => test([a, b], out, |[a, b], out| compare_loop::<C>(op, a, b, out)));
}

pub(crate) fn predicate(op: PredicateOp, x: &Array, out: &mut Array) {
    with_number!(x.dtype(), real C => test([x], out, |[x], out| predicate_loop::<C>(op, x, out)),
        int => test([x], out, |[x], out| predicate_loop::<C>(op, x, out)));
}

/// Fills `out` block by block from blocks of the operands, all as `C`.
pub(crate) fn map<C: Number, const N: usize>(
    operands: [&Array; N],
    out: &mut Array,
    kernel: impl Fn([&[C]; N], &mut [C]) + Sync,
) {
    let sources = operands.map(|x| Source::new(x, out));
    let target = Target::new(out);
    for_each_block(&sources, out.numel(), |start, blocks: [&[C]; N], length| {
        // SAFETY: chunks, and the blocks in them, are disjoint parts of the output.
        unsafe { target.write(start, length, |out| kernel(blocks, out)) };
    });
}

/// Like [`map`], for boolean outputs.
fn test<C: Number, const N: usize>(
    operands: [&Array; N],
    out: &mut Array,
    kernel: impl Fn([&[C]; N], &mut [bool]) + Sync,
) {
    let sources = operands.map(|x| Source::new(x, out));
    let target = Target::new(out);
    for_each_block(&sources, out.numel(), |start, blocks: [&[C]; N], length| {
        // SAFETY: chunks, and the blocks in them, are disjoint parts of a boolean output.
        kernel(blocks, unsafe { target.slice_mut::<bool>(start, length) });
    });
}

fn for_each_block<C: Number, const N: usize>(
    sources: &[Source; N],
    numel: usize,
    visit: impl Fn(usize, [&[C]; N], usize) + Sync,
) {
    for_each_chunk(numel, GRAIN, |chunk| {
        let mut buffers: [Buffer<C>; N] = std::array::from_fn(|_| Buffer::new());
        for start in chunk.clone().step_by(BLOCK) {
            let length = BLOCK.min(chunk.end - start);
            let mut lent = sources.iter().zip(&mut buffers);
            let blocks: [&[C]; N] = std::array::from_fn(|_| match lent.next() {
                Some((source, buffer)) => source.block(start, length, buffer),
                None => &[],
            });
            visit(start, blocks, length);
        }
    });
}
