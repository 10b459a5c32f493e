//! Conversions between types of numbers.

use super::Row;
use super::arithmetic::{Mask, cut, map, real, rounded, signed, single};
use crate::ptx::{Rounding, Type};
use half::f16;

/// How to convert: see `Op::Convert`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conversion {
    pub(crate) to: Type,
    pub(crate) from: Type,
    pub(crate) rounding: Option<Rounding>,
    pub(crate) whole: bool,
    pub(crate) saturate: bool,
    pub(crate) flush: bool,
}

pub(crate) fn convert(conversion: Conversion, a: &Row, d: &mut Row, mask: Mask) {
    let Conversion { to, from, .. } = conversion;
    match (is_real(to), is_real(from)) {
        (true, true) => map(d, mask, |i| {
            real_bits(conversion, to_whole(conversion, real(a[i], from)))
        }),
        (true, false) => map(d, mask, |i| match from {
            Type::Signed(_) => whole_as_real(to, i128::from(signed(a[i], from))),
            _ => whole_as_real(to, i128::from(cut(a[i], from))),
        }),
        (false, true) => map(d, mask, |i| {
            let x = if conversion.flush && single(a[i]).is_subnormal() {
                0.0
            } else {
                real(a[i], from)
            };
            whole_bits(to, to_whole(conversion, x))
        }),
        (false, false) => map(d, mask, |i| match from {
            Type::Signed(_) => cut(signed(a[i], from) as u64, to),
            _ => cut(cut(a[i], from), to),
        }),
    }
}

fn is_real(ty: Type) -> bool {
    matches!(ty, Type::F16 | Type::F32 | Type::F64)
}

/// Rounds to a whole number, where the conversion does.
#[inline(always)]
fn to_whole(conversion: Conversion, x: f64) -> f64 {
    if !conversion.whole {
        return x;
    }
    match conversion.rounding {
        Some(Rounding::Zero) => x.trunc(),
        Some(Rounding::Down) => x.floor(),
        Some(Rounding::Up) => x.ceil(),
        _ => x.round_ties_even(),
    }
}

#[inline(always)]
fn real_bits(conversion: Conversion, x: f64) -> u64 {
    let x = match conversion.saturate {
        true if x.is_nan() => 0.0,
        true => x.clamp(0.0, 1.0),
        false => x,
    };
    match conversion.to {
        Type::F64 => x.to_bits(),
        Type::F16 => f16::from_f64(x).to_bits().into(),
        _ => {
            let rounding = conversion.rounding.filter(|_| !conversion.whole);
            let narrow = rounded(x, rounding.unwrap_or(Rounding::Nearest));
            let flush = conversion.flush && narrow.is_subnormal();
            if flush { 0f32.copysign(narrow) } else { narrow }
                .to_bits()
                .into()
        }
    }
}

#[inline(always)]
fn whole_as_real(to: Type, x: i128) -> u64 {
    match to {
        Type::F64 => (x as f64).to_bits(),
        Type::F16 => f16::from_f64(x as f64).to_bits().into(),
        _ => (x as f32).to_bits().into(),
    }
}

/// What does not fit becomes the nearest end of the type; NaN is 0, or of 64 bits the lowest number.
#[inline(always)]
fn whole_bits(to: Type, x: f64) -> u64 {
    if x.is_nan() {
        return if to.size() == 8 { 1 << 63 } else { 0 };
    }
    let bits = 8 * to.size() as u32;
    match to {
        Type::Signed(8) => x as i64 as u64,
        Type::Signed(_) => {
            let end = 2f64.powi(bits as i32 - 1);
            cut(x.clamp(-end, end - 1.0) as i64 as u64, to)
        }
        Type::Unsigned(8) => x as u64,
        _ => x.clamp(0.0, 2f64.powi(bits as i32) - 1.0) as u64,
    }
}
