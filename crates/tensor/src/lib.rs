//! Strided arrays and the kernels that fill them. Gradients live one crate above.
