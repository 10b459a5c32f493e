//! Optimizer steps: one pass over a parameter, its gradient and the optimizer's state.
//!
//! A row is the formula for one element. It sees the parameter `p`, the gradient `g`, the state `s` and
//! the numbers `h` that are the same for all elements, and returns the new parameter and state.

use super::rules;
use crate::{Array, Error, Result};

/// At most this many numbers parametrise a step.
pub const HYPERPARAMETERS: usize = 10;
/// At most this many arrays are kept for a parameter.
pub const STATES: usize = 3;

/// Feeds the rows of the optimizer steps to a macro: variant, name, number of states, formula.
///
/// In all rows `sign` is -1 to climb, `l2` the decay added to the gradient, `decay` the factor that
/// shrinks the parameter itself. Weights of averages stand next to what they complement, because
/// `1 - 0.999` is not accurate in `f32`.
#[macro_export]
macro_rules! for_each_update_op {
    ($emit:ident) => {
        $emit! {
            /// A shrunken parameter moved against a direction: `decay * p - step * g`.
            Move, "move", 0, |p, g, s, [step, decay, ..]| (p * decay - step * g, s);
            /// A running average: the parameter moved towards the gradient's place by `weight`.
            Average, "average", 0, |p, g, s, [weight, ..]| (p.lerp(g, weight), s);
            /// Stochastic gradient descent with L2 decay: `p - lr * (sign * g + l2 * p)`.
            Sgd, "sgd", 0, |p, g, s, [lr, sign, l2, ..]| (p - lr * (g * sign + l2 * p), s);
            /// As `Sgd`, through a momentum buffer: `m = momentum * m + weight * g`. With
            /// `nesterov` 1 the step looks ahead. A first step has `momentum` 0 and `weight` 1.
            SgdMomentum, "sgd", 1, |p, g, s, [lr, sign, l2, momentum, weight, nesterov, lookahead, ..]| {
                let g = g * sign + l2 * p;
                let m = momentum * s[0] + weight * g;
                let step = if nesterov.is_true() { g + lookahead * m } else { m };
                (p - lr * step, [m, s[1], s[2]])
            };
            /// Adam (Kingma and Ba, 2015) with `l2` decay in the gradient, or decoupled `decay` of the
            /// parameter (Loshchilov and Hutter, 2019). `step` is the learning rate over the first
            /// bias correction, `correction` the square root of the second.
            Adam, "adam", 2, |p, g, s, [step, sign, decay, l2, weight1, beta2, weight2, eps, correction, _]| {
                let p = p * decay;
                let g = g * sign + l2 * p;
                let m = s[0].lerp(g, weight1);
                let v = beta2 * s[1] + weight2 * (g * g);
                (p - step * (m / (v.sqrt() / correction + eps)), [m, v, s[2]])
            };
            /// As `Adam`, dividing by the largest second moment so far (Reddi et al., 2018).
            AdamMax, "adam", 3, |p, g, s, [step, sign, decay, l2, weight1, beta2, weight2, eps, correction, _]| {
                let p = p * decay;
                let g = g * sign + l2 * p;
                let m = s[0].lerp(g, weight1);
                let v = beta2 * s[1] + weight2 * (g * g);
                let largest = s[2].maximum(v);
                (p - step * (m / (largest.sqrt() / correction + eps)), [m, v, largest])
            };
            /// Adam with Nesterov's momentum (Dozat, 2016): the gradient and its average have steps of
            /// their own. `correction` is that of the second moment.
            NAdam, "nadam", 2, |p, g, s, [step, ahead, sign, decay, l2, weight1, beta2, weight2, eps, correction]| {
                let p = p * decay;
                let g = g * sign + l2 * p;
                let m = s[0].lerp(g, weight1);
                let v = beta2 * s[1] + weight2 * (g * g);
                let spread = (v / correction).sqrt() + eps;
                (p - step * (g / spread) - ahead * (m / spread), [m, v, s[2]])
            };
            /// Rectified Adam (Liu et al., 2020): divides by the second moment once `rectified`.
            RAdam, "radam", 2, |p, g, s, [step, sign, decay, l2, weight1, beta2, weight2, eps, rectified, _]| {
                let p = p * decay;
                let g = g * sign + l2 * p;
                let m = s[0].lerp(g, weight1);
                let v = beta2 * s[1] + weight2 * (g * g);
                let direction = if rectified.is_true() { m / (v.sqrt() + eps) } else { m };
                (p - step * direction, [m, v, s[2]])
            };
            /// Adam with the infinity norm (Kingma and Ba, 2015): divides by a decaying maximum.
            Adamax, "adamax", 2, |p, g, s, [step, sign, l2, weight1, beta2, eps, ..]| {
                let g = g * sign + l2 * p;
                let m = s[0].lerp(g, weight1);
                let largest = (beta2 * s[1]).maximum(g.magnitude() + eps);
                (p - step * (m / largest), [m, largest, s[2]])
            };
            /// Adagrad (Duchi et al., 2011): divides by the root of the sum of all squares.
            Adagrad, "adagrad", 1, |p, g, s, [lr, sign, l2, eps, ..]| {
                let g = g * sign + l2 * p;
                let sum = s[0] + g * g;
                (p - lr * (g / (sum.sqrt() + eps)), [sum, s[1], s[2]])
            };
            /// Adadelta (Zeiler, 2012): steps as large as earlier ones in proportion to gradients.
            Adadelta, "adadelta", 2, |p, g, s, [lr, sign, l2, rho, weight, eps, ..]| {
                let g = g * sign + l2 * p;
                let v = rho * s[0] + weight * (g * g);
                let step = (s[1] + eps).sqrt() / (v + eps).sqrt() * g;
                (p - lr * step, [v, rho * s[1] + weight * (step * step), s[2]])
            };
            /// RMSprop (Hinton, 2012): divides by the root of the average square.
            RmsProp, "rmsprop", 1, |p, g, s, [lr, sign, l2, alpha, weight, eps, ..]| {
                let g = g * sign + l2 * p;
                let v = alpha * s[0] + weight * (g * g);
                (p - lr * (g / (v.sqrt() + eps)), [v, s[1], s[2]])
            };
            /// As `RmsProp`, through a momentum buffer.
            RmsPropMomentum, "rmsprop", 2, |p, g, s, [lr, sign, l2, alpha, weight, eps, momentum, ..]| {
                let g = g * sign + l2 * p;
                let v = alpha * s[0] + weight * (g * g);
                let m = momentum * s[1] + g / (v.sqrt() + eps);
                (p - lr * m, [v, m, s[2]])
            };
            /// As `RmsProp`, dividing by the deviation from the average gradient (Graves, 2013).
            RmsPropCentered, "rmsprop", 2, |p, g, s, [lr, sign, l2, alpha, weight, eps, ..]| {
                let g = g * sign + l2 * p;
                let v = alpha * s[0] + weight * (g * g);
                let mean = s[1].lerp(g, weight);
                (p - lr * (g / ((v - mean * mean).sqrt() + eps)), [v, mean, s[2]])
            };
            /// As `RmsPropCentered`, through a momentum buffer.
            RmsPropCenteredMomentum, "rmsprop", 3, |p, g, s, [lr, sign, l2, alpha, weight, eps, momentum, ..]| {
                let g = g * sign + l2 * p;
                let v = alpha * s[0] + weight * (g * g);
                let mean = s[2].lerp(g, weight);
                let m = momentum * s[1] + g / ((v - mean * mean).sqrt() + eps);
                (p - lr * m, [v, m, mean])
            };
            /// Resilient propagation (Riedmiller and Braun, 1993): only signs count. Steps grow where the
            /// sign stays; where it changes they shrink, and the parameter waits.
            Rprop, "rprop", 2, |p, g, s, [sign, shrink, grow, smallest, largest, ..]| {
                let (g, zero) = (g * sign, p.number(0.0));
                let agreement = g * s[0];
                let turned = agreement < zero;
                let kept = if agreement > zero { grow } else { p.number(1.0) };
                let factor = if turned { shrink } else { kept };
                let step = (s[1] * factor).maximum(smallest).minimum(largest);
                let g = if turned { zero } else { g };
                (p - g.sign() * step, [g, step, s[2]])
            };
            /// Averaged stochastic gradient descent (Polyak and Juditsky, 1992): the average follows the
            /// parameter by `weight`, exactly where that is 1.
            Asgd, "asgd", 1, |p, g, s, [step, sign, decay, l2, weight, ..]| {
                let moved = p * decay - step * (g * sign + l2 * p);
                (moved, [s[0].lerp(moved, weight), s[1], s[2]])
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
    /// `numbers` are those of the row; what is left out is zero.
    ///
    /// `gradient` and all states have the shape and dtype of the array, which is floating point.
    pub fn update(
        &mut self,
        op: UpdateOp,
        numbers: &[f64],
        gradient: &Array,
        states: &mut [Array],
    ) -> Result<()> {
        self.prepare_update(op, numbers, gradient, states)?;
        let mut hyperparameters = [0.0; HYPERPARAMETERS];
        hyperparameters[..numbers.len()].copy_from_slice(numbers);
        self.backend(op.name())?
            .update(op, &hyperparameters, gradient, self, states)
    }

    /// Does of a step what may fail: checks operands, and gives the array and its states memory of their
    /// own. Values stay as they are.
    pub fn prepare_update(
        &mut self,
        op: UpdateOp,
        numbers: &[f64],
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
        if numbers.len() > HYPERPARAMETERS {
            return Err(Error::argument(
                name,
                "numbers",
                numbers.len(),
                "as many as a step takes",
            ));
        }
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
        self.backend(name)?.prepare_update(op, self.dtype())
    }
}
