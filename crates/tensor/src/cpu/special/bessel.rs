//! Bessel functions of orders 0 and 1.
//!
//! Up to 8 they are polynomials in `x^2`, to which those of the second kind add a logarithm. Beyond, they
//! are waves whose amplitude and phase come from two more polynomials (DLMF 10.17). All are fitted to
//! about 1e-17 and evaluated without branches, so that compilers make vector code of them; results are
//! good to about 1e-15 of the largest value nearby.

use crate::cpu::elementary::{double, polynomial};
use std::f64::consts::{FRAC_1_PI, FRAC_2_PI};

/// Which sine and cosine a function is made of.
pub(super) trait Angles {
    fn sin_cos(x: f64) -> (f64, f64);
}

/// Those of vector code, good up to [`double::ANGLE_LIMIT`].
pub(super) struct Near;
/// Those of the standard library, good everywhere.
pub(super) struct Everywhere;

impl Angles for Near {
    #[inline(always)]
    fn sin_cos(x: f64) -> (f64, f64) {
        double::sin_cos(x)
    }
}

impl Angles for Everywhere {
    fn sin_cos(x: f64) -> (f64, f64) {
        x.sin_cos()
    }
}

/// A function for [`Near`] angles and for those [`Everywhere`]: two names for each formula.
macro_rules! of_angles {
    ($($formula:ident: $near:ident, $everywhere:ident;)*) => { $(
        #[inline(always)]
        pub(crate) fn $near(x: f64) -> f64 {
            $formula::<crate::cpu::special::bessel::Near>(x)
        }
        pub(crate) fn $everywhere(x: f64) -> f64 {
            $formula::<crate::cpu::special::bessel::Everywhere>(x)
        }
    )* };
}
pub(super) use of_angles;

of_angles! {
    j0: bessel_j0, bessel_j0_everywhere;
    j1: bessel_j1, bessel_j1_everywhere;
    y0: bessel_y0, bessel_y0_everywhere;
    y1: bessel_y1, bessel_y1_everywhere;
}

/// Where the polynomials in `x^2` end.
const NEAR: f64 = 8.0;

/// A polynomial in `x^2`, for x up to [`NEAR`].
#[inline(always)]
fn near<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    polynomial(x * x * (2.0 / (NEAR * NEAR)) - 1.0, coefficients)
}

/// What the functions of an order are made of beyond [`NEAR`].
struct Wave {
    /// The amplitude of the part in phase.
    p: f64,
    /// The amplitude of the part out of phase.
    q: f64,
    /// The sum of sine and cosine.
    sum: f64,
    /// The sine less the cosine.
    difference: f64,
}

#[inline(always)]
fn wave<A: Angles>(x: f64, p: [f64; 13], q: [f64; 14]) -> Wave {
    let inverse = NEAR / x;
    let u = 2.0 * inverse * inverse - 1.0;
    let amplitude = (FRAC_1_PI / x).sqrt();
    let (sine, cosine) = A::sin_cos(x);
    Wave {
        p: amplitude * polynomial(u, p),
        q: amplitude * polynomial(u, q) / x,
        sum: sine + cosine,
        difference: sine - cosine,
    }
}

#[inline(always)]
fn j0<A: Angles>(x: f64) -> f64 {
    let x = x.abs();
    let far = wave::<A>(x, P0, Q0);
    let far = far.p * far.sum - far.q * far.difference;
    if x <= NEAR { near(x, J0) } else { far }
}

#[inline(always)]
fn j1<A: Angles>(x: f64) -> f64 {
    let a = x.abs();
    let far = wave::<A>(a, P1, Q1);
    let far = far.p * far.difference + far.q * far.sum;
    let far = if x < 0.0 { -far } else { far };
    if a <= NEAR { x * near(x, J1) } else { far }
}

#[inline(always)]
fn y0<A: Angles>(x: f64) -> f64 {
    let far = wave::<A>(x, P0, Q0);
    let far = far.p * far.difference + far.q * far.sum;
    let near = FRAC_2_PI * double::ln(x) * near(x, J0) + near(x, Y0);
    if x <= NEAR { near } else { far }
}

