//! What all optimizers share: groups, steps, state, printing.

use crate::state::ParameterState;
use crate::{Error, GroupState, OptimizerState, OptionValue, Options, ParamGroup, Result};
use rushlight_autograd::Tensor;
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::{HYPERPARAMETERS, UpdateOp};
use std::fmt;
use std::marker::PhantomData;

/// One rule for changing parameters: a table of options and an update.
pub trait Algorithm: Send + Sync + 'static {
    /// PyTorch's name.
    const NAME: &'static str;
    /// All options with their defaults, by PyTorch's names.
    const OPTIONS: &'static [(&'static str, OptionValue)];
    /// The names of the arrays that the rule may keep for a parameter, in the order of its update.
    const STATE: &'static [&'static str];
    /// Whether the number of steps is part of the saved state.
    const COUNTS_STEPS: bool;

    /// Refuses options out of their domain.
    fn check(options: &Options) -> Result<()>;

    /// The update for step number `step`, which counts from 1: the formula and its numbers.
    fn update(options: &Options, step: u64) -> (UpdateOp, [f64; HYPERPARAMETERS]);
}

/// What one can do with any optimizer.
pub trait Optimizer: Send {
    /// PyTorch's name of the optimizer.
    fn name(&self) -> &'static str;

    /// Changes every parameter that has a gradient. Parameters without one, such as frozen ones, are
    /// left alone.
    ///
    /// Options are checked before anything changes.
    fn step(&mut self) -> Result<()>;

    /// Forgets the gradients of all parameters.
    fn zero_grad(&self) {
        for parameter in self.param_groups().iter().flat_map(|group| group.params()) {
            parameter.zero_grad();
        }
    }

    /// The parameter groups.
    fn param_groups(&self) -> &[ParamGroup];

    /// The parameter groups, whose options may be changed.
    fn param_groups_mut(&mut self) -> &mut [ParamGroup];

    /// Adds parameters, such as those of a block that is unfrozen later.
    fn add_param_group(&mut self, group: ParamGroup) -> Result<()>;

    /// Options and per-parameter state, in the structure of PyTorch's `state_dict()`.
    fn state_dict(&self) -> Result<OptimizerState>;

    /// Takes over a saved state. Nothing changes unless all of it fits.
    fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()>;
}

/// An optimizer that follows the rule `A`.
pub struct OptimizerOf<A> {
    groups: Vec<ParamGroup>,
    /// Per group and parameter.
    slots: Vec<Vec<Slot>>,
    defaults: Options,
    /// Whether groups and options have been checked since they last changed.
    checked: bool,
    rule: PhantomData<A>,
}

/// What is kept for a parameter.
#[derive(Clone, Debug, Default)]
struct Slot {
    steps: u64,
    states: Vec<Array>,
}

impl<A: Algorithm> OptimizerOf<A> {
    /// Over one group of parameters, with default options.
    pub(crate) fn with_defaults<P: Into<Tensor>>(
        params: impl IntoIterator<Item = P>,
    ) -> OptimizerOf<A> {
        OptimizerOf::with_groups([ParamGroup::new(params)])
    }

    /// Over several groups; options that a group does not set have their default.
    pub fn with_groups(groups: impl IntoIterator<Item = ParamGroup>) -> OptimizerOf<A> {
        let defaults = Options::new(A::OPTIONS);
        let mut groups: Vec<ParamGroup> = groups.into_iter().collect();
        groups.iter_mut().for_each(|group| group.inherit(&defaults));
        let slots = groups
            .iter()
            .map(|group| vec![Slot::default(); group.params().len()]);
        let slots = slots.collect();
        OptimizerOf {
            groups,
            slots,
            defaults,
            checked: false,
            rule: PhantomData,
        }
    }

