//! Strided arrays and the kernels that fill them. Gradients live one crate above.

#[allow(dead_code, reason = "the layer that calls the kernels comes next")]
mod cpu;
