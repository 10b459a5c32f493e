//! Replays a corpus: no crash, and nothing worse than the ratchet records.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use conformance::ops;
use conformance::parts::PARTS;
use conformance::ratchet::{Ratchet, corpus_name};
use conformance::supervisor::{Run, run};

fn replay(folder: &Path) {
    let report = run(&Run {
        folder: folder.to_owned(),
        parts: PARTS.iter().collect(),
        only: None,
        program: env!("CARGO_BIN_EXE_conformance").into(),
        device: "cpu".into(),
        workers: std::thread::available_parallelism().map_or(1, |count| count.get()),
        patience: Duration::from_secs(600),
    })
    .unwrap();
    println!("{}", report.text(false));
    assert_eq!(report.unreadable, [""; 0]);
    let ratchet = Ratchet::open(Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/ratchet.toml"
    )));
    let regressions = ratchet
        .unwrap()
        .regressions(&corpus_name(folder).unwrap(), &report);
    assert!(
        regressions.is_empty(),
        "worse than before:\n{}",
        regressions.join("\n")
    );
    let malformed: Vec<_> = report
        .problems()
        .filter(|text| text.contains("malformed"))
        .collect();
    assert!(malformed.is_empty(), "{}", malformed.join("\n"));
}

#[test]
fn the_small_corpus_does_not_get_worse() {
    replay(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")));
}

#[test]
fn the_corpus_of_conformance_dir_does_not_get_worse() {
    if let Some(folder) = std::env::var_os("CONFORMANCE_DIR") {
        replay(Path::new(&folder));
    }
}

#[test]
fn no_operation_is_mapped_twice() {
    let mut seen = HashSet::new();
    let twice: Vec<_> = ops::names().filter(|name| !seen.insert(*name)).collect();
    assert_eq!(twice, [""; 0]);
}
