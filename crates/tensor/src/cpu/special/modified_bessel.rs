//! Modified Bessel functions of orders 0 and 1.
//!
//! Those of the first kind are polynomials in `x^2` up to 8; those of the second kind add a logarithm and
//! end at 2. Beyond, all are exponentials times polynomials in the reciprocal (DLMF 10.40). All are fitted
//! to about 1e-16 and evaluated without branches, so that compilers make vector code of them.

use crate::cpu::elementary::{double, polynomial};

/// A Bessel function of the first kind, for x from 0 on.
struct FirstKind {
    /// Up to 8, as it is.
    near: f64,
    /// Beyond 8, without its exponential growth.
    far: f64,
}

#[inline(always)]
fn order_0(x: f64) -> FirstKind {
    FirstKind {
        near: polynomial(0.25 * x * x, I0_NEAR),
        far: polynomial(2.0 * (8.0 / x) - 1.0, I0_FAR) / x.sqrt(),
    }
}

#[inline(always)]
fn order_1(x: f64) -> FirstKind {
    FirstKind {
        near: x * polynomial(0.25 * x * x, I1_NEAR),
        far: polynomial(2.0 * (8.0 / x) - 1.0, I1_FAR) / x.sqrt(),
    }
}

impl FirstKind {
    #[inline(always)]
    fn growing(self, x: f64) -> f64 {
        // In two factors, which do not overflow early. At infinity it is NaN, as in PyTorch.
        let factor = double::exp(0.5 * x);
        let far = factor * self.far * factor;
        if x <= 8.0 { self.near } else { far }
    }

    #[inline(always)]
    fn scaled(self, x: f64) -> f64 {
        let near = self.near * double::exp(-x);
        if x <= 8.0 { near } else { self.far }
    }
}

#[inline(always)]
pub(crate) fn bessel_i0(x: f64) -> f64 {
    order_0(x.abs()).growing(x.abs())
}

#[inline(always)]
pub(crate) fn bessel_i0e(x: f64) -> f64 {
    order_0(x.abs()).scaled(x.abs())
}

#[inline(always)]
pub(crate) fn bessel_i1(x: f64) -> f64 {
    order_1(x.abs()).growing(x.abs()).copysign(x)
}

#[inline(always)]
pub(crate) fn bessel_i1e(x: f64) -> f64 {
    order_1(x.abs()).scaled(x.abs()).copysign(x)
}

/// `K0(x)` for x up to 2.
#[inline(always)]
fn k0_near(x: f64) -> f64 {
    let z = 0.25 * x * x;
    polynomial(z, K0_NEAR) - double::ln(0.5 * x) * polynomial(z, I0_NEAR)
}

/// `K1(x)` for x up to 2.
#[inline(always)]
fn k1_near(x: f64) -> f64 {
    let z = 0.25 * x * x;
    let regular = polynomial(z, K1_NEAR) + double::ln(0.5 * x) * polynomial(z, I1_NEAR);
    1.0 / x + x * regular
}

/// A Bessel function of the second kind.
struct SecondKind {
    /// Up to 2, as it is.
    near: f64,
    /// Beyond 2, without its exponential decay.
    far: f64,
}

impl SecondKind {
    #[inline(always)]
    fn new(x: f64, near: f64, far: [f64; 22]) -> SecondKind {
        SecondKind {
            near: if x == 0.0 { f64::INFINITY } else { near },
            far: polynomial(2.0 * (2.0 / x) - 1.0, far) / x.sqrt(),
        }
    }

    #[inline(always)]
    fn decaying(self, x: f64) -> f64 {
        let far = self.far * double::exp(-x);
        if x <= 2.0 { self.near } else { far }
    }

    #[inline(always)]
    fn scaled(self, x: f64) -> f64 {
        let near = self.near * double::exp(x);
        if x <= 2.0 { near } else { self.far }
    }
}

#[inline(always)]
pub(crate) fn bessel_k0(x: f64) -> f64 {
    SecondKind::new(x, k0_near(x), K0_FAR).decaying(x)
}

#[inline(always)]
pub(crate) fn bessel_k0e(x: f64) -> f64 {
    SecondKind::new(x, k0_near(x), K0_FAR).scaled(x)
}

#[inline(always)]
pub(crate) fn bessel_k1(x: f64) -> f64 {
    SecondKind::new(x, k1_near(x), K1_FAR).decaying(x)
}

#[inline(always)]
pub(crate) fn bessel_k1e(x: f64) -> f64 {
    SecondKind::new(x, k1_near(x), K1_FAR).scaled(x)
}

