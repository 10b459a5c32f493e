//! Measures the cases beside PyTorch: `cargo run --release -p benches -- [WORD ...]`.

mod torch;

use benches::{CASES, Case, Work};
use std::error::Error;
use std::time::{Duration, Instant};
use torch::Torch;

const ROUNDS: usize = 9;

/// How long one measurement takes, at least.
const SPAN: Duration = Duration::from_millis(60);

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let chosen = |case: &&Case| {
        words.is_empty() || words.iter().any(|word| case.name.contains(word.as_str()))
    };
    let mut torch = Torch::start()?;
    println!("beside {}", torch.version());
    let all = std::thread::available_parallelism()?.get();
    let mut counts = vec![1, all];
    counts.dedup();
    for threads in counts {
        rushlight::set_num_threads(threads);
        torch.set_num_threads(threads)?;
        println!("\n{threads} thread(s)");
        println!(
            "{:28} {:>12} {:>12} {:>8}",
            "", "rushlight", "PyTorch", "ratio"
        );
        for case in CASES.iter().filter(chosen) {
            let (ours, theirs, ratio) = compare(case, &mut torch)?;
            println!(
                "{:28} {} {} {ratio:8.2}",
                case.name,
                time(ours),
                time(theirs)
            );
        }
    }
    Ok(())
}

/// The best time of each, and the median of the ratios.
fn compare(case: &Case, torch: &mut Torch) -> Result<(f64, f64, f64), Box<dyn Error>> {
    let mut work = (case.prepare)()?;
    torch.prepare(case.name)?;
    let ours = iterations(seconds(&mut work, 3)?);
    let theirs = iterations(torch.seconds(3)?);
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        rounds.push((seconds(&mut work, ours)?, torch.seconds(theirs)?));
    }
    let best = |of: fn(&(f64, f64)) -> f64| rounds.iter().map(of).fold(f64::INFINITY, f64::min);
    let mut ratios: Vec<f64> = rounds.iter().map(|(ours, theirs)| theirs / ours).collect();
    ratios.sort_by(f64::total_cmp);
    Ok((
        best(|round| round.0),
        best(|round| round.1),
        ratios[ROUNDS / 2],
    ))
}

/// Seconds per iteration.
fn seconds(work: &mut Work, iterations: u32) -> Result<f64, Box<dyn Error>> {
    let start = Instant::now();
    for _ in 0..iterations {
        work()?;
    }
    Ok(start.elapsed().as_secs_f64() / f64::from(iterations))
}

/// How many iterations fill the span.
fn iterations(seconds: f64) -> u32 {
    (SPAN.as_secs_f64() / seconds).clamp(1.0, 1e6) as u32
}

fn time(seconds: f64) -> String {
    match seconds {
        ..1e-3 => format!("{:9.2} us", seconds * 1e6),
        _ => format!("{:9.2} ms", seconds * 1e3),
    }
}
