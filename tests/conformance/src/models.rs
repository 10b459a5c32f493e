//! The mapping of torchvision's models, and the networks of the training runs: one row each.

use crate::modules::Instance;
use crate::outcome::Failure;

/// Constructs the torchvision model of a name, without weights and with default options.
pub fn construct(name: &str) -> Result<Box<dyn Instance>, Failure> {
    Err(Failure::Unsupported(format!("`{name}` is not mapped")))
}

/// Constructs the network of a training run.
pub fn trained(name: &str) -> Result<Box<dyn Instance>, Failure> {
    Err(Failure::Unsupported(format!("`{name}` is not mapped")))
}
