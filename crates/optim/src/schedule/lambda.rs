//! Learning rates by functions of one's own.

use super::{Position, Schedule, check};
use crate::{ParamGroup, Result};
use std::fmt;

/// A factor by the number of the step.
type Factor = Box<dyn Fn(u64) -> f64 + Send>;

/// A function for all groups, or one for each.
struct Factors(Vec<Factor>);

impl Factors {
    fn same(factor: impl Fn(u64) -> f64 + Send + 'static) -> Factors {
        Factors(vec![Box::new(factor)])
    }

    fn check(&self, schedule: &'static str, groups: usize) -> Result<()> {
        let got = format!("{} functions for {groups} groups", self.0.len());
        let fits = self.0.len() == 1 || self.0.len() == groups;
        check(
            schedule,
            "lr_lambda",
            got,
            fits,
            "one, or one for each group",
        )
    }

    fn at(&self, now: &Position<'_>) -> f64 {
        // Groups that were added later follow the last function.
        let factor = self.0.get(now.group).or(self.0.last());
        factor.map_or(1.0, |factor| factor(now.epoch))
    }
}

impl fmt::Debug for Factors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} functions", self.0.len())
    }
}

macro_rules! lambda_schedule {
    ($(#[$doc:meta])* $Name:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $Name {
            factors: Factors,
        }

        impl $Name {
            /// With one function of the step for all groups.
            pub fn new(factor: impl Fn(u64) -> f64 + Send + 'static) -> $Name {
                let factors = Factors::same(factor);
                $Name { factors }
            }

            /// With a function for each group.
            pub fn per_group(factors: Vec<Box<dyn Fn(u64) -> f64 + Send>>) -> $Name {
                let factors = Factors(factors);
                $Name { factors }
            }
        }
    };
}

lambda_schedule! {
    /// Multiplies the learning rate that a group began with by a function of the step. PyTorch's
    /// `LambdaLR`.
    ///
    /// # Arguments
    ///
    /// * `factor`: The function, for all groups, or one for each.
    ///
    /// ```
    /// # use rushlight_autograd::tensor;
    /// # use rushlight_optim::{LRScheduler, LambdaLR, Optimizer, Result, SGD, Schedule};
    /// # fn main() -> Result<()> {
    /// let w = tensor([1.0])?.requires_grad_(true)?;
    /// let mut optimizer = SGD::new([&w], 0.5);
    /// let mut scheduler = LambdaLR::new(|epoch| 0.5f64.powi(epoch as i32)).attach(&mut optimizer)?;
    /// scheduler.step(&mut optimizer)?;
    /// assert_eq!(scheduler.last_lr(), [0.25]);
    /// # Ok(()) }
    /// ```
    LambdaLR
}

lambda_schedule! {
    /// Multiplies the learning rate at every step by a function of the step. PyTorch's
    /// `MultiplicativeLR`.
    ///
    /// # Arguments
    ///
    /// * `factor`: The function, for all groups, or one for each.
    ///
    /// ```
    /// # use rushlight_autograd::tensor;
    /// # use rushlight_optim::{LRScheduler, MultiplicativeLR, Optimizer, Result, SGD, Schedule};
    /// # fn main() -> Result<()> {
    /// let w = tensor([1.0])?.requires_grad_(true)?;
    /// let mut optimizer = SGD::new([&w], 1.0);
    /// let mut scheduler = MultiplicativeLR::new(|_| 0.5).attach(&mut optimizer)?;
    /// for expected in [0.5, 0.25] {
    ///     optimizer.step()?;
    ///     scheduler.step(&mut optimizer)?;
    ///     assert_eq!(scheduler.last_lr(), [expected]);
    /// }
    /// # Ok(()) }
    /// ```
    MultiplicativeLR
}

impl Schedule for LambdaLR {
    const NAME: &'static str = "LambdaLR";

    fn prepare(&mut self, groups: &mut [ParamGroup]) -> Result<()> {
        self.factors.check(Self::NAME, groups.len())
    }

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        Ok(now.base * self.factors.at(now))
    }
}

impl Schedule for MultiplicativeLR {
    const NAME: &'static str = "MultiplicativeLR";

    fn prepare(&mut self, groups: &mut [ParamGroup]) -> Result<()> {
        self.factors.check(Self::NAME, groups.len())
    }

    fn next(&self, now: &Position<'_>) -> Result<f64> {
        match now.is_first {
            true => Ok(now.lr()),
            false => Ok(now.lr() * self.factors.at(now)),
        }
    }
}
