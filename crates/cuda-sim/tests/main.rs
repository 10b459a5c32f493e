//! The simulator catches what it is for, and lets pass what is right.

mod machine;
mod mutants;
mod speed;
mod streams;
