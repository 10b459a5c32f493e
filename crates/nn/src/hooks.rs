//! Hooks around the call of a module.

use crate::backward_hook::BackwardHooks;
use crate::{Error, PackedSequence, Result};
use rushlight_autograd::Tensor;
use std::fmt;
use std::sync::Arc;

/// Called with the input and the output of a module, the first of each if there are several; what it
/// returns, if anything, takes the output's place.
pub type ForwardHook = Arc<dyn Fn(&Tensor, &Tensor) -> Result<Option<Tensor>> + Send + Sync>;

/// Called with the input of a module, the first if there are several; what it returns, if anything,
/// takes the input's place.
pub type ForwardPreHook = Arc<dyn Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync>;

/// Called with all inputs and outputs of a module; what it returns, if anything, takes the place of the
/// outputs, as many as they are.
pub type ForwardHookAll =
    Arc<dyn Fn(&[Tensor], &[Tensor]) -> Result<Option<Vec<Tensor>>> + Send + Sync>;

/// Called with all inputs of a module; what it returns, if anything, takes their place, as many as they
/// are.
pub type ForwardPreHookAll = Arc<dyn Fn(&[Tensor]) -> Result<Option<Vec<Tensor>>> + Send + Sync>;

/// What a module returns: tensors in some structure, which hooks may see and replace.
///
/// ```
/// # use rushlight_autograd::{Result, Tensor, tensor};
/// # use rushlight_nn::Outputs;
/// # fn main() -> Result<()> {
/// let mut returned = (tensor(1.0)?, Some(tensor(2.0)?));
/// assert_eq!(returned.tensors_mut().len(), 2);
/// # Ok(()) }
/// ```
pub trait Outputs {
    /// The tensors, in order.
    fn tensors_mut(&mut self) -> Vec<&mut Tensor>;
}

impl Outputs for Tensor {
    fn tensors_mut(&mut self) -> Vec<&mut Tensor> {
        vec![self]
    }
}

impl<T: Outputs> Outputs for Option<T> {
    fn tensors_mut(&mut self) -> Vec<&mut Tensor> {
        self.iter_mut().flat_map(Outputs::tensors_mut).collect()
    }
}

impl<A: Outputs, B: Outputs> Outputs for (A, B) {
    fn tensors_mut(&mut self) -> Vec<&mut Tensor> {
        let mut tensors = self.0.tensors_mut();
        tensors.extend(self.1.tensors_mut());
        tensors
    }
}

impl Outputs for PackedSequence {
    fn tensors_mut(&mut self) -> Vec<&mut Tensor> {
        vec![&mut self.data]
    }
}

/// The hooks of a module, each with the number by which it is removed.
#[derive(Default, Clone)]
pub(crate) struct Hooks {
    pub(crate) before: Vec<(u64, ForwardPreHookAll)>,
    pub(crate) after: Vec<(u64, ForwardHookAll)>,
    pub(crate) backward: BackwardHooks,
}

impl Hooks {
    pub(crate) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty() && self.backward.is_empty()
    }

    pub(crate) fn remove(&mut self, number: u64) {
        self.before.retain(|hook| hook.0 != number);
        self.after.retain(|hook| hook.0 != number);
        self.backward.before.retain(|hook| hook.0 != number);
        self.backward.after.retain(|hook| hook.0 != number);
    }

    /// Runs a computation between the hooks.
    pub(crate) fn around<T: Outputs>(
        self,
        inputs: &[Tensor],
        compute: impl FnOnce(&[Tensor]) -> Result<T>,
    ) -> Result<T> {
        let inputs = self.before(inputs)?;
        let mut returned = self.backward.around(&inputs, compute)?;
        let mut outputs: Vec<Tensor> = returned
            .tensors_mut()
            .into_iter()
            .map(|y| y.clone())
            .collect();
        for (_, hook) in &self.after {
            if let Some(replaced) = hook(&inputs, &outputs)? {
                outputs = replacing("forward hook", &outputs, replaced)?;
            }
        }
        if !self.after.is_empty() {
            put_into(&mut returned, outputs);
        }
        Ok(returned)
    }

    /// What the module is called with.
    fn before(&self, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let mut inputs = inputs.to_vec();
        for (_, hook) in &self.before {
            if let Some(replaced) = hook(&inputs)? {
                inputs = replacing("forward pre-hook", &inputs, replaced)?;
            }
        }
        Ok(inputs)
    }
}

/// What a hook returned in place of others; an error unless there are as many.
pub(crate) fn replacing<T>(op: &'static str, earlier: &[T], replaced: Vec<T>) -> Result<Vec<T>> {
    if replaced.len() == earlier.len() {
        return Ok(replaced);
    }
    let got = format!("{} tensors in place of {}", replaced.len(), earlier.len());
    Err(Error::argument(op, "result", got, "one for each").into())
}

/// Puts tensors into the structure that a module returned.
pub(crate) fn put_into(returned: &mut impl Outputs, tensors: Vec<Tensor>) {
    for (place, tensor) in returned.tensors_mut().into_iter().zip(tensors) {
        *place = tensor;
    }
}

/// Others with another first one.
pub(crate) fn with_first<T: Clone>(others: &[T], first: T) -> Vec<T> {
    let mut all = others.to_vec();
    if let Some(place) = all.first_mut() {
        *place = first;
    }
    all
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = (self.before.len(), self.after.len());
        write!(f, "{before} before, {after} after")
    }
}
