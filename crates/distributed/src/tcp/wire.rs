//! Connections on which every wait has an end.

use crate::{Error, Result};
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Bytes that are read at once where they are not kept.
const CHUNK: usize = 1 << 16;

/// Something that ranks do, and until when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Call {
    pub(super) op: &'static str,
    timeout: Duration,
    start: Instant,
}

impl Call {
    pub(super) fn new(op: &'static str, timeout: Duration) -> Call {
        Call {
            op,
            timeout,
            start: Instant::now(),
        }
    }

    /// How much time is left; none once it is over.
    pub(super) fn remaining(&self) -> Option<Duration> {
        let remaining = self.timeout.saturating_sub(self.start.elapsed());
        (!remaining.is_zero()).then_some(remaining)
    }

    pub(super) fn late(&self, rank: usize) -> Error {
        Error::Timeout {
            op: self.op,
            rank,
            seconds: self.timeout.as_secs(),
        }
    }

    pub(super) fn gone(&self, rank: usize) -> Error {
        Error::Gone { op: self.op, rank }
    }

    pub(super) fn refused(&self, rank: usize, reason: impl ToString) -> Error {
        Error::Connection {
            op: self.op,
            rank,
            reason: reason.to_string(),
        }
    }
}

/// A connection, and the rank at its other end.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    pub(super) rank: usize,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, rank: usize) -> io::Result<Wire> {
        stream.set_nonblocking(false)?;
        // Messages are short or written whole.
        stream.set_nodelay(true)?;
        Ok(Wire { stream, rank })
    }

    pub(super) fn send(&mut self, call: &Call, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let remaining = call.remaining().ok_or_else(|| call.late(self.rank))?;
            let written = self.stream.set_write_timeout(Some(remaining));
            let written = written.and_then(|()| self.stream.write(bytes));
            bytes = &bytes[self.progress(call, written)?..];
        }
        Ok(())
    }

    pub(super) fn receive(&mut self, call: &Call, bytes: &mut [u8]) -> Result<()> {
        let mut done = 0;
        while done < bytes.len() {
            let remaining = call.remaining().ok_or_else(|| call.late(self.rank))?;
            let read = self.stream.set_read_timeout(Some(remaining));
            let read = read.and_then(|()| self.stream.read(&mut bytes[done..]));
            if matches!(read, Ok(0)) {
                return Err(call.gone(self.rank));
            }
            done += self.progress(call, read)?;
        }
        Ok(())
    }

    pub(super) fn receive_array<const N: usize>(&mut self, call: &Call) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.receive(call, &mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn receive_number(&mut self, call: &Call) -> Result<usize> {
        let number = u64::from_le_bytes(self.receive_array(call)?);
        usize::try_from(number).map_err(|_| call.refused(self.rank, "a number beyond all sizes"))
    }

    /// Receives so many bytes and forgets them.
    pub(super) fn skip(&mut self, call: &Call, mut count: usize) -> Result<()> {
        let mut chunk = vec![0; CHUNK.min(count)];
        while count > 0 {
            let part = count.min(CHUNK);
            self.receive(call, &mut chunk[..part])?;
            count -= part;
        }
        Ok(())
    }

    /// How many bytes came through; none where nothing is wrong but time.
    fn progress(&self, call: &Call, outcome: io::Result<usize>) -> Result<usize> {
        let error = match outcome {
            Ok(count) => return Ok(count),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => Ok(0),
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::UnexpectedEof => Err(call.gone(self.rank)),
            _ => Err(call.refused(self.rank, error)),
        }
    }
}
