//! What all optimizers share: groups, steps, state, printing.

use crate::{Error, GroupState, OptimizerState, OptionValue, Options, ParamGroup, Result, Slot};
use rushlight_autograd::{Tensor, enable_grad};
use rushlight_tensor::{Array, Shape};
use std::fmt;
use std::marker::PhantomData;

/// A function that computes the loss anew, with its gradients, at the parameters' present values.
pub type Closure<'a> = dyn FnMut() -> rushlight_autograd::Result<Tensor> + 'a;

/// One rule for changing parameters: a table of options and a step.
pub trait Algorithm: Send + Sync + Sized + 'static {
    /// PyTorch's name.
    const NAME: &'static str;
    /// All options with their defaults, by PyTorch's names.
    const OPTIONS: &'static [(&'static str, OptionValue)];
    /// The names of the arrays that the rule may keep for a parameter, in PyTorch's order.
    const STATE: &'static [&'static str];
    /// The names of the numbers that the rule keeps for a parameter, beside the number of steps.
    const NUMBERS: &'static [&'static str] = &[];
    /// The names of all else that the rule keeps.
    const OTHER: &'static [&'static str] = &[];
    /// Whether the number of steps is part of the saved state.
    const COUNTS_STEPS: bool = true;
    /// The names of options that a saved state does not change.
    const FIXED: &'static [&'static str] = &[];

    /// Gives options their value that follow from others.
    fn resolve(options: &mut Options) -> Result<()> {
        let _none_follow = options;
        Ok(())
    }

    /// Refuses options out of their domain.
    fn check(options: &Options) -> Result<()>;

    /// Refuses parameters that the rule is not made for.
    fn check_groups(groups: &[ParamGroup]) -> Result<()> {
        let _all_fit = groups;
        Ok(())
    }

    /// The shape of an array that is kept for a parameter of the given shape.
    fn state_shape(name: &str, parameter: &Shape) -> Shape {
        let _same_for_all = name;
        parameter.clone()
    }

    /// Works out how the value of one parameter changes by its gradient: see [`Slot::update`].
    fn step(options: &Options, slot: &mut Slot, value: &mut Array, gradient: &Array) -> Result<()>;

    /// Takes a step after calling the closure once, for its loss and gradients.
    fn step_with(optimizer: &mut OptimizerOf<Self>, closure: &mut Closure<'_>) -> Result<Tensor> {
        let loss = enable_grad(closure)?;
        optimizer.step()?;
        Ok(loss)
    }
}

/// What one can do with any optimizer.
pub trait Optimizer: Send {
    /// PyTorch's name of the optimizer.
    fn name(&self) -> &'static str;

    /// Changes every parameter that has a gradient. Parameters without one, such as frozen ones, are
    /// left alone.
    ///
    /// Options are checked before anything changes, and memory is allocated: after an error parameters
    /// and state are as they were, unless the device itself is lost.
    fn step(&mut self) -> Result<()>;

    /// Calls the closure, which computes the loss and its gradients, and takes a step; returns the
    /// loss. PyTorch's `step(closure)`. Some optimizers call the closure several times.
    ///
    /// ```
    /// # use rushlight_autograd::tensor;
    /// # use rushlight_optim::{Optimizer, Result, SGD};
    /// # fn main() -> Result<()> {
    /// let w = tensor([3.0])?.requires_grad_(true)?;
    /// let mut optimizer = SGD::new([&w], 0.5);
    /// let loss = optimizer.step_with(&mut || {
    ///     w.zero_grad();
    ///     let loss = w.square()?.sum()?;
    ///     loss.backward()?;
    ///     Ok(loss)
    /// })?;
    /// assert_eq!((loss.item()?, w.item()?), (9.0, 0.0));
    /// # Ok(()) }
    /// ```
    fn step_with(&mut self, closure: &mut Closure<'_>) -> Result<Tensor>;

    /// Refuses options out of their domain, and parameters that cannot be updated or appear twice.
    /// Every step does this first.
    fn check(&mut self) -> Result<()>;

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
    /// Whether the groups have been checked since they last changed.
    checked: bool,
    rule: PhantomData<A>,
}

impl<A: Algorithm> OptimizerOf<A> {
    /// Over one group of parameters, with default options.
    pub(crate) fn with_defaults<P: Into<Tensor>>(
        params: impl IntoIterator<Item = P>,
    ) -> OptimizerOf<A> {
        let group = ParamGroup::new(params);
        OptimizerOf::with_groups((!group.params().is_empty()).then_some(group))
    }

    /// Over several groups; options that a group does not set have their default.
    pub fn with_groups(groups: impl IntoIterator<Item = ParamGroup>) -> OptimizerOf<A> {
        let defaults = Options::new(A::OPTIONS);
        let mut groups: Vec<ParamGroup> = groups.into_iter().collect();
        for group in &mut groups {
            group.inherit(A::NAME, &defaults);
        }
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
        let known = self.set_default(name, value.into());
        debug_assert!(known.is_ok(), "setters name options of the table");
        self
    }

    /// Sets an option by PyTorch's name.
    ///
    /// Errors if the optimizer has none of that name.
    pub fn set_option(mut self, name: &str, value: impl Into<OptionValue>) -> Result<Self> {
        self.set_default(name, value.into())?;
        Ok(self)
    }

