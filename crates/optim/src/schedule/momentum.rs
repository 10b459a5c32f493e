//! Momentum that moves against the learning rate.

use super::{PerGroup, check};
use crate::{OptionValue, ParamGroup, Result};

/// Between which momenta a schedule moves.
#[derive(Clone, Debug)]
pub(super) struct Momenta {
    pub(super) base: PerGroup,
    pub(super) max: PerGroup,
}

impl Momenta {
    /// Gives the groups their first momentum, the largest. Errors if the optimizer has none.
    pub(super) fn prepare(&self, schedule: &'static str, groups: &mut [ParamGroup]) -> Result<()> {
        self.base.check(schedule, "base_momentum", groups.len())?;
        self.max.check(schedule, "max_momentum", groups.len())?;
        let has = |group: &ParamGroup| {
            ["momentum", "betas"]
                .iter()
                .any(|name| group.options().get(name).is_some())
        };
        let expected = "off for an optimizer that has neither momentum nor betas";
        check(
            schedule,
            "cycle_momentum",
            "on",
            groups.iter().all(has),
            expected,
        )?;
        for (index, group) in groups.iter_mut().enumerate() {
            let (base, max) = (self.base.of(index), self.max.of(index));
            set(schedule, group, max)?;
            group.options_mut().set(schedule, "max_momentum", max)?;
            group.options_mut().set(schedule, "base_momentum", base)?;
        }
        Ok(())
    }
}

/// Sets the momentum of a group, or the first of its betas. `name` is who refuses.
pub(super) fn set(name: &'static str, group: &mut ParamGroup, momentum: f64) -> Result<()> {
    let betas = group.options().get("betas").and_then(OptionValue::values);
    let Some(betas) = betas else {
        return group.options_mut().set_number(name, "momentum", momentum);
    };
    let mut betas = betas.to_vec();
    if let Some(first) = betas.first_mut() {
        *first = momentum.into();
    }
    group.options_mut().set(name, "betas", betas)
}
