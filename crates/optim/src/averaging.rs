//! Averages of parameters over the steps of a training.

use crate::{Error, Result};
use rushlight_autograd::Tensor;
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

const NAME: &str = "AveragedParameters";

/// How parameters are averaged over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Averaging {
    /// All with the same weight, as stochastic weight averaging does (Izmailov et al., 2018).
    Equal,
    /// By an exponential moving average: `average = decay * average + (1 - decay) * parameter`.
    Exponential {
        /// What stays of the average in an update; 0.999 is common.
        decay: f64,
    },
}

/// Running averages of parameters, which often predict better than the parameters themselves. The part of
/// PyTorch's `swa_utils.AveragedModel` that needs no model.
///
/// ```
/// # use rushlight_autograd::tensor;
/// # use rushlight_optim::{AveragedParameters, Averaging, Result};
/// # fn main() -> Result<()> {
/// let w = tensor([0.0])?.requires_grad_(true)?;
/// let mut average = AveragedParameters::new([&w], Averaging::Equal)?;
/// for value in [1.0, 2.0, 6.0] {
///     w.set_data(&tensor([value])?)?;
///     average.update()?;
/// }
/// assert_eq!(average.averages()[0].to_vec::<f32>()?, [3.0]);
/// average.swap()?;
/// assert_eq!(w.to_vec::<f32>()?, [3.0]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct AveragedParameters {
    params: Vec<Tensor>,
    averages: Vec<Tensor>,
    averaging: Averaging,
    updates: u64,
}

impl AveragedParameters {
    /// Over the given parameters, none of which has been averaged yet.
    ///
    /// Errors if a decay is not in `[0, 1]`.
    pub fn new<P: Into<Tensor>>(
        params: impl IntoIterator<Item = P>,
        averaging: Averaging,
    ) -> Result<AveragedParameters> {
        if let Averaging::Exponential { decay } = averaging
            && !(0.0..=1.0).contains(&decay)
        {
            return Err(Error::Option {
                optimizer: NAME,
                name: "decay".into(),
                got: decay.to_string(),
                expected: "a number in [0, 1]",
            });
        }
        let params: Vec<Tensor> = params.into_iter().map(Into::into).collect();
        Ok(AveragedParameters {
            averages: params.iter().map(Tensor::detach).collect(),
            params,
            averaging,
            updates: 0,
        })
    }

    /// Takes the parameters' present values into the averages; the first values are taken as they are.
    ///
    /// Errors, with all averages as they were, if a parameter has another shape, dtype or device than
    /// before, or there is no memory.
    pub fn update(&mut self) -> Result<()> {
        let weight = match self.averaging {
            _ if self.updates == 0 => 1.0,
            Averaging::Equal => 1.0 / (self.updates + 1) as f64,
            Averaging::Exponential { decay } => 1.0 - decay,
        };
        // What may fail happens for all of them before the first one changes.
        for act in [Array::prepare_update, Array::update] {
            for (average, parameter) in self.averages.iter().zip(&self.params) {
                let now = parameter.array();
                average.update(|average| -> Result<()> {
                    Ok(act(average, UpdateOp::Average, &[weight], &now, &mut [])?)
                })?;
            }
        }
        self.updates += 1;
        Ok(())
    }

    /// How often the averages were updated: PyTorch's `n_averaged`.
    pub fn n_averaged(&self) -> u64 {
        self.updates
    }

    /// The averages, in the order of the parameters.
    pub fn averages(&self) -> &[Tensor] {
        &self.averages
    }

    /// Exchanges parameters and averages, for an evaluation; once more puts them back.
    ///
    /// Errors, with all values as they were, if a parameter is not a leaf.
    pub fn swap(&self) -> Result<()> {
        if let Some(index) = self.params.iter().position(|p| !p.is_leaf()) {
            return Err(Error::NotALeaf {
                optimizer: NAME,
                group: 0,
                index,
            });
        }
        for (average, parameter) in self.averages.iter().zip(&self.params) {
            let now = parameter.detach();
            parameter.set_data(&average.detach())?;
            average.set_data(&now)?;
        }
        Ok(())
    }
}
