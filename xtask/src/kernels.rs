//! From the sources of kernels to the PTX beside them.

use crate::nvrtc::Compiler;
use std::fs;
use std::path::Path;

/// The oldest GPUs that are supported: later ones compile the same PTX for themselves.
const ARCHITECTURE: &str = "compute_75";

/// The types kernels compute in: their names in kernels, and in CUDA.
const TYPES: [(&str, &str); 3] = [("f32", "float"), ("f64", "double"), ("i64", "Int")];

/// Compiles the sources of some families, or of all where none is named, for every type; writes what has
/// changed, or fails over it.
pub(crate) fn compile(compiler: &Compiler, families: &[String], check: bool) -> Result<(), String> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cuda-kernels");
    let sources = package.join("kernels");
    let headers = headers(&sources)?;
    let (mut changed, mut bytes) = (Vec::new(), 0);
    for source in files(&sources, "cu")? {
        let text = read(&source)?;
        let family = source.file_stem().unwrap_or_default().to_string_lossy();
        if !families.is_empty() && !families.iter().any(|named| *named == family) {
            continue;
        }
        for (ty, name) in TYPES {
            let is_real = ty != "i64";
            if !types_of(&text).contains(ty) {
                continue;
            }
            let mut options = vec![
                format!("--gpu-architecture={ARCHITECTURE}"),
                "--std=c++17".into(),
                // As the CPU computes; what may be fused says so.
                "--fmad=false".into(),
                "-default-device".into(),
                format!("-DC={name}"),
                format!("-DTYPE={ty}"),
            ];
            if is_real {
                options.push("-DREAL_TYPE".into());
            }
            let ptx = compiler.compile(&text, &format!("{family}.cu"), &headers, &options)?;
            bytes += ptx.len();
            let target = package.join(format!("ptx/{family}_{ty}.ptx"));
            if fs::read_to_string(&target).ok().as_deref() != Some(ptx.as_str()) {
                changed.push(format!("{family}_{ty}"));
                if !check {
                    fs::write(&target, ptx)
                        .map_err(|error| format!("{}: {error}", target.display()))?;
                }
            }
        }
    }
    println!("{bytes} bytes of PTX; changed: {}", changed.join(" "));
    if check && !changed.is_empty() {
        return Err("the PTX is not that of the kernels: run `cargo xtask ptx`".into());
    }
    Ok(())
}

/// The types that a source names as its own in its header; all where it names none.
fn types_of(text: &str) -> &str {
    let named = text
        .lines()
        .find_map(|line| line.strip_prefix("// Types: "));
    named.unwrap_or("f32 f64 i64")
}

/// Name, as sources include it, and text of every header.
fn headers(sources: &Path) -> Result<Vec<(String, String)>, String> {
    let mut headers = Vec::new();
    for (folder, prefix) in [
        (sources.to_path_buf(), ""),
        (sources.join("functors"), "functors/"),
    ] {
        for file in files(&folder, "cuh")? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            headers.push((format!("{prefix}{name}"), read(&file)?));
        }
    }
    Ok(headers)
}

fn files(folder: &Path, extension: &str) -> Result<Vec<std::path::PathBuf>, String> {
    let describe = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(describe)? {
        let path = entry.map_err(describe)?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}
