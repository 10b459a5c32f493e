//! What L-BFGS remembers from iteration to iteration: the recent changes of place and gradient.

use crate::{ParameterState, Result, StateValue};
use rushlight_autograd::Tensor;
use std::collections::VecDeque;

/// PyTorch's names of what is saved; `al` is scratch space, of no use to a later step.
pub(super) const NAMES: &[&str] = &[
    "func_evals",
    "n_iter",
    "d",
    "t",
    "old_dirs",
    "old_stps",
    "ro",
    "H_diag",
    "prev_flat_grad",
    "prev_loss",
    "al",
];

/// The smallest curvature along a step that is remembered.
const CURVATURE: f64 = 1e-10;

/// One remembered step.
#[derive(Clone, Debug)]
struct Change {
    /// How the gradient changed.
    gradient: Tensor,
    /// How the parameters changed.
    place: Tensor,
    /// One over the product of the two.
    weight: f64,
}

/// The memory of L-BFGS.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    pub(super) evaluations: i64,
    pub(super) iterations: i64,
    /// The last direction and how far it was followed.
    direction: Option<Tensor>,
    pub(super) step: f64,
    changes: VecDeque<Change>,
    /// The scale of the initial approximation.
    scale: f64,
    gradient: Option<Tensor>,
    pub(super) loss: f64,
}

impl Memory {
    /// Begins an iteration: remembers the step that led to `gradient`, and finds a direction.
    pub(super) fn turn(
        &mut self,
        gradient: &Tensor,
        history: usize,
        round: impl Fn(f64) -> f64,
    ) -> Result<()> {
        self.iterations = self.iterations.saturating_add(1);
        let direction = match (&self.direction, &self.gradient) {
            (Some(direction), Some(earlier)) if self.iterations > 1 => {
                let change = gradient.sub(earlier)?;
                let place = direction.mul(self.step)?;
                self.remember(change, place, history, &round)?;
                self.newton(gradient, round)?
            }
            _ => {
                self.changes.clear();
                self.scale = 1.0;
                gradient.neg()?
            }
        };
        self.direction = Some(direction);
        self.gradient = Some(gradient.clone());
        Ok(())
    }

    /// The direction of the present iteration.
    pub(super) fn direction(&self) -> Result<Tensor> {
        let none = || rushlight_tensor::Error::argument("LBFGS", "d", "None", "a direction");
        Ok(self.direction.clone().ok_or_else(none)?)
    }

    fn remember(
        &mut self,
        gradient: Tensor,
        place: Tensor,
        history: usize,
        round: impl Fn(f64) -> f64,
    ) -> Result<()> {
        let curvature = gradient.dot(&place)?.item()?;
        if curvature <= CURVATURE || curvature.is_nan() {
            return Ok(());
        }
        while self.changes.len() >= history {
            self.changes.pop_front();
        }
        self.scale = round(curvature / gradient.dot(&gradient)?.item()?);
        self.changes.push_back(Change {
            gradient,
            place,
            weight: round(1.0 / curvature),
        });
        Ok(())
    }

    /// Minus the approximate inverse of the Hessian times the gradient, by the two loops of Nocedal
    /// (1980).
    fn newton(&self, gradient: &Tensor, round: impl Fn(f64) -> f64) -> Result<Tensor> {
        let mut q = gradient.neg()?;
        let mut weights = Vec::with_capacity(self.changes.len());
        for change in self.changes.iter().rev() {
            let weight = round(change.place.dot(&q)?.item()? * change.weight);
            q.add_(change.gradient.mul(-weight)?)?;
            weights.push(weight);
        }
        let mut direction = q.mul(self.scale)?;
        for (change, weight) in self.changes.iter().zip(weights.iter().rev()) {
            let back = round(change.gradient.dot(&direction)?.item()? * change.weight);
            direction.add_(change.place.mul(round(weight - back))?)?;
        }
        Ok(direction)
    }

    /// Reads a saved state; what is missing or of another kind counts as not there.
    pub(super) fn load(state: &ParameterState) -> Memory {
        let number = |name: &str| state.get(name).and_then(StateValue::number);
        let tensor = |name: &str| match state.get(name) {
            Some(StateValue::Tensor(tensor)) => Some(tensor.clone()),
            _ => None,
        };
        let list = |name: &str| match state.get(name) {
            Some(StateValue::List(values)) => values.as_slice(),
            _ => &[],
        };
        let changes = list("old_dirs")
            .iter()
            .zip(list("old_stps"))
            .zip(list("ro"));
        let changes = changes.filter_map(|((gradient, place), weight)| match (gradient, place) {
            (StateValue::Tensor(gradient), StateValue::Tensor(place)) => Some(Change {
                gradient: gradient.clone(),
                place: place.clone(),
                weight: weight.number()?,
            }),
            _ => None,
        });
        Memory {
            evaluations: number("func_evals").unwrap_or(0.0) as i64,
            iterations: number("n_iter").unwrap_or(0.0) as i64,
            direction: tensor("d"),
            step: number("t").unwrap_or(0.0),
            changes: changes.collect(),
            scale: number("H_diag").unwrap_or(1.0),
            gradient: tensor("prev_flat_grad"),
            loss: number("prev_loss").unwrap_or(0.0),
        }
    }

    /// The state under PyTorch's names.
    pub(super) fn save(&self) -> ParameterState {
        let mut state = ParameterState::default();
        state.set("func_evals", self.evaluations);
        state.set("n_iter", self.iterations);
        let (Some(direction), Some(gradient)) = (&self.direction, &self.gradient) else {
            return state;
        };
        let list = |of: fn(&Change) -> StateValue| self.changes.iter().map(of).collect::<Vec<_>>();
        state.set("d", direction.clone());
        state.set("t", self.step);
        state.set("old_dirs", list(|change| change.gradient.clone().into()));
        state.set("old_stps", list(|change| change.place.clone().into()));
        state.set("ro", list(|change| change.weight.into()));
        state.set("H_diag", self.scale);
        state.set("prev_flat_grad", gradient.clone());
        state.set("prev_loss", self.loss);
        state
    }
}
