//! The equation `1 + sum of weights[j] / (poles[j] - x) = 0`, whose roots are the eigenvalues of a
//! diagonal matrix plus one of rank one. Between two poles it is solved by rational functions with the
//! same poles ("the middle way": Li, "Solving Secular Equations Stably and Efficiently", LAPACK working
//! note 89, 1993), within a bracket that each step shrinks. A root is known by its distance from the
//! nearest pole, so that all differences of poles and roots are accurate, and vectors that belong to
//! these very roots are orthogonal (Gu and Eisenstat, "A Stable and Efficient Algorithm for the
//! Rank-One Modification of the Symmetric Eigenproblem", 1994).

use super::super::simd::{Level, Simd, Task, Vector};

/// Steps for a root; five to eight are usual.
const MOST_STEPS: usize = 100;
/// Steps after which every other one halves the bracket.
const PATIENT_STEPS: usize = 16;

/// All roots of an equation.
#[derive(Debug)]
pub(super) struct Roots {
    /// `pole - root`, a root in each row.
    pub(super) gaps: Vec<f64>,
    /// The pole nearest to each root, and how far the root is from it.
    pub(super) places: Vec<(usize, f64)>,
}

impl Roots {
    /// Poles ascend, weights are positive. What `pole` stands for may be another quantity:
    /// `difference` says how far two poles are apart.
    pub(super) fn of(
        poles: &[f64],
        weights: &[f64],
        difference: impl Fn(f64, f64) -> f64 + Copy,
    ) -> Roots {
        let count = poles.len();
        let mut gaps = vec![0.0; count * count];
        let rows = gaps.chunks_exact_mut(count.max(1)).enumerate();
        let places = rows
            .map(|(number, gaps)| root(poles, weights, number, difference, gaps))
            .collect();
        Roots { gaps, places }
    }

    /// The square roots of the weights whose roots are exactly these, by Löwner's formula.
    pub(super) fn exact_weights(
        &self,
        poles: &[f64],
        difference: impl Fn(f64, f64) -> f64 + Copy,
    ) -> Vec<f64> {
        let mut squares = vec![1.0; poles.len()];
        for (i, gaps) in self.gaps.chunks_exact(poles.len().max(1)).enumerate() {
            Level::current().run(Multiply {
                products: &mut squares,
                gaps,
                poles,
                own: i,
                difference,
            });
        }
        squares.into_iter().map(|x: f64| x.abs().sqrt()).collect()
    }
}

/// Multiplies the products by `gap / difference` to one pole, for which there is only the gap.
struct Multiply<'a, D> {
    products: &'a mut [f64],
    gaps: &'a [f64],
    poles: &'a [f64],
    own: usize,
    difference: D,
}

impl<D: Fn(f64, f64) -> f64> Task for Multiply<'_, D> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Multiply {
            own, gaps, poles, ..
        } = self;
        let pole = poles[own];
        let difference = self.difference;
        let times = |products: &mut [f64], gaps: &[f64], poles: &[f64]| {
            for ((product, gap), other) in products.iter_mut().zip(gaps).zip(poles) {
                *product *= gap / difference(*other, pole);
            }
        };
        let (before, rest) = self.products.split_at_mut(own);
        times(before, gaps, poles);
        rest[0] *= gaps[own];
        times(&mut rest[1..], &gaps[own + 1..], &poles[own + 1..]);
    }
}

/// Finds the root that follows pole `number`, and fills in the gaps.
fn root(
    poles: &[f64],
    weights: &[f64],
    number: usize,
    difference: impl Fn(f64, f64) -> f64,
    gaps: &mut [f64],
) -> (usize, f64) {
    let measure = |gaps: &mut [f64], origin: usize| {
        for (gap, &pole) in gaps.iter_mut().zip(poles) {
            *gap = difference(pole, poles[origin]);
        }
    };
    let mut origin = number;
    measure(gaps, origin);
    let is_last = number + 1 == poles.len();
    // Terms up to this one are summed by themselves.
    let split = if is_last {
        number.saturating_sub(1)
    } else {
        number
    };
    let (mut low, mut high, mut x);
    if is_last {
        (low, high) = (0.0, weights.iter().sum());
        x = if number == 0 { high } else { 0.5 * high };
    } else {
        let span = gaps[number + 1];
        let middle = Sums::at(gaps, weights, split, 0.5 * span);
        let (own, next) = (weights[number], weights[number + 1]);
        let rest = middle.value() + 2.0 * (own - next) / span;
        if middle.value() >= 0.0 {
            (low, high) = (0.0, 0.5 * span);
            x = quadratic(rest * span + own + next, own * span, rest);
        } else {
            origin = number + 1;
            measure(gaps, origin);
            (low, high) = (0.5 * gaps[number], 0.0);
            x = quadratic(-rest * span + own + next, -next * span, rest);
        }
        if !(low < x && x < high) {
            x = 0.5 * (low + high);
        }
    }
    for step in 0..MOST_STEPS {
        let sums = Sums::at(gaps, weights, split, x);
        let value = sums.value();
        if value.abs() <= sums.rounding(x) {
            break;
        }
        (low, high) = if value < 0.0 { (x, high) } else { (low, x) };
        let after = (split + 1).min(poles.len() - 1);
        let mut next = x + sums.step(gaps[split] - x, gaps[after] - x, is_last);
        let is_stuck = step > PATIENT_STEPS && step % 2 == 0;
        if !(low < next && next < high) || is_stuck {
            next = 0.5 * (low + high);
        }
        if next == x || next == low || next == high {
            break;
        }
        x = next;
    }
    gaps.iter_mut().for_each(|gap| *gap -= x);
    (origin, x)
}

