//! A case that is ready to run.

use crate::outcome::Outcome;

/// One question to the library, with its answer known.
pub struct Case {
    /// The entry it counts for, such as `ops/div@floor_rounding`.
    pub entry: String,
    /// Its name in the corpus.
    pub id: String,
    /// Whether PyTorch's own result has no precision left, so that the outcome means little.
    pub ill_conditioned: bool,
    /// Asks the question.
    pub run: Box<dyn FnOnce() -> Outcome + Send>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("entry", &self.entry)
            .field("id", &self.id)
            .finish()
    }
}
