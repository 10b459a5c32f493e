//! How processes find each other: rank 0 listens, and the others say who they are.

use super::wire::{Call, Wire};
use crate::{Launch, Result};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::thread::sleep;
use std::time::Duration;

/// What a rank says first, before its number and that of all ranks.
const GREETING: [u8; 8] = *b"rushlt\0\x01";
/// The answers to that.
const WELCOME: u8 = 1;
const REFUSED: u8 = 0;

/// How long somebody who has connected may take to say who he is.
const PATIENCE: Duration = Duration::from_secs(5);
/// Time between two looks at whether something has happened.
const PAUSE: Duration = Duration::from_millis(10);
/// The most time that connecting to one address may take, where there are others.
const ATTEMPT: Duration = Duration::from_secs(10);

/// Connections to all other ranks, in their order, for rank 0; to rank 0, for the others.
pub(super) fn meet(launch: &Launch, call: &Call) -> Result<Vec<Wire>> {
    match (launch.rank, launch.world_size) {
        (_, 1) => Ok(Vec::new()),
        (0, _) => welcome_all(launch, call),
        _ => Ok(vec![join(launch, call)?]),
    }
}

fn addresses(launch: &Launch, call: &Call) -> Result<Vec<SocketAddr>> {
    let place = (launch.master_addr.as_str(), launch.master_port);
    let found = place.to_socket_addrs().map_err(|error| {
        let (name, port) = place;
        call.refused(0, format!("{name}:{port} is not found: {error}"))
    })?;
    Ok(found.collect())
}

fn welcome_all(launch: &Launch, call: &Call) -> Result<Vec<Wire>> {
    let addresses = addresses(launch, call)?;
    let listener = TcpListener::bind(&addresses[..]).map_err(|error| {
        let reason = match error.kind() {
            ErrorKind::AddrInUse => {
                " (where torchrun listens there itself, set TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1)"
            }
            _ => "",
        };
        call.refused(0, format!("{addresses:?}: {error}{reason}"))
    })?;
    let listening = listener.set_nonblocking(true);
    listening.map_err(|error| call.refused(0, error))?;
    let mut wires: Vec<Option<Wire>> = Vec::new();
    wires.resize_with(launch.world_size - 1, || None);
    while let Some(missing) = wires.iter().position(Option::is_none) {
        call.remaining().ok_or_else(|| call.late(missing + 1))?;
        let Ok((stream, _)) = listener.accept() else {
            sleep(PAUSE);
            continue;
        };
        // Strangers, who say something else or nothing, are no reason to fail.
        let Ok(Some((rank, mut wire))) = hear(stream, launch) else {
            continue;
        };
        match &mut wires[rank - 1] {
            place @ None => *place = Some(wire),
            Some(_) => drop(wire.send(&Call::new(call.op, PATIENCE), &[REFUSED])),
        }
    }
    let mut wires: Vec<Wire> = wires.into_iter().flatten().collect();
    for wire in &mut wires {
        wire.send(call, &[WELCOME])?;
    }
    Ok(wires)
}

/// Who has connected, if he belongs to the group.
fn hear(stream: TcpStream, launch: &Launch) -> Result<Option<(usize, Wire)>> {
    let call = Call::new("connect", PATIENCE);
    let mut wire = Wire::new(stream, 0).map_err(|error| call.refused(0, error))?;
    let greeting: [u8; 8] = wire.receive_array(&call)?;
    if greeting != GREETING {
        return Ok(None);
    }
    let (rank, world_size) = (wire.receive_number(&call)?, wire.receive_number(&call)?);
    if rank == 0 || rank >= launch.world_size || world_size != launch.world_size {
        wire.send(&call, &[REFUSED])?;
        return Ok(None);
    }
    wire.rank = rank;
    Ok(Some((rank, wire)))
}

fn join(launch: &Launch, call: &Call) -> Result<Wire> {
    let stream = reach(launch, call)?;
    let mut wire = Wire::new(stream, 0).map_err(|error| call.refused(0, error))?;
    let mut bytes = GREETING.to_vec();
    for number in [launch.rank, launch.world_size] {
        bytes.extend((number as u64).to_le_bytes());
    }
    wire.send(call, &bytes)?;
    match wire.receive_array(call)? {
        [WELCOME] => Ok(wire),
        _ => {
            let reason = format!(
                "it does not expect rank {} of {}, or not again",
                launch.rank, launch.world_size
            );
            Err(call.refused(0, reason))
        }
    }
}

/// Connects to rank 0, which may not be there yet.
fn reach(launch: &Launch, call: &Call) -> Result<TcpStream> {
    let addresses = addresses(launch, call)?;
    let mut last = io::Error::from(ErrorKind::AddrNotAvailable);
    loop {
        for address in &addresses {
            let Some(remaining) = call.remaining() else {
                let reason = format!("{addresses:?}: {last}");
                return Err(call.refused(0, reason));
            };
            match TcpStream::connect_timeout(address, remaining.min(ATTEMPT)) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error,
            }
        }
        sleep(PAUSE);
    }
}
