//! Runs the files of a corpus in worker processes and collects what they report.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Value, json};

use crate::outcome::Outcome;
use crate::parts::Part;
use crate::report::{Record, Report};
use crate::worker::MARK;

/// What to run, and how.
#[derive(Debug, Clone)]
pub struct Run {
    /// The corpus.
    pub folder: PathBuf,
    /// The parts to run.
    pub parts: Vec<&'static Part>,
    /// A regular expression that selects cases by entry and name.
    pub only: Option<String>,
    /// The program that becomes a worker when its first argument is `--worker`.
    pub program: PathBuf,
    /// The device that cases run on: see [`device::choose`](crate::device::choose).
    pub device: String,
    /// How many workers run at once.
    pub workers: usize,
    /// How long a case may take before it counts as crashed.
    pub patience: Duration,
}

struct Job {
    part: &'static Part,
    file: PathBuf,
}

/// Runs all selected cases.
pub fn run(run: &Run) -> Result<Report, String> {
    let mut jobs = VecDeque::new();
    // Later parts have fewer but longer cases, so they start first.
    for part in run.parts.iter().rev() {
        let files = part.files(&run.folder);
        let files = files.map_err(|error| format!("{}: {error}", run.folder.display()))?;
        jobs.extend(files.into_iter().map(|file| Job { part, file }));
    }
    if jobs.is_empty() {
        return Err(format!("{}: no cases", run.folder.display()));
    }
    let (jobs, report) = (Mutex::new(jobs), Mutex::new(Report::default()));
    std::thread::scope(|scope| {
        let workers = (0..run.workers.max(1)).map(|_| scope.spawn(|| work(run, &jobs, &report)));
        let workers: Vec<_> = workers.collect();
        workers
            .into_iter()
            .try_for_each(|worker| match worker.join() {
                Ok(result) => result,
                Err(_) => Err("a supervising thread panicked".to_owned()),
            })
    })?;
    let mut report = report
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    report.sort();
    Ok(report)
}

fn work(run: &Run, jobs: &Mutex<VecDeque<Job>>, report: &Mutex<Report>) -> Result<(), String> {
    let mut worker = None;
    loop {
        let next = jobs.lock().map_err(|error| error.to_string())?.pop_front();
        let Some(job) = next else {
            return Ok(());
        };
        let mut done = 0;
        loop {
            let running = match worker.take() {
                Some(running) => running,
                None => Worker::start(run)?,
            };
            match running.process(&job, done, run.patience)? {
                Progress::Finished(running, answers) => {
                    collect(report, answers)?;
                    worker = Some(running);
                    break;
                }
                Progress::Died(answers) => {
                    done += answers.records.len();
                    collect(report, answers)?;
                }
            }
        }
    }
}

fn collect(report: &Mutex<Report>, answers: Answers) -> Result<(), String> {
    let mut report = report.lock().map_err(|error| error.to_string())?;
    answers
        .records
        .into_iter()
        .for_each(|record| report.add(record));
    report.unreadable.extend(answers.unreadable);
    Ok(())
}

/// A worker process and the lines it prints.
struct Worker {
    process: Child,
    input: ChildStdin,
    lines: Receiver<String>,
}

#[derive(Default)]
struct Answers {
    records: Vec<Record>,
    unreadable: Vec<String>,
}

enum Progress {
    Finished(Worker, Answers),
    Died(Answers),
}

impl Worker {
    fn start(run: &Run) -> Result<Self, String> {
        let mut command = Command::new(&run.program);
        command
            .args(["--worker", "--device", &run.device])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        if let Some(only) = &run.only {
            command.args(["--only", only]);
        }
        let failed = |error: std::io::Error| format!("{}: {error}", run.program.display());
        let mut process = command.spawn().map_err(failed)?;
        let (Some(input), Some(output)) = (process.stdin.take(), process.stdout.take()) else {
            return Err("a worker has no pipes".into());
        };
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
                if sender
                    .send(String::from_utf8_lossy(&line).into_owned())
                    .is_err()
                {
                    break;
                }
            }
        });
        Ok(Self {
            process,
            input,
            lines,
        })
    }

    /// Has the worker run a file from the case `skip` on.
    fn process(mut self, job: &Job, skip: usize, patience: Duration) -> Result<Progress, String> {
        let file = job
            .file
            .to_str()
            .ok_or("the name of a file is not Unicode")?;
        let order = json!({ "part": job.part.name, "file": file, "skip": skip });
        // A worker that is gone already shows as a closed pipe below.
        let _ = writeln!(self.input, "{order}");
        let mut answers = Answers::default();
        let mut current: Option<Record> = None;
        loop {
            let line = match self.lines.recv_timeout(patience) {
                Ok(line) => line,
                Err(problem) => return self.died(problem, patience, answers, current, job),
            };
            let Some(message) = line.strip_prefix(MARK) else {
                continue;
            };
            let message: Value =
                serde_json::from_str(message).map_err(|error| error.to_string())?;
            let text = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
            if !message["done"].is_null() {
                return Ok(Progress::Finished(self, answers));
            } else if !message["unreadable"].is_null() {
                answers.unreadable.push(text("unreadable"));
            } else if !message["entry"].is_null() {
                current = Some(Record {
                    entry: text("entry"),
                    id: text("id"),
                    ill_conditioned: message["ill_conditioned"] == true,
                    outcome: Outcome::Passed,
                });
            } else if let Some(mut record) = current.take() {
                record.outcome = match message["outcome"].as_str() {
                    Some("passed") => Outcome::Passed,
                    Some("failed") => Outcome::Failed(text("detail")),
                    Some("unimplemented") => Outcome::Unimplemented(text("detail")),
                    _ => Outcome::Crashed(text("detail")),
                };
                answers.records.push(record);
            }
        }
    }

    fn died(
        mut self,
        problem: RecvTimeoutError,
        patience: Duration,
        mut answers: Answers,
        current: Option<Record>,
        job: &Job,
    ) -> Result<Progress, String> {
        let reason = match problem {
            RecvTimeoutError::Timeout => {
                // It may have ended by itself in the meantime, which is as good.
                let _ = self.process.kill();
                format!("no answer within {} s", patience.as_secs())
            }
            RecvTimeoutError::Disconnected => String::new(),
        };
        let status = self.process.wait().map_err(|error| error.to_string())?;
        let reason = if reason.is_empty() {
            status.to_string()
        } else {
            reason
        };
        let Some(record) = current else {
            return Err(format!(
                "{}: the worker ended: {reason}",
                job.file.display()
            ));
        };
        answers.records.push(Record {
            outcome: Outcome::Crashed(reason),
            ..record
        });
        Ok(Progress::Died(answers))
    }
}
