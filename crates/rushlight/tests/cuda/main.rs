//! Whole programs on a simulated GPU.

mod faults;
mod machine;
mod models;
