//! From the sources of kernels to the PTX beside them.

use crate::nvrtc::{Compiler, Target};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// The oldest GPUs that are supported: later ones compile the same PTX for themselves. Sources that need
/// newer ones say so in their header.
const ARCHITECTURE: &str = "compute_75";

/// The types kernels compute in: their names in kernels, and in CUDA.
const TYPES: [(&str, &str); 3] = [("f32", "float"), ("f64", "double"), ("i64", "Int")];

/// Compiles the sources of some families, or of all where none is named, for every type; writes what has
/// changed, or fails over it.
pub(crate) fn compile(compiler: &Compiler, families: &[String], check: bool) -> Result<(), String> {
    let (mut changed, mut bytes) = (Vec::new(), 0);
    for module in modules(families)? {
        let ptx = module.compile(compiler, module.architecture(), Target::Ptx)?;
        bytes += ptx.len();
        let target = package().join(format!("ptx/{}.ptx", module.name()));
        if fs::read(&target).ok().as_deref() != Some(&ptx[..]) {
            changed.push(module.name());
            if !check {
                fs::write(&target, ptx)
                    .map_err(|error| format!("{}: {error}", target.display()))?;
            }
        }
    }
    println!("{bytes} bytes of PTX; changed: {}", changed.join(" "));
    if check && !changed.is_empty() {
        return Err("the PTX is not that of the kernels: run `cargo xtask ptx`".into());
    }
    Ok(())
}

/// A family of kernels for one type.
pub(crate) struct Module {
    pub(crate) family: String,
    text: Rc<str>,
    headers: Rc<[(String, String)]>,
    /// The type: its names in kernels, and in CUDA.
    ty: [&'static str; 2],
}

impl Module {
    pub(crate) fn name(&self) -> String {
        format!("{}_{}", self.family, self.ty[0])
    }

    /// The oldest GPUs that it is for.
    fn architecture(&self) -> &str {
        said_in(&self.text, "Architecture").unwrap_or(ARCHITECTURE)
    }

    /// Whether it is for a kind of GPU.
    pub(crate) fn is_for(&self, kind: &str) -> bool {
        // Names of one length, whose numbers grow.
        kind.trim_start_matches("sm_") >= self.architecture().trim_start_matches("compute_")
    }

    pub(crate) fn compile(
        &self,
        compiler: &Compiler,
        architecture: &str,
        target: Target,
    ) -> Result<Vec<u8>, String> {
        let [name, cuda] = self.ty;
        let mut options = vec![
            format!("--gpu-architecture={architecture}"),
            "--std=c++17".into(),
            // As the CPU computes; what may be fused says so.
            "--fmad=false".into(),
            "-default-device".into(),
            format!("-DC={cuda}"),
            format!("-DTYPE={name}"),
        ];
        if name != "i64" {
            options.push("-DREAL_TYPE".into());
        }
        let file = format!("{}.cu", self.family);
        compiler.compile(&self.text, &file, &self.headers, &options, target)
    }
}

fn package() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/cuda-kernels")
}

/// The modules of some families, or all where none is named.
pub(crate) fn modules(families: &[String]) -> Result<Vec<Module>, String> {
    let sources = package().join("kernels");
    let headers: Rc<[(String, String)]> = headers(&sources)?.into();
    let mut modules = Vec::new();
    for source in files(&sources, "cu")? {
        let text: Rc<str> = read(&source)?.into();
        let family = source.file_stem().unwrap_or_default().to_string_lossy();
        if !families.is_empty() && !families.iter().any(|named| *named == family) {
            continue;
        }
        for (name, cuda) in TYPES {
            // All types, where a source names none.
            if said_in(&text, "Types").is_none_or(|types| types.contains(name)) {
                modules.push(Module {
                    family: family.to_string(),
                    text: Rc::clone(&text),
                    headers: Rc::clone(&headers),
                    ty: [name, cuda],
                });
            }
        }
    }
    Ok(modules)
}

/// What a source says of something in its header.
fn said_in<'a>(text: &'a str, what: &str) -> Option<&'a str> {
    let mut lines = text.lines();
    lines.find_map(|line| {
        line.strip_prefix("// ")?
            .strip_prefix(what)?
            .strip_prefix(": ")
    })
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

fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, String> {
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
