//! Tests of the public interface, in files named as in `src/`.

mod collate;
mod dataset;
mod datasets;
mod digits;
#[cfg(feature = "download")]
mod download;
#[cfg(feature = "image")]
mod image;
mod loader;
#[cfg(feature = "download")]
mod remote;
mod sampler;
#[cfg(feature = "download")]
mod server;
mod subset;
