//! The counts reached so far, which only go up.
//!
//! `ratchet.toml` has a table per corpus, named as in its `corpus.json`, with the number of passed
//! cases of every entry on a line of its own, so that changes of different people merge.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::container;
use crate::report::{Counts, Report};

/// Passed cases by corpus and entry.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ratchet {
    corpora: BTreeMap<String, BTreeMap<String, usize>>,
}

impl Ratchet {
    /// Reads the file, if there is one.
    pub fn open(path: &Path) -> Result<Self, String> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{}: {error}", path.display())),
        }
    }

    /// Reads the text of `ratchet.toml`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut ratchet = Self::default();
        let mut corpus = None;
        for line in text.lines().map(str::trim) {
            let malformed = || format!("ratchet: not understood: {line}");
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                corpus = Some(ratchet.corpora.entry(name.to_owned()).or_default());
                continue;
            }
            let (entry, count) = line.rsplit_once(" = ").ok_or_else(malformed)?;
            let count = count.parse().map_err(|_| malformed())?;
            let corpus = corpus.as_mut().ok_or_else(malformed)?;
            corpus.insert(entry.trim_matches('"').to_owned(), count);
        }
        Ok(ratchet)
    }

    /// The text of `ratchet.toml`.
    pub fn text(&self) -> String {
        let mut text = String::from("# Passed cases of each entry. They only go up.\n");
        for (corpus, entries) in &self.corpora {
            let _ = writeln!(text, "\n[{corpus}]");
            for (entry, count) in entries {
                let _ = writeln!(text, "\"{entry}\" = {count}");
            }
        }
        text
    }

    /// What has become worse: entries with fewer passed cases, and crashes.
    pub fn regressions(&self, corpus: &str, report: &Report) -> Vec<String> {
        let entries = report.entries();
        let passed = |entry: &str| entries.get(entry).map_or(0, |counts| counts.passed);
        let recorded = self.corpora.get(corpus).into_iter().flatten();
        let fewer = recorded
            .filter(|(entry, count)| passed(entry) < **count)
            .map(|(entry, count)| format!("{entry}: {} passed, once {count}", passed(entry)));
        let crashed = entries
            .iter()
            .filter(|(_, counts)| counts.crashed > 0)
            .map(|(entry, counts)| format!("{entry}: {} crashed", counts.crashed));
        fewer.chain(crashed).collect()
    }

    /// Raises the counts of a corpus to those of a report.
    pub fn raise(&mut self, corpus: &str, report: &Report) {
        let recorded = self.corpora.entry(corpus.to_owned()).or_default();
        for (entry, Counts { passed, .. }) in report.entries() {
            if passed > 0 {
                let count = recorded.entry(entry.to_owned()).or_default();
                *count = passed.max(*count);
            }
        }
    }
}

/// The name of a corpus, under which its counts are kept.
pub fn corpus_name(folder: &Path) -> Result<String, String> {
    let corpus = container::json(&folder.join("corpus.json"))?;
    let name = corpus["part"].as_str().ok_or("corpus.json names no part")?;
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Outcome;
    use crate::report::Record;

    fn report(outcomes: &[Outcome]) -> Report {
        let mut report = Report::default();
        for outcome in outcomes {
            report.add(Record {
                entry: "ops/div@floor_rounding".into(),
                id: String::new(),
                ill_conditioned: false,
                outcome: outcome.clone(),
            });
        }
        report
    }

    #[test]
    fn counts_only_go_up() {
        let mut ratchet = Ratchet::default();
        ratchet.raise("sample", &report(&[Outcome::Passed, Outcome::Passed]));
        ratchet.raise(
            "sample",
            &report(&[Outcome::Passed, Outcome::Failed(String::new())]),
        );
        assert!(
            ratchet
                .text()
                .contains("[sample]\n\"ops/div@floor_rounding\" = 2\n")
        );
    }

    #[test]
    fn text_reads_back() {
        let mut ratchet = Ratchet::default();
        ratchet.raise("shared", &report(&[Outcome::Passed]));
        assert_eq!(Ratchet::parse(&ratchet.text()), Ok(ratchet));
    }

    #[test]
    fn fewer_passes_and_any_crash_are_regressions() {
        let two = report(&[Outcome::Passed, Outcome::Passed]);
        let mut ratchet = Ratchet::default();
        ratchet.raise("sample", &two);
        assert!(ratchet.regressions("sample", &two).is_empty());
        let one = report(&[Outcome::Passed, Outcome::Failed(String::new())]);
        assert_eq!(
            ratchet.regressions("sample", &one),
            ["ops/div@floor_rounding: 1 passed, once 2"]
        );
        assert_eq!(ratchet.regressions("sample", &Report::default()).len(), 1);
        let crash = report(&[Outcome::Crashed(String::new())]);
        assert_eq!(Ratchet::default().regressions("sample", &crash).len(), 1);
    }
}
