//! Tests of the public interface, in files named as in `src/`.

mod collate;
mod dataset;
mod datasets;
mod digits;
#[cfg(feature = "image")]
mod image;
mod loader;
mod sampler;
mod subset;
