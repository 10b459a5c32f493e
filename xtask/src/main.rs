//! Tasks of this repository.
//!
//! `cargo xtask ptx` compiles the kernels of `crates/cuda-kernels` to the PTX that ships with it, or only
//! those of the families that are named; `cargo xtask ptx --check` fails where they differ. `cargo xtask
//! limits` compiles them for each kind of GPU, and fails where a kernel takes more registers or memory than
//! its family may. All need NVRTC 12.4, whose library is found by the dynamic linker or at the path in `--nvrtc` or `RUSHLIGHT_NVRTC`; it
//! needs no GPU. NVRTC orders some independent instructions by addresses, so the same bytes need
//! `setarch -R target/debug/xtask`, and perhaps a second run.

mod cubin;
mod kernels;
mod limits;
mod nvrtc;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask ptx [FAMILY...] [--check] [--nvrtc LIBRARY]
       cargo xtask limits [FAMILY...] [--nvrtc LIBRARY]";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let task = arguments.next().unwrap_or_default();
    let mut library = std::env::var("RUSHLIGHT_NVRTC").unwrap_or("libnvrtc.so.12".into());
    let (mut check, mut families) = (false, Vec::new());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--check" => check = true,
            "--nvrtc" => library = arguments.next().ok_or(USAGE)?,
            option if option.starts_with('-') => return Err(USAGE.into()),
            _ => families.push(argument),
        }
    }
    let compiler = || nvrtc::Compiler::open(&library);
    match task.as_str() {
        "ptx" => kernels::compile(&compiler()?, &families, check),
        "limits" if !check => limits::check(&compiler()?, &families),
        _ => Err(USAGE.into()),
    }
}
