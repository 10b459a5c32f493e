//! Connectionist temporal classification: how likely a sequence of classes produces a target once
//! repetitions and blanks are taken away.

use super::rules;
use crate::cpu::ctc;
use crate::{Array, DType, Error, Result, Shape};

/// Targets of a batch, with the lengths of inputs.
#[derive(Clone, Debug)]
pub struct CtcTargets {
    /// The classes of each target.
    pub labels: Vec<Vec<usize>>,
    /// How many steps of each input count.
    pub input_lengths: Vec<usize>,
    /// The class that stands for nothing.
    pub blank: usize,
}

impl CtcTargets {
    fn check(&self, op: &'static str, x: &Array) -> Result<()> {
        let float = [DType::F32, DType::F64].contains(&x.dtype());
        rules::dtype(op, x.dtype(), float, "f32 or f64")?;
        let [steps, batch, classes] = x.shape()[..] else {
            return Err(Error::shape(op, x.shape(), "[steps, n, classes]"));
        };
        for (name, count) in [
            ("input_lengths", self.input_lengths.len()),
            ("target_lengths", self.labels.len()),
        ] {
            if count != batch {
                let got = format!("{count} for {batch} inputs");
                return Err(Error::argument(op, name, got, "as many as inputs"));
            }
        }
        if self.blank >= classes {
            return Err(Error::argument(
                op,
                "blank",
                self.blank,
                "the index of a class",
            ));
        }
        if let Some(&length) = self.input_lengths.iter().find(|&&length| length > steps) {
            let expected = "at most the number of steps";
            return Err(Error::argument(op, "input_lengths", length, expected));
        }
        if let Some(&label) = self
            .labels
            .iter()
            .flatten()
            .find(|&&label| label >= classes)
        {
            return Err(Error::argument(op, "targets", label, "indices of classes"));
        }
        Ok(())
    }
}

impl Array {
    /// The negative log likelihood of each target, for logarithms of probabilities.
    ///
    /// Shapes: `[steps, n, classes] -> [n]`.
    pub fn ctc_loss(&self, targets: &CtcTargets) -> Result<Array> {
        const OP: &str = "ctc_loss";
        targets.check(OP, self)?;
        let losses = ctc::losses(&self.doubles()?, self.shape()[2], targets);
        self.like(&losses, &Shape::from([losses.len()]))
    }

    /// The gradient of [`Array::ctc_loss`], each loss by itself, with respect to what a log softmax
    /// makes the logarithms from: `exp(x)` less the expected share of the class. That log softmax
    /// passes on unchanged.
    ///
    /// Shapes: `[steps, n, classes] -> [steps, n, classes]`.
    pub fn ctc_loss_gradient(&self, targets: &CtcTargets) -> Result<Array> {
        const OP: &str = "ctc_loss_gradient";
        targets.check(OP, self)?;
        let gradient = ctc::gradient(&self.doubles()?, self.shape()[2], targets);
        self.like(&gradient, self.shape())
    }

    fn doubles(&self) -> Result<Vec<f64>> {
        self.to_dtype(DType::F64)?.to_vec()
    }

    fn like(&self, values: &[f64], shape: &Shape) -> Result<Array> {
        let array = Array::from_slice(values, shape)?;
        array.to_dtype(self.dtype())?.to_device(self.device())
    }
}
