//! Optimizer steps: one pass over a parameter, its gradient and the optimizer's state.
//!
//! A row is the formula for one element. It sees the parameter `p`, the gradient `g`, the state `s` and
//! the numbers `h` that are the same for all elements, and returns the new parameter and state.

use super::rules;
use crate::{Array, Error, Result};

/// At most this many numbers parametrise a step.
pub const HYPERPARAMETERS: usize = 8;
/// At most this many arrays are kept for a parameter.
pub const STATES: usize = 3;

/// Feeds the rows of the optimizer steps to a macro: variant, name, number of states, formula.
#[macro_export]
macro_rules! for_each_update_op {
    ($emit:ident) => {
        $emit! {
            /// Stochastic gradient descent with L2 decay: `p - lr * (sign * g + decay * p)`.
            Sgd, "sgd", 0, |p, g, s, [lr, sign, decay, ..]| (p - lr * (g * sign + decay * p), s);
            /// As `Sgd`, through a momentum buffer: `m = momentum * m + (1 - dampening) * g`. With
            /// `nesterov` 1 the step looks ahead. A first step has `momentum` and `dampening` 0.
            SgdMomentum, "sgd", 1, |p, g, s, [lr, sign, decay, momentum, dampening, nesterov, lookahead, _]| {
                let g = g * sign + decay * p;
                let m = momentum * s[0] + (p.number(1.0) - dampening) * g;
                let step = if nesterov.is_true() { g + lookahead * m } else { m };
                (p - lr * step, [m, s[1], s[2]])
            };
            /// Adam (Kingma and Ba, 2015) with `l2` decay in the gradient, or decoupled `decay` of the
            /// parameter (Loshchilov and Hutter, 2019). `step` is the learning rate over the first
            /// bias correction, `correction` the square root of the second.
            Adam, "adam", 2, |p, g, s, [step, sign, decay, l2, beta1, beta2, eps, correction]| {
                let p = p * decay;
                let g = g * sign + l2 * p;
                let m = s[0] + (p.number(1.0) - beta1) * (g - s[0]);
                let v = beta2 * s[1] + (p.number(1.0) - beta2) * (g * g);
                (p - step * (m / (v.sqrt() / correction + eps)), [m, v, s[2]])
            };
            /// As `Adam`, dividing by the largest second moment so far (Reddi et al., 2018).
            AdamMax, "adam", 3, |p, g, s, [step, sign, decay, l2, beta1, beta2, eps, correction]| {
                let p = p * decay;
                let g = g * sign + l2 * p;
                let m = s[0] + (p.number(1.0) - beta1) * (g - s[0]);
                let v = beta2 * s[1] + (p.number(1.0) - beta2) * (g * g);
                let largest = s[2].maximum(v);
                (p - step * (m / (largest.sqrt() / correction + eps)), [m, v, largest])
            };
        }
    };
}

macro_rules! define_update {
    ($($(#[$doc:meta])* $Variant:ident, $name:literal, $states:literal, |$p:ident, $g:ident, $s:ident, $h:pat_param| $formula:expr;)*) => {
        /// One step of an optimizer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum UpdateOp { $($(#[$doc])* $Variant),* }

        impl UpdateOp {
            /// Every row of the table.
            pub const ALL: &'static [UpdateOp] = &[$(UpdateOp::$Variant),*];
            /// The name in messages.
            pub fn name(self) -> &'static str { match self { $(UpdateOp::$Variant => $name),* } }
            /// How many arrays of state a parameter has.
            pub fn states(self) -> usize { match self { $(UpdateOp::$Variant => $states),* } }
        }
    };
}
for_each_update_op!(define_update);

impl Array {
    /// Takes one step of an optimizer: changes the elements, and those of `states`, in place.
    ///
    /// `gradient` and all states have the shape and dtype of the array, which is floating point.
    pub fn update(
        &mut self,
        op: UpdateOp,
        hyperparameters: &[f64; HYPERPARAMETERS],
        gradient: &Array,
        states: &mut [Array],
    ) -> Result<()> {
        let name = op.name();
        rules::dtype(
            name,
            self.dtype(),
            self.dtype().is_floating_point(),
            "floating point",
        )?;
        if states.len() != op.states() {
            return Err(Error::argument(
                name,
                "states",
                states.len(),
                "as many as the step keeps",
            ));
        }
        for other in states.iter().chain([gradient]) {
            rules::same_device(name, self, other)?;
            rules::dtype(
                name,
                other.dtype(),
                other.dtype() == self.dtype(),
                "the parameter's",
            )?;
            if other.shape() != self.shape() {
                let expected = format!("the parameter's shape {}", self.shape());
                return Err(Error::shape(name, other.shape(), expected));
            }
        }
        self.make_unshared()?;
        for state in states.iter_mut() {
            state.make_unshared()?;
            if state.strides() != self.strides() {
                *state = state.copy_to_layout(self.layout().clone().at_start(), self.dtype())?;
            }
        }
        self.backend(name)?
            .update(op, hyperparameters, gradient, self, states)
    }
}
