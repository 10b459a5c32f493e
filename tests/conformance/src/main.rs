//! `conformance FOLDER`: replays a corpus and reports what agrees. See the README beside it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use conformance::device;
use conformance::parts::{PARTS, Part};
use conformance::ratchet::{Ratchet, corpus_name};
use conformance::supervisor::{self, Run};
use conformance::worker;
use regex::Regex;

const USAGE: &str = "\
usage: conformance FOLDER [--part PART].. [--device DEVICE] [--only REGEX] [--json FILE] [--all-cases]
                   [--workers N] [--patience SECONDS] [--ratchet FILE] [--update-ratchet FILE]

  FOLDER            a folder in the format of this package's README
  --part            only this part of it (ops, errors, modules, ...); may be repeated
  --device          where cases run: cpu (the default), and with the feature cuda also cuda and cuda-sim
  --only            only cases whose `entry id` matches, such as 'ops/add add#float32#3'
  --json            also write the counts to FILE
  --all-cases       list every case that did not pass, not only the first of each entry
  --workers         processes that run cases at the same time; as many as processors by default
  --patience        seconds that a case may take before it counts as crashed; 600 by default
  --ratchet         fail if fewer cases pass than FILE records, or if any crashes
  --update-ratchet  raise the counts recorded in FILE";

#[derive(Default)]
struct Options {
    folder: Option<PathBuf>,
    parts: Vec<&'static Part>,
    device: Option<String>,
    only: Option<String>,
    json: Option<PathBuf>,
    ratchet: Option<PathBuf>,
    update_ratchet: Option<PathBuf>,
    workers: Option<usize>,
    patience: Option<u64>,
    all_cases: bool,
    worker: bool,
}

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(|options| options.run()) {
        Ok(code) => code,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                arguments
                    .next()
                    .ok_or(format!("{argument} needs a value\n{USAGE}"))
            };
            match argument.as_str() {
                "--part" => options.parts.push(part(&value()?)?),
                "--device" => options.device = Some(value()?),
                "--only" => options.only = Some(value()?),
                "--json" => options.json = Some(value()?.into()),
                "--ratchet" => options.ratchet = Some(value()?.into()),
                "--update-ratchet" => options.update_ratchet = Some(value()?.into()),
                "--workers" => options.workers = Some(number(&value()?)?),
                "--patience" => options.patience = Some(number(&value()?)?),
                "--all-cases" => options.all_cases = true,
                "--worker" => options.worker = true,
                folder if options.folder.is_none() && !folder.starts_with('-') => {
                    options.folder = Some(folder.into());
                }
                _ => return Err(format!("{argument} is not understood\n{USAGE}")),
            }
        }
        Ok(options)
    }

    fn run(self) -> Result<ExitCode, String> {
        let only = self.only.as_deref().map(Regex::new).transpose();
        let only = only.map_err(|error| error.to_string())?;
        let device = self.device.unwrap_or("cpu".into());
        if self.worker {
            device::choose(&device)?;
            return worker::serve(only.as_ref()).map(|()| ExitCode::SUCCESS);
        }
        let folder = self.folder.ok_or(USAGE)?;
        let all_parts = self.parts.is_empty();
        let processors = std::thread::available_parallelism().map_or(1, |count| count.get());
        let report = supervisor::run(&Run {
            folder: folder.clone(),
            parts: if all_parts {
                PARTS.iter().collect()
            } else {
                self.parts
            },
            only: self.only,
            device,
            program: std::env::current_exe().map_err(|error| error.to_string())?,
            workers: self.workers.unwrap_or(processors),
            patience: Duration::from_secs(self.patience.unwrap_or(600)),
        })?;
        print!("{}", report.text(self.all_cases));
        if let Some(path) = &self.json {
            write(path, &format!("{:#}\n", report.json()))?;
        }
        if let Some(path) = &self.update_ratchet {
            let mut ratchet = Ratchet::open(path)?;
            ratchet.raise(&corpus_name(&folder)?, &report);
            write(path, &ratchet.text())?;
        }
        let mut regressions = Vec::new();
        if let Some(path) = &self.ratchet {
            if only.is_some() || !all_parts {
                return Err("--ratchet needs a run of all cases".into());
            }
            regressions = Ratchet::open(path)?.regressions(&corpus_name(&folder)?, &report);
        }
        for regression in &regressions {
            eprintln!("regression: {regression}");
        }
        let worked = report.unreadable.is_empty() && regressions.is_empty();
        Ok(if worked {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

fn part(name: &str) -> Result<&'static Part, String> {
    let names: Vec<_> = PARTS.iter().map(|part| part.name).collect();
    Part::named(name).ok_or(format!("no part {name}; there are {}", names.join(", ")))
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text} is not a number"))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}
