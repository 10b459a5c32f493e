//! What operations do to numbers.

use super::LANES;
use super::registers::{Lanes, Mask, Row};
use crate::ptx::{Binary, Compare, Part, Rounding, Type, Unary};
use half::{bf16, f16};
use std::cmp::Ordering;

#[inline(always)]
pub(crate) fn single(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

#[inline(always)]
pub(crate) fn double(bits: u64) -> f64 {
    f64::from_bits(bits)
}

/// A number of a half type.
#[inline(always)]
pub(crate) fn half_bits(x: f64, ty: Type) -> u64 {
    match ty {
        Type::BF16 => bf16::from_f64(x).to_bits().into(),
        _ => f16::from_f64(x).to_bits().into(),
    }
}

/// The bits that a type has.
#[inline(always)]
pub(crate) fn cut(bits: u64, ty: Type) -> u64 {
    match ty {
        Type::Predicate => bits & 1,
        _ => bits & (u64::MAX >> (64 - 8 * ty.size())),
    }
}

/// An integer of a type, the sign extended.
#[inline(always)]
pub(crate) fn signed(bits: u64, ty: Type) -> i64 {
    let unused = 64 - 8 * ty.size() as u32;
    (bits as i64) << unused >> unused
}

/// Any floating-point number.
#[inline(always)]
pub(crate) fn real(bits: u64, ty: Type) -> f64 {
    match ty {
        Type::F16 => f16::from_bits(bits as u16).to_f64(),
        Type::BF16 => bf16::from_bits(bits as u16).to_f64(),
        Type::F32 => single(bits).into(),
        _ => double(bits),
    }
}

#[inline(always)]
fn flushed(x: f32, flush: bool) -> f32 {
    if flush && x.is_subnormal() {
        0f32.copysign(x)
    } else {
        x
    }
}

/// A number of more digits as `f32`.
#[inline(always)]
pub(crate) fn rounded(exact: f64, rounding: Rounding) -> f32 {
    let nearest = exact as f32;
    let above = f64::from(nearest) > exact;
    let below = f64::from(nearest) < exact;
    match rounding {
        Rounding::Down if above => nearest.next_down(),
        Rounding::Up if below => nearest.next_up(),
        Rounding::Zero if above && exact > 0.0 => nearest.next_down(),
        Rounding::Zero if below && exact < 0.0 => nearest.next_up(),
        _ => nearest,
    }
}

/// A formula for integers of a type, in Rust's types of that size.
macro_rules! in_unsigned {
    ($lanes:expr, $ty:expr, |$($x:ident),+| $formula:expr) => {
        in_words!($lanes, $ty, [u8, u16, u32, u64], |$($x),+| $formula)
    };
}

macro_rules! in_signed {
    ($lanes:expr, $ty:expr, |$($x:ident),+| $formula:expr) => {
        in_words!($lanes, $ty, [i8, i16, i32, i64], |$($x),+| $formula)
    };
}

macro_rules! in_words {
    ($lanes:expr, $ty:expr, [$B1:ty, $B2:ty, $B4:ty, $B8:ty], |$($x:ident),+| $formula:expr) => {
        match $ty.size() {
            1 => $lanes.map(|[$($x),+]| { $(let $x = $x as $B1;)+ ($formula) as u8 as u64 }),
            2 => $lanes.map(|[$($x),+]| { $(let $x = $x as $B2;)+ ($formula) as u16 as u64 }),
            4 => $lanes.map(|[$($x),+]| { $(let $x = $x as $B4;)+ ($formula) as u32 as u64 }),
            _ => $lanes.map(|[$($x),+]| { $(let $x = $x as $B8;)+ ($formula) as u64 }),
        }
    };
}

/// A formula for floating-point numbers.
macro_rules! in_f32 {
    ($lanes:expr, $flush:expr, |$($x:ident),+| $formula:expr) => {
        $lanes.map(|[$($x),+]| {
            $(let $x = flushed(single($x), $flush);)+
            flushed($formula, $flush).to_bits().into()
        })
    };
}

macro_rules! in_f64 {
    ($lanes:expr, |$($x:ident),+| $formula:expr) => {
        $lanes.map(|[$($x),+]| {
            $(let $x = double($x);)+
            f64::to_bits($formula)
        })
    };
}

/// Half types compute exactly in `f32`, or `f64` where that has too few digits, and round once.
macro_rules! in_half {
    ($lanes:expr, $ty:expr, |$($x:ident),+| $formula:expr) => {
        $lanes.map(|[$($x),+]| {
            $(let $x = real($x, $ty);)+
            half_bits($formula, $ty)
        })
    };
}

pub(crate) fn unary(op: Unary, ty: Type, flush: bool, lanes: &mut Lanes<'_>) -> Result<(), String> {
    let sign = 1 << (8 * ty.size() - 1);
    match (op, ty) {
        (Unary::Negative, Type::F32) => in_f32!(lanes, flush, |x| -x),
        (Unary::Negative, Type::F64) => in_f64!(lanes, |x| -x),
        (Unary::Negative, Type::F16 | Type::BF16) => lanes.map(|[x]| x ^ sign),
        (Unary::Negative, _) => in_unsigned!(lanes, ty, |x| x.wrapping_neg()),
        (Unary::Absolute, Type::F32) => in_f32!(lanes, flush, |x| x.abs()),
        (Unary::Absolute, Type::F64) => in_f64!(lanes, |x| x.abs()),
        (Unary::Absolute, Type::F16 | Type::BF16) => lanes.map(|[x]| x & !sign),
        (Unary::Absolute, Type::Signed(_)) => in_signed!(lanes, ty, |x| x.wrapping_abs()),
        (Unary::Not, Type::Predicate) => lanes.map(|[x]| x ^ 1),
        (Unary::Not, _) => in_unsigned!(lanes, ty, |x| !x),
        (Unary::Exp2, Type::F32) => in_f32!(lanes, flush, |x| x.exp2()),
        (Unary::Exp2, Type::F16 | Type::BF16) => in_half!(lanes, ty, |x| x.exp2()),
        (Unary::HyperbolicTangent, Type::F32) => in_f32!(lanes, flush, |x| x.tanh()),
        (Unary::HyperbolicTangent, Type::F16 | Type::BF16) => in_half!(lanes, ty, |x| x.tanh()),
        (Unary::Log2, Type::F32) => in_f32!(lanes, flush, |x| x.log2()),
        (Unary::Sine, Type::F32) => in_f32!(lanes, flush, |x| x.sin()),
        (Unary::Cosine, Type::F32) => in_f32!(lanes, flush, |x| x.cos()),
        (Unary::Reciprocal, Type::F32) => in_f32!(lanes, flush, |x| 1.0 / x),
        (Unary::SquareRoot, Type::F32) => in_f32!(lanes, flush, |x| x.sqrt()),
        (Unary::ReciprocalRoot, Type::F32) => {
            in_f32!(lanes, flush, |x| (1.0 / f64::from(x).sqrt()) as f32);
        }
        (Unary::SquareRoot, Type::F64) => in_f64!(lanes, |x| x.sqrt()),
        (Unary::Reciprocal, Type::F64) => in_f64!(lanes, |x| 1.0 / x),
        (Unary::ReciprocalRoot, Type::F64) => in_f64!(lanes, |x| 1.0 / x.sqrt()),
        (Unary::CountOnes, _) => in_unsigned!(lanes, ty, |x| x.count_ones()),
        (Unary::CountZeros, _) => in_unsigned!(lanes, ty, |x| x.leading_zeros()),
        (Unary::Reverse, _) => in_unsigned!(lanes, ty, |x| x.reverse_bits()),
        _ => return Err(format!("{op:?} of {ty:?} is not known")),
    }
    Ok(())
}

#[rustfmt::skip]
pub(crate) fn binary(
    op: Binary, ty: Type, rounding: Rounding, flush: bool, lanes: &mut Lanes<'_>,
) -> Result<(), String> {
    use Rounding::Nearest;
    let bits = 8 * ty.size() as u64;
    match (op, ty, rounding) {
        (Binary::Add, Type::F32, Nearest) => in_f32!(lanes, flush, |x, y| x + y),
        (Binary::Add, Type::F32, _) => in_f32!(lanes, flush, |x, y| rounded(f64::from(x) + f64::from(y), rounding)),
        (Binary::Subtract, Type::F32, Nearest) => in_f32!(lanes, flush, |x, y| x - y),
        (Binary::Divide, Type::F32, Nearest) => in_f32!(lanes, flush, |x, y| x / y),
        (Binary::Minimum, Type::F32, _) => in_f32!(lanes, flush, |x, y| x.min(y)),
        (Binary::Maximum, Type::F32, _) => in_f32!(lanes, flush, |x, y| x.max(y)),
        (Binary::CopySign, Type::F32, _) => in_f32!(lanes, flush, |x, y| y.copysign(x)),
        (Binary::Add, Type::F64, Nearest) => in_f64!(lanes, |x, y| x + y),
        (Binary::Subtract, Type::F64, Nearest) => in_f64!(lanes, |x, y| x - y),
        (Binary::Divide, Type::F64, Nearest) => in_f64!(lanes, |x, y| x / y),
        (Binary::Minimum, Type::F64, _) => in_f64!(lanes, |x, y| x.min(y)),
        (Binary::Maximum, Type::F64, _) => in_f64!(lanes, |x, y| x.max(y)),
        (Binary::CopySign, Type::F64, _) => in_f64!(lanes, |x, y| y.copysign(x)),
        (Binary::Add, Type::F16 | Type::BF16, Nearest) => in_half!(lanes, ty, |x, y| x + y),
        (Binary::Subtract, Type::F16 | Type::BF16, Nearest) => in_half!(lanes, ty, |x, y| x - y),
        (Binary::Minimum, Type::F16 | Type::BF16, _) => in_half!(lanes, ty, |x, y| x.min(y)),
        (Binary::Maximum, Type::F16 | Type::BF16, _) => in_half!(lanes, ty, |x, y| x.max(y)),
        (_, Type::F16 | Type::BF16 | Type::F32 | Type::F64, _) => {
            return Err(format!("{op:?} of {ty:?}, rounded to {rounding:?}, is not known"));
        }
        (Binary::Add, ..) => in_unsigned!(lanes, ty, |x, y| x.wrapping_add(y)),
        (Binary::Subtract, ..) => in_unsigned!(lanes, ty, |x, y| x.wrapping_sub(y)),
        (Binary::Divide, Type::Signed(_), _) => in_signed!(lanes, ty, |x, y| if y == 0 { -1 } else { x.wrapping_div(y) }),
        (Binary::Divide, ..) => in_unsigned!(lanes, ty, |x, y| x.checked_div(y).unwrap_or(!0)),
        (Binary::Remainder, Type::Signed(_), _) => in_signed!(lanes, ty, |x, y| if y == 0 { x } else { x.wrapping_rem(y) }),
        (Binary::Remainder, ..) => in_unsigned!(lanes, ty, |x, y| x.checked_rem(y).unwrap_or(x)),
        (Binary::Minimum, Type::Signed(_), _) => in_signed!(lanes, ty, |x, y| x.min(y)),
        (Binary::Maximum, Type::Signed(_), _) => in_signed!(lanes, ty, |x, y| x.max(y)),
        (Binary::Minimum, ..) => in_unsigned!(lanes, ty, |x, y| x.min(y)),
        (Binary::Maximum, ..) => in_unsigned!(lanes, ty, |x, y| x.max(y)),
        (Binary::And, ..) => lanes.map(|[x, y]| x & y),
        (Binary::Or, ..) => lanes.map(|[x, y]| x | y),
        (Binary::Xor, ..) => lanes.map(|[x, y]| x ^ y),
        // Distances are 32-bit numbers, and not taken modulo the width.
        (Binary::ShiftLeft, ..) => lanes.map(|[x, n]| match n & 0xffff_ffff {
            n if n < bits => cut(x << n, ty),
            _ => 0,
        }),
        (Binary::ShiftRight, Type::Signed(_), _) => {
            lanes.map(|[x, n]| cut((signed(x, ty) >> (n & 0xffff_ffff).min(bits - 1)) as u64, ty));
        }
        (Binary::ShiftRight, ..) => lanes.map(|[x, n]| match n & 0xffff_ffff {
            n if n < bits => cut(x, ty) >> n,
            _ => 0,
        }),
        (Binary::CopySign, ..) => return Err(format!("{op:?} of {ty:?} is not known")),
    }
    Ok(())
}

#[inline(always)]
pub(crate) fn product(x: u64, y: u64, ty: Type, part: Part) -> u64 {
    let bits = 8 * ty.size();
    let product = match ty {
        Type::Signed(_) => i128::from(signed(x, ty)) * i128::from(signed(y, ty)),
        _ => (u128::from(cut(x, ty)) * u128::from(cut(y, ty))) as i128,
    };
    match part {
        Part::Low => cut(product as u64, ty),
        Part::High => cut((product >> bits) as u64, ty),
        Part::Wide => product as u64 & (u64::MAX >> (64 - (2 * bits).min(64))),
    }
}

/// A product of integers, plus the third operand where `add`.
pub(crate) fn multiply(ty: Type, part: Part, add: bool, lanes: &mut Lanes<'_>) {
    let size = if part == Part::Wide {
        2 * ty.size()
    } else {
        ty.size()
    };
    let wide = Type::Unsigned(size as u8);
    match (part, add, ty) {
        (Part::Low, false, _) => in_unsigned!(lanes, ty, |x, y| x.wrapping_mul(y)),
        (Part::Low, true, _) => {
            in_unsigned!(lanes, ty, |x, y, z| x.wrapping_mul(y).wrapping_add(z))
        }
        (Part::Wide, false, Type::Unsigned(4)) => {
            lanes.map(|[x, y]| u64::from(x as u32) * u64::from(y as u32))
        }
        (Part::Wide, false, Type::Signed(4)) => {
            lanes.map(|[x, y]| (i64::from(x as i32) * i64::from(y as i32)) as u64)
        }
        (_, false, _) => lanes.map(|[x, y]| product(x, y, ty, part)),
        (_, true, _) => lanes.map(|[x, y, z]| cut(product(x, y, ty, part).wrapping_add(z), wide)),
    }
}

pub(crate) fn multiply_float(
    ty: Type,
    rounding: Rounding,
    lanes: &mut Lanes<'_>,
) -> Result<(), String> {
    match (ty, rounding) {
        (Type::F32, Rounding::Nearest) => {
            lanes.map(|[x, y]| (single(x) * single(y)).to_bits().into());
        }
        // The product of two `f32` is exact in `f64`.
        (Type::F32, _) => lanes.map(|[x, y]| {
            rounded(f64::from(single(x)) * f64::from(single(y)), rounding)
                .to_bits()
                .into()
        }),
        (Type::F64, Rounding::Nearest) => in_f64!(lanes, |x, y| x * y),
        (Type::F16 | Type::BF16, Rounding::Nearest) => in_half!(lanes, ty, |x, y| x * y),
        _ => {
            return Err(format!(
                "a product of {ty:?}, rounded to {rounding:?}, is not known"
            ));
        }
    }
    Ok(())
}

pub(crate) fn fused(ty: Type, rounding: Rounding, lanes: &mut Lanes<'_>) -> Result<(), String> {
    match (ty, rounding) {
        (Type::F32, Rounding::Nearest) => {
            lanes.map(|[x, y, z]| single(x).mul_add(single(y), single(z)).to_bits().into())
        }
        (Type::F32, _) => lanes.map(|[x, y, z]| {
            let exact = f64::from(single(x)).mul_add(single(y).into(), single(z).into());
            rounded(exact, rounding).to_bits().into()
        }),
        (Type::F64, Rounding::Nearest) => in_f64!(lanes, |x, y, z| x.mul_add(y, z)),
        (Type::F16 | Type::BF16, Rounding::Nearest) => {
            in_half!(lanes, ty, |x, y, z| x.mul_add(y, z));
        }
        _ => {
            return Err(format!(
                "a fused product of {ty:?}, rounded to {rounding:?}, is not known"
            ));
        }
    }
    Ok(())
}

/// Which lanes a relation holds in.
pub(crate) fn compare(compare: Compare, ty: Type, a: &Row, b: &Row) -> Mask {
    let holds = |ordering: Option<Ordering>| match ordering {
        Some(Ordering::Less) => compare.less,
        Some(Ordering::Equal) => compare.equal,
        Some(Ordering::Greater) => compare.greater,
        None => compare.unordered,
    };
    macro_rules! ordered {
        (|$x:ident| $number:expr) => {
            (0..LANES).fold(0, |mask, i| {
                let of = |$x: u64| $number;
                mask | Mask::from(holds(of(a[i]).partial_cmp(&of(b[i])))) << i
            })
        };
    }
    match (ty, ty.size()) {
        (Type::F32, _) => ordered!(|x| single(x)),
        (Type::F64, _) => ordered!(|x| double(x)),
        (Type::F16 | Type::BF16, _) => ordered!(|x| real(x, ty)),
        (Type::Signed(_), 4) => ordered!(|x| x as i32),
        (Type::Signed(_), _) => ordered!(|x| signed(x, ty)),
        (Type::Unsigned(_), 4) => ordered!(|x| x as u32),
        (Type::Unsigned(_) | Type::Predicate, _) => ordered!(|x| cut(x, ty)),
    }
}

/// A field of bits of `b` replaced by those of `a`.
pub(crate) fn insert_bits(a: u64, b: u64, start: u64, length: u64, ty: Type) -> u64 {
    let (start, length) = (start & 0xff, length & 0xff);
    if start >= 64 || length == 0 {
        return cut(b, ty);
    }
    let field = (u64::MAX >> (64 - length.min(64))) << start;
    cut((b & !field) | ((a << start) & field), ty)
}

/// A field of bits of `a`, with its sign where the type has one.
pub(crate) fn extract_bits(a: u64, start: u64, length: u64, ty: Type) -> u64 {
    let (start, length) = (start & 0xff, (length & 0xff).min(64));
    let bits = 8 * ty.size() as u64;
    if length == 0 {
        return 0;
    }
    let is_signed = matches!(ty, Type::Signed(_));
    let value = if is_signed {
        signed(a, ty) >> start.min(63)
    } else {
        (cut(a, ty) >> start.min(63)) as i64
    };
    let unused = 64 - length.min(bits) as u32;
    let field = (value << unused) as u64;
    cut(
        if is_signed {
            (field as i64 >> unused) as u64
        } else {
            field >> unused
        },
        ty,
    )
}

/// The result of an atomic operation on what was there.
pub(crate) fn atomic(
    op: crate::ptx::Atomic,
    ty: Type,
    old: u64,
    x: u64,
    y: u64,
) -> Result<u64, String> {
    use crate::ptx::Atomic::*;
    Ok(match (op, ty) {
        (Exchange, _) => x,
        (CompareAndSwap, _) => {
            if cut(old, ty) == cut(x, ty) {
                y
            } else {
                old
            }
        }
        (And, _) => old & x,
        (Or, _) => old | x,
        (Xor, _) => old ^ x,
        (Add, Type::F32) => (single(old) + single(x)).to_bits().into(),
        (Add, Type::F64) => (double(old) + double(x)).to_bits(),
        (Add, Type::Unsigned(_) | Type::Signed(_)) => cut(old.wrapping_add(x), ty),
        (Minimum, Type::Signed(_)) => cut(signed(old, ty).min(signed(x, ty)) as u64, ty),
        (Maximum, Type::Signed(_)) => cut(signed(old, ty).max(signed(x, ty)) as u64, ty),
        (Minimum, Type::Unsigned(_)) => cut(old, ty).min(cut(x, ty)),
        (Maximum, Type::Unsigned(_)) => cut(old, ty).max(cut(x, ty)),
        _ => return Err(format!("atomic {op:?} of {ty:?} is not known")),
    })
}
