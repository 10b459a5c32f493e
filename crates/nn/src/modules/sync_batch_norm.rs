//! Batch normalisation over several processes.

use crate::{BatchNorm, BatchNormBuilder, Lazy, Module};

/// [`BatchNorm`] over the batches of all processes, with any number of further dimensions.
///
/// Processes do not work together here, so its statistics are those of one process, as PyTorch's are
/// without `torch.distributed`.
///
/// # Shape
///
/// `[n, num_features, ...]`; the result has the same.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor};
/// # use rushlight_nn::{Forward, SyncBatchNorm};
/// # fn main() -> Result<()> {
/// let layer = SyncBatchNorm::builder(4).momentum(0.5).build()?;
/// assert_eq!(layer.forward(&Tensor::randn(&[2, 4, 3, 3])?)?.shape(), [2, 4, 3, 3]);
/// assert!(layer.to_string().starts_with("SyncBatchNorm(4, eps=1e-05, momentum=0.5"));
/// # Ok(()) }
/// ```
pub type SyncBatchNorm = BatchNorm<0>;

/// Makes every [`BatchNorm`] of a model a [`SyncBatchNorm`], with the parameters and buffers that it has:
/// PyTorch's `SyncBatchNorm.convert_sync_batchnorm`.
///
/// The fields of the model keep their types; the layers print as PyTorch's, and take inputs with any
/// number of further dimensions.
///
/// ```
/// # use rushlight_autograd::Result;
/// # use rushlight_nn::{BatchNorm2d, Conv2d, Module, convert_sync_batchnorm, sequential};
/// # fn main() -> Result<()> {
/// let model = sequential![Conv2d::new(3, 8, 3)?, BatchNorm2d::new(8)?];
/// convert_sync_batchnorm(&model);
/// assert_eq!(model.get(1)?.type_name(), "SyncBatchNorm");
/// # Ok(()) }
/// ```
pub fn convert_sync_batchnorm(model: &dyn Module) {
    for module in model.modules() {
        convert::<1>(module);
        convert::<2>(module);
        convert::<3>(module);
    }
}

fn convert<const N: usize>(module: &dyn Module) {
    let lazy = module.downcast_ref::<Lazy<BatchNormBuilder<N>>>();
    let known = lazy.and_then(Lazy::layer);
    if let Some(norm) = module.downcast_ref::<BatchNorm<N>>().or(known) {
        norm.synchronize();
    }
}