/// The root `(a - sqrt(a^2 - 4 b c)) / 2c` of `c x^2 - a x + b`, without cancellation.
fn quadratic(a: f64, b: f64, c: f64) -> f64 {
    let root = (a * a - 4.0 * b * c).abs().sqrt();
    if a > 0.0 {
        2.0 * b / (a + root)
    } else {
        (a - root) / (2.0 * c)
    }
}

/// Sums of the terms left and right of a place, and their slopes.
#[derive(Clone, Copy)]
struct Sums {
    left: f64,
    right: f64,
    left_slope: f64,
    right_slope: f64,
}

impl Sums {
    fn at(gaps: &[f64], weights: &[f64], split: usize, x: f64) -> Sums {
        let split = split + 1;
        let level = Level::current();
        let part = |gaps, weights| level.run(Terms { gaps, weights, x });
        let (left, left_slope) = part(&gaps[..split], &weights[..split]);
        let (right, right_slope) = part(&gaps[split..], &weights[split..]);
        Sums {
            left,
            right,
            left_slope,
            right_slope,
        }
    }

    fn value(&self) -> f64 {
        1.0 + self.left + self.right
    }

    fn slope(&self) -> f64 {
        self.left_slope + self.right_slope
    }

    /// How far rounding may bring the value from zero at the root.
    fn rounding(&self, x: f64) -> f64 {
        let terms = 1.0 + 8.0 * (self.left.abs() + self.right.abs());
        0.5 * f64::EPSILON * (terms + x.abs() * self.slope())
    }

    /// The step to the root of the function that agrees in value and slopes, given the distances of
    /// the two poles; beyond the last one, the root on the right.
    fn step(&self, left: f64, right: f64, is_last: bool) -> f64 {
        let value = self.value();
        let c = value - left * self.left_slope - right * self.right_slope;
        let a = (left + right) * value - left * right * self.slope();
        let b = left * right * value;
        let step = if is_last {
            let c = c.abs();
            let root = (a * a - 4.0 * b * c).abs().sqrt();
            if a >= 0.0 {
                (a + root) / (2.0 * c)
            } else {
                2.0 * b / (a - root)
            }
        } else {
            quadratic(a, b, c)
        };
        // The function rises, so a step against its value leads away from the root.
        if value * step < 0.0 {
            step
        } else {
            -value / self.slope()
        }
    }
}

/// The sum of `weight / (gap - x)`, and its slope.
struct Terms<'a> {
    gaps: &'a [f64],
    weights: &'a [f64],
    x: f64,
}

impl Task for Terms<'_> {
    type Output = (f64, f64);

    #[inline(always)]
    fn run<S: Simd>(self) -> (f64, f64) {
        let Terms { gaps, weights, x } = self;
        let lanes = S::F64::LANES;
        let whole = gaps.len() / lanes * lanes;
        // SAFETY: both slices have as many elements; the processor has the level.
        let (mut sum, mut slope) = unsafe {
            let (one, shift) = (S::F64::splat(1.0), S::F64::splat(x));
            let [mut sum, mut slope] = [S::F64::splat(0.0); 2];
            for i in (0..whole).step_by(lanes) {
                let inverse = one.div(S::F64::load(gaps.as_ptr().add(i)).sub(shift));
                let term = S::F64::load(weights.as_ptr().add(i)).mul(inverse);
                sum = sum.add(term);
                slope = term.mul_add(inverse, slope);
            }
            (sum.sum(), slope.sum())
        };
        for (gap, weight) in gaps[whole..].iter().zip(&weights[whole..]) {
            let inverse = 1.0 / (gap - x);
            sum += weight * inverse;
            slope += weight * inverse * inverse;
        }
        (sum, slope)
    }
}
