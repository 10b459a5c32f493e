//! Tests of the arrays as other crates see them.

#[cfg(feature = "mmap")]
mod mapped;
mod views;
