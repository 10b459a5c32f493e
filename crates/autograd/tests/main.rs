//! Tests of the crate through its public interface; files are named as in `src/`.

mod backward;
mod conv;
mod every_op;
mod matmul;
mod pool;