#[inline(always)]
fn y1<A: Angles>(x: f64) -> f64 {
    let far = wave::<A>(x, P1, Q1);
    let far = far.q * far.difference - far.p * far.sum;
    let regular = x * (FRAC_2_PI * double::ln(x) * near(x, J1) + near(x, Y1));
    let near = regular - FRAC_2_PI / x;
    let value = if x <= NEAR { near } else { far };
    if x == 0.0 { f64::NEG_INFINITY } else { value }
}

/// `J0(x)`.
const J0: [f64; 16] = [
    0.045_829_664_859_813_754,
    0.930_301_247_295_857_2,
    -0.648_469_283_087_182_1,
    -0.808_088_807_669_687_2,
    1.038_379_461_143_688_3,
    -0.507_468_045_847_101,
    0.145_988_848_567_855_35,
    -0.028_472_718_610_877_044,
    0.004_058_078_988_108_83,
    -0.000_443_545_922_443_376_9,
    3.847_320_005_792_760_4e-5,
    -2.717_749_207_626_176e-6,
    1.595_584_886_623_164e-7,
    -7.915_333_753_685_61e-9,
    3.379_462_452_064_3e-10,
    -1.243_016_615_664_000_3e-11,
];

/// `J1(x) / x`.
const J1: [f64; 16] = [
    -0.058_143_827_955_991_07,
    0.081_058_660_385_897_96,
    0.151_516_651_438_066_36,
    -0.259_594_865_285_930_3,
    0.158_583_764_327_218_38,
    -0.054_745_818_212_847_25,
    0.012_456_814_392_263_375,
    -0.002_029_039_494_570_457_3,
    0.000_249_494_581_359_727_67,
    -2.404_574_866_003_479e-5,
    1.868_452_603_718_273_7e-6,
    -1.196_708_182_234_105e-7,
    6.431_190_178_958_57e-9,
    -2.943_016_833_829_492e-10,
    1.165_897_188_403_651_5e-11,
    -4.003_763_281_579_675_3e-13,
];

/// `Y0(x) - 2/pi log(x) J0(x)`.
const Y0: [f64; 17] = [
    -0.382_250_654_459_425,
    -0.828_435_890_360_458_7,
    1.647_096_478_874_546_6,
    0.144_126_323_693_024_75,
    -1.077_547_733_821_599_5,
    0.672_177_078_343_167_9,
    -0.218_957_470_961_716_4,
    0.046_367_047_681_375_125,
    -0.007_025_741_057_270_546,
    0.000_806_158_605_961_64,
    -7.279_541_882_544_516e-5,
    5.321_318_810_394_401e-6,
    -3.218_507_833_909_702e-7,
    1.639_087_501_761_939_5e-8,
    -7.130_468_040_126_112e-10,
    2.692_693_710_998_780_2e-11,
    -8.838_468_394_309_022e-13,
];

/// `(Y1(x) - 2/pi (log(x) J1(x) - 1/x)) / x`.
const Y1: [f64; 16] = [
    0.070_759_858_821_180_05,
    -0.243_377_430_791_931_14,
    0.023_367_571_720_993_48,
    0.235_072_092_066_697_55,
    -0.196_398_398_599_302_03,
    0.078_547_869_222_425_38,
    -0.019_628_756_833_117_11,
    0.003_422_490_739_918_527_3,
    -0.000_443_817_343_442_018_36,
    4.467_433_012_725_2e-5,
    -3.601_000_022_585_099_2e-6,
    2.380_493_031_731_060_4e-7,
    -1.315_314_737_099_212_9e-8,
    6.169_694_909_376_002e-10,
    -2.499_531_434_822_496_3e-11,
    8.758_166_378_734_063e-13,
];

