//! What the words of an opcode mean.

use crate::ptx::{Atomic, Binary, Compare, Part, Rounding, Space, Type, Unary, Vote};

pub(super) fn is_float(ty: Type) -> bool {
    matches!(ty, Type::F16 | Type::BF16 | Type::F32 | Type::F64)
}

pub(super) fn part_of(words: &[&str]) -> Option<Part> {
    words.iter().find_map(|word| match *word {
        "lo" => Some(Part::Low),
        "hi" => Some(Part::High),
        "wide" => Some(Part::Wide),
        _ => None,
    })
}

pub(super) fn rounding_of(words: &[&str]) -> Option<Rounding> {
    words.iter().find_map(|word| match *word {
        "rn" | "rni" => Some(Rounding::Nearest),
        "rz" | "rzi" => Some(Rounding::Zero),
        "rm" | "rmi" => Some(Rounding::Down),
        "rp" | "rpi" => Some(Rounding::Up),
        _ => None,
    })
}

pub(super) fn space_of(words: &[&str]) -> Space {
    let named = words.iter().find_map(|word| match *word {
        "global" | "const" => Some(Space::Global),
        "shared" => Some(Space::Shared),
        "local" => Some(Space::Local),
        "param" => Some(Space::Param),
        _ => None,
    });
    named.unwrap_or(Space::Generic)
}

pub(super) fn unary_named(name: &str) -> Option<Unary> {
    Some(match name {
        "neg" => Unary::Negative,
        "abs" => Unary::Absolute,
        "not" => Unary::Not,
        "ex2" => Unary::Exp2,
        "lg2" => Unary::Log2,
        "sin" => Unary::Sine,
        "cos" => Unary::Cosine,
        "tanh" => Unary::HyperbolicTangent,
        "rcp" => Unary::Reciprocal,
        "sqrt" => Unary::SquareRoot,
        "rsqrt" => Unary::ReciprocalRoot,
        "popc" => Unary::CountOnes,
        "clz" => Unary::CountZeros,
        "brev" => Unary::Reverse,
        _ => return None,
    })
}

pub(super) fn binary_named(name: &str) -> Option<Binary> {
    Some(match name {
        "add" => Binary::Add,
        "sub" => Binary::Subtract,
        "div" => Binary::Divide,
        "rem" => Binary::Remainder,
        "min" => Binary::Minimum,
        "max" => Binary::Maximum,
        "and" => Binary::And,
        "or" => Binary::Or,
        "xor" => Binary::Xor,
        "shl" => Binary::ShiftLeft,
        "shr" => Binary::ShiftRight,
        "copysign" => Binary::CopySign,
        _ => return None,
    })
}

/// Whether a word names a type, known or not: `f16x2`, `b128`.
pub(super) fn is_type(word: &str) -> bool {
    let digits = word
        .trim_start_matches("bf")
        .trim_start_matches(['f', 'b', 'u', 's']);
    digits.len() < word.len() && digits.starts_with(|c: char| c.is_ascii_digit())
}

/// The vote of `vote.sync.all`; on a negated predicate it is another.
pub(super) fn vote_named(name: &str, negated: bool) -> Option<Vote> {
    Some(match (name, negated) {
        ("all", false) => Vote::All,
        ("all", true) => Vote::None,
        ("any", false) => Vote::Any,
        ("uni", _) => Vote::Uniform,
        ("ballot", false) => Vote::Ballot,
        _ => return None,
    })
}

pub(super) fn atomic_named(name: &str) -> Option<Atomic> {
    Some(match name {
        "add" => Atomic::Add,
        "min" => Atomic::Minimum,
        "max" => Atomic::Maximum,
        "and" => Atomic::And,
        "or" => Atomic::Or,
        "xor" => Atomic::Xor,
        "exch" => Atomic::Exchange,
        "cas" => Atomic::CompareAndSwap,
        _ => return None,
    })
}

pub(super) fn compare_named(name: &str) -> Option<Compare> {
    let compare = |less, equal, greater, unordered| Compare {
        less,
        equal,
        greater,
        unordered,
    };
    Some(match name {
        "eq" => compare(false, true, false, false),
        "ne" => compare(true, false, true, false),
        "lt" | "lo" => compare(true, false, false, false),
        "le" | "ls" => compare(true, true, false, false),
        "gt" | "hi" => compare(false, false, true, false),
        "ge" | "hs" => compare(false, true, true, false),
        "num" => compare(true, true, true, false),
        "equ" => compare(false, true, false, true),
        "neu" => compare(true, false, true, true),
        "ltu" => compare(true, false, false, true),
        "leu" => compare(true, true, false, true),
        "gtu" => compare(false, false, true, true),
        "geu" => compare(false, true, true, true),
        "nan" => compare(false, false, false, true),
        _ => return None,
    })
}
