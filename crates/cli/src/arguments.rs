//! What stands on the command line.

use std::error::Error;
use std::ffi::OsString;
use std::fmt::Display;
use std::str::FromStr;

/// The result of every command.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a command fails.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line is wrong.
    Usage(String),
    /// The work is not to be done.
    Other(Box<dyn Error>),
}

impl<E: Error + 'static> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::Other(Box::new(error))
    }
}

/// A command, its options and its other arguments.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    pub(crate) command: String,
    values: Vec<OsString>,
    options: Vec<(String, OsString)>,
}

/// Takes the command line apart: every option has a value.
pub(crate) fn parse(mut parser: lexopt::Parser) -> Result<Arguments> {
    use lexopt::Arg::{Long, Short, Value};
    let usage = |error: lexopt::Error| Failure::Usage(error.to_string());
    let mut arguments = Arguments::default();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Long("help") | Short('h') => "help".clone_into(&mut arguments.command),
            Long("version") | Short('V') => "version".clone_into(&mut arguments.command),
            Long(name) => {
                let name = name.to_owned();
                let value = parser.value().map_err(usage)?;
                arguments.options.push((name, value));
            }
            Short(name) => return Err(Failure::Usage(format!("there is no option -{name}"))),
            Value(value) if arguments.command.is_empty() => {
                arguments.command = value.to_string_lossy().into_owned();
            }
            Value(value) => arguments.values.push(value),
        }
        if ["help", "version"].contains(&&*arguments.command) {
            return Ok(arguments);
        }
    }
    if arguments.command.is_empty() {
        "help".clone_into(&mut arguments.command);
    }
    Ok(arguments)
}

impl Arguments {
    /// Refuses options other than these.
    pub(crate) fn allow(&self, known: &[&str]) -> Result<()> {
        let mut options = self.options.iter();
        match options.find(|(name, _)| !known.contains(&&**name)) {
            Some((name, _)) => Err(self.usage(format!("there is no option --{name}"))),
            None => Ok(()),
        }
    }

    /// The arguments with these names.
    pub(crate) fn values<const N: usize>(&self, names: [&str; N]) -> Result<[&OsString; N]> {
        let mut values = self.values.iter();
        let found = names.map(|_| values.next());
        match (
            found.iter().position(Option::is_none),
            self.values.len() > N,
        ) {
            (Some(missing), _) => Err(self.usage(format!("{} is missing", names[missing]))),
            (None, true) => Err(self.too_many(N)),
            (None, false) => Ok(found.map(|value| value.expect("none is missing"))),
        }
    }

    /// The only argument, if there is one.
    pub(crate) fn optional_value(&self) -> Result<Option<&OsString>> {
        match &self.values[..] {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(self.too_many(1)),
        }
    }

    /// The value of an option.
    pub(crate) fn option(&self, name: &str) -> Option<&OsString> {
        let mut options = self.options.iter().rev();
        options.find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The value of an option as a number.
    pub(crate) fn number<T: FromStr>(&self, name: &str) -> Result<Option<T>>
    where
        T::Err: Display,
    {
        let Some(value) = self.option(name) else {
            return Ok(None);
        };
        let text = value.to_string_lossy();
        let wrong = |error| self.usage(format!("--{name} {text}: {error}"));
        text.parse().map(Some).map_err(wrong)
    }

    fn too_many(&self, count: usize) -> Failure {
        let more = self.values[count].to_string_lossy();
        self.usage(format!("{more:?} is one argument too many"))
    }

    fn usage(&self, problem: String) -> Failure {
        Failure::Usage(format!("{}: {problem}", self.command))
    }
}
