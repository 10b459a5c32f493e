//! The recursions of connectionist temporal classification (Graves et al. 2006), in logarithms.

use super::parallel::{DisjointMut, for_each_chunk};
use crate::ops::ctc::CtcTargets;

const NEVER: f64 = f64::NEG_INFINITY;

/// The negative log likelihood of each target; `x` is `[steps, n, classes]`.
pub(crate) fn losses(x: &[f64], classes: usize, targets: &CtcTargets) -> Vec<f64> {
    let mut losses = vec![0.0; targets.labels.len()];
    let places = DisjointMut::new(&mut losses);
    for_each_chunk(targets.labels.len(), 1, |chunk| {
        for number in chunk {
            let path = Path::new(x, classes, targets, number);
            // SAFETY: each place is visited once.
            unsafe { places.slice(number..number + 1)[0] = path.loss(&path.forward()) };
        }
    });
    losses
}

/// The gradient of each loss with respect to its own input.
pub(crate) fn gradient(x: &[f64], classes: usize, targets: &CtcTargets) -> Vec<f64> {
    let mut gradient = vec![0.0; x.len()];
    let batch = targets.labels.len();
    let places = DisjointMut::new(&mut gradient);
    for_each_chunk(batch, 1, |chunk| {
        for number in chunk {
            let path = Path::new(x, classes, targets, number);
            let (forward, backward) = (path.forward(), path.backward());
            let loss = path.loss(&forward);
            for step in 0..path.steps {
                let row = path.row(step);
                let mut shares = vec![NEVER; classes];
                for state in 0..path.states {
                    let share = &mut shares[path.class(state)];
                    let at = step * path.states + state;
                    *share = log_sum([*share, forward[at] + backward[at]]);
                }
                let start = (step * batch + number) * classes;
                // SAFETY: each row is visited once.
                let row_gradient = unsafe { places.slice(start..start + classes) };
                for (class, gradient) in row_gradient.iter_mut().enumerate() {
                    *gradient = row[class].exp() - (shares[class] + loss - row[class]).exp();
                }
            }
        }
    });
    gradient
}

/// One target, with a blank before, between and behind its classes.
struct Path<'a> {
    x: &'a [f64],
    labels: &'a [usize],
    blank: usize,
    steps: usize,
    states: usize,
    classes: usize,
    batch: usize,
    number: usize,
}

impl<'a> Path<'a> {
    fn new(x: &'a [f64], classes: usize, targets: &'a CtcTargets, number: usize) -> Path<'a> {
        let labels = &targets.labels[number];
        Path {
            x,
            labels,
            blank: targets.blank,
            steps: targets.input_lengths[number],
            states: 2 * labels.len() + 1,
            classes,
            batch: targets.labels.len(),
            number,
        }
    }

    /// The logarithms of the probabilities of a step.
    fn row(&self, step: usize) -> &'a [f64] {
        let start = (step * self.batch + self.number) * self.classes;
        &self.x[start..start + self.classes]
    }

    fn class(&self, state: usize) -> usize {
        if state.is_multiple_of(2) {
            self.blank
        } else {
            self.labels[state / 2]
        }
    }

    /// Whether the blank between two states may be left out.
    fn skips(&self, from: usize, to: usize) -> bool {
        self.class(from) != self.class(to)
    }

    /// The likelihoods of the first steps, ending in each state: `[steps, states]`.
    fn forward(&self) -> Vec<f64> {
        let mut table = vec![NEVER; self.steps * self.states];
        for step in 0..self.steps {
            let row = self.row(step);
            for state in 0..self.states {
                let before = |back: usize| match state.checked_sub(back) {
                    Some(state) => table[(step - 1) * self.states + state],
                    None => NEVER,
                };
                let reached = match step {
                    0 if state < 2 => 0.0,
                    0 => NEVER,
                    _ if state >= 2 && self.skips(state - 2, state) => {
                        log_sum([before(0), before(1), before(2)])
                    }
                    _ => log_sum([before(0), before(1)]),
                };
                table[step * self.states + state] = reached + row[self.class(state)];
            }
        }
        table
    }

    /// The likelihoods of the last steps, starting in each state: `[steps, states]`.
    fn backward(&self) -> Vec<f64> {
        let mut table = vec![NEVER; self.steps * self.states];
        for step in (0..self.steps).rev() {
            let row = self.row(step);
            for state in (0..self.states).rev() {
                let after = |on: usize| match state + on < self.states {
                    true => table[(step + 1) * self.states + state + on],
                    false => NEVER,
                };
                let reaching = match step + 1 == self.steps {
                    true if state + 2 >= self.states => 0.0,
                    true => NEVER,
                    false if state + 2 < self.states && self.skips(state, state + 2) => {
                        log_sum([after(0), after(1), after(2)])
                    }
                    false => log_sum([after(0), after(1)]),
                };
                table[step * self.states + state] = reaching + row[self.class(state)];
            }
        }
        table
    }

    fn loss(&self, forward: &[f64]) -> f64 {
        match self.steps {
            0 if self.labels.is_empty() => 0.0,
            0 => f64::INFINITY,
            _ => {
                let last = &forward[(self.steps - 1) * self.states..];
                let before = if self.states > 1 {
                    last[self.states - 2]
                } else {
                    NEVER
                };
                -log_sum([last[self.states - 1], before])
            }
        }
    }
}

/// The logarithm of a sum of exponentials.
fn log_sum<const N: usize>(terms: [f64; N]) -> f64 {
    let largest = terms.iter().copied().fold(NEVER, f64::max);
    if largest == NEVER {
        return NEVER;
    }
    largest
        + terms
            .iter()
            .map(|term| (term - largest).exp())
            .sum::<f64>()
            .ln()
}
