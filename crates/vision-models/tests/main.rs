//! Tests of the models' settings and weights.

mod registry;
mod resnet;
mod vgg;
mod weights;