    fn set_default(&mut self, name: &str, value: OptionValue) -> Result<()> {
        self.defaults.set(A::NAME, name, value.clone())?;
        for group in &mut self.groups {
            group.set_default(A::NAME, name, value.clone());
        }
        Ok(())
    }

    /// The groups and what is kept for their parameters.
    pub(crate) fn parts_mut(&mut self) -> (&mut [ParamGroup], &mut [Vec<Slot>]) {
        (&mut self.groups, &mut self.slots)
    }

    /// Works out the steps of all parameters.
    fn draft(&mut self) -> Result<()> {
        for (group, slots) in self.groups.iter().zip(&mut self.slots) {
            for (parameter, slot) in group.params().iter().zip(slots) {
                let Some(gradient) = parameter.grad().filter(|_| parameter.requires_grad()) else {
                    continue;
                };
                let gradient = gradient.array();
                slot.begin();
                parameter.update(|value| A::step(group.options(), slot, value, &gradient))?;
            }
        }
        Ok(())
    }

    /// Refuses groups that cannot be optimized together.
    fn check_groups(&self) -> Result<()> {
        let optimizer = A::NAME;
        let Some(first) = self.groups.first() else {
            return Err(Error::Empty { optimizer });
        };
        let mut seen: Vec<&Tensor> = Vec::new();
        for (group, members) in self.groups.iter().enumerate() {
            members.check_own(optimizer)?;
            if members.names().is_some() != first.names().is_some() {
                return Err(Error::Names { optimizer, group });
            }
            for (index, parameter) in members.params().iter().enumerate() {
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
        A::check_groups(&self.groups)
    }
}

impl<A: Algorithm> Optimizer for OptimizerOf<A> {
    fn name(&self) -> &'static str {
        A::NAME
    }

    fn step(&mut self) -> Result<()> {
        self.check()?;
        let drafted = self.draft();
        for (group, slots) in self.groups.iter().zip(&mut self.slots) {
            for (parameter, slot) in group.params().iter().zip(slots) {
                match drafted {
                    Ok(()) => parameter.update(|value| slot.commit(value))?,
                    Err(_) => slot.roll_back(),
                }
            }
        }
        drafted
    }

    fn step_with(&mut self, closure: &mut Closure<'_>) -> Result<Tensor> {
        A::step_with(self, closure)
    }

    fn check(&mut self) -> Result<()> {
        if !self.checked {
            self.check_groups()?;
            self.checked = true;
        }
        for options in self.groups.iter_mut().map(ParamGroup::options_mut) {
            A::resolve(options)?;
            options.check_non_negative(A::NAME, &["lr"])?;
            options.check_implementation(A::NAME)?;
            A::check(options)?;
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
        group.inherit(A::NAME, &self.defaults);
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
                state.parameters.push(slot.save::<A>()?);
            }
            let options = group
                .options()
                .iter()
                .map(|(n, v)| (n.to_string(), v.clone()));
            state.groups.push(GroupState {
                options: options.collect(),
                params: (first..state.parameters.len()).collect(),
                names: group.names().map(<[String]>::to_vec),
            });
        }
        Ok(state)
    }

    fn load_state_dict(&mut self, state: &OptimizerState) -> Result<()> {
        let refuse = |reason: String| Error::State {
            optimizer: A::NAME,
            reason,
        };
        let sizes: Vec<usize> = self.slots.iter().map(Vec::len).collect();
        let saved: Vec<usize> = state
            .groups
            .iter()
            .map(|group| group.params.len())
            .collect();
        if sizes != saved {
            let reason = format!("groups of {saved:?} parameters, not {sizes:?}");
            return Err(refuse(reason));
        }
        let mut groups = self.groups.clone();
        let mut slots = self.slots.clone();
        for ((group, slots), saved) in groups.iter_mut().zip(&mut slots).zip(&state.groups) {
            let open = |(name, _): &&(String, _)| !A::FIXED.contains(&name.as_str());
            for (name, value) in saved.options.iter().filter(open) {
                // Other versions may know options that this one does not.
                let _unknown = group.options_mut().set(A::NAME, name, value.clone());
            }
            if let Some(names) = &saved.names {
                group.set_names(names.clone());
            }
            for ((parameter, slot), &index) in group.params().iter().zip(slots).zip(&saved.params) {
                let saved = state.parameters.get(index).ok_or_else(|| {
                    refuse(format!("parameter {index} of {}", state.parameters.len()))
                })?;
                *slot = Slot::load::<A>(saved, parameter)?;
            }
        }
        (self.groups, self.slots) = (groups, slots);
        self.checked = false;
        Ok(())
    }
}

/// As PyTorch prints it: groups, options sorted by name.
impl<A: Algorithm> fmt::Display for OptimizerOf<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} (", A::NAME)?;
        for (number, group) in self.groups.iter().enumerate() {
            writeln!(f, "Parameter Group {number}")?;
            let mut options: Vec<(&str, String)> = group
                .options()
                .iter()
                .map(|(name, value)| (name, value.to_string()))
                .collect();
            if let Some(names) = group.names() {
                options.push(("param_names", format!("['{}']", names.join("', '"))));
            }
            options.sort();
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
