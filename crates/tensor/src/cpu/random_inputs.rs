//! Sizes and numbers for tests that try many of them, the same in every run.

/// A splitmix64 generator.
#[derive(Debug)]
pub(crate) struct RandomInputs(u64);

impl RandomInputs {
    /// Starts the sequence of `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns an index below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.word() % limit as u64) as usize
    }

    /// Returns one of `choices`.
    pub(crate) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Returns true or false.
    pub(crate) fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    /// Returns a multiple of 1/64 in -1 to 1, which every float type holds exactly.
    pub(crate) fn number(&mut self) -> f64 {
        self.below(129) as f64 / 64.0 - 1.0
    }

    /// Returns `count` such numbers.
    pub(crate) fn numbers(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.number()).collect()
    }
}
