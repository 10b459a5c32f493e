//! Measures the cases beside PyTorch: `cargo run --release -p benches -- [WORD ...]`.

mod torch;

use benches::{Case, Work, operations, selected};
use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};
use torch::Torch;

const ROUNDS: usize = 9;

/// How long one measurement takes, at least.
const SPAN: Duration = Duration::from_millis(60);

/// How long the other side's idle threads are given to stop spinning.
const REST: Duration = Duration::from_millis(10);

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let chosen = |case: &Case| {
        words.is_empty() || words.iter().any(|word| case.name.contains(word.as_str()))
    };
    let all = selected().into_iter().chain(operations());
    let cases: Vec<Case> = all.filter(chosen).collect();
    let mut torch = Torch::start()?;
    println!("Beside {}.", torch.version());
    let all = thread::available_parallelism()?.get();
    let mut counts = vec![1, all];
    counts.dedup();
    let columns = |threads: &usize| format!(" rushlight, {threads} thread(s) | PyTorch | ratio |");
    println!("\n| |{}", counts.iter().map(columns).collect::<String>());
    println!("|---|{}", "---:|".repeat(3 * counts.len()));
    'cases: for case in &cases {
        let mut row = format!("| {} |", case.name);
        for &threads in &counts {
            rushlight::set_num_threads(threads);
            torch.set_num_threads(threads)?;
            let Some((ours, theirs, ratio)) = compare(case, &mut torch)? else {
                continue 'cases;
            };
            let (ours, theirs) = (time(ours), time(theirs));
            row.push_str(&format!(" {ours} | {theirs} | {ratio:.2} |"));
        }
        println!("{row}");
    }
    Ok(())
}

/// Seconds of rushlight and of PyTorch, and their ratio.
type Times = (f64, f64, f64);

/// The best time of each, and the median of the ratios; nothing where PyTorch lacks the operation.
fn compare(case: &Case, torch: &mut Torch) -> Result<Option<Times>, Box<dyn Error>> {
    if !torch.prepare(&case.name, &case.operands)? {
        return Ok(None);
    }
    let mut work = case.prepare()?;
    let ours = iterations(seconds(&mut work, 3)?);
    let theirs = iterations(torch.seconds(3)?);
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        thread::sleep(REST);
        let ours = seconds(&mut work, ours)?;
        thread::sleep(REST);
        rounds.push((ours, torch.seconds(theirs)?));
    }
    let best = |of: fn(&(f64, f64)) -> f64| rounds.iter().map(of).fold(f64::INFINITY, f64::min);
    let mut ratios: Vec<f64> = rounds.iter().map(|(ours, theirs)| theirs / ours).collect();
    ratios.sort_by(f64::total_cmp);
    let (ours, theirs) = (best(|round| round.0), best(|round| round.1));
    Ok(Some((ours, theirs, ratios[ROUNDS / 2])))
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
        ..1e-3 => format!("{:.2} us", seconds * 1e6),
        _ => format!("{:.2} ms", seconds * 1e3),
    }
}
