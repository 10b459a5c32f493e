//! Random numbers as torchvision draws them, from the generator of the scope or the process.

use rushlight_tensor::random::{self, Generator};

use crate::{Error, Result};

/// How far something may go: a number to either side of what changes nothing, or from one number to
/// another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Spread {
    /// This far to either side.
    Around(f64),
    /// From the first number to the second.
    Between([f64; 2]),
}

impl From<f64> for Spread {
    fn from(distance: f64) -> Spread {
        Spread::Around(distance)
    }
}

impl From<[f64; 2]> for Spread {
    fn from(range: [f64; 2]) -> Spread {
        Spread::Between(range)
    }
}

impl Spread {
    /// The range around `center`.
    pub(super) fn range(self, center: f64) -> [f64; 2] {
        match self {
            Spread::Around(distance) => [center - distance, center + distance],
            Spread::Between(range) => range,
        }
    }

    /// A number of the range around zero.
    pub(super) fn draw(self) -> Result<f64> {
        let [low, high] = self.range(0.0);
        uniform(low, high)
    }
}

/// `torch.empty(1).uniform_(low, high).item()`; from 0 to 1 it is `torch.rand(1).item()`.
pub(super) fn uniform(low: f64, high: f64) -> Result<f64> {
    let mut drawn = [0.0_f32];
    Generator::current(|generator| random::uniform(generator, &mut drawn, low, high))?;
    Ok(drawn[0].into())
}

/// `torch.rand(1) <= p`, in `f32`.
pub(super) fn at_most(p: f64) -> Result<bool> {
    Ok(uniform(0.0, 1.0)? as f32 <= p as f32)
}

/// `torch.randint(0, end, size=(1,)).item()`.
pub(super) fn below(end: usize) -> Result<usize> {
    let mut drawn = [0_i64];
    let end = i64::try_from(end).unwrap_or(i64::MAX);
    Generator::current(|generator| random::randint(generator, &mut drawn, 0, end))?;
    Ok(drawn[0] as usize)
}

/// `torch.randperm(N)`.
pub(super) fn permutation<const N: usize>() -> [i64; N] {
    let mut drawn = [0; N];
    Generator::current(|generator| random::randperm(generator, &mut drawn));
    drawn
}

/// `torch.empty(count).normal_()`.
pub(super) fn normal(count: usize) -> Result<Vec<f32>> {
    let mut drawn = vec![0.0; count];
    Generator::current(|generator| random::normal(generator, &mut drawn, 0.0, 1.0))?;
    Ok(drawn)
}

/// Shares that sum to one, from a Dirichlet distribution with one concentration for all of them.
pub(super) fn dirichlet(op: &'static str, alpha: f64, count: usize) -> Result<Vec<f32>> {
    let alpha = f64::from(alpha as f32);
    if !(alpha > 0.0 && alpha.is_finite()) {
        return Err(Error::argument(op, "alpha", alpha, "a positive number"));
    }
    Generator::current(|generator| {
        let draw = |_| gamma(generator, alpha).map(|drawn| drawn.max(f64::MIN_POSITIVE));
        let gammas: Vec<f64> = (0..count).map(draw).collect::<Result<_>>()?;
        let sum: f64 = gammas.iter().sum();
        let share =
            |gamma: f64| ((gamma / sum) as f32).clamp(f32::MIN_POSITIVE, 1.0_f32.next_down());
        Ok(gammas.into_iter().map(share).collect())
    })
}

/// A number of the gamma distribution, by rejection (Marsaglia and Tsang 2000). Constants have the
/// precision of PyTorch's.
fn gamma(generator: &mut Generator, alpha: f64) -> Result<f64> {
    let unit = |generator: &mut Generator| -> Result<f64> {
        let mut drawn = [0.0_f64];
        random::uniform(generator, &mut drawn, 0.0, 1.0)?;
        Ok(1.0 - drawn[0])
    };
    let (mut scale, mut shape) = (1.0, alpha);
    if alpha < 1.0 {
        scale = unit(generator)?.powf(1.0 / alpha);
        shape += 1.0;
    }
    let d = shape - f64::from(1.0_f32 / 3.0);
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let mut x = [0.0_f64];
        random::normal_each(generator, &mut x, 0.0, 1.0)?;
        let y = 1.0 + c * x[0];
        if y <= 0.0 {
            continue;
        }
        let (v, u, xx) = (y * y * y, unit(generator)?, x[0] * x[0]);
        let is_sure = u < 1.0 - f64::from(0.0331_f32) * xx * xx;
        if is_sure || u.ln() < 0.5 * xx + d * (1.0 - v + v.ln()) {
            return Ok(scale * d * v);
        }
    }
}
