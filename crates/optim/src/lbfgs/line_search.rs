//! A line search that ends where the strong conditions of Wolfe hold.

use crate::Result;
use rushlight_autograd::Tensor;

/// How much the loss must fall, as a fraction of what the slope promises.
const DECREASE: f64 = 1e-4;
/// To which fraction the slope must flatten.
const CURVATURE: f64 = 0.9;

/// A place along the line.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) step: f64,
    pub(super) loss: f64,
    /// The derivative along the line.
    pub(super) slope: f64,
    pub(super) gradient: Tensor,
}

/// What a search is told beside the line itself.
pub(super) struct Search<'a> {
    /// The largest element of the direction.
    pub(super) length: f64,
    /// The smallest bracket, in the elements' own measure, that is still divided.
    pub(super) tolerance: f64,
    /// The largest number of attempts after the first.
    pub(super) limit: usize,
    /// Gives a number the precision of the parameters.
    pub(super) round: &'a dyn Fn(f64) -> f64,
}

impl Search<'_> {
    /// Finds a point where the loss has fallen and the slope has flattened enough (Nocedal and Wright,
    /// "Numerical Optimization", algorithms 3.5 and 3.6), or the best one after `limit` attempts.
    ///
    /// `start` is the point at step 0, `step` the first attempt.
    pub(super) fn strong_wolfe(
        &self,
        start: Point,
        step: f64,
        mut evaluate: impl FnMut(f64) -> Result<Point>,
    ) -> Result<Point> {
        let mut previous = start.clone();
        let mut point = evaluate(step)?;
        let mut attempts = 0;
        let bracket = loop {
            if attempts >= self.limit {
                break [start.clone(), point];
            }
            let rises = attempts > 1 && point.loss >= previous.loss;
            if self.fails_to_fall(&start, &point) || rises {
                break [previous, point];
            }
            if self.is_flat(&start, &point) {
                return Ok(point);
            }
            if point.slope >= 0.0 {
                break [previous, point];
            }
            let bounds = (
                point.step + 0.01 * (point.step - previous.step),
                point.step * 10.0,
            );
            let next = evaluate(cubic_minimum(&previous, &point, bounds, self.round))?;
            previous = std::mem::replace(&mut point, next);
            attempts += 1;
        };

        self.zoom(&start, bracket, attempts, evaluate)
    }

    /// Narrows a bracket down to such a point.
    fn zoom(
        &self,
        start: &Point,
        mut bracket: [Point; 2],
        mut attempts: usize,
        mut evaluate: impl FnMut(f64) -> Result<Point>,
    ) -> Result<Point> {
        let mut low = lower(&bracket);
        let mut is_stuck = false;
        while attempts < self.limit {
            let steps = (bracket[0].step, bracket[1].step);
            let (near, far) = (steps.0.min(steps.1), steps.0.max(steps.1));
            if (self.round)((far - near) * self.length) < self.tolerance {
                break;
            }
            let mut step = cubic_minimum(&bracket[0], &bracket[1], (near, far), self.round);
            let margin = 0.1 * (far - near);
            let is_close = (far - step).min(step - near) < margin;
            if is_close && (is_stuck || step >= far || step <= near) {
                step = match (step - far).abs() < (step - near).abs() {
                    true => far - margin,
                    false => near + margin,
                };
                is_stuck = false;
            } else {
                is_stuck = is_close;
            }
            let point = evaluate(step)?;
            attempts += 1;
            if self.fails_to_fall(start, &point) || point.loss >= bracket[low].loss {
                bracket[1 - low] = point;
                low = lower(&bracket);
                continue;
            }
            let is_done = self.is_flat(start, &point);
            if !is_done && point.slope * (bracket[1 - low].step - bracket[low].step) >= 0.0 {
                bracket[1 - low] = bracket[low].clone();
            }
            bracket[low] = point;
            if is_done {
                break;
            }
        }
        let [first, second] = bracket;
        Ok(if low == 0 { first } else { second })
    }

    /// Whether the loss has fallen too little for the step.
    fn fails_to_fall(&self, start: &Point, point: &Point) -> bool {
        let promise = (self.round)((self.round)(DECREASE * point.step) * start.slope);
        point.loss > (self.round)(start.loss + promise)
    }

    /// Whether the slope has flattened enough.
    fn is_flat(&self, start: &Point, point: &Point) -> bool {
        point.slope.abs() <= (self.round)(-CURVATURE * start.slope)
    }
}

/// Which end of a bracket has the lower loss.
fn lower(bracket: &[Point; 2]) -> usize {
    usize::from(bracket[0].loss > bracket[1].loss || bracket[0].loss.is_nan())
}

/// Where the cubic through two points with their slopes is least, moved into the bounds; their middle if
/// it has no minimum.
fn cubic_minimum(
    a: &Point,
    b: &Point,
    (least, most): (f64, f64),
    round: impl Fn(f64) -> f64,
) -> f64 {
    let (left, right) = if a.step <= b.step { (a, b) } else { (b, a) };
    let secant = 3.0 * (a.loss - b.loss) / (a.step - b.step);
    let bend = round(a.slope + b.slope - secant);
    let square = round(bend * bend - a.slope * b.slope);
    if square.is_nan() || square < 0.0 {
        return (least + most) / 2.0;
    }
    let root = round(square.sqrt());
    let fraction = (right.slope + root - bend) / (right.slope - left.slope + 2.0 * root);
    let place = round(right.step - (right.step - left.step) * round(fraction));
    place.max(least).min(most)
}
