//! Element types, their promotion, and the one match that turns a [`DType`] into a Rust type.

use half::{bf16, f16};
use std::fmt;

/// The type of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// 32-bit floating point.
    F32,
    /// 64-bit floating point.
    F64,
    /// 16-bit floating point, IEEE 754 half precision.
    F16,
    /// 16-bit floating point with the exponent of `f32`.
    BF16,
    /// 64-bit signed integer.
    I64,
    /// 32-bit signed integer.
    I32,
    /// 16-bit signed integer.
    I16,
    /// 8-bit signed integer.
    I8,
    /// 8-bit unsigned integer.
    U8,
    /// Boolean, one byte each.
    Bool,
}

impl DType {
    /// Every element type.
    pub const ALL: [DType; 10] = [
        DType::F32,
        DType::F64,
        DType::F16,
        DType::BF16,
        DType::I64,
        DType::I32,
        DType::I16,
        DType::I8,
        DType::U8,
        DType::Bool,
    ];

    /// Bytes an element takes.
    pub fn size_in_bytes(self) -> usize {
        match self {
            DType::F64 | DType::I64 => 8,
            DType::F32 | DType::I32 => 4,
            DType::F16 | DType::BF16 | DType::I16 => 2,
            DType::I8 | DType::U8 | DType::Bool => 1,
        }
    }

    /// PyTorch's name, without the `torch.` prefix: `float32`, `int64`, `bool`, ...
    pub fn name(self) -> &'static str {
        match self {
            DType::F32 => "float32",
            DType::F64 => "float64",
            DType::F16 => "float16",
            DType::BF16 => "bfloat16",
            DType::I64 => "int64",
            DType::I32 => "int32",
            DType::I16 => "int16",
            DType::I8 => "int8",
            DType::U8 => "uint8",
            DType::Bool => "bool",
        }
    }

    /// Whether the type has a fraction, and so can carry a gradient.
    pub fn is_floating_point(self) -> bool {
        matches!(self, DType::F32 | DType::F64 | DType::F16 | DType::BF16)
    }

    /// Whether the type is an integer (booleans are not).
    pub fn is_integer(self) -> bool {
        !self.is_floating_point() && self != DType::Bool
    }

    /// The type itself when it is floating point, else the default `f32`.
    pub fn to_float(self) -> DType {
        if self.is_floating_point() {
            self
        } else {
            DType::F32
        }
    }

    /// The type in which kernels compute: `f32` for the half types, the type itself otherwise.
    pub fn to_accumulate(self) -> DType {
        if matches!(self, DType::F16 | DType::BF16) {
            DType::F32
        } else {
            self
        }
    }

    fn category(self) -> Category {
        match self {
            DType::Bool => Category::Bool,
            dtype if dtype.is_integer() => Category::Integer,
            _ => Category::Float,
        }
    }

    /// The type that holds values of both, by PyTorch's promotion lattice.
    ///
    /// ```
    /// # use rushlight_tensor::DType;
    /// assert_eq!(DType::F16.promote(DType::BF16), DType::F32);
    /// assert_eq!(DType::U8.promote(DType::I8), DType::I16);
    /// assert_eq!(DType::I64.promote(DType::F16), DType::F16);
    /// ```
    pub fn promote(self, other: DType) -> DType {
        use DType::*;
        let (a, b) = (self, other);
        match a.category().cmp(&b.category()) {
            std::cmp::Ordering::Less => b,
            std::cmp::Ordering::Greater => a,
            std::cmp::Ordering::Equal if a == b => a,
            std::cmp::Ordering::Equal => match (a, b) {
                (F16, BF16) | (BF16, F16) => F32,
                (U8, I8) | (I8, U8) => I16,
                _ if a.size_in_bytes() >= b.size_in_bytes() => a,
                _ => b,
            },
        }
    }
}

/// Prints as PyTorch does: `torch.float32`.
impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "torch.{}", self.name())
    }
}

/// The three kinds of numbers; promotion never leaves the higher one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Category {
    Bool,
    Integer,
    Float,
}

/// How strongly an operand pulls the common type: Rust numbers least, then 0-d tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Weight {
    Scalar,
    ZeroDim,
    Tensor,
}

