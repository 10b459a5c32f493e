//! `rushlight doctor`: what the machine has, and what to do about what is missing.

use crate::arguments::{Arguments, Result};
use crate::table::bytes;
use rushlight::models::hub;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(crate) fn run(arguments: &Arguments, out: &mut Vec<u8>) -> Result<()> {
    let [] = arguments.values([])?;
    writeln!(out, "rushlight {}", rushlight::VERSION)?;
    for finding in [
        cpu(),
        threads(),
        driver(),
        libraries(),
        backend(),
        cache(),
        mirror(),
    ] {
        finding.write(out)?;
    }
    Ok(())
}

/// What is found, and what to do where that is not good.
struct Finding {
    subject: &'static str,
    text: String,
    fix: Option<String>,
}

impl Finding {
    fn good(subject: &'static str, text: impl Into<String>) -> Finding {
        Finding {
            subject,
            text: text.into(),
            fix: None,
        }
    }

    fn bad(subject: &'static str, text: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            subject,
            text: text.into(),
            fix: Some(fix.into()),
        }
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let mark = if self.fix.is_some() { "!" } else { " " };
        writeln!(out, "{mark} {:15} {}", self.subject, self.text)?;
        match &self.fix {
            Some(fix) => writeln!(out, "{:18}-> {fix}", ""),
            None => Ok(()),
        }
    }
}

#[cfg(target_arch = "x86_64")]
fn cpu() -> Finding {
    let known = [
        ("avx2", is_x86_feature_detected!("avx2")),
        ("fma", is_x86_feature_detected!("fma")),
        ("f16c", is_x86_feature_detected!("f16c")),
        ("avx512f", is_x86_feature_detected!("avx512f")),
        ("avx512bw", is_x86_feature_detected!("avx512bw")),
        ("avx512dq", is_x86_feature_detected!("avx512dq")),
        ("avx512vl", is_x86_feature_detected!("avx512vl")),
    ];
    let found = known.iter().filter(|(_, there)| *there);
    let text = found.map(|(name, _)| *name).collect::<Vec<_>>().join(" ");
    match known[..3].iter().all(|(_, there)| *there) {
        true => Finding::good("CPU", format!("x86_64 with {text}")),
        false => Finding::bad(
            "CPU",
            format!("x86_64 with {text}"),
            "without avx2, fma and f16c everything is several times slower; a virtual machine may \
             hide them: choose the host's CPU model",
        ),
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu() -> Finding {
    Finding::good("CPU", std::env::consts::ARCH)
}

fn threads() -> Finding {
    let there = std::thread::available_parallelism().map_or(1, usize::from);
    let used = rushlight::num_threads();
    let text = format!("{used} of {there} logical CPUs");
    match used > there {
        true => Finding::bad(
            "threads",
            text,
            "more threads than CPUs wait for each other: lower RUSHLIGHT_NUM_THREADS",
        ),
        false => Finding::good("threads", text),
    }
}

fn driver() -> Finding {
    let version = fs::read_to_string("/proc/driver/nvidia/version").unwrap_or_default();
    let version = version.lines().next().unwrap_or_default().trim().to_owned();
    let library = find_library("libcuda.so.1");
    match (version.is_empty(), library) {
        (false, Some(path)) => {
            Finding::good("CUDA driver", format!("{version}, {}", path.display()))
        }
        (false, None) => Finding::bad(
            "CUDA driver",
            format!("{version}, without libcuda.so.1"),
            "install the driver's library; in a container, start it with the GPU (--gpus all)",
        ),
        (true, Some(path)) => Finding::bad(
            "CUDA driver",
            format!("{} without a loaded driver", path.display()),
            "load the kernel module (modprobe nvidia), or start the container with the GPU (--gpus all)",
        ),
        (true, None) => Finding::bad(
            "CUDA driver",
            "none",
            "for an NVIDIA GPU, install the driver of your system's packages; nothing else needs one",
        ),
    }
}

fn libraries() -> Finding {
    const WANTED: [&str; 2] = ["libnvrtc.so", "libcublas.so"];
    let found = WANTED.iter().filter_map(|name| find_library(name));
    let found: Vec<String> = found.map(|path| path.display().to_string()).collect();
    match found.is_empty() {
        // Kernels are shipped compiled, so that the driver alone is enough.
        true => Finding::good("CUDA libraries", "none, and none needed"),
        false => Finding::good("CUDA libraries", found.join(", ")),
    }
}

fn backend() -> Finding {
    match rushlight::cuda::device_count() {
        0 => Finding::bad(
            "GPU",
            "none that this build can use",
            "tensors are on the CPU",
        ),
        count => Finding::good("GPU", format!("{count}")),
    }
}

fn cache() -> Finding {
    let folder = hub::get_dir().join("checkpoints");
    let files = fs::read_dir(&folder).into_iter().flatten().flatten();
    let sizes: Vec<u64> = files
        .filter_map(|file| file.metadata().ok())
        .filter(fs::Metadata::is_file)
        .map(|metadata| metadata.len())
        .collect();
    let (count, size) = (sizes.len(), bytes(sizes.iter().sum()));
    let text = format!("{}, {count} files, {size}", folder.display());
    match can_write(&folder) {
        Ok(()) => Finding::good("cache", text),
        Err(error) => Finding::bad(
            "cache",
            format!("{text}: {error}"),
            "name a folder that can be written to in TORCH_HOME",
        ),
    }
}

/// Whether a file can be made in a folder, or in the first above it that is there.
fn can_write(folder: &Path) -> io::Result<()> {
    let mut folders = folder.ancestors();
    let there = folders.find(|folder| folder.is_dir()).unwrap_or(folder);
    let probe = there.join(format!(".rushlight-doctor-{}", std::process::id()));
    fs::File::create_new(&probe)?;
    fs::remove_file(&probe)
}

fn mirror() -> Finding {
    match std::env::var(hub::MIRROR) {
        Ok(mirror) if !mirror.is_empty() => Finding::good("mirror", mirror),
        _ => Finding::good("mirror", format!("none ({} is not set)", hub::MIRROR)),
    }
}

/// Where the system would find a library, or one of its versions.
fn find_library(name: &str) -> Option<PathBuf> {
    const FOLDERS: [&str; 6] = [
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib64",
        "/usr/lib",
        "/usr/local/cuda/lib64",
        "/usr/lib/wsl/lib",
    ];
    let paths = std::env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let folders = std::env::split_paths(&paths).chain(FOLDERS.map(PathBuf::from));
    let of = |folder: PathBuf| {
        let files = fs::read_dir(folder).ok()?.flatten();
        let mut paths = files.map(|file| file.path());
        let starts = |path: &PathBuf| {
            let own = path.file_name().and_then(|own| own.to_str());
            own.is_some_and(|own| own.starts_with(name))
        };
        paths.find(starts)
    };
    folders.filter(|folder| folder.is_absolute()).find_map(of)
}
