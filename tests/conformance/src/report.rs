//! Counting outcomes per part and entry, and writing them down.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::outcome::Outcome;
use crate::parts::PARTS;

/// What became of one case.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// The entry it counts for.
    pub entry: String,
    /// Its name in the corpus.
    pub id: String,
    /// Whether it is counted apart, because PyTorch's own result has no precision left.
    pub ill_conditioned: bool,
    /// What became of it.
    pub outcome: Outcome,
}

/// How many cases came out how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// All of them.
    pub total: usize,
    /// Those that agree with PyTorch.
    pub passed: usize,
    /// Those that do not.
    pub failed: usize,
    /// Those that cannot be expressed yet.
    pub unimplemented: usize,
    /// Those that panicked, aborted or never answered.
    pub crashed: usize,
}

/// The outcomes of a run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    records: Vec<Record>,
    /// Files that could not be read.
    pub unreadable: Vec<String>,
}

impl Counts {
    fn add(&mut self, outcome: &Outcome) {
        self.total += 1;
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed(_) => self.failed += 1,
            Outcome::Unimplemented(_) => self.unimplemented += 1,
            Outcome::Crashed(_) => self.crashed += 1,
        }
    }

    fn json(&self) -> Value {
        json!({
            "total": self.total,
            "passed": self.passed,
            "failed": self.failed,
            "unimplemented": self.unimplemented,
            "crashed": self.crashed,
        })
    }

    fn row(&self, name: &str) -> String {
        let Self {
            total,
            passed,
            failed,
            unimplemented,
            crashed,
        } = self;
        format!("{name:<16}{total:>8}{passed:>8}{failed:>8}{unimplemented:>15}{crashed:>9}\n")
    }
}

impl Report {
    /// Adds a case.
    pub fn add(&mut self, record: Record) {
        self.records.push(record);
    }

    /// All cases, sorted by entry and in the order of their file.
    pub fn sort(&mut self) {
        self.records.sort_by(|a, b| a.entry.cmp(&b.entry));
    }

    /// The counts of each entry, without ill-conditioned cases.
    pub fn entries(&self) -> BTreeMap<&str, Counts> {
        self.count(false, |record| &record.entry)
    }

    /// The counts of each part, without ill-conditioned cases.
    pub fn parts(&self) -> BTreeMap<&str, Counts> {
        self.count(false, part)
    }

    /// The counts of the ill-conditioned cases of each part.
    pub fn ill_conditioned(&self) -> BTreeMap<&str, Counts> {
        self.count(true, part)
    }

    fn count<'a>(
        &'a self,
        ill_conditioned: bool,
        key: impl Fn(&'a Record) -> &'a str,
    ) -> BTreeMap<&'a str, Counts> {
        let mut counts = BTreeMap::<_, Counts>::new();
        for record in self
            .records
            .iter()
            .filter(|it| it.ill_conditioned == ill_conditioned)
        {
            counts.entry(key(record)).or_default().add(&record.outcome);
        }
        counts
    }

    /// A line for each case that failed or crashed.
    pub fn problems(&self) -> impl Iterator<Item = String> {
        self.records.iter().filter_map(
            |Record {
                 entry, id, outcome, ..
             }| { Some(format!("{entry} {id}: {}", detail(outcome, true)?)) },
        )
    }

    /// The counts of all parts and entries, and the cases that failed or crashed.
    pub fn json(&self) -> Value {
        let object = |counts: BTreeMap<&str, Counts>| -> Value {
            counts
                .iter()
                .map(|(name, counts)| ((*name).to_owned(), counts.json()))
                .collect()
        };
        let problems = self.records.iter().filter_map(|record| {
            let (outcome, detail) = match &record.outcome {
                Outcome::Failed(detail) => ("failed", detail),
                Outcome::Crashed(detail) => ("crashed", detail),
                _ => return None,
            };
            let Record { entry, id, .. } = record;
            Some(json!({ "entry": entry, "id": id, "outcome": outcome, "detail": detail }))
        });
        json!({
            "parts": object(self.parts()),
            "entries": object(self.entries()),
            "ill_conditioned": object(self.ill_conditioned()),
            "unreadable": self.unreadable,
            "problems": problems.collect::<Vec<_>>(),
        })
    }

    /// The report for people: a table of the parts, every entry that has a failed or crashed case
    /// with the first of them, and the entries that lack something with the first thing missing.
    pub fn text(&self, all_cases: bool) -> String {
        let mut text = String::new();
        let entries = self.entries();
        let limit = if all_cases { usize::MAX } else { 1 };
        for (kind, wanted) in [("failed or crashed", true), ("not implemented", false)] {
            let mut listed = String::new();
            for (name, counts) in &entries {
                let problems = self.records.iter().filter(|record| record.entry == *name);
                let problems: Vec<_> = problems
                    .filter_map(|record| detail(&record.outcome, wanted).map(|it| (record, it)))
                    .collect();
                if problems.is_empty() {
                    continue;
                }
                let Counts { total, passed, .. } = counts;
                let _ = writeln!(listed, "{name}  {passed} of {total} passed");
                for (record, detail) in problems.iter().take(limit) {
                    let _ = writeln!(listed, "    {}: {detail}", record.id);
                }
            }
            if !listed.is_empty() {
                let _ = writeln!(text, "{kind}:\n{listed}");
            }
        }
        for file in &self.unreadable {
            let _ = writeln!(text, "unreadable: {file}");
        }
        let header = ["total", "passed", "failed", "unimplemented", "crashed"];
        let [total, passed, failed, unimplemented, crashed] = header;
        let _ = writeln!(
            text,
            "{:<16}{total:>8}{passed:>8}{failed:>8}{unimplemented:>15}{crashed:>9}",
            "part"
        );
        let (parts, ill_conditioned) = (self.parts(), self.ill_conditioned());
        for name in PARTS.iter().map(|part| part.name) {
            if let Some(counts) = parts.get(name) {
                text.push_str(&counts.row(name));
            }
        }
        for (name, counts) in ill_conditioned {
            text.push_str(&counts.row(&format!("{name} (ill)")));
        }
        text
    }
}

/// What to say about an outcome: of failures and crashes, or of what is not implemented.
fn detail(outcome: &Outcome, wrong: bool) -> Option<String> {
    match outcome {
        Outcome::Failed(text) if wrong => Some(text.clone()),
        Outcome::Crashed(text) if wrong => Some(format!("crashed: {text}")),
        Outcome::Unimplemented(text) if !wrong => Some(text.clone()),
        _ => None,
    }
}

fn part(record: &Record) -> &str {
    record.entry.split('/').next().unwrap_or_default()
}
