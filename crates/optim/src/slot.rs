//! What an optimizer keeps for a parameter, and how a rule makes its step.

use crate::draft::{Draft, Update};
use crate::{Algorithm, Error, ParameterState, Result, StateValue};
use rushlight_autograd::Tensor;
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::{HYPERPARAMETERS, UpdateOp};

/// What an optimizer keeps for one parameter: how many steps were taken, arrays such as `exp_avg`, and
/// perhaps some numbers.
#[derive(Clone, Debug, Default)]
pub struct Slot {
    steps: u64,
    /// In the order of [`Algorithm::NUMBERS`]; PyTorch keeps them in `f32`.
    pub(crate) numbers: [f32; Slot::NUMBERS],
    pub(crate) names: Vec<&'static str>,
    /// Parallel to `names`.
    pub(crate) arrays: Vec<Array>,
    /// What is neither: the state of an optimizer that treats all parameters as one.
    other: ParameterState,
    /// The step that is being worked out.
    pub(crate) draft: Option<Draft>,
}

impl Slot {
    /// At most this many numbers are kept for a parameter, beside the number of steps.
    pub const NUMBERS: usize = 2;

    /// The number of the step that is being taken, from 1 on.
    pub fn step(&self) -> u64 {
        self.steps.saturating_add(1)
    }

    /// Counts a step that was taken.
    pub(crate) fn advance(&mut self) {
        self.steps = self.step();
    }

    /// The numbers that the rule keeps; zero before the first step.
    pub fn numbers_mut(&mut self) -> &mut [f32; Slot::NUMBERS] {
        &mut self.numbers
    }

    /// What is neither array nor number.
    pub(crate) fn other_mut(&mut self) -> &mut ParameterState {
        &mut self.other
    }

    /// Whether there is an array of that name.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(&name)
    }

    /// The array of that name, which is made of `initial` if there is none yet.
    pub fn array(
        &mut self,
        name: &'static str,
        shape: &[usize],
        initial: f64,
        value: &Array,
    ) -> Result<&mut Array> {
        let index = match self.names.iter().position(|known| *known == name) {
            Some(index) => index,
            None => {
                let array = Array::full(shape, initial.into(), value.dtype(), value.device())?;
                self.names.push(name);
                self.arrays.push(array);
                if let Some(draft) = &mut self.draft {
                    draft.made.push(name);
                }
                self.arrays.len() - 1
            }
        };
        Ok(&mut self.arrays[index])
    }

    /// Takes one fused step: changes `value` and the named arrays by a row of the update table, in one
    /// pass. Arrays that are not there yet are zero.
    ///
    /// In a step of an optimizer this happens once all parameters have come so far.
    pub fn update(
        &mut self,
        op: UpdateOp,
        names: &[&'static str],
        numbers: &[f64],
        value: &mut Array,
        gradient: &Array,
    ) -> Result<()> {
        debug_assert_eq!(names.len(), op.states());
        for (place, &name) in names.iter().enumerate() {
            self.array(name, value.shape(), 0.0, value)?;
            let found = self.names.iter().position(|known| *known == name);
            // The row takes its arrays in order; they lie so already except after a change of options.
            if let Some(found) = found.filter(|&found| found != place) {
                self.names.swap(found, place);
                self.arrays.swap(found, place);
            }
        }
        let arrays = &mut self.arrays[..names.len()];
        match &mut self.draft {
            Some(draft) => {
                value.prepare_update(op, numbers, gradient, arrays)?;
                let mut kept = [0.0; HYPERPARAMETERS];
                kept[..numbers.len()].copy_from_slice(numbers);
                draft.update = Some(Update {
                    op,
                    numbers: kept,
                    count: numbers.len(),
                    gradient: gradient.clone(),
                });
            }
            None => value.update(op, numbers, gradient, arrays)?,
        }
        Ok(())
    }

    /// Moves the named array, which is kept for `value`, towards another by `weight`, and returns it. An
    /// array that is not there yet is zero.
    pub fn average(
        &mut self,
        name: &'static str,
        value: &Array,
        towards: &Tensor,
        weight: f64,
    ) -> Result<Tensor> {
        let array = self.array(name, &towards.shape(), 0.0, value)?;
        let mut average = array.clone();
        average.update(UpdateOp::Average, &[weight], &towards.array(), &mut [])?;
        self.replace(name, average.clone());
        Ok(Tensor::new(average))
    }

    /// Puts an array in the place of that of the same name, once all parameters have come so far.
    pub(crate) fn replace(&mut self, name: &'static str, array: Array) {
        if let Some(draft) = &mut self.draft {
            draft.arrays.push((name, array));
        } else if let Some(place) = self.names.iter().position(|known| *known == name) {
            self.arrays[place] = array;
        }
    }

    /// The same for the value of the parameter.
    pub(crate) fn replace_value(&mut self, value: &mut Array, new: Array) {
        match &mut self.draft {
            Some(draft) => draft.value = Some(new),
            None => *value = new,
        }
    }

    /// The state under PyTorch's names; empty before the first step.
    pub(crate) fn save<A: Algorithm>(&self) -> Result<ParameterState> {
        let mut state = self.other.clone();
        if A::COUNTS_STEPS && self.steps > 0 {
            state.set("step", single(self.steps as f32)?);
            for (&name, &number) in A::NUMBERS.iter().zip(&self.numbers) {
                state.set(name, single(number)?);
            }
        }
        for &name in A::STATE {
            if let Some(index) = self.names.iter().position(|known| *known == name) {
                state.set(name, Tensor::new(self.arrays[index].clone()));
            }
        }
        Ok(state)
    }

    /// Reads what [`Slot::save`] or PyTorch wrote.
    pub(crate) fn load<A: Algorithm>(saved: &ParameterState, parameter: &Tensor) -> Result<Slot> {
        let refuse = |reason: String| Error::State {
            optimizer: A::NAME,
            reason,
        };
        let mut slot = Slot::default();
        for (name, value) in saved.iter() {
            let number = || {
                let number = value.number().filter(|x| !x.is_nan());
                number.ok_or_else(|| refuse(format!("{name} is not a number")))
            };
            if name == "step" && A::COUNTS_STEPS {
                slot.steps = number()? as u64;
            } else if let Some(place) = A::NUMBERS.iter().position(|known| *known == name) {
                slot.numbers[place] = number()? as f32;
            } else if let Some(&known) = A::STATE.iter().find(|known| **known == name) {
                if value.is_none() {
                    continue;
                }
                let StateValue::Tensor(tensor) = value else {
                    return Err(refuse(format!("{name} is not a tensor")));
                };
                let expected = A::state_shape(name, &parameter.shape());
                if *tensor.shape() != *expected {
                    let got = tensor.shape();
                    let reason = format!(
                        "{name} of shape {got} for a parameter of {}",
                        parameter.shape()
                    );
                    return Err(refuse(reason));
                }
                let tensor = tensor.to_dtype(parameter.dtype())?;
                slot.names.push(known);
                slot.arrays
                    .push(tensor.to_device(parameter.device())?.array());
            } else if A::OTHER.contains(&name) {
                slot.other.set(name, value.on(parameter.device())?);
            } else {
                let known = [A::NUMBERS, A::STATE, A::OTHER].concat();
                return Err(refuse(format!("{name}, not among {known:?}")));
            }
        }
        Ok(slot)
    }
}

/// A number as PyTorch keeps it in a state.
fn single(x: f32) -> Result<Tensor> {
    Ok(Tensor::from_vec(vec![x], &[])?)
}
