//! Hooks around the backward pass of a module.

use crate::Result;
use crate::hooks::{Outputs, put_into, replacing};
use rushlight_autograd::{Backward, Gradients, Tensor, Wants};
use std::sync::{Arc, Mutex, PoisonError};

/// Called with the gradients of a module's input, if it needs one, and output, of the first of each if
/// there are several; what it returns, if anything, takes the place of the input's.
pub type FullBackwardHook =
    Arc<dyn Fn(Option<&Tensor>, &Tensor) -> Result<Option<Tensor>> + Send + Sync>;

/// Called with the gradient of a module's output, the first if there are several; what it returns, if
/// anything, takes its place.
pub type FullBackwardPreHook = Arc<dyn Fn(&Tensor) -> Result<Option<Tensor>> + Send + Sync>;

/// Gradients of several tensors; none for those that need none, or did not take part in the loss, where
/// PyTorch's hooks may see zeros.
type GradientsOfAll = Vec<Option<Tensor>>;

/// Called with the gradients of all inputs and outputs of a module; what it returns, if anything, takes
/// the place of those of the inputs, as many as they are.
pub type FullBackwardHookAll = Arc<
    dyn Fn(&[Option<Tensor>], &[Option<Tensor>]) -> Result<Option<GradientsOfAll>> + Send + Sync,
>;

/// Called with the gradients of all outputs of a module; what it returns, if anything, takes their
/// place, as many as they are.
pub type FullBackwardPreHookAll =
    Arc<dyn Fn(&[Option<Tensor>]) -> Result<Option<GradientsOfAll>> + Send + Sync>;

/// The hooks of a call, which its graph keeps.
#[derive(Default, Clone)]
pub(crate) struct BackwardHooks {
    pub(crate) before: Vec<(u64, FullBackwardPreHookAll)>,
    pub(crate) after: Vec<(u64, FullBackwardHookAll)>,
}

impl BackwardHooks {
    pub(crate) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Runs a computation so that the hooks see its backward pass.
    pub(crate) fn around<T: Outputs>(
        &self,
        inputs: &[Tensor],
        compute: impl FnOnce(&[Tensor]) -> Result<T>,
    ) -> Result<T> {
        if self.is_empty() {
            return compute(inputs);
        }
        let call = Arc::new(Call {
            hooks: self.clone(),
            of_outputs: Mutex::default(),
        });
        let watched = watched(inputs);
        let inputs = passed_on(inputs, &watched, |places| OfInputs {
            call: Arc::clone(&call),
            places,
        });
        let mut returned = compute(&inputs)?;
        let outputs: Vec<Tensor> = returned
            .tensors_mut()
            .into_iter()
            .map(|y| y.clone())
            .collect();
        let inputs_are_watched = !watched.is_empty();
        let outputs = passed_on(&outputs, &self::watched(&outputs), |places| OfOutputs {
            call,
            places,
            inputs: inputs.len(),
            inputs_are_watched,
        });
        put_into(&mut returned, outputs);
        Ok(returned)
    }

    fn run_before(&self, of_outputs: GradientsOfAll) -> Result<GradientsOfAll> {
        let mut g = of_outputs;
        for (_, hook) in &self.before {
            if let Some(replaced) = hook(&g)? {
                g = replacing("full backward pre-hook", &g, replaced)?;
            }
        }
        Ok(g)
    }

    fn run_after(
        &self,
        of_inputs: GradientsOfAll,
        of_outputs: &[Option<Tensor>],
    ) -> Result<GradientsOfAll> {
        let mut g = of_inputs;
        for (_, hook) in &self.after {
            if let Some(replaced) = hook(&g, of_outputs)? {
                g = replacing("full backward hook", &g, replaced)?;
            }
        }
        Ok(g)
    }
}

/// Which tensors have a gradient, by their places.
fn watched(tensors: &[Tensor]) -> Vec<usize> {
    let places = 0..tensors.len();
    places
        .filter(|&place| tensors[place].requires_grad())
        .collect()
}

/// The same tensors, those at the given places as results of one operation, whose rule sees the
/// gradients of all of them at once.
fn passed_on<R: Backward>(
    tensors: &[Tensor],
    places: &[usize],
    rule: impl FnOnce(Places) -> R,
) -> Vec<Tensor> {
    let given: Vec<&Tensor> = places.iter().map(|&place| &tensors[place]).collect();
    let arrays = given.iter().map(|tensor| tensor.array()).collect();
    let passed = Tensor::record_many(arrays, "backward_hook", &given, || {
        rule(Places {
            watched: places.to_vec(),
            count: tensors.len(),
        })
    });
    let mut all = tensors.to_vec();
    for (&place, tensor) in places.iter().zip(passed) {
        all[place] = tensor;
    }
    all
}

/// A call of a module, and the gradients of its outputs until those of its inputs are complete.
struct Call {
    hooks: BackwardHooks,
    of_outputs: Mutex<Option<GradientsOfAll>>,
}

impl Call {
    fn of_outputs(&self) -> std::sync::MutexGuard<'_, Option<GradientsOfAll>> {
        self.of_outputs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where the tensors with a gradient stand among all.
struct Places {
    watched: Vec<usize>,
    count: usize,
}

impl Places {
    /// The gradients of all tensors.
    fn spread(&self, gradients: &[Option<Tensor>]) -> GradientsOfAll {
        let mut all = vec![None; self.count];
        for (&place, gradient) in self.watched.iter().zip(gradients) {
            all[place] = gradient.clone();
        }
        all
    }

    /// The gradients that are wanted of those that are watched.
    fn chosen(&self, mut all: GradientsOfAll, wants: Wants<'_>) -> Gradients {
        let mut gradients = Gradients::new();
        for (number, &place) in self.watched.iter().enumerate() {
            gradients.push(all[place].take().filter(|_| wants.input(number)));
        }
        gradients
    }
}

/// The inputs of a call, whose gradients come last.
struct OfInputs {
    call: Arc<Call>,
    places: Places,
}

impl Backward for OfInputs {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        self.backward_many(&[Some(g.clone())], wants)
    }

    fn backward_many(&self, g: &[Option<Tensor>], wants: Wants<'_>) -> Result<Gradients> {
        let of_inputs = self.places.spread(g);
        let of_outputs = self.call.of_outputs().take();
        let of_inputs = match of_outputs {
            Some(of_outputs) => self.call.hooks.run_after(of_inputs, &of_outputs)?,
            None => of_inputs,
        };
        Ok(self.places.chosen(of_inputs, wants))
    }

    fn holds_values(&self) -> bool {
        false
    }
}

/// The outputs of a call, whose gradients come first.
struct OfOutputs {
    call: Arc<Call>,
    places: Places,
    inputs: usize,
    inputs_are_watched: bool,
}

impl Backward for OfOutputs {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        self.backward_many(&[Some(g.clone())], wants)
    }

    fn backward_many(&self, g: &[Option<Tensor>], wants: Wants<'_>) -> Result<Gradients> {
        let of_outputs = self.call.hooks.run_before(self.places.spread(g))?;
        match self.inputs_are_watched {
            true => *self.call.of_outputs() = Some(of_outputs.clone()),
            false => {
                let none = vec![None; self.inputs];
                self.call.hooks.run_after(none, &of_outputs)?;
            }
        }
        Ok(self.places.chosen(of_outputs, wants))
    }

    fn holds_values(&self) -> bool {
        false
    }
}
