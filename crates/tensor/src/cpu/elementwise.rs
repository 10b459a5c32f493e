//! Elementwise kernels: the formulas of the op table over blocks.

use super::number::{Int, Number, Real, Whole};
use super::parallel::for_each_chunk;
use super::rare::{redo_binary, redo_unary};
use super::simd::{Level, Simd, Task};
use super::special;
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::ops::table::{BinaryOp, CompareOp, ParametricOp, PredicateOp, TernaryOp, UnaryOp};
use crate::{Array, DType, Scalar, for_each_binary_op, for_each_compare_op};
use crate::{
    for_each_parametric_op, for_each_predicate_op, for_each_ternary_op, for_each_unary_op,
};
use std::marker::PhantomData;
use std::ops::Range;

/// Elements per parallel chunk: some microseconds of cheap work.
const GRAIN: usize = 1 << 15;

/// Runs an expression with `$C` bound to the type in which a dtype computes; booleans and integers
/// take the second form, if there is one.
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
    ($dtype:expr, $C:ident => $any:expr) => {
        with_number!($dtype, real $C => $any, int => $any)
    };
}
pub(crate) use with_number;

pub(crate) fn unary(op: UnaryOp, x: &Array, out: &mut Array) {
    with_number!(out.dtype(), C => map::<C, _, 1>([x], out, Unary(op)));
}

pub(crate) fn parametric(op: ParametricOp, parameters: [Scalar; 3], x: &Array, out: &mut Array) {
    if op == ParametricOp::PowScalar && simple_power(parameters[0], x, out) {
        return;
    }
    with_number!(out.dtype(), C => {
        map::<C, _, 1>([x], out, Parametric(op, parameters.map(C::from_scalar)))
    });
}

/// The powers that PyTorch, too, computes as something simpler; `false` for any other.
fn simple_power(exponent: Scalar, x: &Array, out: &mut Array) -> bool {
    let (exponent, is_real) = (exponent.to_f64(), out.dtype().is_floating_point());
    let op = match exponent {
        2.0 => UnaryOp::Square,
        0.5 if is_real => UnaryOp::Sqrt,
        -0.5 if is_real => UnaryOp::Rsqrt,
        -1.0 if is_real => UnaryOp::Reciprocal,
        3.0 => {
            with_number!(out.dtype(), C => map([x], out, |[x]: [&[C]; 1], out: &mut [C]| {
                for (cube, &x) in out.iter_mut().zip(x) {
                    *cube = x * x * x;
                }
            }));
            return true;
        }
        _ => return false,
    };
    unary(op, x, out);
    true
}

pub(crate) fn binary(op: BinaryOp, a: &Array, b: &Array, out: &mut Array) {
    with_number!(out.dtype(), C => map::<C, _, 2>([a, b], out, Binary(op)));
}

pub(crate) fn ternary(op: TernaryOp, value: Scalar, operands: [&Array; 3], out: &mut Array) {
    with_number!(out.dtype(), C => {
        map::<C, _, 3>(operands, out, Ternary(op, C::from_scalar(value)))
    });
}

pub(crate) fn compare(op: CompareOp, common: DType, a: &Array, b: &Array, out: &mut Array) {
    with_number!(common, C => test::<C, _, 2>([a, b], out, Compare(op)));
}

pub(crate) fn predicate(op: PredicateOp, x: &Array, out: &mut Array) {
    with_number!(x.dtype(), C => test::<C, _, 1>([x], out, Predicate(op)));
}

/// What happens to a block of each operand.
///
/// `run` is `#[inline(always)]`, as is all that is hot below it: it is compiled once for each level.
pub(crate) trait Kernel<C, O, const N: usize>: Sync {
    fn run(&self, operands: [&[C]; N], out: &mut [O]);
}

impl<C, O, const N: usize, F: Fn([&[C]; N], &mut [O]) + Sync> Kernel<C, O, N> for F {
    #[inline(always)]
    fn run(&self, operands: [&[C]; N], out: &mut [O]) {
        self(operands, out)
    }
}

/// Fills `out` block by block from blocks of the operands, all as `C`.
pub(crate) fn map<C: Number, K: Kernel<C, C, N>, const N: usize>(
    operands: [&Array; N],
    out: &mut Array,
    kernel: K,
) {
    let sources = operands.map(|x| Source::new(x, out));
    let target = Target::new(out);
    let level = Level::current();
    for_each_chunk(out.numel(), GRAIN, |chunk| {
        level.run(Map::<C, K, N> {
            kernel: &kernel,
            sources: &sources,
            target: &target,
            chunk,
            computes: PhantomData,
        });
    });
}

