//! The Airy function of the first kind.
//!
//! Three fits to about 1e-16, evaluated without branches: a polynomial from -4 to 1.5, beyond it an
//! exponential, below it a wave (DLMF 9.7), both with polynomials in the reciprocal of
//! `zeta = 2/3 |x|^(3/2)`.

use super::bessel::{Angles, of_angles};
use crate::cpu::elementary::{double, polynomial};
use std::f64::consts::PI;

of_angles! {
    ai: airy_ai, airy_ai_everywhere;
}

/// Below minus this, zeta passes [`double::ANGLE_LIMIT`].
pub(crate) const AIRY_LIMIT: f64 = 13_000.0;

const FROM: f64 = -4.0;
const TO: f64 = 1.5;

/// The decaying solution of `y'' = x y`.
#[inline(always)]
fn ai<A: Angles>(x: f64) -> f64 {
    /// zeta at [`FROM`] and [`TO`].
    const LEFT: f64 = 16.0 / 3.0;
    const RIGHT: f64 = 1.224_744_871_391_589;
    let root = x.abs().sqrt();
    let zeta = 2.0 / 3.0 * x.abs() * root;
    let fourth_root = root.sqrt();
    let middle = polynomial((2.0 * x - (FROM + TO)) / (TO - FROM), MIDDLE);
    let decay = polynomial(2.0 * (RIGHT / zeta) - 1.0, DECAY);
    let right = double::exp(-zeta) * decay / fourth_root;
    let u = 2.0 * (LEFT / zeta) - 1.0;
    let (sine, cosine) = A::sin_cos(zeta);
    let out_of_phase = polynomial(u, WAVE_OUT_OF_PHASE) / zeta;
    let wave = (sine + cosine) * polynomial(u, WAVE) + (sine - cosine) * out_of_phase;
    let left = wave / ((2.0 * PI).sqrt() * fourth_root);
    let outer = if x < 0.0 { left } else { right };
    let value = if (FROM..=TO).contains(&x) {
        middle
    } else {
        outer
    };
    // The limit is 0, for which PyTorch gives NaN.
    if x.is_infinite() { f64::NAN } else { value }
}

/// `Ai(x)` between [`FROM`] and [`TO`].
const MIDDLE: [f64; 30] = [
    0.520_045_477_435_299_2,
    0.382_468_799_217_773_8,
    -2.458_027_451_940_28,
    1.199_965_903_488_619_9,
    2.599_183_047_112_809_2,
    -3.123_135_867_299_311,
    0.012_837_955_232_622_371,
    1.989_959_016_154_277_7,
    -1.162_014_732_834_692_6,
    -0.257_560_305_196_378_96,
    0.581_884_438_660_667_4,
    -0.197_559_321_726_173_35,
    -0.082_250_577_265_543_52,
    0.089_544_429_000_973_6,
    -0.018_302_688_312_661_117,
    -0.012_176_332_367_500_564,
    0.008_480_221_327_980_679,
    -0.000_976_227_167_002_339_7,
    -0.001_089_446_202_215_557_2,
    0.000_542_658_120_455_533_5,
    -2.644_437_178_711_052e-5,
    -6.615_297_404_753_802e-5,
    2.509_879_496_522_605_2e-5,
    1.422_004_351_160_540_5e-7,
    -3.022_095_055_340_671e-6,
    8.728_341_235_362_834e-7,
    9.994_123_370_794_566e-8,
    -1.038_296_769_019_064_7e-7,
    6.546_064_939_099_393_6e-9,
    4.522_129_225_903_625_5e-9,
];

