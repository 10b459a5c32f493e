//! Conversions between types of numbers.

use super::arithmetic::{cut, double, half_bits, real, rounded, signed, single};
use super::registers::Lanes;
use crate::ptx::{Rounding, Type};

/// How to convert a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Conversion {
    pub(crate) to: Type,
    pub(crate) from: Type,
    pub(crate) rounding: Option<Rounding>,
    pub(crate) whole: bool,
    pub(crate) saturate: bool,
    pub(crate) flush: bool,
}

impl Conversion {
    /// Whether it rounds as usual, and does nothing else.
    fn is_plain(self) -> bool {
        let nearest = matches!(self.rounding, None | Some(Rounding::Nearest));
        nearest && !(self.whole || self.saturate || self.flush)
    }
}

pub(crate) fn convert(conversion: Conversion, lanes: &mut Lanes<'_>) {
    let Conversion { to, from, .. } = conversion;
    if conversion.is_plain() {
        // What kernels do most, without questions in the loop.
        match (to, from) {
            (Type::F64, Type::F32) => return lanes.map(|[x]| f64::from(single(x)).to_bits()),
            (Type::F32, Type::F64) => {
                return lanes.map(|[x]| (double(x) as f32).to_bits().into());
            }
            (Type::F64, Type::Signed(4)) => {
                return lanes.map(|[x]| f64::from(x as i32).to_bits());
            }
            (Type::Unsigned(8), Type::Unsigned(4)) => return lanes.map(|[x]| u64::from(x as u32)),
            (Type::Signed(8), Type::Signed(4)) => return lanes.map(|[x]| x as i32 as u64),
            (Type::Unsigned(4), Type::Unsigned(8)) => return lanes.map(|[x]| u64::from(x as u32)),
            _ => {}
        }
    }
    match (is_real(to), is_real(from)) {
        (true, true) => lanes.map(|[x]| real_bits(conversion, to_whole(conversion, real(x, from)))),
        (true, false) => lanes.map(|[x]| match from {
            Type::Signed(_) => signed_as_real(to, signed(x, from)),
            _ => unsigned_as_real(to, cut(x, from)),
        }),
        (false, true) => lanes.map(|[x]| {
            let x = if conversion.flush && single(x).is_subnormal() {
                0.0
            } else {
                real(x, from)
            };
            whole_bits(to, to_whole(conversion, x))
        }),
        (false, false) => lanes.map(|[x]| match from {
            Type::Signed(_) => cut(signed(x, from) as u64, to),
            _ => cut(cut(x, from), to),
        }),
    }
}

fn is_real(ty: Type) -> bool {
    matches!(ty, Type::F16 | Type::BF16 | Type::F32 | Type::F64)
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
        Type::F16 | Type::BF16 => half_bits(x, conversion.to),
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
fn signed_as_real(to: Type, x: i64) -> u64 {
    match to {
        Type::F64 => (x as f64).to_bits(),
        Type::F16 | Type::BF16 => half_bits(x as f64, to),
        _ => (x as f32).to_bits().into(),
    }
}

#[inline(always)]
fn unsigned_as_real(to: Type, x: u64) -> u64 {
    match to {
        Type::F64 => (x as f64).to_bits(),
        Type::F16 | Type::BF16 => half_bits(x as f64, to),
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
