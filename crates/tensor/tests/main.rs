//! Tests of the arrays as other crates see them.

mod views;
