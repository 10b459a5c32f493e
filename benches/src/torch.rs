//! PyTorch in a Python process, which does as it is told line by line.

use std::io::{BufRead, BufReader, Error, Result, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// The other side of the comparison.
#[derive(Debug)]
pub(crate) struct Torch {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    version: String,
}

impl Torch {
    /// Starts the Python that `PYTHON` names, which must have `torch`.
    pub(crate) fn start() -> Result<Torch> {
        let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/torch_cases.py");
        let mut process = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (Some(to), Some(from)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Error::other("the streams of the process are not there"));
        };
        let (from, version) = (BufReader::new(from), String::new());
        let mut torch = Torch {
            process,
            to,
            from,
            version,
        };
        torch.version = torch.ask("version")?;
        Ok(torch)
    }

    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn set_num_threads(&mut self, threads: usize) -> Result<()> {
        self.ask(&format!("threads {threads}")).map(drop)
    }

    /// Whether PyTorch has the case.
    pub(crate) fn prepare(&mut self, name: &str, operands: &str) -> Result<bool> {
        let answer = self.ask(&format!("prepare {name} {operands}"))?;
        Ok(answer == "done")
    }

    /// Seconds per iteration of the prepared case.
    pub(crate) fn seconds(&mut self, iterations: u32) -> Result<f64> {
        let answer = self.ask(&format!("run {iterations}"))?;
        answer
            .parse()
            .map_err(|_| Error::other(format!("not a time: {answer}")))
    }

    fn ask(&mut self, line: &str) -> Result<String> {
        writeln!(self.to, "{line}")?;
        let mut answer = String::new();
        if self.from.read_line(&mut answer)? == 0 {
            return Err(Error::other(format!("PyTorch's side ended at `{line}`")));
        }
        Ok(answer.trim().to_owned())
    }
}

impl Drop for Torch {
    fn drop(&mut self) {
        // Without its input the script ends, too; what is left of it is of no interest.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
