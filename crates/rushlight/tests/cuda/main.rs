//! Whole programs on a simulated GPU.

mod faults;
mod machine;
mod models;

#[path = "../../examples/transfer_learning.rs"]
#[expect(dead_code, reason = "the example also reads its arguments")]
mod transfer_learning;
