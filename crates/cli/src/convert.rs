//! `rushlight convert FROM TO`: the tensors of a file in another format.

use crate::arguments::{Arguments, Failure, Result};
use crate::table::{bytes, grouped};
use rushlight::serialize::{self, SafeTensors, StateDict, npz, pth, safetensors};
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

pub(crate) fn run(arguments: &Arguments, out: &mut Vec<u8>) -> Result<()> {
    let [from, to] = arguments.values(["FROM", "TO"])?.map(Path::new);
    let save = writer(to)?;
    let state = serialize::state_dict(from)?;
    let count = state.len();
    save(to, state)?;
    let size = bytes(std::fs::metadata(to)?.len());
    let count = grouped(count as u64);
    writeln!(
        out,
        "{count} tensors from {} to {}, {size}",
        from.display(),
        to.display()
    )?;
    Ok(())
}

type Save = fn(&Path, StateDict) -> serialize::Result<()>;

/// What writes a file with such a name; known before anything is read.
fn writer(path: &Path) -> Result<Save> {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    Ok(match extension {
        "safetensors" => |path, state| {
            let tensors = state.into_entries();
            let metadata = vec![("format".to_owned(), "pt".to_owned())];
            safetensors::save(path, &SafeTensors { tensors, metadata })
        },
        "pth" | "pt" => |path, state| pth::save(path, &state.into()),
        "npz" => |path, state| npz::save(path, &state.into_entries()),
        _ => {
            let known = "not .safetensors, .pth, .pt or .npz";
            return Err(Failure::Usage(format!(
                "convert: {} is {known}",
                path.display()
            )));
        }
    })
}
