//! A case that is ready to run.

use std::sync::Arc;

use serde_json::Value;

use crate::container::Container;
use crate::outcome::{Failure, Outcome};

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

/// Asks what a case object describes, with the tensors of its file.
pub type Ask = fn(&Value, &Container) -> Result<(), Failure>;

/// Tells the outcome from what became of the question.
pub type Judge = fn(&Value, Result<(), Failure>) -> Outcome;

impl Case {
    /// A case that expects a result.
    pub fn new(entry: String, case: &Value, file: &Arc<Container>, ask: Ask) -> Self {
        Self::judged(entry, case, file, ask, |_, result| {
            Outcome::of_result(result)
        })
    }

    /// A case whose outcome `judge` tells.
    pub fn judged(
        entry: String,
        case: &Value,
        file: &Arc<Container>,
        ask: Ask,
        judge: Judge,
    ) -> Self {
        let (file, case) = (file.clone(), case.clone());
        let ill = |flag: &str| case[flag].as_bool().unwrap_or(false);
        Self {
            entry,
            id: case["id"].as_str().unwrap_or_default().to_owned(),
            ill_conditioned: ill("ill_conditioned") || ill("grad_ill_conditioned"),
            run: Box::new(move || judge(&case, ask(&case, &file))),
        }
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Case")
            .field("entry", &self.entry)
            .field("id", &self.id)
            .finish()
    }
}
