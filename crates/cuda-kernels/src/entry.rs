//! Which kernels there are.

use std::collections::HashMap;
use std::sync::OnceLock;

macro_rules! modules { ($($name:literal)*) => {
    /// The PTX of every module, by name: a family of kernels for one type.
    pub const MODULES: &[(&str, &str)] = &[
        $(($name, include_str!(concat!("../ptx/", $name, ".ptx"))),)*
    ];
} }
modules! {
    "unary_f32" "unary_f64" "unary_i64"
    "binary_f32" "binary_f64" "binary_i64"
    "parametric_f32" "parametric_f64" "parametric_i64"
    "ternary_f32" "ternary_f64" "ternary_i64"
    "test_f32" "test_f64" "test_i64"
    "copy_f32" "copy_f64" "copy_i64"
    "special_f64"
    "reduce_f32" "reduce_f64" "reduce_i64"
    "softmax_f32" "softmax_f64"
    "matmul_f32" "matmul_f64" "matmul_i64"
    "tensor_core_f32"
    "gather_i64"
    "scatter_f32" "scatter_f64" "scatter_i64"
    "scan_f64" "scan_i64"
    "update_f32" "update_f64"
    "conv_f32" "conv_f64"
    "pool_f32" "pool_f64" "pool_i64"
    "layer_norm_f32" "layer_norm_f64"
    "attention_f32" "attention_f64"
    "distances_f32" "distances_f64"
    "recurrent_f32" "recurrent_f64"
    "patches_f32" "patches_f64" "patches_i64"
    "resample_f32" "resample_f64" "resample_i64"
    "sort_f64" "sort_i64"
    "search_f64" "search_i64"
    "nonzero_f64" "nonzero_i64"
    "histogram_f64" "histogram_i64"
}

/// A type that kernels compute in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compute {
    /// Half types and `f32`.
    F32,
    /// `f64`.
    F64,
    /// Integers and booleans.
    I64,
}

impl Compute {
    /// The name in those of kernels.
    pub fn name(self) -> &'static str {
        match self {
            Compute::F32 => "f32",
            Compute::F64 => "f64",
            Compute::I64 => "i64",
        }
    }

    /// A number as a parameter of a kernel.
    pub fn bytes(self, real: f64, whole: i64) -> Vec<u8> {
        match self {
            Compute::F32 => (real as f32).to_le_bytes().to_vec(),
            Compute::F64 => real.to_le_bytes().to_vec(),
            Compute::I64 => whole.to_le_bytes().to_vec(),
        }
    }
}

/// A kernel: its name, and the number of its module in [`MODULES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Entry {
    /// The module.
    pub module: usize,
    /// The name in the module.
    pub name: &'static str,
    /// The type it computes in.
    pub compute: Compute,
}

/// The kernel of a family by name, for a type. Functions that exist in `f64` alone serve all reals.
pub fn find(family: &str, compute: Compute, name: &str) -> Option<Entry> {
    let exact = [compute, Compute::F64];
    let computes = if compute == Compute::I64 {
        &exact[..1]
    } else {
        &exact
    };
    computes.iter().find_map(|&compute| {
        let name = format!("{family}_{}_{name}", compute.name());
        let (&name, &module) = entries().get_key_value(name.as_str())?;
        Some(Entry {
            module,
            name,
            compute,
        })
    })
}

/// The module of every kernel.
fn entries() -> &'static HashMap<&'static str, usize> {
    static ENTRIES: OnceLock<HashMap<&'static str, usize>> = OnceLock::new();
    ENTRIES.get_or_init(|| {
        let named = |(module, &(_, ptx)): (usize, &(&str, &'static str))| {
            let names = ptx
                .split(".entry ")
                .skip(1)
                .filter_map(|rest| rest.split('(').next());
            names
                .map(move |name| (name.trim(), module))
                .collect::<Vec<_>>()
        };
        MODULES.iter().enumerate().flat_map(named).collect()
    })
}
