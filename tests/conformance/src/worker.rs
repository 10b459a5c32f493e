//! The process that runs cases. It answers the [`supervisor`](crate::supervisor) line by line, so
//! that whatever ends it, a stack overflow or an abort, costs one case and not the run.

use std::io::{BufRead, Write};
use std::path::Path;
use std::sync::Mutex;

use regex::Regex;
use serde_json::{Value, json};

use crate::case::Case;
use crate::outcome::Outcome;
use crate::parts::Part;

/// The stack of the thread that runs a case: that of a main thread on Linux.
const STACK: usize = 8 << 20;

/// What begins a line that is meant for the supervisor.
pub const MARK: &str = "@conformance ";

/// Message and place of the latest panic.
static PANIC: Mutex<Option<String>> = Mutex::new(None);

/// Runs the files named on standard input, one JSON object a line: `part`, `file`, and how many
/// cases to `skip`.
pub fn serve(only: Option<&Regex>) -> Result<(), String> {
    remember_panics();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|error| error.to_string())?;
        let job: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        let (part, file) = (job["part"].as_str(), job["file"].as_str());
        let part = part.and_then(Part::named).ok_or("a job names no part")?;
        let file = file.ok_or("a job names no file")?;
        match part.cases(Path::new(file)) {
            Ok(mut cases) => {
                let skip = job["skip"].as_u64().unwrap_or(0);
                cases.retain(|case| selected(case, only));
                cases.into_iter().skip(skip as usize).for_each(answer);
            }
            Err(reason) => tell(&json!({ "unreadable": reason })),
        }
        tell(&json!({ "done": file }));
    }
    Ok(())
}

/// Keeps the message of a panic for the report, instead of printing it.
fn remember_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let mut latest = PANIC
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        *latest = Some(panic.to_string());
    }));
}

fn selected(case: &Case, only: Option<&Regex>) -> bool {
    only.is_none_or(|only| only.is_match(&format!("{} {}", case.entry, case.id)))
}

fn answer(case: Case) {
    let Case {
        entry,
        id,
        ill_conditioned,
        run,
    } = case;
    tell(&json!({ "entry": entry, "id": id, "ill_conditioned": ill_conditioned }));
    let (outcome, detail) = match caught(run) {
        Outcome::Passed => ("passed", String::new()),
        Outcome::Failed(detail) => ("failed", detail),
        Outcome::Unimplemented(detail) => ("unimplemented", detail),
        Outcome::Crashed(detail) => ("crashed", detail),
    };
    tell(&json!({ "outcome": outcome, "detail": detail }));
}

/// Runs a case on a thread of its own, which also keeps it from leaving thread-local state behind.
fn caught(run: Box<dyn FnOnce() -> Outcome + Send>) -> Outcome {
    let thread = std::thread::Builder::new()
        .name("case".into())
        .stack_size(STACK)
        .spawn(run);
    let thread = match thread {
        Ok(thread) => thread,
        Err(error) => return Outcome::Crashed(format!("no thread for the case: {error}")),
    };
    thread.join().unwrap_or_else(|_| {
        let mut latest = PANIC
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        Outcome::Crashed(
            latest
                .take()
                .unwrap_or_else(|| "a panic without a message".into()),
        )
    })
}

/// Writes a line for the supervisor, even if a case has left half a line on standard output.
fn tell(message: &Value) {
    let mut output = std::io::stdout().lock();
    // The supervisor notices on its own when the pipe is gone.
    let _ = writeln!(output, "\n{MARK}{message}").and_then(|()| output.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_crash_with_its_message() {
        remember_panics();
        let outcome = caught(Box::new(|| panic!("index 3 of 2")));
        drop(std::panic::take_hook());
        let Outcome::Crashed(message) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(message.contains("index 3 of 2"), "{message}");
        assert!(message.contains("worker.rs"), "{message}");
    }
}
