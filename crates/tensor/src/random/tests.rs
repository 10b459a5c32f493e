//! What PyTorch 2.15 draws after the same calls. Long draws are compared by a digest of their bytes.

use half::{bf16, f16};

use super::*;
use crate::Result;
use crate::cpu::simd::each_level;

/// The little-endian bytes of an element.
trait Bytes: Draw {
    fn bytes(self) -> Vec<u8>;
}

macro_rules! bytes {
    ($($type:ident)*) => {$(
        impl Bytes for $type {
            fn bytes(self) -> Vec<u8> {
                self.to_le_bytes().to_vec()
            }
        }
    )*};
}

bytes! { u8 i8 i16 i32 i64 f32 f64 f16 bf16 }

impl Bytes for bool {
    fn bytes(self) -> Vec<u8> {
        vec![self.into()]
    }
}

/// 64-bit FNV-1a.
fn digest(bytes: impl IntoIterator<Item = u8>) -> u64 {
    bytes.into_iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// The digest of `len` numbers that `draw` fills.
#[track_caller]
fn drawn<T: Bytes>(len: usize, draw: impl FnOnce(&mut [T]) -> Result<()>) -> u64 {
    let mut out = vec![T::default(); len];
    draw(&mut out).unwrap();
    digest(out.into_iter().flat_map(T::bytes))
}

/// The same for draws that cannot fail.
fn filled<T: Bytes>(len: usize, draw: impl FnOnce(&mut [T])) -> u64 {
    drawn(len, |out| {
        draw(out);
        Ok(())
    })
}

#[test]
fn words_depend_on_the_low_half_of_the_seed() {
    let words = |seed| {
        let g = &mut Generator::from_seed(seed);
        drawn::<i64>(700, |out| randint(g, out, 0, 1 << 24))
    };
    assert_eq!(words(0), 0x4692_9e85_463b_1c2c);
    assert_eq!(words(42), 0xe20d_1577_d254_f8d5);
    assert_eq!(words((1 << 32) + 5), 0xb19c_7d8d_dcb8_980a);
    assert_eq!(words(123_456_789), 0xf2d5_87f1_02f2_6059);
    assert_eq!(words(1 << 32), words(0));
}

#[test]
fn normal_f32_equals_pytorch_in_every_bit_whatever_the_length() {
    let g = &mut Generator::from_seed(42);
    let mut randn = |len| drawn::<f32>(len, |out| normal(g, out, 0.0, 1.0));
    assert_eq!(randn(16), 0x080f_fa5f_beb1_5154);
    assert_eq!(randn(17), 0xba49_07f1_1d50_ae44);
    assert_eq!(randn(23), 0xf56a_4dd8_5756_bc07);
    assert_eq!(randn(31), 0x186e_e1ed_448b_9132);
    assert_eq!(randn(1001), 0x854a_2052_90bb_9795);
    assert_eq!(randn(15), 0x568f_d00b_8b15_7998);
    assert_eq!(randn(3), 0xfdb7_ec77_1f0f_a7bc);
    let shifted = drawn::<f32>(40, |out| normal(g, out, 2.0, 0.5));
    assert_eq!(shifted, 0xf959_053b_1f3a_c8a9);
    let strided = drawn::<f32>(40, |out| normal_each(g, out, 0.0, 1.0));
    assert_eq!(strided, 0x6ac8_6dfc_0144_c255);

    let g = &mut Generator::from_seed(5);
    let many = drawn::<f32>(100_003, |out| normal(g, out, 0.0, 1.0));
    assert_eq!(many, 0x965c_7740_964d_7662);
}

#[test]
fn normal_f64_and_half_types_equal_pytorch() {
    let g = &mut Generator::from_seed(42);
    // The last bits of these depend on the system's logarithm.
    let mut out = vec![0.0_f64; 18 + 100 + 7];
    normal(g, &mut out[..18], -1.0, 3.0).unwrap();
    normal(g, &mut out[18..118], -1.0, 3.0).unwrap();
    normal(g, &mut out[118..], -1.0, 3.0).unwrap();
    assert_close(
        &[out[0], out[1], out[17], out[18], out[19], out[117]],
        &[
            -0.101_331_136_749_208_85,
            -0.272_866_627_573_176_8,
            -0.215_248_927_866_112_33,
            -4.721_582_931_207_755,
            -1.962_094_417_087_356_2,
            -4.782_877_889_426_645,
        ],
    );
    let pairs = [
        1.895_706_469_437_566_5,
        2.026_906_384_920_918_6,
        -1.101_013_870_862_192_4,
        -4.026_916_194_790_889,
        -4.694_552_486_241_716,
        -4.140_886_056_572_533,
        -6.238_228_277_178_661,
    ];
    assert_close(&out[118..], &pairs);

    let g = &mut Generator::from_seed(42);
    let mut half = |len| drawn::<f16>(len, |out| normal(g, out, 2.0, 0.3));
    assert_eq!(
        (half(100), half(7)),
        (0x4791_e827_d7f2_69fe, 0xe4e7_0f50_c810_5bd3)
    );
    let g = &mut Generator::from_seed(42);
    let mut half = |len| drawn::<bf16>(len, |out| normal(g, out, 2.0, 0.3));
    assert_eq!(
        (half(100), half(7)),
        (0x95da_7762_eb8b_19d0, 0xe956_a138_49e4_173b)
    );
}

#[track_caller]
fn assert_close(got: &[f64], expected: &[f64]) {
    assert_eq!(got.len(), expected.len());
    for (got, expected) in got.iter().zip(expected) {
        assert!(
            (got - expected).abs() <= 1e-14 * expected.abs(),
            "{got} {expected}"
        );
    }
}

#[test]
fn the_second_normal_of_a_pair_waits_in_the_generator() {
    let g = &mut Generator::from_seed(11);
    let mut three = [0.0_f32; 3];
    normal(g, &mut three, 0.0, 1.0).unwrap();
    assert_eq!(three, [0.737_629_5, 1.945_929_2, -0.699_541_6]);
    let mut two = [0.0_f64; 2];
    normal(g, &mut two, 0.0, 1.0).unwrap();
    assert_close(&two, &[-1.302_297_379_923_534_7, -0.513_262_201_646_767_8]);
    let mut integer = [0_i64];
    randint(g, &mut integer, 0, 100).unwrap();
    assert_eq!(integer, [65]);
}

#[test]
fn uniform_equals_pytorch() {
    let g = &mut Generator::from_seed(7);
    let mut single = |low, high| drawn::<f32>(1000, |out| uniform(g, out, low, high));
    assert_eq!(single(-2.0, 3.0), 0x4689_279e_db5a_71dc);
    assert_eq!(single(0.0, 1.0), 0xc257_ec0a_595a_4fba);
    assert_eq!(single(-0.3, 0.1), 0x6235_cc09_9ec0_92b8);

    let g = &mut Generator::from_seed(7);
    let mut double = |low, high| drawn::<f64>(1000, |out| uniform(g, out, low, high));
    assert_eq!(double(-2.0, 3.0), 0x6529_e14b_76b7_3a65);
    assert_eq!(double(0.0, 1.0), 0xf023_b509_18dd_6582);
    assert_eq!(double(-0.3, 0.1), 0xaa1a_cc96_cf90_b4c4);

    // Skips the seven normal numbers that were drawn before.
    let (g, mut skipped) = (&mut Generator::from_seed(42), [f16::ZERO; 107]);
    normal(g, &mut skipped[..100], 2.0, 0.3).unwrap();
    normal(g, &mut skipped[100..], 2.0, 0.3).unwrap();
    let (mut g16, mut gb16) = (g.clone(), g.clone());
    let half = drawn::<f16>(100, |out| uniform(&mut g16, out, -2.0, 3.0));
    assert_eq!(half, 0x599b_442a_275d_f254);
    let half = drawn::<bf16>(100, |out| uniform(&mut gb16, out, -2.0, 3.0));
    assert_eq!(half, 0x4792_ea2e_ef64_7d5c);
}

#[test]
fn skipping_leaves_the_generator_as_drawing_does() {
    fn check<T: DrawFloat>() {
        let (drawing, skipping) = (&mut Generator::from_seed(3), &mut Generator::from_seed(3));
        for count in [0, 1, 7, 15, 16, 17, 31, 32, 1000, 5000] {
            let mut out = vec![T::from_f64(0.0); count];
            normal(drawing, &mut out, 0.0, 1.0).unwrap();
            skip_normal::<T>(skipping, count);
            assert_eq!(drawing.state(), skipping.state(), "{count} normal numbers");
            uniform(drawing, &mut out, 0.0, 1.0).unwrap();
            skip_uniform::<T>(skipping, count);
            assert_eq!(drawing.state(), skipping.state(), "{count} uniform numbers");
        }
    }
    check::<f64>();
    check::<f32>();
    check::<f16>();
    check::<bf16>();
}

#[test]
fn uniform_never_returns_the_upper_end() {
    let g = &mut Generator::from_seed(5);
    let mut out = [bf16::ZERO; 2000];
    uniform(g, &mut out, 2.0, 2.5).unwrap();
    assert!(out.iter().all(|x| (2.0..2.5).contains(&x.to_f32())));

    let g = &mut Generator::from_seed(7);
    let mut out = [0.0_f32; 2000];
    uniform(g, &mut out, 1000.0, 1000.01).unwrap();
    assert!(out.iter().all(|x| (1000.0..1000.01).contains(x)));
    uniform(g, &mut out, 3.0, 3.0).unwrap();
    assert_eq!(out, [3.0; 2000]);
}

#[test]
fn integers_equal_pytorch_for_every_dtype() {
    fn check<T: Bytes>(expected: [u64; 3]) {
        let g = &mut Generator::from_seed(3);
        let full = filled::<T>(100, |out| random_full(g, out));
        let from_one = drawn::<T>(100, |out| randint_from(g, out, 1));
        let bits = drawn::<T>(100, |out| randint(g, out, 0, 2));
        assert_eq!([full, from_one, bits], expected, "{}", T::DTYPE);
    }
    check::<bool>([
        0xaf50_773a_7a4a_d51d,
        0x55d5_3d2a_6c2c_3e79,
        0x3370_b4db_4283_a1a8,
    ]);
    check::<u8>([
        0x0f06_8317_0d86_aa95,
        0x7813_077d_1964_c129,
        0x3370_b4db_4283_a1a8,
    ]);
    check::<i8>([
        0xdc5c_85dd_7fcf_f615,
        0xe91e_ba60_5db2_6b27,
        0x3370_b4db_4283_a1a8,
    ]);
    check::<i16>([
        0x748b_6d73_653c_f92a,
        0x5225_c7af_60d6_9282,
        0x6e1a_e29c_72b3_3a84,
    ]);
    check::<i32>([
        0x21ca_15c7_ff88_6791,
        0xe7b9_2390_01b9_a7e4,
        0x5797_ac59_2941_2a75,
    ]);
    check::<i64>([
        0x0668_3149_f901_ca51,
        0xe757_5de2_f392_4010,
        0xcde3_0ba8_51de_13a4,
    ]);
    check::<f32>([
        0x71e9_f3b6_1404_2384,
        0xb546_c501_ffc0_007e,
        0xafe1_3560_8a18_8258,
    ]);
    check::<f64>([
        0xa715_b11e_3e92_5fcb,
        0x7f70_b3e9_f760_a324,
        0xb0dd_6de5_a8e0_b438,
    ]);
}

#[test]
fn ranges_of_integers_equal_pytorch_up_to_64_bits() {
    let g = &mut Generator::from_seed(3);
    let whole = drawn::<i64>(100, |out| randint_from(g, out, i64::MIN));
    assert_eq!(whole, 0x08d3_41c1_6444_b0d1);
    let mut range = |low, high| drawn::<i64>(100, |out| randint(g, out, low, high));
    assert_eq!(range(0, 1 << 32), 0xa67e_dd54_0826_4a4a);
    assert_eq!(range(0, (1 << 32) - 1), 0x5dd5_a2ad_5d6d_af1f);
    assert_eq!(range(-5, 5), 0x28ba_d53d_893b_02dd);
    assert_eq!(range(i64::MIN, i64::MAX), 0x5c4d_d571_7a93_6860);
}

#[test]
fn permutations_equal_pytorch() {
    let g = &mut Generator::from_seed(2);
    let mut ten = [0; 10];
    randperm(g, &mut ten);
    assert_eq!(ten, [8, 7, 1, 5, 6, 9, 0, 4, 2, 3]);

    let g = &mut Generator::from_seed(3);
    for (len, expected) in [
        (1, 0xa8c7_f832_281a_39c5),
        (2, 0x6925_58b0_5610_1a44),
        (5, 0x7f7d_ce21_af89_37c1),
        (100, 0xc04d_f281_0883_6025),
        (20001, 0xf40f_2844_3a14_b7df),
    ] {
        assert_eq!(
            filled::<i64>(len, |out| randperm(g, out)),
            expected,
            "{len}"
        );
    }
}

#[test]
fn other_distributions_equal_pytorch() {
    let g = &mut Generator::from_seed(7);
    let mut out = vec![0.0_f32; 3000];
    uniform(g, &mut out, 0.0, 1.0).unwrap();
    assert_eq!(
        drawn::<f32>(1000, |out| exponential(g, out, 1.5)),
        0x0755_c1a3_4f47_6d8d
    );
    assert_eq!(
        drawn::<f32>(1000, |out| geometric(g, out, 0.1)),
        0xa906_c114_9c46_8ae3
    );
    assert_eq!(
        drawn::<f32>(1000, |out| cauchy(g, out, 0.5, 0.25)),
        0xd2c9_322d_d809_7660
    );
    assert_eq!(
        drawn::<f32>(1000, |out| log_normal(g, out, 0.5, 0.25)),
        0x7987_a19f_de11_d27a
    );
    let p = [0.3_f32; 1000];
    assert_eq!(
        drawn::<f32>(1000, |out| bernoulli_each(g, out, &p)),
        0x9545_fb05_d711_8295
    );
    assert_eq!(
        drawn::<f32>(1000, |out| bernoulli(g, out, 0.3)),
        0xf92c_afaa_bd13_a5f8
    );

    let g = &mut Generator::from_seed(5);
    assert_eq!(
        drawn::<i64>(1000, |out| geometric(g, out, 0.01)),
        0xdd0d_0a27_7686_a3c0
    );
    assert_eq!(
        drawn::<u8>(1000, |out| geometric(g, out, 0.1)),
        0xc466_2ef4_694d_aa40
    );
    assert_eq!(
        drawn::<u8>(1000, |out| bernoulli(g, out, 0.5)),
        0x24b2_f6e5_ddeb_9b5c
    );
    assert_eq!(
        drawn::<bool>(1000, |out| bernoulli(g, out, 0.5)),
        0x5c61_ac18_10f5_7dad
    );
}

#[test]
fn multinomial_equals_pytorch() {
    let g = &mut Generator::from_seed(7);
    // What the distributions above have used of the stream by then.
    for _ in 0..3000 + 2 * 4000 + 1000 + 2000 {
        g.next_u32();
    }
    let weights: Vec<f32> = (1..=50).map(|weight| weight as f32).collect();
    let both: Vec<f32> = weights
        .iter()
        .chain(weights.iter().rev())
        .copied()
        .collect();
    let with = drawn(100, |out| multinomial(g, out, &weights, 50, true));
    let without = drawn(20, |out| multinomial(g, out, &weights, 50, false));
    let one_each = drawn(2, |out| multinomial(g, out, &both, 50, false));
    assert_eq!(with, 0xa621_fecb_b47d_cea1);
    assert_eq!(without, 0x3160_33b3_82cf_b441);
    assert_eq!(one_each, 0xf534_d709_db6d_1e28);
}

#[test]
fn multinomial_skips_zero_weights() {
    let g = &mut Generator::from_seed(2);
    let mut out = [0; 4];
    multinomial(
        g,
        &mut out,
        &[0.0, 10.0, 3.0, 0.0, 1.0, 0.0, 0.0, 0.0_f32],
        4,
        true,
    )
    .unwrap();
    assert_eq!(out, [2, 1, 0, 0]);
    multinomial(
        g,
        &mut out,
        &[0.0, 10.0, 3.0, 0.0, 1.0, 0.0, 0.0, 4.0_f32],
        4,
        false,
    )
    .unwrap();
    assert_eq!(out, [2, 1, 3, 0]);
}

#[test]
fn state_equals_pytorch_byte_for_byte() {
    let g = &mut Generator::from_seed(9);
    let skip = |g: &mut Generator, len| uniform(g, &mut vec![0.0_f32; len], 0.0, 1.0).unwrap();
    let one = |g: &mut Generator| normal(g, &mut [0.0_f32], 0.0, 1.0).unwrap();
    assert_eq!(digest(g.state()), 0x9440_adf2_497e_5226);
    one(g);
    assert_eq!(digest(g.state()), 0xcd41_267d_ca6b_f593);
    skip(g, 623);
    one(g);
    assert_eq!(digest(g.state()), 0x1a15_f809_ed1b_933e);
    for (len, expected) in [
        (621, 0x96f5_be6e_4f90_2cca),
        (622, 0xd803_04e0_1b1f_90b0),
        (623, 0x6362_c690_b23b_138b),
    ] {
        skip(g, len);
        assert_eq!(digest(g.state()), expected, "{len}");
    }
}

#[test]
fn a_restored_state_continues_the_stream() {
    let g = &mut Generator::from_seed(1);
    let draw = |g: &mut Generator| drawn::<f32>(7, |out| normal(g, out, 0.0, 1.0));
    draw(g);
    let state = g.state();
    let expected = draw(g);
    let mut other = Generator::new();
    other.set_state(&state).unwrap();
    assert_eq!(other.initial_seed(), 1);
    assert_eq!(draw(&mut other), expected);
}

#[test]
fn bytes_that_are_no_state_are_refused_and_change_nothing() {
    let g = &mut Generator::from_seed(1);
    let before = g.clone();
    let state = g.state();
    let with = |at: usize, byte: u8| {
        let mut state = state.clone();
        state[at] = byte;
        state
    };
    // In turn: too short, never seeded, too much left, too far along, a word of 33 bits.
    for bad in [
        vec![0; 10],
        with(12, 0),
        with(9, 255),
        with(18, 1),
        with(28, 1),
    ] {
        assert!(g.set_state(&bad).is_err());
    }
    assert!(*g == before);
}

#[test]
fn wrong_parameters_are_refused_before_anything_is_drawn() {
    let g = &mut Generator::from_seed(1);
    let before = g.clone();
    let (mut x, mut half, mut byte) = ([0.5_f32; 3], [f16::ZERO; 3], [7_u8; 3]);
    let refusals = [
        uniform(g, &mut x, 3.0, 2.0),
        uniform(g, &mut x, f64::NAN, 2.0),
        uniform(g, &mut x, -3e38, 3e38),
        uniform(g, &mut half, 0.0, 1e6),
        normal(g, &mut x, 0.0, -1.0),
        normal_each(g, &mut x, 0.0, f64::NAN),
        bernoulli(g, &mut x, 1.5),
        bernoulli_each(g, &mut x, &[0.5_f32, 2.0, 0.5]),
        bernoulli_each(g, &mut x, &[0.5_f32]),
        exponential(g, &mut x, 0.0),
        geometric(g, &mut x, 1.0),
        cauchy(g, &mut x, 0.0, 0.0),
        log_normal(g, &mut x, 0.0, 0.0),
        randint(g, &mut x, 5, 5),
        randint(g, &mut byte, 0, 257),
        randint(g, &mut half, 0, 1 << 17),
        randint_from(g, &mut byte, -1),
        randint_from(g, &mut x, 1 << 40),
    ];
    assert!(refusals.iter().all(Result::is_err), "{refusals:?}");
    assert!(*g == before);
    assert_eq!((x, half, byte), ([0.5; 3], [f16::ZERO; 3], [7; 3]));
}

#[test]
fn wrong_weights_are_refused() {
    let g = &mut Generator::from_seed(1);
    let mut refuses = |samples: usize, weights: &[f32], categories, replacement| {
        let mut out = vec![0; samples];
        multinomial(g, &mut out, weights, categories, replacement).is_err()
    };
    assert!(refuses(1, &[], 0, true), "no categories");
    assert!(refuses(0, &[1.0], 1, true), "no samples");
    assert!(refuses(3, &[1.0, 1.0], 2, false), "too many samples");
    assert!(refuses(1, &[1.0, 1.0], 3, true), "half a row");
    assert!(refuses(3, &[1.0; 4], 2, true), "rows of different lengths");
    assert!(refuses(1, &[1.0, -1.0], 2, true), "a negative weight");
    assert!(refuses(1, &[1.0, f32::NAN], 2, true), "not a number");
    assert!(
        refuses(1, &[1.0, f32::INFINITY], 2, true),
        "an infinite weight"
    );
    assert!(
        refuses(2, &[1.0, 1.0, 0.0, 0.0], 2, true),
        "an impossible row"
    );
}

#[test]
fn seeds_of_the_default_generator_are_remembered() {
    let mut g = default_generator();
    g.manual_seed(17);
    assert_eq!(g.initial_seed(), 17);
    let seed = g.seed();
    assert_eq!(g.initial_seed(), seed);
    assert_ne!(g.seed(), seed);
}

#[test]
fn normal_f32_is_the_same_at_every_level_of_the_processor() {
    each_level(|level| {
        let g = &mut Generator::from_seed(5);
        let many = drawn::<f32>(100_003, |out| normal(g, out, 0.0, 1.0));
        assert_eq!(many, 0x965c_7740_964d_7662, "{level}");
    });
}
