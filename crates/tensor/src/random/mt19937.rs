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
        if self.next == 0 || self.next >= WORDS {
            self.twist();
        }
        let mut word = self.words[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    #[cold]
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

/// The high bit of one word and the rest of the next, shifted and twisted.
#[inline]
fn mix(high: u32, low: u32) -> u32 {
    let joined = (high & UPPER_BIT) | (low & !UPPER_BIT);
    (joined >> 1) ^ if low & 1 == 1 { TWIST } else { 0 }
}