/// Like [`map`], for boolean outputs.
fn test<C: Number, K: Kernel<C, bool, N>, const N: usize>(
    operands: [&Array; N],
    out: &mut Array,
    kernel: K,
) {
    let sources = operands.map(|x| Source::new(x, out));
    let target = Target::new(out);
    let level = Level::current();
    for_each_chunk(out.numel(), GRAIN, |chunk| {
        level.run_up_to_avx2(Test::<C, K, N> {
            kernel: &kernel,
            sources: &sources,
            target: &target,
            chunk,
            computes: PhantomData,
        });
    });
}

/// One chunk of a [`map`].
struct Map<'a, C, K, const N: usize> {
    kernel: &'a K,
    sources: &'a [Source; N],
    target: &'a Target,
    chunk: Range<usize>,
    computes: PhantomData<C>,
}

impl<C: Number, K: Kernel<C, C, N>, const N: usize> Task for Map<'_, C, K, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let (mut a, mut b, mut c) = (Buffer::new(), Buffer::new(), Buffer::new());
        let mut result = Buffer::new();
        let reach = self.sources.iter().map(Source::reach::<C>);
        let reach = reach.fold(self.target.reach::<C>(), usize::min);
        let Range { mut start, end } = self.chunk;
        while start < end {
            let length = cut(self.sources, start, reach.min(end - start));
            let blocks = lend(self.sources, start, length, [&mut a, &mut b, &mut c]);
            // SAFETY: chunks, and the blocks in them, are disjoint parts of the output.
            unsafe {
                let out = self.target.lend(start, length, &mut result);
                self.kernel.run(blocks, out);
                self.target.put(start, out);
            }
            start += length;
        }
        self.target.finish();
    }
}

/// One chunk of a [`test`].
struct Test<'a, C, K, const N: usize> {
    kernel: &'a K,
    sources: &'a [Source; N],
    target: &'a Target,
    chunk: Range<usize>,
    computes: PhantomData<C>,
}

impl<C: Number, K: Kernel<C, bool, N>, const N: usize> Task for Test<'_, C, K, N> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let (mut a, mut b, mut c) = (Buffer::new(), Buffer::new(), Buffer::new());
        let Range { mut start, end } = self.chunk;
        while start < end {
            let length = cut(self.sources, start, BLOCK.min(end - start));
            let blocks = lend(self.sources, start, length, [&mut a, &mut b, &mut c]);
            // SAFETY: chunks, and the blocks in them, are disjoint parts of a boolean output.
            let out = unsafe { self.target.slice_mut::<bool>(start, length) };
            self.kernel.run(blocks, out);
            start += length;
        }
    }
}

/// How many elements the next block has.
#[inline(always)]
fn cut<const N: usize>(sources: &[Source; N], start: usize, length: usize) -> usize {
    let ends = sources.iter();
    ends.fold(length, |length, source| source.cut(start, length))
}

/// The same block of every operand, three at most.
///
/// Buffers are lent one by one: to make an array of them is to copy them.
#[inline(always)]
fn lend<'a, C: Number, const N: usize>(
    sources: &'a [Source; N],
    start: usize,
    length: usize,
    buffers: [&'a mut Buffer<C>; 3],
) -> [&'a [C]; N] {
    let mut blocks: [&[C]; N] = [&[]; N];
    for ((block, source), buffer) in blocks.iter_mut().zip(sources).zip(buffers) {
        *block = source.block(start, length, buffer);
    }
    blocks
}

struct Unary(UnaryOp);
struct Parametric<C>(ParametricOp, [C; 3]);
struct Binary(BinaryOp);
struct Ternary<C>(TernaryOp, C);
struct Compare(CompareOp);
struct Predicate(PredicateOp);

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
        impl<C: Real> Kernel<C, C, 1> for Unary {
            #[inline(always)]
            fn run(&self, [x]: [&[C]; 1], out: &mut [C]) {
                match self.0 { $(UnaryOp::$Variant => { let $x = x; let _ = $x; formula_loop!($Class real out, [$x], $formula) })* }
                redo_unary(self.0, x, out);
            }
        }
        impl Kernel<Int, Int, 1> for Unary {
            #[inline(always)]
            fn run(&self, [x]: [&[Int]; 1], out: &mut [Int]) {
                match self.0 { $(UnaryOp::$Variant => { let $x = x; let _ = $x; formula_loop!($Class int out, [$x], $formula) })* }
            }
        }
    };
}
for_each_unary_op!(unary_loops);

