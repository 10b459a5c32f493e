//! Which of the processes this is.

use crate::{Error, Result};
use std::str::FromStr;

/// What `torchrun` tells each process through its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The number of this process among all: `RANK`.
    pub rank: usize,
    /// How many processes there are: `WORLD_SIZE`.
    pub world_size: usize,
    /// The number of this process among those of its machine, and so of its GPU: `LOCAL_RANK`.
    pub local_rank: usize,
    /// The machine of rank 0: `MASTER_ADDR`.
    pub master_addr: String,
    /// The port at which rank 0 awaits the others: `MASTER_PORT`.
    pub master_port: u16,
}

impl Launch {
    /// Reads the environment of this process.
    ///
    /// # Errors
    /// If a variable is missing or malformed, or the rank is not below the number of processes.
    pub fn from_env() -> Result<Launch> {
        Launch::from_variables(|name| std::env::var(name).ok())
    }

    /// Reads variables that a function looks up.
    ///
    /// ```
    /// # use rushlight_distributed::Launch;
    /// let variables = [
    ///     ("RANK", "1"), ("WORLD_SIZE", "2"), ("LOCAL_RANK", "1"),
    ///     ("MASTER_ADDR", "localhost"), ("MASTER_PORT", "29500"),
    /// ];
    /// let find = |name: &str| {
    ///     let found = variables.iter().find(|(known, _)| *known == name);
    ///     found.map(|(_, value)| value.to_string())
    /// };
    /// let launch = Launch::from_variables(find)?;
    /// assert_eq!((launch.rank, launch.world_size), (1, 2));
    /// # Ok::<(), rushlight_distributed::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Launch::from_env`].
    pub fn from_variables(find: impl Fn(&str) -> Option<String>) -> Result<Launch> {
        let launch = Launch {
            rank: number(&find, "RANK", "a number from 0 on")?,
            world_size: number(&find, "WORLD_SIZE", "the number of processes")?,
            local_rank: number(&find, "LOCAL_RANK", "a number from 0 on")?,
            master_addr: text(&find, "MASTER_ADDR", "the name of a machine")?,
            master_port: number(&find, "MASTER_PORT", "a port")?,
        };
        for (name, rank) in [("RANK", launch.rank), ("LOCAL_RANK", launch.local_rank)] {
            if rank >= launch.world_size {
                return Err(Error::Environment {
                    name,
                    got: rank.to_string(),
                    expected: format!("less than the {} processes", launch.world_size),
                });
            }
        }
        Ok(launch)
    }
}

fn text(
    find: impl Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &str,
) -> Result<String> {
    let value = find(name).filter(|value| !value.is_empty());
    value.ok_or_else(|| Error::Environment {
        name,
        got: "not set".into(),
        expected: expected.into(),
    })
}

fn number<T: FromStr>(
    find: impl Fn(&str) -> Option<String>,
    name: &'static str,
    expected: &str,
) -> Result<T> {
    let got = text(find, name, expected)?;
    got.trim().parse().map_err(|_| Error::Environment {
        name,
        got,
        expected: expected.into(),
    })
}