/// `Ai(x) exp(zeta) x^(1/4)` beyond [`TO`].
const DECAY: [f64; 27] = [
    0.275_373_361_634_294_43,
    -0.005_759_567_852_506_667,
    0.000_744_420_116_592_380_2,
    -0.000_155_013_834_625_468_93,
    4.154_711_906_163_478e-5,
    -1.309_830_225_667_898_4e-5,
    4.634_794_388_038_662_4e-6,
    -1.789_785_637_221_304_2e-6,
    7.405_686_611_270_695e-7,
    -3.242_859_468_414_272_4e-7,
    1.488_108_458_220_895e-7,
    -7.043_585_470_387_404e-8,
    3.470_779_199_554_229e-8,
    -2.011_873_590_035_988_6e-8,
    1.088_283_626_333_523_2e-8,
    6.207_752_635_850_406e-10,
    -1.096_239_892_860_376_8e-9,
    -1.127_941_834_529_302_4e-8,
    7.510_419_909_311_528e-9,
    1.087_587_765_852_442_8e-8,
    -7.448_267_300_907_003_5e-9,
    -8.830_473_861_605_753e-9,
    5.986_590_600_936_438e-9,
    3.858_202_760_084_304e-9,
    -2.619_758_412_158_571_5e-9,
    -8.579_286_172_591_072e-10,
    5.781_329_130_405_696e-10,
];

/// The part of the wave in phase.
const WAVE: [f64; 17] = [
    0.999_677_902_742_490_8,
    -0.000_635_987_838_230_015_1,
    -0.000_302_202_810_198_255_44,
    1.463_464_481_287_785_9e-5,
    2.370_314_860_747_047e-6,
    -5.851_132_698_707_35e-7,
    1.957_841_578_068_092_4e-8,
    2.159_330_856_471_280_5e-8,
    -6.622_775_589_756_555e-9,
    5.019_496_037_529_689e-10,
    3.677_709_365_042_491e-10,
    -1.919_122_789_991_483_3e-10,
    4.273_189_316_492_464e-11,
    6.161_256_821_203_691e-12,
    -8.740_520_432_050_628e-12,
    1.933_981_920_686_401e-12,
    1.982_671_415_387_248_5e-13,
];

/// The part of the wave out of phase, times zeta.
const WAVE_OUT_OF_PHASE: [f64; 18] = [
    0.069_118_955_711_125_4,
    -0.000_635_069_780_214_076_4,
    -0.000_287_460_703_121_351_8,
    2.690_702_167_156_101_8e-5,
    3.317_495_367_202_737e-6,
    -1.410_775_943_254_835_8e-6,
    1.342_688_776_115_122_9e-7,
    4.932_476_323_236_211e-8,
    -2.428_868_118_386_500_3e-8,
    4.093_790_245_561_198e-9,
    7.991_107_969_816_594e-10,
    -7.915_094_043_389_927e-10,
    2.812_526_263_126_163e-10,
    -3.256_768_005_274_317e-11,
    -3.671_761_012_750_187e-11,
    2.379_544_852_051_58e-11,
    -1.058_208_260_372_948e-12,
    -2.075_215_937_100_635e-12,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fits_meet() {
        for x in [FROM, TO] {
            let (below, above) = (airy_ai(x - 1e-14), airy_ai(x + 1e-14));
            assert!((below - above).abs() < 1e-13, "{x}: {below} {above}");
        }
    }

    #[test]
    fn known_values() {
        // Tabulated zeros and values.
        assert!(airy_ai(-2.338_107_410_459_767).abs() < 1e-14);
        assert!(airy_ai(-10.040_174_341_558_085).abs() < 1e-13);
        assert!((airy_ai(0.0) - 0.355_028_053_887_817_2).abs() < 1e-15);
        assert!((airy_ai(1.0) - 0.135_292_416_312_881_41).abs() < 1e-15);
    }

    #[test]
    fn the_equation_holds() {
        for i in -300..100 {
            let (x, h) = (f64::from(i) * 0.1, 1e-4);
            let bend = airy_ai(x + h) - 2.0 * airy_ai(x) + airy_ai(x - h);
            let want = h * h * x * airy_ai(x);
            assert!((bend - want).abs() < 1e-14, "{x}: {bend} {want}");
        }
    }
}
