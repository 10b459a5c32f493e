//! Tests of the models' settings and weights.

mod inception;
mod ops;
mod published;
mod registry;
mod resnet;
mod transformers;
mod vgg;
mod weights;
