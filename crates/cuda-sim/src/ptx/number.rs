//! Literals.

use super::instruction::Type;

/// The bits of a literal as an operand of a type; `None` where it is no literal.
pub(crate) fn literal(text: &str, ty: Type) -> Option<u64> {
    if let Some(digits) = text.strip_prefix("0f").or(text.strip_prefix("0F")) {
        let bits = u32::from_str_radix(digits, 16).ok()?;
        return Some(match ty {
            Type::F64 => f64::from(f32::from_bits(bits)).to_bits(),
            _ => bits.into(),
        });
    }
    if let Some(digits) = text.strip_prefix("0d").or(text.strip_prefix("0D")) {
        let bits = u64::from_str_radix(digits, 16).ok()?;
        return Some(match ty {
            Type::F32 => (f64::from_bits(bits) as f32).to_bits().into(),
            _ => bits,
        });
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let digits = digits.trim_end_matches('U');
    let value = match digits.strip_prefix("0x").or(digits.strip_prefix("0X")) {
        Some(hexadecimal) => u64::from_str_radix(hexadecimal, 16).ok()?,
        None => digits.parse().ok()?,
    };
    let value = if negative {
        value.wrapping_neg()
    } else {
        value
    };
    let unused = 64 - 8 * ty.size() as u32;
    Some(if ty == Type::Predicate {
        value
    } else {
        value << unused >> unused
    })
}
