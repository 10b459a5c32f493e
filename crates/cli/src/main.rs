//! The program `rushlight`: a look into files of weights, models, and the machine.

#![forbid(unsafe_code)]

mod arguments;
mod convert;
mod doctor;
mod inspect;
mod models;
mod predict;
mod summary;
mod table;

use arguments::{Failure, Result};
use std::io::Write;
use std::process::ExitCode;

const HELP: &str = "\
rushlight: deep learning in Rust, from the command line

Usage: rushlight COMMAND [ARGUMENTS]

  inspect FILE            what is in a file: keys, shapes, dtypes, sizes
  convert FROM TO         the tensors of a file in another format: .safetensors, .pth, .pt, .npz
  models [TEXT]           the models, and their published weights; those with TEXT in their name
  summary MODEL           a model's layers, shapes, parameters and multiply-adds
      --size N              for images of N x N; default: what the published weights want
      --classes N           with so many classes; default: 1000
  predict MODEL IMAGE     the classes of an image, PNG or JPEG
      --weights FILE        weights from a file; default: the best published ones
      --top N               so many classes; default: 5
  doctor                  the machine: CPU, threads, GPU, cache, and what to do about what is missing

  --help, --version
";

fn main() -> ExitCode {
    // What is written is complete even where the reader leaves early.
    let mut out = Vec::new();
    let result = run(&mut out);
    let _ = std::io::stdout().write_all(&out);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Usage(problem)) => {
            eprintln!("rushlight: {problem}; see `rushlight --help`");
            ExitCode::from(2)
        }
        Err(Failure::Other(error)) => {
            eprintln!("rushlight: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(out: &mut Vec<u8>) -> Result<()> {
    let arguments = arguments::parse(lexopt::Parser::from_env())?;
    let command = arguments.command.as_str();
    let known: &[&str] = match command {
        "summary" => &["size", "classes"],
        "predict" => &["weights", "top"],
        _ => &[],
    };
    arguments.allow(known)?;
    match command {
        "inspect" => inspect::run(&arguments, out),
        "convert" => convert::run(&arguments, out),
        "models" => models::run(&arguments, out),
        "summary" => summary::run(&arguments, out),
        "predict" => predict::run(&arguments, out),
        "doctor" => doctor::run(&arguments, out),
        "help" => Ok(out.write_all(HELP.as_bytes())?),
        "version" => Ok(writeln!(out, "rushlight {}", rushlight::VERSION)?),
        _ => Err(Failure::Usage(format!("there is no command {command:?}"))),
    }
}
