use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};

use super::mt19937::{Mt19937, WORDS};
use crate::{Error, Result};

/// The seed of a generator that was given none; PyTorch's.
const DEFAULT_SEED: u64 = 67_280_421_310_721;

// PyTorch's C struct, byte by byte: seed, words left, seeded, next, the words (eight bytes each),
// an unused double, the kept normal, an unused double, whether the kept normal is valid, and the
// same for a float that the CPU never keeps.
const STATE_BYTES: usize = 5056;
const LEFT: usize = 8;
const SEEDED: usize = 12;
const NEXT: usize = 16;
const FIRST_WORD: usize = 24;
const NORMAL: usize = FIRST_WORD + 8 * WORDS + 8;
const NORMAL_IS_VALID: usize = NORMAL + 16;

/// A stream of random numbers: `torch.Generator` on the CPU.
///
/// ```
/// use rushlight_tensor::random::Generator;
///
/// let mut generator = Generator::from_seed(42);
/// let state = generator.state();
/// let first = generator.next_u32();
/// generator.set_state(&state).unwrap();
/// assert_eq!(generator.next_u32(), first);
/// ```
#[derive(Clone, PartialEq)]
pub struct Generator {
    seed: u64,
    engine: Mt19937,
    /// Normal numbers come in pairs; this is the second of the last pair.
    pub(super) kept_normal: Option<f64>,
}

impl Generator {
    /// A generator with PyTorch's fixed default seed.
    pub fn new() -> Self {
        Self::from_seed(DEFAULT_SEED)
    }

    /// A generator that starts from `seed`.
    pub fn from_seed(seed: u64) -> Self {
        Self {
            seed,
            engine: Mt19937::new(seed),
            kept_normal: None,
        }
    }

    /// Starts over from `seed`. Like PyTorch's, the stream depends on its low 32 bits only.
    pub fn manual_seed(&mut self, seed: u64) -> &mut Self {
        *self = Self::from_seed(seed);
        self
    }

    /// Starts over from a seed that nobody can foresee, and returns it.
    pub fn seed(&mut self) -> u64 {
        let seed = unforeseen();
        self.manual_seed(seed);
        seed
    }

    /// The seed the stream started from.
    pub fn initial_seed(&self) -> u64 {
        self.seed
    }

    /// The next 32 random bits.
    #[inline]
    pub fn next_u32(&mut self) -> u32 {
        self.engine.next_u32()
    }

    /// As many calls of [`Generator::next_u32`] as there is room for.
    pub(super) fn fill(&mut self, out: &mut [u32]) {
        self.engine.fill(out);
    }

    /// Goes on as after as many calls of [`Generator::next_u32`].
    pub fn skip(&mut self, words: usize) {
        self.engine.skip(words);
    }

    /// The next 64 random bits: two words, the first one on top.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        (high << 32) | u64::from(self.next_u32())
    }

    /// The whole state, in the layout of `torch.Generator.get_state()`.
    pub fn state(&self) -> Vec<u8> {
        let mut bytes = vec![0; STATE_BYTES];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        let next = self.engine.next;
        let left = if next == 0 { 1 } else { WORDS + 1 - next };
        put(0, &self.seed.to_le_bytes());
        put(LEFT, &(left as u32).to_le_bytes());
        put(SEEDED, &1_u32.to_le_bytes());
        put(NEXT, &(next as u64).to_le_bytes());
        for (i, &word) in self.engine.words.iter().enumerate() {
            put(FIRST_WORD + 8 * i, &u64::from(word).to_le_bytes());
        }
        if let Some(normal) = self.kept_normal {
            put(NORMAL, &normal.to_le_bytes());
            put(NORMAL_IS_VALID, &1_u32.to_le_bytes());
        }
        bytes
    }

    /// Goes back to a state that [`Generator::state`] or PyTorch returned.
    ///
    /// # Errors
    /// If the bytes are not such a state; the generator is then unchanged.
    pub fn set_state(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() != STATE_BYTES {
            return Err(refuse(format_args!("{} bytes", bytes.len())));
        }
        let quad = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));
        let double = |at: usize| u32::from_le_bytes(std::array::from_fn(|i| bytes[at + i]));

        let (left, next) = (u64::from(double(LEFT)), quad(NEXT));
        if double(SEEDED) != 1 {
            return Err(refuse("one that was never seeded"));
        }
        // Just seeded, or `left` counts what lies behind `next`.
        let whole = WORDS as u64;
        if (left, next) != (1, 0) && !(next >= 1 && next <= whole && left == whole + 1 - next) {
            return Err(refuse("one whose position is out of range"));
        }
        let mut words = [0; WORDS];
        for (i, word) in words.iter_mut().enumerate() {
            *word = u32::try_from(quad(FIRST_WORD + 8 * i))
                .map_err(|_| refuse("a word of more than 32 bits"))?;
        }
        let kept = (double(NORMAL_IS_VALID) != 0).then(|| f64::from_bits(quad(NORMAL)));
        *self = Self {
            seed: quad(0),
            engine: Mt19937 {
                words,
                next: next as usize,
            },
            kept_normal: kept,
        };
        Ok(())
    }
}

impl Default for Generator {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator")
            .field("initial_seed", &self.seed)
            .finish_non_exhaustive()
    }
}

fn refuse(got: impl fmt::Display) -> Error {
    Error::argument(
        "set_state",
        "state",
        got,
        "the 5056 bytes that `state` returns",
    )
}

/// Bits the operating system made: the keys of a fresh hasher.
pub(super) fn unforeseen() -> u64 {
    RandomState::new().build_hasher().finish()
}
