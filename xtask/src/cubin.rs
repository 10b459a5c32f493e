//! What machine code takes of a GPU, as its file says: an ELF file of 64 bits in little endian.

use std::collections::BTreeMap;

/// What a kernel takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Registers of a thread.
    pub(crate) registers: u32,
    /// Bytes of shared memory of a block.
    pub(crate) shared: u32,
    /// Bytes of a thread's own memory, which is slow: arrays with a variable index, and spilled registers.
    pub(crate) local: u32,
}

/// Attributes of a kernel in a section of `.nv.info`.
const FRAME_SIZE: u8 = 0x11;
const REGISTER_COUNT: u8 = 0x2f;
/// The format of an attribute that is followed by so many bytes as it says.
const SIZED: u8 = 4;

/// A section: its name, where it lies and how long it is.
struct Section {
    name: String,
    start: usize,
    size: usize,
    is_in_file: bool,
}

/// What each kernel takes, by name.
pub(crate) fn usages(cubin: &[u8]) -> Result<BTreeMap<String, Usage>, String> {
    read(cubin).ok_or_else(|| "machine code of an unknown format".into())
}

fn read(cubin: &[u8]) -> Option<BTreeMap<String, Usage>> {
    let sections = sections(cubin)?;
    let content = |name: &str| {
        let found = sections
            .iter()
            .find(|section| section.name == name && section.is_in_file)?;
        cubin.get(found.start..found.start + found.size)
    };
    let (symbols, names) = (content(".symtab")?, content(".strtab")?);
    let mut usages: BTreeMap<String, Usage> = BTreeMap::new();
    for section in &sections {
        if let Some(kernel) = section.name.strip_prefix(".text.") {
            usages.entry(kernel.into()).or_default();
        }
        if let Some(kernel) = section.name.strip_prefix(".nv.shared.") {
            usages.entry(kernel.into()).or_default().shared = section.size as u32;
        }
    }
    let mut info = content(".nv.info")?;
    while let [format, attribute, low, high, rest @ ..] = info {
        let size = match *format {
            SIZED => usize::from(u16::from_le_bytes([*low, *high])),
            _ => 0,
        };
        let (payload, others) = rest.split_at_checked(size)?;
        info = others;
        if !matches!(*attribute, FRAME_SIZE | REGISTER_COUNT) || *format != SIZED {
            continue;
        }
        let (symbol, value) = (number(payload, 0, 4)?, number(payload, 4, 4)? as u32);
        let kernel = text(names, number(symbols, symbol * 24, 4)?)?;
        if let Some(usage) = usages.get_mut(&kernel) {
            match *attribute {
                FRAME_SIZE => usage.local = value,
                _ => usage.registers = value,
            }
        }
    }
    Some(usages)
}

fn sections(file: &[u8]) -> Option<Vec<Section>> {
    /// The type of a section without content in the file.
    const WITHOUT_CONTENT: usize = 8;
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let table = number(file, 0x28, 8)?;
    let [size, count, names] = [0x3a, 0x3c, 0x3e].map(|at| number(file, at, 2));
    let at = |index: usize| Some(table + index * size?);
    let names = number(file, at(names?)? + 0x18, 8)?;
    (0..count?)
        .map(|index| {
            let header = at(index)?;
            Some(Section {
                name: text(file, names + number(file, header, 4)?)?,
                start: number(file, header + 0x18, 8)?,
                size: number(file, header + 0x20, 8)?,
                is_in_file: number(file, header + 4, 4)? != WITHOUT_CONTENT,
            })
        })
        .collect()
}

/// A number of so many bytes.
fn number(bytes: &[u8], at: usize, size: usize) -> Option<usize> {
    let bytes = bytes.get(at..at + size)?;
    let digits = bytes.iter().rev();
    Some(digits.fold(0, |number, &digit| number << 8 | usize::from(digit)))
}

/// A text that ends in zero.
fn text(bytes: &[u8], at: usize) -> Option<String> {
    let bytes = bytes.get(at..)?.split(|&byte| byte == 0).next()?;
    String::from_utf8(bytes.to_vec()).ok()
}
