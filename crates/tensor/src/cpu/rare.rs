//! Elements outside the range of an operation's vector code, done again one by one in `f64`.
//!
//! Vector code has no branches, so it computes something for every element; what it got wrong is put right
//! here, after each block. Which elements those are depends on their values alone.

use super::elementary::double;
use super::number::{Number, Real};
use super::special;
use crate::ops::table::{BinaryOp, UnaryOp};

type Unary = fn(f64) -> f64;
type Binary = fn(f64, f64) -> f64;

/// The magnitude up to which an operation is vector code, and what it is beyond.
fn beyond<C: Real>(op: UnaryOp) -> Option<(f64, Unary)> {
    let (limit, function): (f64, Unary) = match op {
        UnaryOp::Sin => (C::ANGLE_LIMIT, f64::sin),
        UnaryOp::Cos => (C::ANGLE_LIMIT, f64::cos),
        UnaryOp::Tan => (C::ANGLE_LIMIT, f64::tan),
        UnaryOp::Sinc => (C::ANGLE_LIMIT / std::f64::consts::PI, Real::sinc),
        UnaryOp::SphericalBesselJ0 => (C::ANGLE_LIMIT, Real::spherical_bessel_j0),
        UnaryOp::BesselJ0 => (double::ANGLE_LIMIT, special::bessel_j0_everywhere),
        UnaryOp::BesselJ1 => (double::ANGLE_LIMIT, special::bessel_j1_everywhere),
        UnaryOp::BesselY0 => (double::ANGLE_LIMIT, special::bessel_y0_everywhere),
        UnaryOp::BesselY1 => (double::ANGLE_LIMIT, special::bessel_y1_everywhere),
        UnaryOp::AiryAi => (special::AIRY_LIMIT, special::airy_ai_everywhere),
        _ => return None,
    };
    Some((limit, function))
}

/// What an operation is where the quotient of its operands is too large for vector code.
fn of_large_quotient(op: BinaryOp) -> Option<Binary> {
    match op {
        BinaryOp::Fmod => Some(Number::fmod),
        BinaryOp::Remainder => Some(Number::remainder),
        BinaryOp::FloorDivide => Some(Number::floor_divide),
        _ => None,
    }
}

/// Puts right what vector code made of a block.
pub(crate) fn redo_unary<C: Real>(op: UnaryOp, x: &[C], out: &mut [C]) {
    let Some((limit, function)) = beyond::<C>(op) else {
        return;
    };
    let is_rare = |x: C| x.magnitude() > C::from_f64(limit);
    if x.iter().any(|&x| is_rare(x)) {
        let rare = out.iter_mut().zip(x).filter(|(_, x)| is_rare(**x));
        rare.for_each(|(y, x)| *y = x.in_double(function));
    }
}

/// As [`redo_unary`], of two operands.
#[inline(always)]
pub(crate) fn redo_binary<C: Real>(op: BinaryOp, a: &[C], b: &[C], out: &mut [C]) {
    let Some(function) = of_large_quotient(op) else {
        return;
    };
    let is_rare = |a: C, b: C| (a / b).magnitude() > C::from_f64(C::QUOTIENT_LIMIT);
    let rare = a
        .iter()
        .zip(b)
        .fold(false, |rare, (&a, &b)| rare | is_rare(a, b));
    if rare {
        for ((y, &a), &b) in out.iter_mut().zip(a).zip(b) {
            if is_rare(a, b) {
                *y = a.in_double_with(b, function);
            }
        }
    }
}
