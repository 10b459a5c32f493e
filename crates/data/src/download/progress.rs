//! How far a download is, on one line of the terminal.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// The line is not written more often.
const INTERVAL: Duration = Duration::from_millis(100);
/// The characters between the brackets.
const WIDTH: u64 = 30;

/// A bar on standard error; nothing where that is no terminal.
pub(super) struct Progress {
    shown: bool,
    /// The bytes there were at the start.
    first: u64,
    start: Instant,
    last: Option<Instant>,
}

impl Progress {
    pub(super) fn new(wanted: bool, first: u64) -> Progress {
        Progress {
            shown: wanted && stderr().is_terminal(),
            first,
            start: Instant::now(),
            last: None,
        }
    }

    /// Says that `done` bytes are there, of `total` if that is known.
    pub(super) fn at(&mut self, done: u64, total: Option<u64>) {
        let is_due = self.last.is_none_or(|last| last.elapsed() >= INTERVAL);
        if self.shown && (is_due || Some(done) == total) {
            self.last = Some(Instant::now());
            let seconds = self.start.elapsed().as_secs_f64();
            let rate = done.saturating_sub(self.first) as f64 / seconds.max(1e-3);
            // A terminal that is gone is no reason to stop.
            let _ = write!(stderr(), "\r{}\x1b[K", line(done, total, rate));
        }
    }
}

impl Drop for Progress {
    /// Leaves the line.
    fn drop(&mut self) {
        if self.last.is_some() {
            let _ = writeln!(stderr());
        }
    }
}

fn line(done: u64, total: Option<u64>, rate: f64) -> String {
    let (size, rate) = (mebibytes(done as f64), mebibytes(rate));
    let Some(total) = total.filter(|&total| total > 0) else {
        return format!("{size} MiB, {rate} MiB/s");
    };
    let share = done.min(total) as f64 / total as f64;
    let filled = (share * WIDTH as f64) as usize;
    let bar = "=".repeat(filled) + &" ".repeat(WIDTH as usize - filled);
    let (percent, all) = (share * 100.0, mebibytes(total as f64));
    format!("{percent:3.0} % [{bar}] {size} of {all} MiB, {rate} MiB/s")
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.1}", bytes / f64::from(1 << 20))
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn the_line_says_how_much_of_how_much() {
        let half = line(1 << 20, Some(2 << 20), 524_288.0);
        let bar = "===============               ";
        assert_eq!(half, format!(" 50 % [{bar}] 1.0 of 2.0 MiB, 0.5 MiB/s"));
        assert_eq!(line(1 << 20, None, 0.0), "1.0 MiB, 0.0 MiB/s");
        assert!(line(3, Some(2), 0.0).starts_with("100 %"));
    }
}
