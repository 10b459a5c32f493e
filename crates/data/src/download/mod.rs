//! Fetching a file, however often it takes, and only the right one.

mod digest;
mod partial;
mod progress;
mod request;

pub use request::Failure;

use crate::Error;
use digest::Algorithm;
use partial::Partial;
use request::{agent, fetch_rest};
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// The variable that names where files are fetched from instead of the servers they are published on:
/// what stands before the file's name in an address.
pub const MIRROR: &str = "RUSHLIGHT_MIRROR";

/// The variable that turns the progress bar off, when it is `0`.
pub const PROGRESS: &str = "RUSHLIGHT_PROGRESS";

/// A file to be fetched: `torch.hub.download_url_to_file`, more patient.
///
/// The file is filled under a name that ends in `.partial` and moved to its place when it is complete
/// and its hash is right. A connection that breaks is taken up again where it ended, also by the next
/// process. Processes that want the same file wait for each other. Proxies are those that the
/// variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` name.
///
/// ```no_run
/// use rushlight_data::download::Download;
///
/// # fn main() -> rushlight_data::Result<()> {
/// let url = "https://download.pytorch.org/models/resnet18-f37072fd.pth";
/// Download::new(url, "resnet18.pth").sha256_prefix("f37072fd").fetch()?;
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Download {
    url: String,
    path: PathBuf,
    /// What the file's hash begins with.
    hash: Option<(Algorithm, String)>,
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
            hash: None,
            progress: std::env::var_os(PROGRESS).is_none_or(|value| value != "0"),
            retries: 5,
            wait: Duration::from_millis(500),
            patience: Duration::from_secs(30),
        }
    }

    /// The hexadecimal digits that the file's SHA-256 begins with. Default: any.
    #[must_use]
    pub fn sha256_prefix(mut self, digits: impl Into<String>) -> Download {
        self.hash = Some((Algorithm::Sha256, digits.into().to_lowercase()));
        self
    }

    /// The hexadecimal digits of the file's MD5. Default: any.
    #[must_use]
    pub fn md5(mut self, digits: impl Into<String>) -> Download {
        self.hash = Some((Algorithm::Md5, digits.into().to_lowercase()));
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
            source: Arc::new(source),
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
        let Some((algorithm, expected)) = &self.hash else {
            return Ok(());
        };
        let digits = algorithm.of(file)?;
        if digits.starts_with(expected) {
            return Ok(());
        }
        Err(Failure::Hash {
            algorithm: algorithm.name(),
            expected: expected.clone(),
            got: digits[..expected.len().min(digits.len())].to_owned(),
        })
    }

    fn say(&self, what: &str) {
        if self.progress {
            eprintln!("{what}: {} to {}", self.url, self.path.display());
        }
    }
}
