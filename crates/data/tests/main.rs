//! Tests of the public interface, in files named as in `src/`.

mod collate;
mod dataset;
mod digits;
mod loader;
mod sampler;
mod subset;