/// `I0(x)` in `x^2 / 4`.
const I0_NEAR: [f64; 17] = [
    1.0,
    1.0,
    0.250_000_000_000_000_1,
    0.027_777_777_777_777_565,
    0.001_736_111_111_111_375_8,
    6.944_444_444_424_399e-5,
    1.929_012_345_779_040_6e-6,
    3.936_759_885_673_581e-8,
    6.151_187_413_177_668e-10,
    7.594_056_846_699_174e-12,
    7.594_079_950_279_469e-14,
    6.275_862_820_937_522e-16,
    4.360_036_226_917_577_4e-18,
    2.569_874_385_751_495_7e-20,
    1.350_958_279_694_77e-22,
    4.940_670_282_542_572e-25,
    3.645_438_681_267_743_6e-27,
];

/// `I1(x) / x` in `x^2 / 4`.
const I1_NEAR: [f64; 16] = [
    0.5,
    0.250_000_000_000_000_06,
    0.041_666_666_666_666_52,
    0.003_472_222_222_222_534_3,
    0.000_173_611_111_110_767_53,
    5.787_037_037_265_66e-6,
    1.377_865_960_201_522_2e-7,
    2.460_474_960_769_327e-9,
    3.417_325_647_246_126_3e-11,
    3.797_039_283_580_161e-13,
    3.451_729_636_836_005e-15,
    2.615_996_079_989_637_6e-17,
    1.670_502_234_854_646_8e-19,
    9.455_144_020_393_155e-22,
    3.706_605_520_277_272e-24,
    2.916_825_666_594_092e-26,
];

/// `sqrt(x) exp(-x) I0(x)` in `8/x`.
const I0_FAR: [f64; 23] = [
    0.402_176_509_445_008_1,
    0.003_360_551_983_667_723_5,
    0.000_136_216_074_391_871_93,
    1.114_303_380_258_368_2e-5,
    1.483_847_586_309_697_6e-6,
    2.973_595_658_152_815_7e-7,
    8.872_154_618_944_625e-8,
    3.932_926_571_091_252e-8,
    2.155_681_110_989_874e-8,
    7.532_386_417_555_123e-9,
    -6.805_980_075_129_678e-9,
    -1.331_979_859_201_994e-8,
    -5.162_517_880_939_013e-9,
    7.323_310_735_122_893e-9,
    6.789_790_403_895_736e-9,
    -3.118_514_561_212_24e-9,
    -4.848_250_922_117_696_6e-9,
    1.092_452_724_646_866_4e-9,
    2.398_192_722_894_923_8e-9,
    -2.748_111_637_276_033e-10,
    -7.473_844_621_887_592e-10,
    3.525_321_019_700_796e-11,
    1.088_199_478_546_893_4e-10,
];

/// `sqrt(x) exp(-x) I1(x)` in `8/x`.
const I1_FAR: [f64; 23] = [
    0.389_398_459_025_872_33,
    -0.009_749_577_193_235_609,
    -0.000_219_235_763_833_829,
    -1.503_854_721_127_423e-5,
    -1.834_910_153_966_452_2e-6,
    -3.483_853_071_371_078e-7,
    -1.000_122_063_879_995_8e-7,
    -4.313_231_562_374_58e-8,
    -2.338_269_135_360_108_3e-8,
    -8.407_326_839_577_817e-9,
    6.795_073_490_187_386e-9,
    1.395_262_510_216_260_3e-8,
    5.722_677_527_454_156e-9,
    -7.432_535_335_623_792e-9,
    -7.222_524_178_953_976e-9,
    3.071_739_565_076_947_7e-9,
    5.094_016_301_574_338e-9,
    -1.047_612_778_527_001_9e-9,
    -2.506_216_240_559_389_4e-9,
    2.582_169_443_152_386e-10,
    7.790_672_179_080_59e-10,
    -3.267_765_608_980_332_3e-11,
    -1.132_888_850_342_57e-10,
];

/// `K0(x) + log(x/2) I0(x)` in `x^2 / 4`.
const K0_NEAR: [f64; 10] = [
    -0.577_215_664_901_532_9,
    0.422_784_335_098_467_2,
    0.230_696_083_774_614_45,
    0.034_892_157_456_468_92,
    0.002_614_787_618_610_217,
    0.000_118_480_394_368_362_23,
    3.612_622_452_747_443e-6,
    7.935_328_137_352_067e-8,
    1.314_787_733_632_405_9e-9,
    1.801_529_333_169_639_8e-11,
];