/// The type in which several operands meet: a weaker operand changes the type of a stronger one
/// only by being of a higher category.
pub(crate) fn result_type(operands: &[(DType, Weight)]) -> DType {
    let strongest_of = |weight: Weight| {
        operands
            .iter()
            .filter(|o| o.1 == weight)
            .map(|o| o.0)
            .reduce(DType::promote)
    };
    [Weight::Tensor, Weight::ZeroDim, Weight::Scalar]
        .into_iter()
        .filter_map(strongest_of)
        .reduce(|strong, weak| {
            if weak.category() > strong.category() {
                weak
            } else {
                strong
            }
        })
        .unwrap_or(DType::F32)
}

/// A Rust type that an array can hold.
pub trait Element: Copy + Default + PartialEq + Send + Sync + fmt::Debug + 'static {
    /// The matching [`DType`].
    const DTYPE: DType;
    /// Converts to `f32`, rounding.
    fn to_f32(self) -> f32;
    /// Converts to `f64`, rounding.
    fn to_f64(self) -> f64;
    /// Converts to `i64`, dropping the fraction; out-of-range values saturate.
    fn to_i64(self) -> i64;
    /// Converts from `f32`, rounding or dropping the fraction.
    fn from_f32(x: f32) -> Self;
    /// Converts from `f64`, rounding or dropping the fraction.
    fn from_f64(x: f64) -> Self;
    /// Converts from `i64`, keeping the low bits.
    fn from_i64(x: i64) -> Self;
}

macro_rules! float_elements { ($($T:ty, $DTYPE:ident, $to_f32:expr, $to_f64:expr, $from_f32:expr, $from_f64:expr, $from_i64:expr;)*) => { $(
    impl Element for $T {
        const DTYPE: DType = DType::$DTYPE;
        #[inline(always)]
        fn to_f32(self) -> f32 { $to_f32(self) }
        #[inline(always)]
        fn to_f64(self) -> f64 { $to_f64(self) }
        #[inline(always)]
        fn to_i64(self) -> i64 { self.to_f64() as i64 }
        #[inline(always)]
        fn from_f32(x: f32) -> $T { $from_f32(x) }
        #[inline(always)]
        fn from_f64(x: f64) -> $T { $from_f64(x) }
        #[inline(always)]
        fn from_i64(x: i64) -> $T { $from_i64(x) }
    }
)* } }

// The half types go through f32 both ways, as PyTorch does.
float_elements! {
    f32,  F32,  |x| x,      |x| x as f64, |x| x, |x| x as f32, |x| x as f32;
    f64,  F64,  |x| x as f32, |x| x,      |x| x as f64, |x| x, |x| x as f64;
    f16,  F16,  half_to_f32,  |x| half_to_f32(x) as f64, f32_to_half, |x| f32_to_half(x as f32), |x| f32_to_half(x as f32);
    bf16, BF16, bf16::to_f32, bf16::to_f64, f32_to_bfloat, |x| f32_to_bfloat(x as f32), |x| f32_to_bfloat(x as f32);
}

/// Widens without a branch or call, so that loops vectorise.
#[inline(always)]
fn half_to_f32(x: f16) -> f32 {
    let bits = u32::from(x.to_bits());
    let (sign, magnitude) = ((bits & 0x8000) << 16, (bits & 0x7fff) << 13);
    // Scaling by 2^112 makes up for the difference of the exponents' biases, subnormals included.
    let finite = (f32::from_bits(magnitude) * f32::from_bits(0x7780_0000)).to_bits();
    let widened = if magnitude >= 0x0f80_0000 {
        magnitude | 0x7f80_0000
    } else {
        finite
    };
    f32::from_bits(sign | widened)
}

/// Rounds to nearest, ties to even, without a branch or call.
#[inline(always)]
fn f32_to_bfloat(x: f32) -> bf16 {
    let bits = x.to_bits();
    let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1));
    let quiet = bits | 0x0040_0000;
    let narrowed = if x.is_nan() { quiet } else { rounded };
    bf16::from_bits((narrowed >> 16) as u16)
}

