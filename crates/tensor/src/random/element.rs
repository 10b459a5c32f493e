use half::{bf16, f16};
use num_traits::Float;

use super::{Generator, normal_block};
use crate::Element;

mod sealed {
    pub trait Sealed {}
}

/// An element type that can be drawn: all of them.
pub trait Draw: Element + sealed::Sealed {
    /// The smallest and the largest integer that [`randint`](super::randint) takes as a bound.
    const BOUNDS: (i64, i64);
    /// The largest number of [`randint_from`](super::randint_from): beyond it not every integer
    /// can be written in the type.
    const LARGEST: i64;

    /// A whole number from 0 to [`LARGEST`](Draw::LARGEST).
    fn full(generator: &mut Generator) -> Self;
}

/// A floating-point type, for the continuous distributions.
pub trait DrawFloat: Draw + Float {
    /// The type PyTorch computes in for this one.
    type Wide: WideFloat;

    /// Converts to the wider type, exactly.
    fn widen(self) -> Self::Wide;
    /// Converts back, rounding to nearest.
    fn narrow(wide: Self::Wide) -> Self;
}

/// A type that PyTorch computes in: `f32` or `f64`.
pub trait WideFloat: DrawFloat<Wide = Self> + Into<f64> {
    /// Words that a uniform number is made of.
    const WORDS: usize;
    /// Uniform in `[0, 1)`, with as many random bits as the type has digits.
    fn unit(generator: &mut Generator) -> Self;
    /// As many of them as there is room for.
    fn units(generator: &mut Generator, out: &mut [Self]);
    /// Turns blocks of uniform numbers into normal ones.
    fn normal_blocks(blocks: &mut [[Self; 16]], mean: Self, std: Self);
}

/// Words that are drawn together.
const AT_ONCE: usize = 512;

/// Uniform in `[0, 1)`, from 24 bits of a word.
#[inline]
fn single(word: u32) -> f32 {
    // Conversions of signed integers are vector code everywhere.
    (word & 0x00ff_ffff) as i32 as f32 * (f32::EPSILON / 2.0)
}

impl WideFloat for f32 {
    const WORDS: usize = 1;

    #[inline]
    fn unit(generator: &mut Generator) -> Self {
        single(generator.next_u32())
    }
    fn units(generator: &mut Generator, out: &mut [Self]) {
        let mut words = [0; AT_ONCE];
        for out in out.chunks_mut(AT_ONCE) {
            let words = &mut words[..out.len()];
            generator.fill(words);
            for (x, &word) in out.iter_mut().zip(&*words) {
                *x = single(word);
            }
        }
    }
    fn normal_blocks(blocks: &mut [[Self; 16]], mean: Self, std: Self) {
        normal_block::in_f32(blocks, mean, std);
    }
}

impl WideFloat for f64 {
    const WORDS: usize = 2;

    #[inline]
    fn unit(generator: &mut Generator) -> Self {
        (generator.next_u64() & 0x001f_ffff_ffff_ffff) as f64 * (f64::EPSILON / 2.0)
    }
    fn units(generator: &mut Generator, out: &mut [Self]) {
        out.iter_mut().for_each(|x| *x = Self::unit(generator));
    }
    fn normal_blocks(blocks: &mut [[Self; 16]], mean: Self, std: Self) {
        normal_block::in_f64(blocks, mean, std);
    }
}

macro_rules! integers {
    ($($type:ident $word:ident;)*) => {$(
        impl sealed::Sealed for $type {}

        impl Draw for $type {
            const BOUNDS: (i64, i64) = ($type::MIN as i64, $type::MAX as i64);
            const LARGEST: i64 = $type::MAX as i64;

            #[inline]
            fn full(generator: &mut Generator) -> Self {
                (u64::from(generator.$word()) % ($type::MAX as u64 + 1)) as $type
            }
        }
    )*};
}

integers! {
    u8  next_u32;
    i8  next_u32;
    i16 next_u32;
    i32 next_u32;
    i64 next_u64;
}

impl sealed::Sealed for bool {}

impl Draw for bool {
    const BOUNDS: (i64, i64) = (0, 1);
    const LARGEST: i64 = 1;

    fn full(generator: &mut Generator) -> Self {
        generator.next_u32() & 1 == 1
    }
}

/// A floating-point type by the digits of its mantissa.
macro_rules! floats {
    ($($type:ident $wide:ident $digits:literal $word:ident $bounds:ident
       $narrow:expr;)*) => {$(
        impl sealed::Sealed for $type {}

        impl Draw for $type {
            const BOUNDS: (i64, i64) = $bounds;
            const LARGEST: i64 = 1 << $digits;

            #[inline]
            fn full(generator: &mut Generator) -> Self {
                let word = u64::from(generator.$word());
                Self::from_i64((word % ((1 << $digits) + 1)) as i64)
            }
        }

        impl DrawFloat for $type {
            type Wide = $wide;

            #[inline]
            fn widen(self) -> $wide {
                $wide::from(self)
            }
            #[inline]
            fn narrow(wide: $wide) -> Self {
                $narrow(wide)
            }
        }
    )*};
}

/// Every integer is in range of a type with a large exponent.
const ANY: (i64, i64) = (i64::MIN, i64::MAX);
const HALF: (i64, i64) = (-65504, 65504);

floats! {
    f64  f64 53 next_u64 ANY  std::convert::identity;
    f32  f32 24 next_u32 ANY  std::convert::identity;
    f16  f32 11 next_u32 HALF f16::from_f32;
    bf16 f32  8 next_u32 ANY  bf16::from_f32;
}
