//! Instructions, decoded: operands are rows of a warp's register file.

use crate::machine::Conversion;

/// The type of an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    Predicate,
    /// Bits without a meaning, or an unsigned integer, of so many bytes.
    Unsigned(u8),
    Signed(u8),
    F16,
    BF16,
    F32,
    F64,
}

impl Type {
    pub(crate) fn named(name: &str) -> Option<Type> {
        Some(match name {
            "pred" => Type::Predicate,
            "f16" => Type::F16,
            "bf16" => Type::BF16,
            "f32" => Type::F32,
            "f64" => Type::F64,
            _ => {
                let bits: u8 = name.get(1..)?.parse().ok()?;
                if !matches!(bits, 8 | 16 | 32 | 64) {
                    return None;
                }
                match name.as_bytes()[0] {
                    b'b' | b'u' => Type::Unsigned(bits / 8),
                    b's' => Type::Signed(bits / 8),
                    _ => return None,
                }
            }
        })
    }

    pub(crate) fn size(self) -> usize {
        match self {
            Type::Predicate => 1,
            Type::Unsigned(size) | Type::Signed(size) => size.into(),
            Type::F16 | Type::BF16 => 2,
            Type::F32 => 4,
            Type::F64 => 8,
        }
    }
}

/// Which memory an address belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Space {
    Generic,
    Global,
    Shared,
    Local,
    Param,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unary {
    Negative,
    Absolute,
    Not,
    Exp2,
    Log2,
    Sine,
    Cosine,
    HyperbolicTangent,
    Reciprocal,
    SquareRoot,
    ReciprocalRoot,
    CountOnes,
    CountZeros,
    Reverse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binary {
    Add,
    Subtract,
    Divide,
    Remainder,
    Minimum,
    Maximum,
    And,
    Or,
    Xor,
    ShiftLeft,
    ShiftRight,
    CopySign,
}

/// The part of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Low,
    High,
    Wide,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    Nearest,
    Zero,
    Down,
    Up,
}

/// A relation; of floats the second column says whether it holds for NaN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Compare {
    pub(crate) less: bool,
    pub(crate) equal: bool,
    pub(crate) greater: bool,
    pub(crate) unordered: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shuffle {
    Up,
    Down,
    Butterfly,
    Index,
}

/// What lanes vote on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vote {
    All,
    None,
    Any,
    Uniform,
    /// The lanes that are in favour, one bit each.
    Ballot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Atomic {
    Add,
    Minimum,
    Maximum,
    And,
    Or,
    Xor,
    Exchange,
    CompareAndSwap,
}

/// What an instruction does with the rows `a`, `b`, `c` (and `e`) to the row `d`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Op {
    Move(Type),
    Unary {
        op: Unary,
        ty: Type,
        flush: bool,
    },
    Binary {
        op: Binary,
        ty: Type,
        rounding: Rounding,
        flush: bool,
    },
    /// A product of integers, plus `c` where `add`.
    Multiply {
        ty: Type,
        part: Part,
        add: bool,
    },
    MultiplyFloat {
        ty: Type,
        rounding: Rounding,
    },
    Fused {
        ty: Type,
        rounding: Rounding,
    },
    /// `a + b`, `a - b` or `a * b + c` with the carry flag in, out or both.
    Carry {
        op: Carry,
        ty: Type,
        takes: bool,
        gives: bool,
    },
    /// `d = (a compares to b) combine c`; `e`, where there is one, is the opposite.
    Set {
        compare: Compare,
        ty: Type,
        combine: Option<(Binary, bool)>,
        inverse: Option<u32>,
    },
    Select(Type),
    Convert(Conversion),
    /// Between a space's own addresses and generic ones.
    ToGeneric(Space),
    FromGeneric(Space),
    Load {
        ty: Type,
        space: Space,
        offset: i64,
        to: Vec<u32>,
    },
    Store {
        ty: Type,
        space: Space,
        offset: i64,
        from: Vec<u32>,
    },
    Atomic {
        op: Atomic,
        ty: Type,
        space: Space,
        offset: i64,
        result: bool,
    },
    Shuffle {
        mode: Shuffle,
        valid: Option<u32>,
    },
    /// A vote of the lanes that `b` names on the predicate `a`.
    Vote(Vote),
    /// Which of the lanes that `b` names have the same `a`; of `all`, whether every one has.
    Match {
        ty: Type,
        all: bool,
        agreed: Option<u32>,
    },
    /// Waits for the lanes that `a` names.
    Meet,
    /// `d = a b + c` by all lanes of a warp, each of which holds parts of the four matrices.
    MultiplyMatrices(Box<Matrices>),
    BitInsert(Type),
    BitExtract(Type),
    /// Rows side by side in one, or taken apart.
    Pack {
        ty: Type,
        from: Vec<u32>,
    },
    Unpack {
        ty: Type,
        to: Vec<u32>,
    },
    ActiveMask,
    Branch(usize),
    Barrier,
    Fence,
    Return,
    Trap,
}

impl Op {
    /// Bytes of an access that may be to shared memory.
    pub(crate) fn shared_access(&self) -> Option<usize> {
        let (Op::Load { ty, space, .. }
        | Op::Store { ty, space, .. }
        | Op::Atomic { ty, space, .. }) = self
        else {
            return None;
        };
        matches!(space, Space::Shared | Space::Generic).then(|| ty.size())
    }
}

/// The rows of a product of matrices, of 16 x 8 or 16 x 16 and 8 x 8 or 16 x 8 numbers of a half type, and sums in
/// `f32`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Matrices {
    pub(crate) ty: Type,
    pub(crate) d: Vec<u32>,
    pub(crate) a: Vec<u32>,
    pub(crate) b: Vec<u32>,
    pub(crate) c: Vec<u32>,
}

/// An operation of numbers of several words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carry {
    Add,
    Subtract,
    MultiplyAdd(Part),
}

/// An operation on rows, under a predicate.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Instruction {
    pub(crate) op: Op,
    /// The row of a predicate, and the value it must have.
    pub(crate) guard: Option<(u32, bool)>,
    pub(crate) d: u32,
    /// Operands; those that the operation has not are row 0.
    pub(crate) operands: [u32; 4],
    pub(crate) line: usize,
}
