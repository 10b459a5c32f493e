//! SparseAdam.

use crate::OptionValue::{Bool, Float};
use crate::adam::BETAS;
use crate::settings::settings;
use crate::{Algorithm, OptimizerOf, OptionValue, Options, Result, Slot};
use rushlight_autograd::Tensor;
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

/// Adam for tables of which few rows have a gradient: the others, and their moments, stay as they are.
///
/// A row is what the first dimension counts. One whose gradient is not zero throughout takes the step
/// `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`,
/// `p = p - lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps)`, where `t` counts the steps of the whole
/// table. PyTorch's `torch.optim.SparseAdam`.
///
/// PyTorch's refuses dense gradients, and changes the rows that a sparse gradient lists, as those of
/// `Embedding(sparse=True)` do. Gradients are dense here, so a row that was looked up and whose gradient
/// is exactly zero stays, too, where PyTorch's would follow its momentum; all else is the same.
///
/// # Arguments
///
/// * `lr`: The learning rate: a number, or a tensor of one element. PyTorch's default: 0.001.
/// * `betas`: The decay rates of the two moments. Default: (0.9, 0.999).
/// * `eps`: What is added to the denominator. Default: 1e-08.
/// * `maximize`: Whether to climb instead of descending. Default: false.
///
/// ```
/// # use rushlight_autograd::{EmbeddingOptions, tensor};
/// # use rushlight_optim::{Optimizer, Result, SparseAdam};
/// # fn main() -> Result<()> {
/// let table = tensor([[1.0], [2.0], [3.0]])?.requires_grad_(true)?;
/// let mut optimizer = SparseAdam::new([&table], 0.5);
/// table.embedding(&tensor([0, 2])?, EmbeddingOptions::default())?.sum()?.backward()?;
/// optimizer.step()?;
/// assert_eq!(format!("{:.2}", table.detach()), "tensor([[0.50],\n        [2.00],\n        [2.50]])");
/// # Ok(()) }
/// ```
pub type SparseAdam = OptimizerOf<SparseAdamRule>;

/// The rule of [`SparseAdam`].
#[derive(Debug)]
pub struct SparseAdamRule;

impl Algorithm for SparseAdamRule {
    const NAME: &'static str = "SparseAdam";
    const OPTIONS: &'static [(&'static str, OptionValue)] = &[
        ("lr", Float(1e-3)),
        ("betas", BETAS),
        ("eps", Float(1e-8)),
        ("maximize", Bool(false)),
    ];
    const STATE: &'static [&'static str] = &["exp_avg", "exp_avg_sq"];

    fn check(options: &Options) -> Result<()> {
        options.check_betas(Self::NAME)?;
        for name in ["lr", "eps"] {
            let fits = options.float(name) > 0.0;
            options.check(Self::NAME, name, fits, "a positive number")?;
        }
        Ok(())
    }

    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()> {
        let shape = value.shape().clone();
        for &name in Self::STATE {
            slot.array(name, &shape, 0.0, value)?;
        }
        let Some(rows) = rows_with_gradient(gradient)? else {
            return Ok(());
        };
        let [beta1, beta2] = options.numbers("betas");
        let correction = |beta: f64| 1.0 - beta.powf(slot.step() as f64);
        let step = options.float("lr") * correction(beta2).sqrt() / correction(beta1);
        let (weight1, weight2) = (1.0 - beta1, 1.0 - beta2);
        let (sign, eps) = (options.sign(), options.float("eps"));
        // Without decay, and with a correction that is part of the step.
        let numbers = [step, sign, 1.0, 0.0, weight1, beta2, weight2, eps, 1.0];

        let mut moments = Vec::new();
        for &name in Self::STATE {
            let moment = slot.array(name, &shape, 0.0, value)?;
            moments.push(chosen(moment, &rows)?);
        }
        let mut places = chosen(value, &rows)?;
        let gradient = chosen(gradient, &rows)?;
        places.update(UpdateOp::Adam, &numbers, &gradient, &mut moments)?;
        for (&name, moment) in Self::STATE.iter().zip(moments) {
            let all = slot.array(name, &shape, 0.0, value)?;
            let all = put_back(all, &rows, moment)?;
            slot.replace(name, all);
        }
        let changed = put_back(value, &rows, places)?;
        slot.replace_value(value, changed);
        Ok(())
    }
}

/// The numbers of the rows whose gradient is not zero, unless there are none.
fn rows_with_gradient(gradient: &Array) -> Result<Option<Tensor>> {
    let table = as_table(gradient)?;
    let rows = table.ne(0)?.any_dim(&[-1], false)?;
    let rows = rows.nonzero()?.squeeze_dims(&[-1])?;
    Ok((rows.numel() > 0).then_some(rows))
}

/// The array with a row for each number that its first dimension counts, or a single one for a number.
fn as_table(array: &Array) -> Result<Tensor> {
    let shape = array.shape();
    let rows = shape.first().copied().unwrap_or(1);
    let width: usize = shape.iter().skip(1).product();
    Ok(Tensor::new(array.clone()).reshape(&[rows as isize, width as isize])?)
}

fn chosen(array: &Array, rows: &Tensor) -> Result<Array> {
    Ok(as_table(array)?.index_select(0, rows)?.array())
}

/// The array with other numbers in these rows.
fn put_back(array: &Array, rows: &Tensor, places: Array) -> Result<Array> {
    let table = as_table(array)?.index_copy(0, rows, &Tensor::new(places))?;
    Ok(table.array().reshape(array.shape())?)
}

settings! { SparseAdam:
    /// Sets the decay rates of the two moments; 0.9 and 0.999 by default.
    betas(first: f64, second: f64);
    /// Sets what is added to the denominator; 1e-8 by default.
    eps(eps: f64);
    /// Climbs instead of descending.
    maximize(maximize: bool);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Optimizer;
    use rushlight_tensor::{DType, Device};

    #[test]
    fn nothing_changes_before_all_steps_are_worked_out() -> Result<()> {
        let full = |x: f64| Array::full(&[3, 2], x.into(), DType::F32, Device::Cpu);
        let (mut value, gradient) = (full(1.0)?, full(0.5)?);
        let options = SparseAdam::new([&Tensor::zeros(&[3, 2])?], 0.1).param_groups()[0]
            .options()
            .clone();
        let mut slot = Slot::default();
        slot.begin();
        SparseAdamRule::step(&options, &mut slot, &mut value, &gradient)?;
        assert_eq!(value.to_vec::<f32>()?, [1.0; 6]);
        slot.roll_back();
        assert!(!slot.has("exp_avg"));

        slot.begin();
        SparseAdamRule::step(&options, &mut slot, &mut value, &gradient)?;
        slot.commit(&mut value)?;
        assert!(
            value
                .to_vec::<f32>()?
                .iter()
                .all(|x| (x - 0.9).abs() < 1e-6)
        );
        assert!(slot.has("exp_avg") && slot.step() == 2);
        Ok(())
    }
}
