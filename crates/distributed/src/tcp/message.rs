//! What ranks send each other. Numbers are little endian, of 8 bytes but for the codes, which are one.
//!
//! A rank sends what it brings: the code of the task, its root, the code of the dtype, the number of
//! dimensions and their sizes; and the elements, where they are needed. Rank 0 answers with a verdict, and
//! if that is good with the elements of the result.

use super::wire::{Call, Wire};
use crate::task::{Contribution, Task};
use crate::{Error, Result};
use rushlight_autograd::{DType, Shape, Tensor};

/// The most dimensions, and the most bytes of a text, that are believed.
const DIMS: usize = 64;
const TEXT: usize = 4096;

/// Codes of verdicts.
const DONE: u8 = 0;
const MISMATCH: u8 = 1;
const GONE: u8 = 2;
const LATE: u8 = 3;

fn number(bytes: &mut Vec<u8>, number: usize) {
    bytes.extend((number as u64).to_le_bytes());
}

/// Sends what this rank brings.
pub(super) fn send_contribution(
    wire: &mut Wire,
    call: &Call,
    rank: usize,
    contribution: &Contribution,
    x: &Tensor,
) -> Result<()> {
    let (code, root) = match contribution.task {
        Task::Sum => (0, 0),
        Task::Copy { root } => (1, root),
        Task::Gather => (2, 0),
        Task::Barrier => (3, 0),
    };
    let dtype = DType::ALL.iter().position(|&d| d == contribution.dtype);
    let mut bytes = vec![code, dtype.expect("every dtype is among all") as u8];
    number(&mut bytes, root);
    number(&mut bytes, contribution.shape.len());
    for &size in contribution.shape.iter() {
        number(&mut bytes, size);
    }
    wire.send(call, &bytes)?;
    match contribution.task.needs_elements_of(rank) {
        true => wire.send(call, &x.to_bytes()?),
        false => Ok(()),
    }
}

/// Receives what another rank brings, but for the elements.
pub(super) fn receive_contribution(wire: &mut Wire, call: &Call) -> Result<Contribution> {
    let [code, dtype] = wire.receive_array(call)?;
    let (root, dims) = (wire.receive_number(call)?, wire.receive_number(call)?);
    let task = match code {
        0 => Task::Sum,
        1 => Task::Copy { root },
        2 => Task::Gather,
        3 => Task::Barrier,
        _ => return Err(call.refused(wire.rank, "it sends an unknown task")),
    };
    let dtype = DType::ALL.get(usize::from(dtype)).copied();
    let (Some(dtype), true) = (dtype, dims <= DIMS) else {
        return Err(call.refused(wire.rank, "it sends no tensor"));
    };
    let sizes = (0..dims).map(|_| wire.receive_number(call));
    let shape = sizes.collect::<Result<Shape>>()?;
    Ok(Contribution { task, dtype, shape })
}

/// Receives elements of what was agreed on.
pub(super) fn receive_elements(wire: &mut Wire, call: &Call, of: &Contribution) -> Result<Tensor> {
    let bytes = of.bytes();
    let mut bytes = vec![0; bytes.expect("a tensor of this process has as many")];
    wire.receive(call, &mut bytes)?;
    Ok(Tensor::from_bytes(&bytes, &of.shape, of.dtype)?)
}

/// Sends whether all has gone well.
pub(super) fn send_verdict(wire: &mut Wire, call: &Call, verdict: &Result<()>) -> Result<()> {
    let mut bytes = Vec::new();
    match verdict {
        Ok(()) => bytes.push(DONE),
        Err(Error::Mismatch {
            rank,
            got,
            expected,
            ..
        }) => {
            bytes.push(MISMATCH);
            number(&mut bytes, *rank);
            for text in [got, expected] {
                let text = &text.as_bytes()[..text.len().min(TEXT)];
                number(&mut bytes, text.len());
                bytes.extend(text);
            }
        }
        Err(Error::Timeout { rank, .. }) => {
            bytes.push(LATE);
            number(&mut bytes, *rank);
        }
        Err(Error::Gone { rank, .. } | Error::Connection { rank, .. }) => {
            bytes.push(GONE);
            number(&mut bytes, *rank);
        }
        // What fails in rank 0 itself.
        Err(_) => {
            bytes.push(GONE);
            number(&mut bytes, 0);
        }
    }
    wire.send(call, &bytes)
}

/// Receives whether all has gone well.
pub(super) fn receive_verdict(wire: &mut Wire, call: &Call) -> Result<()> {
    let [code] = wire.receive_array(call)?;
    if code == DONE {
        return Ok(());
    }
    let rank = wire.receive_number(call)?;
    Err(match code {
        MISMATCH => Error::Mismatch {
            op: call.op,
            rank,
            got: receive_text(wire, call)?,
            expected: receive_text(wire, call)?,
        },
        GONE => call.gone(rank),
        LATE => call.late(rank),
        _ => call.refused(wire.rank, "it sends an unknown verdict"),
    })
}

fn receive_text(wire: &mut Wire, call: &Call) -> Result<String> {
    let length = wire.receive_number(call)?;
    if length > TEXT {
        return Err(call.refused(wire.rank, "it sends too long a text"));
    }
    let mut bytes = vec![0; length];
    wire.receive(call, &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