/// As [`f32_to_bfloat`], to half precision.
#[inline(always)]
fn f32_to_half(x: f32) -> f16 {
    let bits = x.to_bits();
    let (sign, magnitude) = ((bits >> 16) & 0x8000, bits & 0x7fff_ffff);
    // Adding 0.5 leaves the bits of a subnormal at the end of the mantissa, rounded.
    let subnormal = (f32::from_bits(magnitude) + 0.5)
        .to_bits()
        .wrapping_sub(0x3f00_0000);
    let round_up = 0x0fff + ((magnitude >> 13) & 1);
    let normal = magnitude.wrapping_add(0xc800_0000).wrapping_add(round_up) >> 13;
    let rounded = if magnitude < 0x3880_0000 {
        subnormal
    } else {
        normal
    };
    let infinite_or_nan = if magnitude > 0x7f80_0000 {
        0x7e00
    } else {
        0x7c00
    };
    let narrowed = if magnitude >= 0x4780_0000 {
        infinite_or_nan
    } else {
        rounded
    };
    f16::from_bits((sign | narrowed) as u16)
}

/// Drops the fraction. What does not fit becomes the smallest number, as on an x86 processor.
macro_rules! truncate {
    ($x:expr, $T:ty) => {{
        let (x, end) = ($x, -(<$T>::MIN as f64));
        if x < end as _ && x > (-end - 1.0) as _ {
            x as $T
        } else {
            <$T>::MIN
        }
    }};
}

macro_rules! integer_elements { ($($T:ty, $DTYPE:ident, $Wide:ty;)*) => { $(
    impl Element for $T {
        const DTYPE: DType = DType::$DTYPE;
        #[inline(always)]
        fn to_f32(self) -> f32 { self as f32 }
        #[inline(always)]
        fn to_f64(self) -> f64 { self as f64 }
        #[inline(always)]
        fn to_i64(self) -> i64 { self as i64 }
        #[inline(always)]
        fn from_f32(x: f32) -> $T { truncate!(x, $Wide) as $T }
        #[inline(always)]
        fn from_f64(x: f64) -> $T { truncate!(x, $Wide) as $T }
        #[inline(always)]
        fn from_i64(x: i64) -> $T { x as $T }
    }
)* } }

// The last column is the type through which fractions are dropped.
integer_elements! {
    i64, I64, i64;
    i32, I32, i32;
    i16, I16, i32;
    i8,  I8,  i32;
    u8,  U8,  i64;
}

impl Element for bool {
    const DTYPE: DType = DType::Bool;
    #[inline(always)]
    fn to_f32(self) -> f32 {
        self as u8 as f32
    }
    #[inline(always)]
    fn to_f64(self) -> f64 {
        self as u8 as f64
    }
    #[inline(always)]
    fn to_i64(self) -> i64 {
        self as i64
    }
    #[inline(always)]
    fn from_f32(x: f32) -> bool {
        x != 0.0
    }
    #[inline(always)]
    fn from_f64(x: f64) -> bool {
        x != 0.0
    }
    #[inline(always)]
    fn from_i64(x: i64) -> bool {
        x != 0
    }
}

/// Runs an expression with `$T` bound to the Rust type of a [`DType`].
macro_rules! with_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::DType::F32 => with_dtype!(@as f32, $T => $body),
            $crate::DType::F64 => with_dtype!(@as f64, $T => $body),
            $crate::DType::F16 => with_dtype!(@as ::half::f16, $T => $body),
            $crate::DType::BF16 => with_dtype!(@as ::half::bf16, $T => $body),
            $crate::DType::I64 => with_dtype!(@as i64, $T => $body),
            $crate::DType::I32 => with_dtype!(@as i32, $T => $body),
            $crate::DType::I16 => with_dtype!(@as i16, $T => $body),
            $crate::DType::I8 => with_dtype!(@as i8, $T => $body),
            $crate::DType::U8 => with_dtype!(@as u8, $T => $body),
            $crate::DType::Bool => with_dtype!(@as bool, $T => $body),
        }
    };
    (@as $Type:ty, $T:ident => $body:expr) => {{
        type $T = $Type;
        $body
    }};
}
pub(crate) use with_dtype;

