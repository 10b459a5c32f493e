//! How long a process takes to the first result of a model, and how much memory: `first_result [MODEL [BATCH]]`.
//!
//! Prints milliseconds for making the model with random weights and for the first and second call, and
//! the peak of resident memory in MiB.

use rushlight::nn::Result;
use rushlight::prelude::*;
use std::time::Instant;

fn main() -> Result<()> {
    let start = Instant::now();
    let milliseconds = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "resnet18".to_owned());
    let batch = arguments.next().and_then(|batch| batch.parse().ok());
    let model = models::get_model(&name, Weights::None)?;
    model.eval();
    let made = milliseconds(start);
    let x = Tensor::ones(&[batch.unwrap_or(1), 3, 224, 224])?;
    let mut calls = Vec::new();
    for _ in 0..2 {
        let start = Instant::now();
        inference_mode(|| model.forward(&x))?.to_vec::<f32>()?;
        calls.push(milliseconds(start));
    }
    let peak = peak_memory().map_or_else(|| "n/a".to_owned(), |mib| mib.to_string());
    println!(
        "{name}: made in {made:.1} ms, called in {:.1} ms, then {:.1} ms; peak {peak} MiB",
        calls[0], calls[1]
    );
    Ok(())
}

/// The peak of resident memory in MiB, where the system tells.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib >> 10)
}
