//! The loss as a function of all parameters.

use super::flat::Flat;
use super::line_search::Point;
use crate::{Closure, Result};
use rushlight_autograd::{Tensor, enable_grad};

/// A closure, and the parameters on which it depends.
pub(super) struct Objective<'a, 'c> {
    flat: &'a Flat<'a>,
    closure: &'a mut Closure<'c>,
    /// -1 to climb.
    sign: f64,
    /// How often the closure was called.
    pub(super) calls: usize,
}

/// What a call of the closure gives: the loss as it came, and loss and gradient of what is to fall.
pub(super) struct Evaluation {
    pub(super) original: Tensor,
    pub(super) loss: f64,
    pub(super) gradient: Tensor,
}

impl<'a, 'c> Objective<'a, 'c> {
    pub(super) fn new(flat: &'a Flat<'a>, closure: &'a mut Closure<'c>, sign: f64) -> Self {
        Objective {
            flat,
            closure,
            sign,
            calls: 0,
        }
    }

    /// Evaluates at the parameters' present values.
    pub(super) fn here(&mut self) -> Result<Evaluation> {
        self.calls += 1;
        let original = enable_grad(&mut *self.closure)?;
        Ok(Evaluation {
            loss: self.sign * original.item()?,
            gradient: self.flat.gradient(self.sign)?,
            original,
        })
    }

    /// Evaluates so far along a direction, and puts the parameters back.
    pub(super) fn along(&mut self, direction: &Tensor, step: f64) -> Result<Point> {
        let start = self.flat.values();
        self.flat.advance(direction, step)?;
        let evaluation = self.here();
        self.flat.restore(&start)?;
        let Evaluation { loss, gradient, .. } = evaluation?;
        Ok(Point {
            step,
            loss,
            slope: gradient.dot(direction)?.item()?,
            gradient,
        })
    }
}
