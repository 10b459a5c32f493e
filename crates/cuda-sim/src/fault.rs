//! What a kernel did wrong, and where.

use std::fmt;

/// A mistake of a kernel: which thread did what at which line of its PTX.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The kernel's name.
    pub kernel: String,
    /// The line in the PTX; 0 where the launch itself is at fault.
    pub line: usize,
    /// The block the thread is in.
    pub block: [u32; 3],
    /// What happened.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Fault {
            kernel,
            line,
            block: [x, y, z],
            what,
        } = self;
        write!(
            f,
            "{kernel}, PTX line {line}, block ({x}, {y}, {z}): {what}"
        )
    }
}
