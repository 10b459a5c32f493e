//! Workers that die, hang or chatter cost one case each.

use std::path::{Path, PathBuf};
use std::time::Duration;

use conformance::parts::Part;
use conformance::report::{Counts, Report};
use conformance::supervisor::{Run, run};

/// Runs a corpus of one file, which is not read, with a shell script as the worker. In the script,
/// `begin NAME` and `pass` report a case, and `skip` is the number of cases to leave out.
fn with_worker(name: &str, script: &str) -> Report {
    let folder = std::env::temp_dir().join(format!("conformance-{name}-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("ops")).unwrap();
    std::fs::write(folder.join("ops/add.safetensors"), "").unwrap();
    let program = write_script(&folder, script);
    let report = run(&Run {
        folder: folder.clone(),
        parts: vec![Part::named("ops").unwrap()],
        only: None,
        program,
        device: "cpu".into(),
        workers: 1,
        patience: Duration::from_millis(500),
    });
    std::fs::remove_dir_all(folder).unwrap();
    report.unwrap()
}

fn write_script(folder: &Path, script: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("worker");
    let prelude = r#"#!/bin/sh
begin() { echo; echo '@conformance {"entry":"ops/add","id":"'"$1"'","ill_conditioned":false}'; }
pass() { echo; echo '@conformance {"outcome":"passed","detail":""}'; }
finish() { echo; echo '@conformance {"done":"add"}'; }
read -r order
skip=$(echo "$order" | sed 's/.*"skip":\([0-9]*\).*/\1/')
"#;
    std::fs::write(&path, format!("{prelude}{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn counts(report: &Report) -> Counts {
    report.parts()["ops"]
}

#[test]
fn a_worker_that_dies_costs_the_case_it_was_at() {
    let script = "
        if [ $skip = 0 ]; then begin first; pass; begin second; kill -ABRT $$; fi
        [ $skip = 2 ] && begin third && pass; finish";
    let report = with_worker("dies", script);
    assert_eq!(
        counts(&report),
        Counts {
            total: 3,
            passed: 2,
            crashed: 1,
            ..Counts::default()
        }
    );
    let crash = report.problems().next().unwrap();
    assert!(
        crash.contains("second") && crash.contains("signal: 6"),
        "{crash}"
    );
}

#[test]
fn a_worker_that_hangs_costs_the_case_it_was_at() {
    let script = "
        if [ $skip = 0 ]; then begin first; exec sleep 60; fi
        begin second; pass; finish";
    let report = with_worker("hangs", script);
    assert_eq!(
        counts(&report),
        Counts {
            total: 2,
            passed: 1,
            crashed: 1,
            ..Counts::default()
        }
    );
    assert!(report.problems().next().unwrap().contains("no answer"));
}

#[test]
fn what_a_case_prints_is_not_taken_for_an_answer() {
    let script = "begin first; printf 'chatter without a line end'; pass; finish";
    let report = with_worker("chatters", script);
    assert_eq!(
        counts(&report),
        Counts {
            total: 1,
            passed: 1,
            ..Counts::default()
        }
    );
    assert_eq!(report.problems().count(), 0);
}
