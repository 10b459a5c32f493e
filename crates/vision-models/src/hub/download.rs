//! Fetching a file, however often it takes, and only the right one.

use super::partial::Partial;
use super::request::{Failure, agent, fetch_rest};
use super::{PROGRESS, digest};
use crate::Error;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

/// A file to be fetched: `torch.hub.download_url_to_file`, more patient.
///
/// The file is filled under a name that ends in `.partial` and moved to its place when it is complete
/// and its hash is right. A connection that breaks is taken up again where it ended, also by the next
/// process. Processes that want the same file wait for each other. Proxies are those that the
/// variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name.
///
/// ```no_run
/// use rushlight_vision_models::ResNet18Weights;
///
/// # fn main() -> Result<(), rushlight_vision_models::Error> {
/// ResNet18Weights::DEFAULT.download().progress(false).fetch()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Download {
    url: String,
    path: PathBuf,
    sha256_prefix: String,
    progress: bool,
    retries: u32,
    wait: Duration,
    patience: Duration,
}

impl Download {
    /// A download of `url` to the file `path`.
    pub fn new(url: impl Into<String>, path: impl Into<PathBuf>) -> Download {
        Download {
            url: url.into(),
            path: path.into(),
            sha256_prefix: String::new(),
            progress: std::env::var_os(PROGRESS).is_none_or(|value| value != "0"),
            retries: 5,
            wait: Duration::from_millis(500),
            patience: Duration::from_secs(30),
        }
    }

    /// The hexadecimal digits that the file's SHA-256 begins with. Default: any.
    #[must_use]
    pub fn sha256_prefix(mut self, digits: impl Into<String>) -> Download {
        self.sha256_prefix = digits.into().to_lowercase();
        self
    }

    /// Whether to say on standard error what is fetched, with a bar where that is a terminal. Default:
    /// true, unless the variable `RUSHLIGHT_PROGRESS` is `0`.
    #[must_use]
    pub fn progress(mut self, progress: bool) -> Download {
        self.progress = progress;
        self
    }

    /// How often to ask again after a request that brought nothing new. Default: 5.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Download {
        self.retries = retries;
        self
    }

    /// How long to wait before asking again, at first; twice as long each time. Default: half a second.
    #[must_use]
    pub fn wait(mut self, wait: Duration) -> Download {
        self.wait = wait;
        self
    }

    /// How long to wait for the next bytes. Default: 30 seconds.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Download {
        self.patience = patience;
        self
    }

    /// Fetches the file, unless it is there with the right hash. Another file in its place is replaced.
    ///
    /// # Errors
    /// If the file cannot be had or written, or its hash is wrong; what was there before stays.
    pub fn fetch(&self) -> Result<(), Error> {
        self.fetch_unless_there().map_err(|source| Error::Download {
            url: self.url.clone(),
            path: self.path.clone(),
            source,
        })
    }

    fn fetch_unless_there(&self) -> Result<(), Failure> {
        if self.is_there()? {
            return Ok(());
        }
        let path = &self.path;
        let mut partial = Partial::open(path, &|| self.say("Waiting for another download of"))?;
        // Another process may have fetched it by now.
        if self.is_there()? {
            partial.discard();
            return Ok(());
        }
        self.say("Downloading");
        if let Err(failure) = self.fill(&mut partial.file) {
            // Nothing to go on with.
            if partial.file.metadata()?.len() == 0 {
                partial.discard();
            }
            return Err(failure);
        }
        match self.check(&mut partial.file) {
            Ok(()) => Ok(partial.finish(path)?),
            Err(failure) => {
                partial.discard();
                Err(failure)
            }
        }
    }

    fn is_there(&self) -> Result<bool, Failure> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        match self.check(&mut file) {
            Ok(()) => Ok(true),
            Err(Failure::Hash { .. }) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Asks for the file until all of it is there.
    fn fill(&self, file: &mut File) -> Result<(), Failure> {
        let agent = agent(&self.url, self.patience);
        // What an earlier process left is not sure to be the beginning of this file.
        let mut is_inherited = file.metadata()?.len() > 0;
        let (mut furthest, mut left) = (file.metadata()?.len(), self.retries);
        loop {
            let failure = match fetch_rest(&agent, &self.url, file, self.progress) {
                Ok(()) if is_inherited && self.check(file).is_err() => {
                    is_inherited = false;
                    furthest = 0;
                    file.set_len(0)?;
                    continue;
                }
                Ok(()) => return Ok(()),
                Err(failure) => failure,
            };
            let length = file.metadata()?.len();
            if length > furthest {
                (furthest, left) = (length, self.retries);
            }
            if left == 0 || !failure.may_pass() {
                return Err(failure);
            }
            std::thread::sleep(self.wait * 2u32.saturating_pow(self.retries - left).min(64));
            left -= 1;
        }
    }

    fn check(&self, file: &mut File) -> Result<(), Failure> {
        if self.sha256_prefix.is_empty() {
            return Ok(());
        }
        let digits = digest::sha256(file)?;
        if digits.starts_with(&self.sha256_prefix) {
            return Ok(());
        }
        let got = digits[..self.sha256_prefix.len().min(digits.len())].to_owned();
        let expected = self.sha256_prefix.clone();
        Err(Failure::Hash { expected, got })
    }

    fn say(&self, what: &str) {
        if self.progress {
            eprintln!("{what}: {} to {}", self.url, self.path.display());
        }
    }
}
