//! Tests of the models' settings and weights.

#[cfg(feature = "download")]
mod download;
mod fusion;
mod inception;
mod ops;
mod published;
mod registry;
mod resnet;
#[cfg(feature = "download")]
#[path = "../../data/tests/server.rs"]
#[allow(dead_code, reason = "the crate of datasets uses all of it")]
mod server;
mod transformers;
mod vgg;
mod weights;
