//! What kernels may take of a GPU, checked in the machine code of each kind.

use crate::cubin::{Usage, usages};
use crate::kernels::modules;
use crate::nvrtc::{Compiler, Target};

/// Kinds of GPUs that the compiler knows: Turing, both kinds of Ampere, Ada and Hopper.
const ARCHITECTURES: [&str; 5] = ["sm_75", "sm_80", "sm_86", "sm_89", "sm_90"];

/// For families that need more than others, the most that a kernel takes.
const LIMITS: &[(&str, Usage)] = &[
    ("attention", usage(128, 26 << 10, 16)),
    ("conv", usage(128, 18 << 10, 0)),
    ("matmul", usage(96, 18 << 10, 0)),
    // Tables of slow paths for large angles, and of powers.
    ("binary", usage(64, 0, 48)),
    ("parametric", usage(72, 0, 72)),
    ("special", usage(64, 0, 56)),
    ("unary", usage(64, 0, 48)),
];

/// For all others. With so many registers four blocks of 256 threads fit in a multiprocessor.
const USUAL: Usage = usage(64, 8 << 10, 0);

const fn usage(registers: u32, shared: u32, local: u32) -> Usage {
    Usage {
        registers,
        shared,
        local,
    }
}

/// Compiles families, or all where none is named, for every kind of GPU; prints the most that a kernel of
/// each takes, and fails where that is more than the family may take.
pub(crate) fn check(compiler: &Compiler, families: &[String]) -> Result<(), String> {
    let (mut kernels, mut excess) = (0, Vec::new());
    println!("module, most registers, bytes of shared and of local memory");
    for module in modules(families)? {
        let limit = LIMITS.iter().find(|(family, _)| *family == module.family);
        let limit = limit.map_or(USUAL, |(_, limit)| *limit);
        let mut most = Usage::default();
        for architecture in ARCHITECTURES.into_iter().filter(|kind| module.is_for(kind)) {
            let cubin = module.compile(compiler, architecture, Target::Cubin)?;
            for (kernel, usage) in usages(&cubin)? {
                kernels += 1;
                if !usage.is_within(limit) {
                    excess.push(format!("{kernel} on {architecture}: {usage:?}"));
                }
                most = most.or_more(usage);
            }
        }
        let Usage {
            registers,
            shared,
            local,
        } = most;
        println!("{} {registers} {shared} {local}", module.name());
    }
    println!("{kernels} kernels in machine code");
    match excess.is_empty() {
        true => Ok(()),
        false => Err(format!("more than allowed:\n{}", excess.join("\n"))),
    }
}

impl Usage {
    fn is_within(self, limit: Usage) -> bool {
        self.or_more(limit) == limit
    }

    fn or_more(self, other: Usage) -> Usage {
        Usage {
            registers: self.registers.max(other.registers),
            shared: self.shared.max(other.shared),
            local: self.local.max(other.local),
        }
    }
}
