//! What operations do to numbers.

use super::{LANES, Row};
use crate::ptx::{Binary, Compare, Part, Rounding, Type, Unary};
use half::f16;
use std::cmp::Ordering;

/// Which lanes take part: one bit each.
pub(crate) type Mask = u32;

#[inline(always)]
pub(crate) fn map(d: &mut Row, mask: Mask, f: impl Fn(usize) -> u64) {
    if mask == Mask::MAX {
        (0..LANES).for_each(|i| d[i] = f(i));
    } else {
        (0..LANES)
            .filter(|i| mask >> i & 1 == 1)
            .for_each(|i| d[i] = f(i));
    }
}

#[inline(always)]
pub(crate) fn single(bits: u64) -> f32 {
    f32::from_bits(bits as u32)
}

#[inline(always)]
pub(crate) fn double(bits: u64) -> f64 {
    f64::from_bits(bits)
}

#[inline(always)]
fn half(bits: u64) -> f32 {
    f16::from_bits(bits as u16).to_f32()
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
        Type::F16 => half(bits).into(),
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

pub(crate) fn unary(
    op: Unary,
    ty: Type,
    flush: bool,
    a: &Row,
    d: &mut Row,
    mask: Mask,
) -> Result<(), String> {
    macro_rules! in_f32 {
        (|$x:ident| $formula:expr) => {
            map(d, mask, |i| {
                let $x = flushed(single(a[i]), flush);
                flushed($formula, flush).to_bits().into()
            })
        };
    }
    macro_rules! in_f64 {
        (|$x:ident| $formula:expr) => {
            map(d, mask, |i| {
                let $x = double(a[i]);
                f64::to_bits($formula)
            })
        };
    }
    match (op, ty) {
        (Unary::Negative, Type::F32) => in_f32!(|x| -x),
        (Unary::Negative, Type::F64) => in_f64!(|x| -x),
        (Unary::Negative, Type::F16) => map(d, mask, |i| a[i] ^ 0x8000),
        (Unary::Negative, _) => map(d, mask, |i| cut(a[i].wrapping_neg(), ty)),
        (Unary::Absolute, Type::F32) => in_f32!(|x| x.abs()),
        (Unary::Absolute, Type::F64) => in_f64!(|x| x.abs()),
        (Unary::Absolute, Type::Signed(_)) => {
            map(d, mask, |i| cut(signed(a[i], ty).wrapping_abs() as u64, ty))
        }
        (Unary::Not, Type::Predicate) => map(d, mask, |i| a[i] ^ 1),
        (Unary::Not, _) => map(d, mask, |i| cut(!a[i], ty)),
        (Unary::Exp2, Type::F32) => in_f32!(|x| x.exp2()),
        (Unary::Log2, Type::F32) => in_f32!(|x| x.log2()),
        (Unary::Reciprocal, Type::F32) => in_f32!(|x| 1.0 / x),
        (Unary::SquareRoot, Type::F32) => in_f32!(|x| x.sqrt()),
        (Unary::ReciprocalRoot, Type::F32) => in_f32!(|x| (1.0 / f64::from(x).sqrt()) as f32),
        (Unary::SquareRoot, Type::F64) => in_f64!(|x| x.sqrt()),
        (Unary::Reciprocal, Type::F64) => in_f64!(|x| 1.0 / x),
        (Unary::ReciprocalRoot, Type::F64) => in_f64!(|x| 1.0 / x.sqrt()),
        (Unary::CountOnes, _) => map(d, mask, |i| cut(a[i], ty).count_ones().into()),
        (Unary::CountZeros, _) => {
            let unused = 64 - 8 * ty.size() as u32;
            map(d, mask, |i| (cut(a[i], ty).leading_zeros() - unused).into());
        }
        (Unary::Reverse, _) => {
            let unused = 64 - 8 * ty.size() as u32;
            map(d, mask, |i| cut(a[i], ty).reverse_bits() >> unused);
        }
        _ => return Err(format!("{op:?} of {ty:?} is not known")),
    }
    Ok(())
}

#[rustfmt::skip]
pub(crate) fn binary(
    op: Binary, ty: Type, rounding: Rounding, flush: bool,
    [a, b]: [&Row; 2], d: &mut Row, mask: Mask,
) -> Result<(), String> {
    macro_rules! in_f32 {
        (|$x:ident, $y:ident| $formula:expr) => {
            map(d, mask, |i| {
                let ($x, $y) = (flushed(single(a[i]), flush), flushed(single(b[i]), flush));
                flushed($formula, flush).to_bits().into()
            })
        };
    }
    macro_rules! in_f64 {
        (|$x:ident, $y:ident| $formula:expr) => {
            map(d, mask, |i| {
                let ($x, $y) = (double(a[i]), double(b[i]));
                f64::to_bits($formula)
            })
        };
    }
    macro_rules! in_signed {
        (|$x:ident, $y:ident| $formula:expr) => {
            map(d, mask, |i| {
                let ($x, $y) = (signed(a[i], ty), signed(b[i], ty));
                cut($formula as u64, ty)
            })
        };
    }
    macro_rules! in_unsigned {
        (|$x:ident, $y:ident| $formula:expr) => {
            map(d, mask, |i| {
                let ($x, $y) = (cut(a[i], ty), cut(b[i], ty));
                cut($formula, ty)
            })
        };
    }
    let bits = 8 * ty.size() as u64;
    match (op, ty, rounding) {
        (Binary::Add, Type::F32, Rounding::Nearest) => in_f32!(|x, y| x + y),
        (Binary::Add, Type::F32, _) => in_f32!(|x, y| rounded(f64::from(x) + f64::from(y), rounding)),
        (Binary::Subtract, Type::F32, Rounding::Nearest) => in_f32!(|x, y| x - y),
        (Binary::Divide, Type::F32, Rounding::Nearest) => in_f32!(|x, y| x / y),
        (Binary::Minimum, Type::F32, _) => in_f32!(|x, y| x.min(y)),
        (Binary::Maximum, Type::F32, _) => in_f32!(|x, y| x.max(y)),
        (Binary::CopySign, Type::F32, _) => in_f32!(|x, y| y.copysign(x)),
        (Binary::Add, Type::F64, Rounding::Nearest) => in_f64!(|x, y| x + y),
        (Binary::Subtract, Type::F64, Rounding::Nearest) => in_f64!(|x, y| x - y),
        (Binary::Divide, Type::F64, Rounding::Nearest) => in_f64!(|x, y| x / y),
        (Binary::Minimum, Type::F64, _) => in_f64!(|x, y| x.min(y)),
        (Binary::Maximum, Type::F64, _) => in_f64!(|x, y| x.max(y)),
        (Binary::CopySign, Type::F64, _) => in_f64!(|x, y| y.copysign(x)),
        (_, Type::F16 | Type::F32 | Type::F64, _) => {
            return Err(format!("{op:?} of {ty:?}, rounded to {rounding:?}, is not known"));
        }
        (Binary::Add, ..) => in_unsigned!(|x, y| x.wrapping_add(y)),
        (Binary::Subtract, ..) => in_unsigned!(|x, y| x.wrapping_sub(y)),
        (Binary::Divide, Type::Signed(_), _) => in_signed!(|x, y| if y == 0 { -1 } else { x.wrapping_div(y) }),
        (Binary::Divide, ..) => in_unsigned!(|x, y| x.checked_div(y).unwrap_or(u64::MAX)),
        (Binary::Remainder, Type::Signed(_), _) => in_signed!(|x, y| if y == 0 { x } else { x.wrapping_rem(y) }),
        (Binary::Remainder, ..) => in_unsigned!(|x, y| x.checked_rem(y).unwrap_or(x)),
        (Binary::Minimum, Type::Signed(_), _) => in_signed!(|x, y| x.min(y)),
        (Binary::Maximum, Type::Signed(_), _) => in_signed!(|x, y| x.max(y)),
        (Binary::Minimum, ..) => in_unsigned!(|x, y| x.min(y)),
        (Binary::Maximum, ..) => in_unsigned!(|x, y| x.max(y)),
        (Binary::And, ..) => map(d, mask, |i| a[i] & b[i]),
        (Binary::Or, ..) => map(d, mask, |i| a[i] | b[i]),
        (Binary::Xor, ..) => map(d, mask, |i| a[i] ^ b[i]),
        // Distances are 32-bit numbers, and not taken modulo the width.
        (Binary::ShiftLeft, ..) => map(d, mask, |i| match b[i] & 0xffff_ffff {
            n if n < bits => cut(a[i] << n, ty),
            _ => 0,
        }),
        (Binary::ShiftRight, Type::Signed(_), _) => {
            map(d, mask, |i| cut((signed(a[i], ty) >> (b[i] & 0xffff_ffff).min(bits - 1)) as u64, ty));
        }
        (Binary::ShiftRight, ..) => map(d, mask, |i| match b[i] & 0xffff_ffff {
            n if n < bits => cut(a[i], ty) >> n,
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

pub(crate) fn multiply(
    ty: Type,
    part: Part,
    a: &Row,
    b: &Row,
    c: Option<&Row>,
    d: &mut Row,
    mask: Mask,
) {
    let size = if part == Part::Wide {
        2 * ty.size()
    } else {
        ty.size()
    };
    let wide = Type::Unsigned(size as u8);
    match (part, c) {
        (Part::Low, None) => map(d, mask, |i| cut(a[i].wrapping_mul(b[i]), ty)),
        (Part::Low, Some(c)) => map(d, mask, |i| {
            cut(a[i].wrapping_mul(b[i]).wrapping_add(c[i]), ty)
        }),
        (_, None) => map(d, mask, |i| product(a[i], b[i], ty, part)),
        (_, Some(c)) => map(d, mask, |i| {
            cut(product(a[i], b[i], ty, part).wrapping_add(c[i]), wide)
        }),
    }
}

pub(crate) fn multiply_float(
    ty: Type,
    rounding: Rounding,
    a: &Row,
    b: &Row,
    d: &mut Row,
    mask: Mask,
) -> Result<(), String> {
    match (ty, rounding) {
        (Type::F32, Rounding::Nearest) => {
            map(d, mask, |i| (single(a[i]) * single(b[i])).to_bits().into());
        }
        // The product of two `f32` is exact in `f64`.
        (Type::F32, _) => map(d, mask, |i| {
            rounded(f64::from(single(a[i])) * f64::from(single(b[i])), rounding)
                .to_bits()
                .into()
        }),
        (Type::F64, Rounding::Nearest) => map(d, mask, |i| (double(a[i]) * double(b[i])).to_bits()),
        _ => {
            return Err(format!(
                "a product of {ty:?}, rounded to {rounding:?}, is not known"
            ));
        }
    }
    Ok(())
}

#[rustfmt::skip]
pub(crate) fn fused(
    ty: Type, rounding: Rounding, a: &Row, b: &Row, c: &Row, d: &mut Row, mask: Mask,
) -> Result<(), String> {
    match (ty, rounding) {
        (Type::F32, Rounding::Nearest) => {
            map(d, mask, |i| single(a[i]).mul_add(single(b[i]), single(c[i])).to_bits().into());
        }
        (Type::F32, _) => map(d, mask, |i| {
            let exact = f64::from(single(a[i])).mul_add(single(b[i]).into(), single(c[i]).into());
            rounded(exact, rounding).to_bits().into()
        }),
        (Type::F64, Rounding::Nearest) => {
            map(d, mask, |i| double(a[i]).mul_add(double(b[i]), double(c[i])).to_bits());
        }
        _ => return Err(format!("a fused product of {ty:?}, rounded to {rounding:?}, is not known")),
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
    let lanes = |order: &dyn Fn(u64, u64) -> Option<Ordering>| {
        (0..LANES).fold(0, |mask, i| {
            mask | Mask::from(holds(order(a[i], b[i]))) << i
        })
    };
    match ty {
        Type::F32 => lanes(&|x, y| single(x).partial_cmp(&single(y))),
        Type::F16 | Type::F64 => lanes(&|x, y| real(x, ty).partial_cmp(&real(y, ty))),
        Type::Signed(_) => lanes(&|x, y| signed(x, ty).partial_cmp(&signed(y, ty))),
        Type::Unsigned(_) | Type::Predicate => lanes(&|x, y| cut(x, ty).partial_cmp(&cut(y, ty))),
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
