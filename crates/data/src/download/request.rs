//! One request for a file, or for the rest of it.

use super::progress::Progress;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::time::Duration;
use ureq::Agent;
use ureq::http::{HeaderMap, StatusCode, Uri};

/// Why a file could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The server cannot be reached, or the connection breaks.
    #[error("{0}")]
    Connection(Box<ureq::Error>),
    /// The connection breaks while the file comes.
    #[error("the connection breaks after {received} bytes: {source}")]
    Broken {
        /// How much of the file is there.
        received: u64,
        /// What the system says.
        source: io::Error,
    },
    /// The server has no such file, or cannot give it.
    #[error("the server answers {0}")]
    Status(StatusCode),
    /// The server sends fewer or more bytes than it announced.
    #[error("the server sends {received} of {announced} bytes")]
    Length {
        /// How much of the file is there.
        received: u64,
        /// How long the server says that it is.
        announced: u64,
    },
    /// The file is another one.
    #[error("its {algorithm} begins with {got}, not {expected}")]
    Hash {
        /// Which hash.
        algorithm: &'static str,
        /// What it should begin with.
        expected: String,
        /// What it begins with.
        got: String,
    },
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    File(#[from] io::Error),
}

impl Failure {
    /// Whether the next request may do better.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Failure::Connection(error) => !matches!(
                **error,
                ureq::Error::BadUri(_) | ureq::Error::Http(_) | ureq::Error::InvalidProxyUrl
            ),
            Failure::Broken { .. } | Failure::Length { .. } => true,
            Failure::Status(status) => {
                status.is_server_error()
                    || [
                        StatusCode::REQUEST_TIMEOUT,
                        StatusCode::TOO_MANY_REQUESTS,
                        StatusCode::RANGE_NOT_SATISFIABLE,
                    ]
                    .contains(status)
            }
            Failure::Hash { .. } | Failure::File(_) => false,
        }
    }
}

/// What asks for `url`: through the proxy that the environment names, except for a server on this
/// machine; `patience` is how long it waits for the next bytes.
pub(super) fn agent(url: &str, patience: Duration) -> Agent {
    let mut config = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(patience))
        .timeout_recv_response(Some(patience))
        .timeout_per_read(Some(patience))
        .user_agent(concat!("rushlight/", env!("CARGO_PKG_VERSION")));
    let host = url.parse::<Uri>().ok();
    let host = host.as_ref().and_then(Uri::host).unwrap_or_default();
    if ["localhost", "127.0.0.1", "[::1]"].contains(&host) {
        config = config.proxy(None);
    }
    config.build().into()
}

/// Appends to `file` what it lacks.
pub(super) fn fetch_rest(
    agent: &Agent,
    url: &str,
    file: &mut File,
    shows_progress: bool,
) -> Result<(), Failure> {
    let connection = |error| Failure::Connection(Box::new(error));
    let mut received = file.seek(SeekFrom::End(0))?;
    let mut request = agent.get(url).header("Accept-Encoding", "identity");
    if received > 0 {
        request = request.header("Range", format!("bytes={received}-"));
    }
    let mut response = request.call().map_err(connection)?;
    let headers = response.headers();
    let announced = match response.status() {
        // The server starts anew, asked for the rest or not.
        StatusCode::OK => {
            (received, _) = (0, file.set_len(0)?);
            file.rewind()?;
            length(headers)
        }
        StatusCode::PARTIAL_CONTENT => match range(headers) {
            Some((first, total)) if first == received => total,
            // Another part of the file than asked for.
            _ => return restart(file),
        },
        StatusCode::RANGE_NOT_SATISFIABLE if received > 0 => match total(headers) {
            Some(total) if total == received => return Ok(()),
            _ => return restart(file),
        },
        status => return Err(Failure::Status(status)),
    };

    let mut progress = Progress::new(shows_progress, received);
    let mut body = response.body_mut().as_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        progress.at(received, announced);
        let count = match body.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(source) => return Err(Failure::Broken { received, source }),
        };
        file.write_all(&buffer[..count])?;
        received += count as u64;
    }
    match announced {
        Some(announced) if announced != received => Err(Failure::Length {
            received,
            announced,
        }),
        _ => Ok(()),
    }
}

/// Empties the file, so that the next request is for all of it.
fn restart(file: &mut File) -> Result<(), Failure> {
    file.set_len(0)?;
    Err(Failure::Status(StatusCode::RANGE_NOT_SATISFIABLE))
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get("Content-Length")?.to_str().ok()?.parse().ok()
}

/// The first byte and the length of the whole, in `bytes 100-199/1000`.
fn range(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let range = headers.get("Content-Range")?.to_str().ok()?;
    let (first, _) = range.strip_prefix("bytes ")?.split_once('-')?;
    Some((first.parse().ok()?, total(headers)))
}

/// The length of the whole, in `bytes */1000`.
fn total(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get("Content-Range")?.to_str().ok()?;
    range.rsplit_once('/')?.1.parse().ok()
}
