//! `files/`: files written by `torch.save`, and hostile ones that must be refused.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use crate::case::Case;
use crate::container::Container;
use crate::outcome::Failure;

/// Reads the cases of a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let file = Arc::new(Container::open(path)?);
    let entry = |case: &Value| format!("files/{}", case["id"].as_str().unwrap_or_default());
    Ok(file
        .cases()?
        .iter()
        .map(|case| Case::new(entry(case), case, &file, ask))
        .collect())
}

fn ask(_: &Value, _: &Container) -> Result<(), Failure> {
    Err(Failure::Unsupported("loading is not mapped".into()))
}
