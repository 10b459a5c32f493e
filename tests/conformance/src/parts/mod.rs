//! The parts of a corpus: which files they have, and the cases in a file.

mod derivatives;
mod errors;
mod files;
mod in_place;
mod models;
mod modules;
mod mutations;
mod ops;
mod optimizers;
mod repr;
mod rng;
mod schedulers;
mod training;

use std::path::{Path, PathBuf};

use crate::case::Case;

/// A part of a corpus.
#[derive(Debug)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// The folders of its files, relative to the corpus.
    folders: &'static [&'static str],
    /// Reads the cases of a file.
    cases: fn(&Path) -> Result<Vec<Case>, String>,
}

/// All parts, in the order of the report.
pub const PARTS: &[Part] = &[
    Part::new("ops", &["ops"], ops::cases),
    Part::new("errors", &["errors"], errors::cases),
    Part::new("modules", &["modules"], modules::cases),
    Part::new("optimizers", &["optimizers"], optimizers::cases),
    Part::new("schedulers", &["schedulers"], schedulers::cases),
    Part::new("models", &["models"], models::cases),
    Part::new("rng", &["rng", "rng/ops"], rng::cases),
    Part::new("repr", &["repr"], repr::cases),
    Part::new("files", &["files"], files::cases),
    Part::new("training", &["training"], training::cases),
];

/// Other questions about the same cases, asked by name only: derivatives against finite differences,
/// the forms in place, and calls with one argument changed, in which only crashes count.
pub const VARIATIONS: &[Part] = &[
    Part::new("derivatives", &["ops"], derivatives::cases),
    Part::new("in_place", &["ops"], in_place::cases),
    Part::new("mutations", &["ops", "modules"], mutations::cases),
];

impl Part {
    const fn new(
        name: &'static str,
        folders: &'static [&'static str],
        cases: fn(&Path) -> Result<Vec<Case>, String>,
    ) -> Self {
        Self {
            name,
            folders,
            cases,
        }
    }

    /// The part of a name.
    pub fn named(name: &str) -> Option<&'static Self> {
        let mut parts = PARTS.iter().chain(VARIATIONS);
        parts.find(|part| part.name == name)
    }

    /// The files of the part, sorted; none if the corpus lacks the part.
    pub fn files(&self, corpus: &Path) -> std::io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for folder in self.folders.iter().map(|folder| corpus.join(folder)) {
            if !folder.is_dir() {
                continue;
            }
            for entry in std::fs::read_dir(folder)? {
                files.push(entry?.path());
            }
        }
        files.retain(|path| {
            let has_cases = |ending| ending == "safetensors" || ending == "json";
            let is_index = path.file_stem().is_some_and(|stem| stem == "index");
            path.extension().is_some_and(has_cases) && !is_index
        });
        files.sort();
        Ok(files)
    }

    /// The cases of a file, in its order.
    pub fn cases(&self, file: &Path) -> Result<Vec<Case>, String> {
        (self.cases)(file)
    }
}