    /// Sets an option of the optimizer, which groups with a value of their own override.
    pub(crate) fn option(mut self, name: &'static str, value: impl Into<OptionValue>) -> Self {
        let value = value.into();
        let known = self.defaults.set(A::NAME, name, value.clone());
        debug_assert!(known.is_ok(), "setters name options of the table");
        for group in &mut self.groups {
            group.set_default(A::NAME, name, value.clone());
        }
        self.checked = false;
        self
    }

    /// Sets an option by PyTorch's name.
    ///
    /// Errors if the optimizer has none of that name.
    pub fn set_option(mut self, name: &str, value: impl Into<OptionValue>) -> Result<Self> {
        let value = value.into();
        self.defaults.set(A::NAME, name, value.clone())?;
        for group in &mut self.groups {
            group.set_default(A::NAME, name, value.clone());
        }
        self.checked = false;
        Ok(self)
    }

    /// Refuses options out of their domain, and parameters that cannot be updated or appear twice.
    /// Every [`Optimizer::step`] does this first.
    pub fn check(&mut self) -> Result<()> {
        for group in &mut self.groups {
            group.apply_overrides(A::NAME)?;
            group.options().check_non_negative(A::NAME, "lr")?;
            A::check(group.options())?;
        }
        if self.checked {
            return Ok(());
        }
        let mut seen: Vec<&Tensor> = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            for (index, parameter) in group.params().iter().enumerate() {
                let place = (A::NAME, number, index);
                let (optimizer, group, index) = place;
                if !(parameter.is_leaf() && parameter.is_floating_point()) {
                    return Err(Error::NotALeaf {
                        optimizer,
                        group,
                        index,
                    });
                }
                if seen.iter().any(|earlier| earlier.is_same(parameter)) {
                    return Err(Error::Repeated {
                        optimizer,
                        group,
                        index,
                    });
                }
                seen.push(parameter);
            }
        }
        self.checked = true;
        Ok(())
    }
}

impl Slot {
    /// Updates a parameter in place; afterwards the step counts.
    fn step<A: Algorithm>(
        &mut self,
        options: &Options,
        parameter: &Tensor,
        g: &Tensor,
    ) -> Result<()> {
        let (op, hyperparameters) = A::update(options, self.steps + 1);
        let gradient = g.array();
        parameter.update(|value| -> Result<()> {
            while self.states.len() < op.states() {
                let zeros = Array::full(value.shape(), 0.0.into(), value.dtype(), value.device());
                self.states
                    .push(zeros.map_err(rushlight_autograd::Error::from)?);
            }
            let states = &mut self.states[..op.states()];
            value
                .update(op, &hyperparameters, &gradient, states)
                .map_err(rushlight_autograd::Error::from)?;
            Ok(())
        })?;
        self.steps += 1;
        Ok(())
    }
}