#[cfg(test)]
mod tests {
    use super::*;
    use DType::*;

    #[test]
    fn promotion_is_symmetric_and_never_leaves_the_higher_category() {
        for a in DType::ALL {
            for b in DType::ALL {
                let common = a.promote(b);
                assert_eq!(common, b.promote(a), "{a} {b}");
                assert_eq!(common.category(), a.category().max(b.category()), "{a} {b}");
            }
        }
    }

    /// What `torch.result_type` answers, as positions in [`DType::ALL`], a row per first operand.
    const TENSOR_WITH_TENSOR: [&str; 10] = [
        "0100000000",
        "1111111111",
        "0120222222",
        "0103333333",
        "0123444444",
        "0123455555",
        "0123456666",
        "0123456767",
        "0123456688",
        "0123456789",
    ];
    const TENSOR_WITH_ZERO_DIM: [&str; 10] = [
        "0000000000",
        "1111111111",
        "2222222222",
        "3333333333",
        "0123444444",
        "0123555555",
        "0123666666",
        "0123777777",
        "0123888888",
        "0123456789",
    ];
    /// A row for `true`, `1` and `1.5`.
    const WITH_SCALAR: [&str; 3] = ["0123456789", "0123456784", "0123000000"];

    #[test]
    fn common_types_are_those_of_pytorch() {
        use Weight::*;
        let check = |table: &[&str], other: &dyn Fn(usize) -> DType, a_is: Weight, b_is: Weight| {
            for (i, row) in table.iter().enumerate() {
                for (j, expected) in row.bytes().enumerate() {
                    // Rows of scalars list the tensor's dtypes as columns.
                    let (a, b) = if b_is == Scalar { (j, i) } else { (i, j) };
                    let (a, b) = (DType::ALL[a], other(b));
                    let common = result_type(&[(a, a_is), (b, b_is)]);
                    assert_eq!(common, DType::ALL[usize::from(expected - b'0')], "{a} {b}");
                    assert_eq!(common, result_type(&[(b, b_is), (a, a_is)]), "{b} {a}");
                }
            }
        };
        let array = |i: usize| DType::ALL[i];
        let scalar = |i: usize| [Bool, I64, F32][i];
        check(&TENSOR_WITH_TENSOR, &array, Tensor, Tensor);
        check(&TENSOR_WITH_TENSOR, &array, ZeroDim, ZeroDim);
        check(&TENSOR_WITH_ZERO_DIM, &array, Tensor, ZeroDim);
        check(&WITH_SCALAR, &scalar, Tensor, Scalar);
        check(&WITH_SCALAR, &scalar, ZeroDim, Scalar);
    }

    #[test]
    fn half_conversions_agree_with_the_definition() {
        for bits in 0..=u16::MAX {
            let x = f16::from_bits(bits);
            let (got, want) = (half_to_f32(x), x.to_f32_const());
            assert!(got == want || (got.is_nan() && want.is_nan()), "{bits:#x}");
        }
        for bits in (0..=u32::MAX)
            .step_by(1021)
            .chain(0x4780_0000 - 0x3000..0x4780_0000 + 9)
        {
            let x = f32::from_bits(bits);
            let (got, want) = (f32_to_half(x), f16::from_f32_const(x));
            assert!(
                got.to_bits() == want.to_bits() || x.is_nan() && got.is_nan(),
                "{x:e}"
            );
            let (got, want) = (f32_to_bfloat(x), bf16::from_f32(x));
            assert_eq!(got.to_bits(), want.to_bits(), "{x:e}");
        }
    }

    #[test]
    fn weak_operands_change_only_the_category() {
        use Weight::*;
        assert_eq!(result_type(&[(F32, Tensor), (F64, Scalar)]), F32);
        assert_eq!(result_type(&[(I32, Tensor), (F32, Scalar)]), F32);
        assert_eq!(result_type(&[(I32, Tensor), (F64, ZeroDim)]), F64);
        assert_eq!(result_type(&[(U8, ZeroDim), (I64, Scalar)]), U8);
        assert_eq!(result_type(&[(Bool, Tensor), (I64, Scalar)]), I64);
    }
}
