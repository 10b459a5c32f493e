use crate::cpu::simd::{Level, Simd, Task};

/// Words of state.
pub(super) const WORDS: usize = 624;
/// Distance of the word that is mixed in.
const SHIFT: usize = 397;
const UPPER_BIT: u32 = 0x8000_0000;
const TWIST: u32 = 0x9908_b0df;

/// The mersenne twister of Matsumoto and Nishimura (1998), period `2^19937 - 1`.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Mt19937 {
    pub(super) words: [u32; WORDS],
    /// The next word to hand out. Both 0 (just seeded) and `WORDS` (used up) ask for new words.
    pub(super) next: usize,
}

impl Mt19937 {
    /// Spreads the low 32 bits of `seed` over the state, as PyTorch does.
    pub(super) fn new(seed: u64) -> Self {
        let mut words = [0; WORDS];
        words[0] = seed as u32;
        for i in 1..WORDS {
            let previous: u32 = words[i - 1];
            let mixed = previous ^ (previous >> 30);
            words[i] = mixed.wrapping_mul(1_812_433_253).wrapping_add(i as u32);
        }
        Self { words, next: 0 }
    }

    /// The next 32 random bits.
    #[inline]
    pub(super) fn next_u32(&mut self) -> u32 {
        if self.is_used_up() {
            self.twist_alone();
        }
        let word = self.words[self.next];
        self.next += 1;
        temper(word)
    }

    /// As many calls of [`Mt19937::next_u32`] as there is room for.
    pub(super) fn fill(&mut self, out: &mut [u32]) {
        Level::current().run_up_to_avx2(Fill { engine: self, out });
    }

    /// As many calls of [`Mt19937::next_u32`] whose words nobody wants.
    pub(super) fn skip(&mut self, words: usize) {
        Level::current().run_up_to_avx2(Skip {
            engine: self,
            words,
        });
    }

    fn is_used_up(&self) -> bool {
        self.next == 0 || self.next >= WORDS
    }

    #[cold]
    fn twist_alone(&mut self) {
        self.twist();
    }

    #[inline(always)]
    fn twist(&mut self) {
        let words = &mut self.words;
        for i in 0..WORDS - SHIFT {
            words[i] = words[i + SHIFT] ^ mix(words[i], words[i + 1]);
        }
        for i in WORDS - SHIFT..WORDS - 1 {
            words[i] = words[i + SHIFT - WORDS] ^ mix(words[i], words[i + 1]);
        }
        words[WORDS - 1] = words[SHIFT - 1] ^ mix(words[WORDS - 1], words[0]);
        self.next = 0;
    }
}

struct Fill<'a> {
    engine: &'a mut Mt19937,
    out: &'a mut [u32],
}

impl Task for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Self { engine, mut out } = self;
        while !out.is_empty() {
            if engine.is_used_up() {
                engine.twist();
            }
            let words = &engine.words[engine.next..];
            let count = out.len().min(words.len());
            let (now, later) = out.split_at_mut(count);
            for (out, &word) in now.iter_mut().zip(words) {
                *out = temper(word);
            }
            engine.next += count;
            out = later;
        }
    }
}

struct Skip<'a> {
    engine: &'a mut Mt19937,
    words: usize,
}

impl Task for Skip<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Self { engine, mut words } = self;
        while words > 0 {
            if engine.is_used_up() {
                engine.twist();
            }
            let count = words.min(WORDS - engine.next);
            engine.next += count;
            words -= count;
        }
    }
}

/// Spreads the bits of a word of state.
#[inline(always)]
fn temper(mut word: u32) -> u32 {
    word ^= word >> 11;
    word ^= (word << 7) & 0x9d2c_5680;
    word ^= (word << 15) & 0xefc6_0000;
    word ^ (word >> 18)
}

/// The high bit of one word and the rest of the next, shifted and twisted.
#[inline(always)]
fn mix(high: u32, low: u32) -> u32 {
    let joined = (high & UPPER_BIT) | (low & !UPPER_BIT);
    (joined >> 1) ^ if low & 1 == 1 { TWIST } else { 0 }
}