impl<A: Algorithm> Optimizer for OptimizerOf<A> {
    fn name(&self) -> &'static str {
        A::NAME
    }

    fn step(&mut self) -> Result<()> {
        self.check()?;
        for (group, slots) in self.groups.iter().zip(&mut self.slots) {
            for (parameter, slot) in group.params().iter().zip(slots) {
                let Some(gradient) = parameter.grad().filter(|_| parameter.requires_grad()) else {
                    continue;
                };
                slot.step::<A>(group.options(), parameter, &gradient)?;
            }
        }
        Ok(())
    }

    fn param_groups(&self) -> &[ParamGroup] {
        &self.groups
    }

    fn param_groups_mut(&mut self) -> &mut [ParamGroup] {
        &mut self.groups
    }

    fn add_param_group(&mut self, mut group: ParamGroup) -> Result<()> {
        group.inherit(&self.defaults);
        self.slots.push(vec![Slot::default(); group.params().len()]);
        self.groups.push(group);
        self.checked = false;
        if let Err(error) = self.check() {
            self.groups.pop();
            self.slots.pop();
            return Err(error);
        }
        Ok(())
    }

    fn state_dict(&self) -> Result<OptimizerState> {
        let mut state = OptimizerState::default();
        for (group, slots) in self.groups.iter().zip(&self.slots) {
            let first = state.parameters.len();
            for slot in slots {
                state.parameters.push(slot.save::<A>());
            }
            let options = group
                .options()
                .iter()
                .map(|(n, v)| (n.to_string(), v.clone()));
            let params = (first..state.parameters.len()).collect();
            state.groups.push(GroupState {
                options: options.collect(),
                params,
            });
        }
        Ok(state)
    }

    fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()> {
        let refuse = |reason: String| Error::State {
            optimizer: A::NAME,
            reason,
        };
        let sizes: Vec<usize> = self
            .groups
            .iter()
            .map(|group| group.params().len())
            .collect();
        let saved_sizes: Vec<usize> = state
            .groups
            .iter()
            .map(|group| group.params.len())
            .collect();
        if sizes != saved_sizes {
            return Err(refuse(format!(
                "groups of {saved_sizes:?} parameters, not {sizes:?}"
            )));
        }
        let mut groups = self.groups.clone();
        let mut slots = self.slots.clone();
        for ((group, slots), saved) in groups.iter_mut().zip(&mut slots).zip(&state.groups) {
            for (name, value) in &saved.options {
                // Other versions may know options that this one does not.
                let _unknown = group.options_mut().set(A::NAME, name, value.clone());
            }
            for ((parameter, slot), &index) in group.params().iter().zip(slots).zip(&saved.params) {
                let saved = state.parameters.get(index).ok_or_else(|| {
                    refuse(format!("parameter {index} of {}", state.parameters.len()))
                })?;
                *slot = Slot::load::<A>(saved, parameter)?;
            }
        }
        (self.groups, self.slots) = (groups, slots);
        Ok(())
    }
}

impl Slot {
    fn save<A: Algorithm>(&self) -> ParameterState {
        let named = A::STATE.iter().zip(&self.states);
        ParameterState {
            step: (A::COUNTS_STEPS && self.steps > 0).then_some(self.steps),
            tensors: named
                .map(|(n, a)| (n.to_string(), Tensor::new(a.clone())))
                .collect(),
        }
    }

    fn load<A: Algorithm>(saved: &ParameterState, parameter: &Tensor) -> Result<Slot> {
        let refuse = |reason: String| Error::State {
            optimizer: A::NAME,
            reason,
        };
        let mut states = Vec::new();
        for &name in A::STATE {
            let Some((_, tensor)) = saved.tensors.iter().find(|(saved, _)| saved == name) else {
                break;
            };
            if tensor.shape() != parameter.shape() {
                let (got, expected) = (tensor.shape(), parameter.shape());
                return Err(refuse(format!(
                    "{name} of shape {got} for a parameter of {expected}"
                )));
            }
            states.push(tensor.to_dtype(parameter.dtype())?.array());
        }
        if states.len() < saved.tensors.len() {
            let names: Vec<&str> = saved
                .tensors
                .iter()
                .map(|(name, _)| name.as_str())
                .collect();
            return Err(refuse(format!(
                "states {names:?}, not among {:?}",
                A::STATE
            )));
        }
        // A rule that does not save the count only asks whether there was a step.
        let steps = saved.step.unwrap_or(u64::from(!states.is_empty()));
        Ok(Slot { steps, states })
    }
}

/// As PyTorch prints it: groups, options sorted by name.
impl<A: Algorithm> fmt::Display for OptimizerOf<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (", A::NAME)?;
        for (number, group) in self.groups.iter().enumerate() {
            writeln!(f, "Parameter Group {number}")?;
            let mut options: Vec<_> = group.options().iter().collect();
            options.sort_by_key(|(name, _)| *name);
            for (name, value) in options {
                writeln!(f, "    {name}: {value}")?;
            }
            if number + 1 < self.groups.len() {
                writeln!(f)?;
            }
        }
        f.write_str(")")
    }
}

impl<A: Algorithm> fmt::Debug for OptimizerOf<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
