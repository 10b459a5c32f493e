//! Settings that groups may have in common or each for itself.

use super::check;
use crate::Result;

/// A number for all groups, or one for each.
#[derive(Clone, Debug, PartialEq)]
pub enum PerGroup {
    /// The same for all.
    Same(f64),
    /// One for each group, in order.
    Each(Vec<f64>),
}

impl From<f64> for PerGroup {
    fn from(x: f64) -> PerGroup {
        PerGroup::Same(x)
    }
}

impl From<Vec<f64>> for PerGroup {
    fn from(each: Vec<f64>) -> PerGroup {
        PerGroup::Each(each)
    }
}

impl<const N: usize> From<[f64; N]> for PerGroup {
    fn from(each: [f64; N]) -> PerGroup {
        PerGroup::Each(each.into())
    }
}

impl PerGroup {
    /// Refuses more or fewer numbers than groups.
    pub(super) fn check(&self, schedule: &'static str, name: &str, groups: usize) -> Result<()> {
        let PerGroup::Each(each) = self else {
            return Ok(());
        };
        let got = format!("{} numbers for {groups} groups", each.len());
        check(
            schedule,
            name,
            got,
            each.len() == groups,
            "one for each group",
        )
    }

    /// The number of a group; NaN for a group that was added later and has none.
    pub(super) fn of(&self, group: usize) -> f64 {
        match self {
            PerGroup::Same(x) => *x,
            PerGroup::Each(each) => each.get(group).copied().unwrap_or(f64::NAN),
        }
    }
}
