//! The mapping of PyTorch's operations: one row per operation, one file per family.
//!
//! A row is a name of `ops/index.json` (without its variant) and the call it means here:
//!
//! ```text
//! ops! {
//!     "tanh"       => |c| c.input()?.tanh();
//!     "arctan2" | "atan2" => |c| c.input()?.atan2(&c.tensor("other", 1)?);
//!     "cumsum"     => |c| c.input()?.cumsum(c.int("dim", 1)?, c.opt_dtype("dtype", KEYWORD)?);
//!     "unbind"     => |c| c.input()?.unbind(c.int_or("dim", 1, 0)?);
//! }
//! ```
//!
//! The getters of [`Call`] take the argument's PyTorch name and its position in the call, where
//! `input` is 0. The call may give a tensor, a number, a boolean, a tuple or vector of these, or
//! a `Result` of one. Nothing else belongs into a row: tolerances, gradients, the same tensor
//! given twice, and errors are the runner's business. `call` in `ops/index.json` shows where the
//! order of arguments is not the one of PyTorch's documentation.

mod attention;
mod conv;
mod create;
mod embedding;
mod fourier;
pub mod index;
mod init;
mod join;
mod linalg;
mod loss;
mod masked;
mod matmul;
mod normalization;
mod pointwise;
mod random;
mod reduce;
mod scan;
mod shape;
mod sort;
pub mod vision;

use crate::call::Call;
use crate::outcome::Failure;
use crate::output::Output;

/// How a row calls the library.
pub type Operation = fn(&Call) -> Result<Output, Failure>;

/// Rows of one family.
type Rows = &'static [(&'static [&'static str], Operation)];

/// Turns rows into a table.
macro_rules! ops {
    ($($($name:literal)|+ => |$call:ident| $result:expr;)*) => {
        pub(super) const ROWS: super::Rows = &[
            $((&[$($name),+], |$call| crate::output::IntoOutput::into_output($result)),)*
        ];
    };
}
use ops;

/// Every family.
const FAMILIES: &[Rows] = &[
    attention::ROWS,
    conv::ROWS,
    create::ROWS,
    embedding::ROWS,
    fourier::ROWS,
    index::ROWS,
    init::ROWS,
    join::ROWS,
    linalg::ROWS,
    loss::ROWS,
    masked::ROWS,
    matmul::ROWS,
    normalization::ROWS,
    pointwise::ROWS,
    random::ROWS,
    reduce::ROWS,
    scan::ROWS,
    shape::ROWS,
    sort::ROWS,
    vision::ROWS,
];

/// The operation of a name, if it is mapped.
pub fn find(name: &str) -> Option<Operation> {
    let mut rows = FAMILIES.iter().copied().flatten();
    rows.find(|(names, _)| names.contains(&name))
        .map(|&(_, operation)| operation)
}

/// All mapped names.
pub fn names() -> impl Iterator<Item = &'static str> {
    FAMILIES
        .iter()
        .copied()
        .flatten()
        .flat_map(|(names, _)| names.iter().copied())
}
