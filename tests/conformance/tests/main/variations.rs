//! The cases of the small corpus in other forms.

use std::path::{Path, PathBuf};
use std::time::Duration;

use conformance::parts::Part;
use conformance::report::Report;
use conformance::supervisor::{Run, run};

fn replay(part: &str, program: PathBuf) -> Report {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
    let report = run(&Run {
        folder: folder.to_owned(),
        parts: vec![Part::named(part).unwrap()],
        only: None,
        program,
        device: "cpu".into(),
        workers: std::thread::available_parallelism().map_or(1, |count| count.get()),
        patience: Duration::from_secs(120),
    });
    let report = report.unwrap();
    let count: usize = report.parts().values().map(|counts| counts.total).sum();
    assert!(count > 100, "{count} cases of {part}");
    report
}

fn assert_passes(report: &Report) {
    let problems: Vec<_> = report.problems().collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn forms_in_place_agree_with_the_others() {
    assert_passes(&replay(
        "in_place",
        env!("CARGO_BIN_EXE_conformance").into(),
    ));
}

#[test]
fn derivatives_of_both_orders_are_those_of_finite_differences() {
    let report = replay("derivatives", env!("CARGO_BIN_EXE_conformance").into());
    // As in PyTorch: values unpooled to one place each get its gradient, though one of them stays, and
    // that of a Cholesky factor is for a whole matrix, though one triangle is read.
    let others = [
        "nn.functional.max_unpool",
        "cholesky_inverse#",
        "cholesky_solve#",
    ];
    let is_known = |text: &String| others.iter().any(|other| text.contains(other));
    let wrong: Vec<_> = report.problems().filter(|text| !is_known(text)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Workers get 8 GiB of memory at most, so that a size that was not checked shows.
#[cfg(unix)]
#[test]
fn no_changed_argument_crashes() {
    use std::os::unix::fs::PermissionsExt;
    let program = std::env::temp_dir().join(format!("conformance-bounded-{}", std::process::id()));
    let script = format!(
        "#!/bin/sh\nulimit -v 8388608 2>/dev/null\nexec '{}' \"$@\"\n",
        env!("CARGO_BIN_EXE_conformance")
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let report = replay("mutations", program.clone());
    std::fs::remove_file(program).unwrap();
    assert_passes(&report);
}
