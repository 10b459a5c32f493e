//! Tests of the crate through its public interface; files are named as in `src/`.

mod backward;
mod conv;
mod create;
mod ctc;
mod every_op;
mod gather;
mod gradients;
mod index;
mod join;
mod mask;
mod matmul;
mod patches;
mod pool;
mod resample;
mod scatter;
mod shape;
