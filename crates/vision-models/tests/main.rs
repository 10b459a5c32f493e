//! Tests of the models' settings and weights.

#[cfg(feature = "download")]
mod download;
mod inception;
mod ops;
mod published;
mod registry;
mod resnet;
#[cfg(feature = "download")]
mod server;
mod transformers;
mod vgg;
mod weights;