/// The part of order 0 in phase, in `(8/x)^2`.
const P0: [f64; 13] = [
    0.999_457_275_788_251_9,
    -0.000_536_367_319_212_968_4,
    6.137_416_080_147_722e-6,
    -2.052_744_825_879_945_4e-7,
    1.280_376_099_076_163_2e-8,
    -1.212_109_951_905_288_4e-9,
    1.550_075_885_096_585_1e-10,
    -2.491_115_690_609_282_5e-11,
    4.783_246_450_407_067_6e-12,
    -1.016_058_640_935_102_6e-12,
    2.486_651_879_170_221e-13,
    -1.024_046_252_745_821_9e-13,
    3.227_465_923_669_637_5e-14,
];

/// The part of order 0 out of phase, times x.
const Q0: [f64; 14] = [
    -0.124_440_911_036_108_16,
    0.000_546_651_927_947_513_6,
    -1.181_711_066_073_177_6e-5,
    5.684_971_885_449_538e-7,
    -4.534_973_594_868_882e-8,
    5.146_228_618_919_075e-9,
    -7.575_872_758_461_843e-10,
    1.362_452_803_693_964e-10,
    -2.883_874_658_288_97e-11,
    6.934_511_868_227_323e-12,
    -1.679_806_850_452_411_1e-12,
    4.743_918_565_467_509e-13,
    -2.729_058_891_731_019e-13,
    9.756_113_507_128_432e-14,
];

/// The part of order 1 in phase.
const P1: [f64; 13] = [
    1.000_907_026_278_082_1,
    0.000_898_804_941_670_519_5,
    -7.959_694_698_478_657e-6,
    2.453_676_633_116_93e-7,
    -1.470_851_251_614_582e-8,
    1.360_297_066_536_911e-9,
    -1.713_127_898_085_761e-10,
    2.723_418_781_128_706_3e-11,
    -5.187_199_814_914_517_4e-12,
    1.095_809_292_725_180_1e-12,
    -2.668_914_316_041_983e-13,
    1.091_178_346_760_157_2e-13,
    -3.427_342_551_166_454_6e-14,
];

/// The part of order 1 out of phase, times x.
const Q1: [f64; 14] = [
    0.374_214_992_219_591_8,
    -0.000_769_716_705_764_356_9,
    1.456_961_480_935_691e-5,
    -6.633_568_564_937_367e-7,
    5.136_106_795_396_337_6e-8,
    -5.720_887_751_116_045e-9,
    8.315_594_957_016_384e-10,
    -1.481_767_246_888_408e-10,
    3.114_226_481_045_957e-11,
    -7.446_940_085_047_187e-12,
    1.798_464_167_692_092e-12,
    -5.061_753_256_584_603e-13,
    2.891_071_172_176_185_5e-13,
    -1.030_813_867_196_301_1e-13,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, f: fn(f64) -> f64, exact: fn(f64) -> f64) {
        for i in 1..40_000 {
            let x = f64::from(i) * 0.003;
            let (got, want) = (f(x), exact(x));
            let error = (got - want).abs() / want.abs().max(1.0);
            assert!(error < 2e-15, "{name}({x}) = {got}, not {want}");
        }
    }

    #[test]
    fn the_fits_agree_with_rational_approximations() {
        check("j0", bessel_j0, libm::j0);
        check("j1", bessel_j1, libm::j1);
        check("y0", bessel_y0, libm::y0);
        check("y1", bessel_y1, libm::y1);
    }

    #[test]
    fn large_arguments_keep_their_phase() {
        for x in [1e5, 3.3e7, 2.5e12] {
            assert!((bessel_j0_everywhere(x) - libm::j0(x)).abs() < 1e-15);
            assert!((bessel_y1_everywhere(x) - libm::y1(x)).abs() < 1e-15);
        }
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!(bessel_j0(0.0), 1.0);
        assert_eq!(bessel_j1(-0.0).to_bits(), (-0.0f64).to_bits());
        for y in [bessel_y0, bessel_y1] {
            assert_eq!(y(0.0), f64::NEG_INFINITY);
            assert!(y(-1.0).is_nan() && y(-9.0).is_nan());
        }
        // The limit is 0, for which PyTorch gives NaN.
        for f in [bessel_j0, bessel_j1, bessel_y0, bessel_y1] {
            assert!(f(f64::INFINITY).is_nan() && f(f64::NAN).is_nan());
        }
    }
}