/// `(K1(x) - 1/x - log(x/2) I1(x)) / x` in `x^2 / 4`.
const K1_NEAR: [f64; 9] = [
    0.038_607_832_450_766_426,
    -0.168_196_083_774_615_65,
    -0.045_393_791_740_243_96,
    -0.004_795_547_459_524_323,
    -0.000_278_839_874_575_821_07,
    -1.035_561_465_315_343_3e-5,
    -2.678_942_160_129_110_5e-7,
    -5.105_592_835_577_62e-9,
    -7.908_344_284_907_714e-11,
];

/// `sqrt(x) exp(x) K0(x)` in `2/x`.
const K0_FAR: [f64; 22] = [
    1.218_595_338_513_390_5,
    -0.031_071_461_824_889_582,
    0.003_032_891_810_263_686_2,
    -0.000_479_769_056_756_427_7,
    9.956_054_789_199_718e-5,
    -2.473_520_491_312_846e-5,
    7.002_238_201_255_268e-6,
    -2.191_172_547_155_012_5e-6,
    7.428_402_833_965_886e-7,
    -2.689_475_930_495_757e-7,
    1.026_710_734_223_516_4e-7,
    -4.115_047_857_595_318e-8,
    1.787_799_402_207_615_5e-8,
    -7.831_427_757_725_499e-9,
    2.246_144_929_653_235_7e-9,
    -9.171_077_661_103_289e-10,
    1.934_023_143_487_487e-9,
    -1.034_763_395_684_998_8e-9,
    -6.001_265_682_715_459e-10,
    3.490_272_333_341_054_7e-10,
    2.862_115_277_605_468_7e-10,
    -1.586_991_534_027_806_3e-10,
];

/// `sqrt(x) exp(x) K1(x)` in `2/x`.
const K1_FAR: [f64; 22] = [
    1.363_151_890_371_342,
    0.103_349_737_753_865_3,
    -0.005_566_729_880_061_879,
    0.000_735_724_154_897_484,
    -0.000_139_590_220_077_976_42,
    3.284_386_594_101_113e-5,
    -8.961_199_256_397_943e-6,
    2.730_035_728_169_913e-6,
    -9.067_744_706_580_52e-7,
    3.230_257_961_074_237_3e-7,
    -1.217_225_166_935_981_5e-7,
    4.825_643_590_588_109e-8,
    -2.072_452_983_479_028_8e-8,
    9.002_864_628_585_638e-9,
    -2.625_846_421_132_203e-9,
    1.071_833_898_446_542_6e-9,
    -2.143_429_226_908_962_5e-9,
    1.141_693_901_870_685e-9,
    6.527_051_008_519_092e-10,
    -3.791_704_521_191_094_3e-10,
    -3.145_455_278_920_714e-10,
    1.739_260_921_595_203_1e-10,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// `I0 K1 + I1 K0 = 1 / x`.
    #[test]
    fn the_wronskian_holds_across_the_methods() {
        for i in 1..4000 {
            let x = 1e-8 * 1.0065f64.powi(i);
            let left = bessel_i0e(x) * bessel_k1e(x) + bessel_i1e(x) * bessel_k0e(x);
            assert!((left * x - 1.0).abs() < 6e-15, "{x}: {}", left * x - 1.0);
        }
    }

    #[test]
    fn scaled_and_plain_values_agree() {
        for x in [0.1f64, 1.9, 2.1, 7.9, 8.1, 30.0, 600.0] {
            let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 4e-15, "{x}: {a} {b}");
            close(bessel_i0(x), bessel_i0e(x) * x.exp());
            close(bessel_i1(-x), bessel_i1e(-x) * x.exp());
            close(bessel_k0(x), bessel_k0e(x) * (-x).exp());
            close(bessel_k1(x), bessel_k1e(x) * (-x).exp());
        }
    }

    #[test]
    fn ends_of_the_domain() {
        for k in [bessel_k0, bessel_k1, bessel_k0e, bessel_k1e] {
            assert_eq!((k(0.0), k(f64::INFINITY)), (f64::INFINITY, 0.0));
            assert!(k(-1.0).is_nan() && k(-9.0).is_nan() && k(f64::NAN).is_nan());
        }
        assert!(bessel_i0(f64::NEG_INFINITY).is_nan());
        assert!(bessel_i1(f64::NEG_INFINITY).is_nan());
        assert_eq!((bessel_i0(0.0), bessel_i0e(0.0)), (1.0, 1.0));
        assert!(bessel_i0(f64::NAN).is_nan());
    }
}
