//! The one place where processor features are detected.

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{__m256, __m256d, __m512, __m512d};
use std::fmt;
use std::sync::OnceLock;

use half::f16;
use num_traits::Float;

use super::vector::Vector;
#[cfg(target_arch = "x86_64")]
use super::x86::to_half_8;
use crate::Element;

/// What kernels may use, from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// What the build's target guarantees.
    Portable,
    /// AVX2, FMA and F16C.
    Avx2,
    /// Also AVX-512 F, BW, DQ and VL.
    Avx512,
}

impl Level {
    const ALL: [Level; 3] = [Level::Portable, Level::Avx2, Level::Avx512];

    /// Returns the highest level this processor has, or the lower one that the environment variable
    /// `RUSHLIGHT_SIMD` names (`portable`, `avx2`, `avx512`).
    ///
    /// Kernels ask once, before they share work among threads.
    pub(crate) fn current() -> Level {
        #[cfg(test)]
        if let Some(level) = FORCED.get() {
            return level;
        }
        static CURRENT: OnceLock<Level> = OnceLock::new();
        *CURRENT.get_or_init(|| {
            let wanted = std::env::var("RUSHLIGHT_SIMD").ok();
            let limit = Self::ALL
                .into_iter()
                .find(|level| Some(level.to_string()) == wanted);
            limit.map_or(Self::best(), |limit| limit.min(Self::best()))
        })
    }

    #[cfg(target_arch = "x86_64")]
    fn best() -> Level {
        macro_rules! has {
            ($($feature:tt)*) => { $(is_x86_feature_detected!($feature))&&* };
        }
        if !has!("avx2" "fma" "f16c") {
            Level::Portable
        } else if !has!("avx512f" "avx512bw" "avx512dq" "avx512vl") {
            Level::Avx2
        } else {
            Level::Avx512
        }
    }

    #[cfg(not(target_arch = "x86_64"))]
    fn best() -> Level {
        Level::Portable
    }

    /// Runs `task` compiled for this level.
    #[inline]
    pub(crate) fn run<K: Task>(self, task: K) -> K::Output {
        debug_assert!(self <= Self::best());
        match self {
            // SAFETY: a level above `Portable` is only made where its features were detected.
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => unsafe { Avx512::run(task) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => unsafe { Avx2::run(task) },
            _ => task.run::<Portable>(),
        }
    }
}

impl Level {
    /// Runs `task` at this level or at AVX2, whichever is lower: for loops that memory limits, which gain
    /// nothing from more and would be compiled once more for it.
    #[inline]
    pub(crate) fn run_up_to_avx2<K: Task>(self, task: K) -> K::Output {
        match self {
            Level::Portable => task.run::<Portable>(),
            // SAFETY: a level above `Portable` is only made where its features were detected, and has
            // those of AVX2.
            #[cfg(target_arch = "x86_64")]
            _ => unsafe { Avx2::run(task) },
            #[cfg(not(target_arch = "x86_64"))]
            _ => task.run::<Portable>(),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Level::Portable => "portable",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
        })
    }
}

/// Work that is compiled once for each level.
pub(crate) trait Task {
    type Output;

    /// Does the work; `#[inline(always)]`, and so is everything hot below it, because a function
    /// that stands on its own is compiled without the level's features.
    fn run<S: Simd>(self) -> Self::Output;
}

/// A level as a type: its vectors, and functions compiled for it.
pub(crate) trait Simd: 'static {
    const LEVEL: Level;
    type F32: Vector<Element = f32>;
    type F64: Vector<Element = f64>;

    /// Runs `task` compiled for this level.
    ///
    /// # Safety
    ///
    /// The processor has the level.
    unsafe fn run<K: Task>(task: K) -> K::Output;

    /// Rounds numbers to half precision, as many as both slices have.
    ///
    /// # Safety
    ///
    /// The processor has the level.
    #[inline(always)]
    unsafe fn to_half(from: &[f32], to: &mut [f16]) {
        for (half, &x) in to.iter_mut().zip(from) {
            *half = Element::from_f32(x);
        }
    }
}

pub(crate) struct Portable;
#[cfg(target_arch = "x86_64")]
pub(crate) struct Avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) struct Avx512;

impl Simd for Portable {
    const LEVEL: Level = Level::Portable;
    type F32 = [f32; 4];
    type F64 = [f64; 2];

    #[inline]
    unsafe fn run<K: Task>(task: K) -> K::Output {
        task.run::<Self>()
    }
}

#[cfg(target_arch = "x86_64")]
impl Simd for Avx2 {
    const LEVEL: Level = Level::Avx2;
    type F32 = __m256;
    type F64 = __m256d;

    #[inline(always)]
    unsafe fn to_half(from: &[f32], to: &mut [f16]) {
        // SAFETY: the level has F16C.
        unsafe { to_half_8(from, to) }
    }

    #[target_feature(enable = "avx2,fma,f16c")]
    unsafe fn run<K: Task>(task: K) -> K::Output {
        task.run::<Self>()
    }
}

#[cfg(target_arch = "x86_64")]
impl Simd for Avx512 {
    const LEVEL: Level = Level::Avx512;
    type F32 = __m512;
    type F64 = __m512d;

    #[inline(always)]
    unsafe fn to_half(from: &[f32], to: &mut [f16]) {
        // SAFETY: the level has F16C.
        unsafe { to_half_8(from, to) }
    }

    #[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl")]
    unsafe fn run<K: Task>(task: K) -> K::Output {
        task.run::<Self>()
    }
}

/// A float that every level has vectors of.
pub(crate) trait Real: Float + Send + Sync + 'static {
    type Vector<S: Simd>: Vector<Element = Self>;
}

impl Real for f32 {
    type Vector<S: Simd> = S::F32;
}

impl Real for f64 {
    type Vector<S: Simd> = S::F64;
}

#[cfg(test)]
thread_local! {
    static FORCED: std::cell::Cell<Option<Level>> = const { std::cell::Cell::new(None) };
}

/// Runs `test` once with each level forced on this thread, naming those the processor lacks.
#[cfg(test)]
pub(crate) fn each_level(mut test: impl FnMut(Level)) {
    for level in Level::ALL {
        if level > Level::best() {
            println!("not tested: {level}, which this processor lacks");
            continue;
        }
        FORCED.set(Some(level));
        test(level);
        FORCED.set(None);
    }
}
