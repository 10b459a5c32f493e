//! Integers of any size, from the two forms a pickle has for them.

use std::sync::Arc;

use super::PART;
use super::heap::Node;
use crate::{Error, Result};

/// The longest integer read and written, in bytes: what the opcode of PyTorch can hold.
///
/// A longer one is never needed, and turning it into decimals takes quadratic time.
pub(super) const MAX_BYTES: usize = 255;

/// A little-endian two's complement number of any length; the empty one is zero.
pub(super) fn from_bytes(bytes: &[u8]) -> Node {
    let negative = bytes.last().is_some_and(|&byte| byte >= 0x80);
    let sign = if negative { 0xff } else { 0 };
    let fits = bytes.iter().skip(8).all(|&byte| byte == sign)
        && bytes.get(7).is_none_or(|&byte| (byte >= 0x80) == negative);
    if fits {
        let mut word = [sign; 8];
        word.iter_mut()
            .zip(bytes)
            .for_each(|(to, from)| *to = *from);
        return Node::Int(i64::from_le_bytes(word));
    }
    let digits = decimal(if negative {
        negate(bytes)
    } else {
        bytes.to_vec()
    });
    Node::BigInt(Arc::from(if negative {
        format!("-{digits}")
    } else {
        digits
    }))
}

/// A decimal number in text, as Python 2 wrote those that exceed 32 bits.
pub(super) fn from_text(line: &[u8]) -> Result<Node> {
    let text = std::str::from_utf8(line).ok();
    match text {
        // Protocol 0 has no opcodes for the booleans and spells them this way.
        Some("00") => Ok(Node::Bool(false)),
        Some("01") => Ok(Node::Bool(true)),
        _ => text
            .and_then(|text| text.parse().ok())
            .map(Node::Int)
            .ok_or_else(|| Error::malformed(PART, format!("INT {line:?} is no 64-bit integer"))),
    }
}

/// A little-endian two's complement form of a decimal number, of at most [`MAX_BYTES`].
pub(super) fn to_bytes(digits: &str) -> Option<Vec<u8>> {
    let (is_negative, digits) = match digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, digits),
    };
    if digits.is_empty() || digits.len() > 1000 {
        return None;
    }
    let mut magnitude = Vec::new();
    for digit in digits.chars() {
        let mut carry = digit.to_digit(10)?;
        for byte in &mut magnitude {
            let value = u32::from(*byte) * 10 + carry;
            *byte = value as u8;
            carry = value >> 8;
        }
        if carry != 0 {
            magnitude.push(carry as u8);
        }
    }
    // Room for the sign.
    magnitude.push(0);
    let bytes = match is_negative {
        true => negate(&magnitude),
        false => magnitude,
    };
    Some(bytes).filter(|bytes| bytes.len() <= MAX_BYTES)
}

fn negate(bytes: &[u8]) -> Vec<u8> {
    let mut carry = true;
    bytes
        .iter()
        .map(|byte| {
            let (negated, overflow) = (!byte).overflowing_add(carry as u8);
            carry = overflow;
            negated
        })
        .collect()
}

/// The decimal digits of a little-endian magnitude.
fn decimal(mut magnitude: Vec<u8>) -> String {
    const CHUNK: u64 = 1_000_000_000;
    let mut chunks = Vec::new();
    while magnitude.iter().any(|&byte| byte != 0) {
        let mut remainder = 0;
        for byte in magnitude.iter_mut().rev() {
            let value = remainder << 8 | u64::from(*byte);
            *byte = (value / CHUNK) as u8;
            remainder = value % CHUNK;
        }
        chunks.push(remainder);
    }
    let mut digits = chunks.pop().unwrap_or(0).to_string();
    chunks
        .iter()
        .rev()
        .for_each(|chunk| digits.push_str(&format!("{chunk:09}")));
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> String {
        match from_bytes(bytes) {
            Node::Int(value) => value.to_string(),
            Node::BigInt(digits) => digits.to_string(),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn every_128_bit_pattern_reads_as_its_number() {
        let mut value: i128 = 1;
        for step in 0..1000 {
            value = value.wrapping_mul(0x2545_f491_4f6c_dd1d).rotate_left(step);
            for length in 1..=16 {
                let shift = 128 - 8 * length;
                let expected = value << shift >> shift;
                assert_eq!(text(&value.to_le_bytes()[..length]), expected.to_string());
            }
        }
    }

    #[test]
    fn a_number_written_reads_as_itself() {
        for digits in [
            "0",
            "1",
            "-1",
            "255",
            "-256",
            "18446744073709551616",
            "-9223372036854775809",
        ] {
            assert_eq!(text(&to_bytes(digits).unwrap()), digits);
        }
        assert_eq!(to_bytes(""), None);
        assert_eq!(to_bytes("-"), None);
        assert_eq!(to_bytes("1x"), None);
    }

    #[test]
    fn the_limits_of_64_bits_are_small_integers() {
        for value in [i64::MIN, i64::MAX, -1, 0, 1] {
            assert!(matches!(from_bytes(&value.to_le_bytes()), Node::Int(read) if read == value));
        }
        assert_eq!(
            text(&(1i128 << 63).to_le_bytes()[..9]),
            "9223372036854775808"
        );
        assert_eq!(
            text(&(-(1i128 << 63) - 1).to_le_bytes()[..9]),
            "-9223372036854775809"
        );
        assert_eq!(text(&[]), "0");
    }
}
