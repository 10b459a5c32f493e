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
    overrides: Vec<(String, OptionValue)>,
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

    /// A group of named parameters, as `named_parameters()` lists them.
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
        self.overrides.push((name.to_string(), value.into()));
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
    pub(crate) fn inherit(&mut self, defaults: &Options) {
        self.options = defaults.clone();
    }

    /// Applies the group's own options over the inherited ones.
    pub(crate) fn apply_overrides(&mut self, optimizer: &'static str) -> Result<()> {
        for (name, value) in std::mem::take(&mut self.overrides) {
            self.options.set(optimizer, &name, value)?;
        }
        Ok(())
    }

    /// Sets an option for which the group has no value of its own.
    pub(crate) fn set_default(&mut self, optimizer: &'static str, name: &str, value: OptionValue) {
        if !self.overrides.iter().any(|(own, _)| own == name) {
            // The name comes from the optimizer's own table.
            let known = self.options.set(optimizer, name, value);
            debug_assert!(known.is_ok());
        }
    }
}
