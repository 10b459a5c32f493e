//! Parameter groups.

use crate::{OptionValue, Options, Result};
use rushlight_autograd::Tensor;

/// Parameters that are updated with the same options.
///
/// Options that are not set here take the optimizer's values when it is made.
#[derive(Clone, Debug, Default)]
pub struct ParamGroup {
    params: Vec<Tensor>,
    names: Option<Vec<String>>,
    /// What was set here, in order; the optimizer's values do not replace it.
    own: Vec<(String, OptionValue)>,
    options: Options,
}

impl ParamGroup {
    /// A group of parameters.
    pub fn new<P: Into<Tensor>>(params: impl IntoIterator<Item = P>) -> ParamGroup {
        let params = params.into_iter().map(Into::into).collect();
        ParamGroup {
            params,
            ..ParamGroup::default()
        }
    }

    /// A group of named parameters, as `named_parameters()` lists them. Either all groups of an
    /// optimizer have names, or none has.
    pub fn named<N: Into<String>, P: Into<Tensor>>(
        params: impl IntoIterator<Item = (N, P)>,
    ) -> ParamGroup {
        let (names, params) = params
            .into_iter()
            .map(|(n, p)| (n.into(), p.into()))
            .unzip();
        ParamGroup {
            params,
            names: Some(names),
            ..ParamGroup::default()
        }
    }

    /// Sets an option for this group, by PyTorch's name. Whether the optimizer has it is checked when
    /// the group is first used.
    pub fn set(mut self, name: &str, value: impl Into<OptionValue>) -> ParamGroup {
        self.own.push((name.to_string(), value.into()));
        self
    }

    /// Sets the group's learning rate.
    pub fn lr(self, lr: f64) -> ParamGroup {
        self.set("lr", lr)
    }

    /// Sets the group's weight decay.
    pub fn weight_decay(self, weight_decay: f64) -> ParamGroup {
        self.set("weight_decay", weight_decay)
    }

    /// The parameters.
    pub fn params(&self) -> &[Tensor] {
        &self.params
    }

    /// The parameters' names, if they were given.
    pub fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// The options in force.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The options in force, to be changed.
    pub fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// The learning rate in force.
    pub fn learning_rate(&self) -> f64 {
        self.options.float("lr")
    }

    /// Takes the optimizer's options where the group has none of its own.
    pub(crate) fn inherit(&mut self, optimizer: &'static str, defaults: &Options) {
        self.options = defaults.clone();
        for (name, value) in &self.own {
            // What the optimizer does not know is reported by `check_own`.
            let _unknown = self.options.set(optimizer, name, value.clone());
        }
    }

    /// Refuses options of its own that the optimizer does not have.
    pub(crate) fn check_own(&self, optimizer: &'static str) -> Result<()> {
        let unknown = |(name, _): &&(String, OptionValue)| self.options.get(name).is_none();
        match self.own.iter().find(unknown) {
            Some((name, value)) => self.options.clone().set(optimizer, name, value.clone()),
            None => Ok(()),
        }
    }

    /// Sets an option for which the group has no value of its own.
    pub(crate) fn set_default(&mut self, optimizer: &'static str, name: &str, value: OptionValue) {
        if !self.own.iter().any(|(own, _)| own == name) {
            // The name comes from the optimizer's own table.
            let known = self.options.set(optimizer, name, value);
            debug_assert!(known.is_ok());
        }
    }

    /// Replaces the names, which a saved state may bring along.
    pub(crate) fn set_names(&mut self, names: Vec<String>) {
        self.names = Some(names);
    }
}