macro_rules! binary_loops {
    ($($(#[$doc:meta])* $name:ident, $name_:ident, $Variant:ident, $Class:ident, |$a:ident, $b:ident| $formula:expr, $domain:expr;)*) => {
        impl<C: Real> Kernel<C, C, 2> for Binary {
            #[inline(always)]
            fn run(&self, [a, b]: [&[C]; 2], out: &mut [C]) {
                match self.0 { $(BinaryOp::$Variant => { let ($a, $b) = (a, b); let _ = ($a, $b); formula_loop!($Class real out, [$a, $b], $formula) })* }
                redo_binary(self.0, a, b, out);
            }
        }
        impl Kernel<Int, Int, 2> for Binary {
            #[inline(always)]
            fn run(&self, [a, b]: [&[Int]; 2], out: &mut [Int]) {
                match self.0 { $(BinaryOp::$Variant => { let ($a, $b) = (a, b); let _ = ($a, $b); formula_loop!($Class int out, [$a, $b], $formula) })* }
            }
        }
    };
}
for_each_binary_op!(binary_loops);

macro_rules! parametric_loops {
    ($($(#[$doc:meta])* $Variant:ident, $name:literal, $Class:ident, |$x:ident $(, $p:ident)*| $formula:expr, $parameters:expr, $domain:expr;)*) => {
        impl<C: Real> Kernel<C, C, 1> for Parametric<C> {
            #[inline(always)]
            fn run(&self, [x]: [&[C]; 1], out: &mut [C]) {
                match self.0 { $(ParametricOp::$Variant => { let [$($p,)* ..] = self.1; let $x = x; let _ = ($x, $($p),*); formula_loop!($Class real out, [$x], $formula) })* }
            }
        }
        impl Kernel<Int, Int, 1> for Parametric<Int> {
            #[inline(always)]
            fn run(&self, [x]: [&[Int]; 1], out: &mut [Int]) {
                match self.0 { $(ParametricOp::$Variant => { let [$($p,)* ..] = self.1; let $x = x; let _ = ($x, $($p),*); formula_loop!($Class int out, [$x], $formula) })* }
            }
        }
    };
}
for_each_parametric_op!(parametric_loops);

macro_rules! ternary_loops {
    ($($(#[$doc:meta])* $Variant:ident, $name:literal, $Class:ident, |$a:ident, $b:ident, $c:ident $(, $value:ident)?| $formula:expr, $domain:expr;)*) => {
        impl<C: Real> Kernel<C, C, 3> for Ternary<C> {
            #[inline(always)]
            fn run(&self, [a, b, c]: [&[C]; 3], out: &mut [C]) {
                match self.0 { $(TernaryOp::$Variant => { let ($a, $b, $c) = (a, b, c); $(let $value = self.1;)? formula_loop!($Class real out, [$a, $b, $c], $formula) })* }
            }
        }
        impl Kernel<Int, Int, 3> for Ternary<Int> {
            #[inline(always)]
            fn run(&self, [a, b, c]: [&[Int]; 3], out: &mut [Int]) {
                match self.0 { $(TernaryOp::$Variant => { let ($a, $b, $c) = (a, b, c); let _ = ($a, $b, $c); $(let $value = self.1; let _ = $value;)? formula_loop!($Class int out, [$a, $b, $c], $formula) })* }
            }
        }
    };
}
for_each_ternary_op!(ternary_loops);

macro_rules! compare_loops {
    ($($(#[$doc:meta])* $name:ident, $Variant:ident, |$a:ident, $b:ident| $formula:expr;)*) => {
        impl<C: Number> Kernel<C, bool, 2> for Compare {
            #[inline(always)]
            fn run(&self, [a, b]: [&[C]; 2], out: &mut [bool]) {
                match self.0 { $(CompareOp::$Variant => { let ($a, $b) = (a, b); formula_loop!(out, [$a, $b], $formula) })* }
            }
        }
    };
}
for_each_compare_op!(compare_loops);

macro_rules! predicate_loops {
    ($($(#[$doc:meta])* $name:ident, $Variant:ident, |$x:ident| $formula:expr;)*) => {
        impl<C: Number> Kernel<C, bool, 1> for Predicate {
            #[inline(always)]
            #[allow(clippy::eq_op, reason = "only NaN differs from itself")]
            fn run(&self, [x]: [&[C]; 1], out: &mut [bool]) {
                match self.0 { $(PredicateOp::$Variant => { let $x = x; formula_loop!(out, [$x], $formula) })* }
            }
        }
    };
}
for_each_predicate_op!(predicate_loops);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::simd::each_level;
    use crate::{Device, Result};

    /// Numbers of every size and kind, not a multiple of any vector.
    fn samples() -> Vec<f64> {
        let grid = (-40..=40).map(|i| f64::from(i) * 0.37);
        let sizes = (-38..=38).flat_map(|e| [10f64.powi(e) * 1.7, -(10f64.powi(e))]);
        let special = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ];
        grid.chain(sizes).chain(special).collect()
    }

    fn operand(dtype: DType, rotated: usize) -> Array {
        let mut values = samples();
        values.rotate_left(rotated);
        let x = Array::from_slice(&values, &[values.len()]).unwrap();
        x.to_dtype(dtype).unwrap()
    }

    /// The bytes of the elements, and which are NaN, whose bits mean nothing.
    fn bits(y: &Array) -> Result<(Vec<u8>, Vec<bool>)> {
        let nan = y.predicate(PredicateOp::IsNan)?;
        let zero = Array::scalar(0.into(), y.dtype(), y.device())?;
        let numbers = Array::select_where(&nan, &zero, y)?;
        Ok((numbers.to_bytes()?, nan.to_vec()?))
    }

    /// Fused multiplication or another order of operations would show.
    #[test]
    fn every_level_computes_the_same_bits() {
        let mut results = Vec::new();
        each_level(|level| {
            let mut count = 0;
            let mut compare = |name: &str, dtype: DType, result: Result<Array>| {
                let Ok(bits) = result.and_then(|y| bits(&y)) else {
                    return;
                };
                let named = (format!("{name} {dtype}"), bits);
                match results.get(count) {
                    None => results.push(named),
                    Some(first) => assert!(*first == named, "{level} {}", named.0),
                }
                count += 1;
            };
            for dtype in DType::ALL {
                let [a, b, c] = [0, 1, 7].map(|rotated| operand(dtype, rotated));
                for &op in UnaryOp::ALL {
                    compare(op.name(), dtype, a.unary(op));
                }
                for &op in BinaryOp::ALL {
                    compare(op.name(), dtype, a.binary(op, &b));
                }
                for &op in ParametricOp::ALL {
                    let parameters = op.test_parameters().map(Scalar::from);
                    compare(op.name(), dtype, a.parametric(op, parameters));
                }
                for &op in TernaryOp::ALL {
                    let value = Scalar::Float(0.3);
                    compare(op.name(), dtype, Array::ternary(op, value, [&a, &b, &c]));
                }
                for &op in CompareOp::ALL {
                    compare(op.name(), dtype, a.compare(op, &b));
                }
                for &op in PredicateOp::ALL {
                    compare(op.name(), dtype, a.predicate(op));
                }
            }
        });
        assert!(results.len() > 1000);
    }

    #[test]
    fn an_unshared_array_changes_in_its_own_memory() {
        let mut x = operand(DType::F32, 0);
        let (y, place) = (operand(DType::F32, 3), x.cpu_ptr());
        let expected = x
            .unary(UnaryOp::Tanh)
            .unwrap()
            .binary(BinaryOp::Add, &y)
            .unwrap();
        assert!(x.unary_assign(UnaryOp::Tanh).unwrap());
        assert!(x.binary_assign(BinaryOp::Add, &y).unwrap());
        assert_eq!(x.cpu_ptr(), place);
        assert_eq!(bits(&x).unwrap(), bits(&expected).unwrap());
        let shared = x.clone();
        assert!(!x.binary_assign(BinaryOp::Add, &y).unwrap());
        drop(shared);
        assert!(
            !x.binary_assign(BinaryOp::Add, &operand(DType::F64, 0))
                .unwrap()
        );
        assert!(
            x.binary_scalar_assign(BinaryOp::Mul, Scalar::Int(2))
                .unwrap()
        );
        assert_eq!(x.cpu_ptr(), place);
    }

    #[test]
    fn large_angles_keep_their_digits() {
        for x in [3e6, 1.5e12, -4.99e20, 3.4e38] {
            let y = Array::scalar(x.into(), DType::F32, Device::Cpu).unwrap();
            let sine = y.unary(UnaryOp::Sin).unwrap().item().unwrap().to_f64();
            assert!((sine - f64::from(x as f32).sin()).abs() < 1e-7, "{x}");
        }
    }

    #[test]
    fn a_streamed_output_is_complete() {
        let x = Array::full(&[(1 << 23) + 3], 1.5.into(), DType::F32, Device::Cpu).unwrap();
        let y = x.binary(BinaryOp::Add, &x).unwrap();
        assert!(y.to_vec::<f32>().unwrap().iter().all(|&y| y == 3.0));
    }
}
