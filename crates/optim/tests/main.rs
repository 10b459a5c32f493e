//! Tests of the crate through its public interface; files are named as in `src/`.

mod averaging;
mod clip;
mod docs;
mod grad_scaler;
mod lbfgs;
mod optimizer;
mod schedule;
mod sparse_adam;

use rushlight_autograd::Tensor;

fn parameter(values: &[f64]) -> Tensor {
    Tensor::from_slice(values, &[values.len()])
        .unwrap()
        .requires_grad_(true)
        .unwrap()
}
