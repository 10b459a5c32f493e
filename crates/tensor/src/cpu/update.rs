//! The kernel of optimizer steps: reads and writes each array once.

use super::number::Real;
use super::parallel::for_each_chunk;
use super::simd::{Level, Simd, Task};
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::ops::update::{HYPERPARAMETERS, STATES, UpdateOp};
use crate::{Array, DType, for_each_update_op};
use smallvec::SmallVec;

const GRAIN: usize = 1 << 14;

pub(crate) fn update(
    op: UpdateOp,
    hyperparameters: &[f64; HYPERPARAMETERS],
    gradient: &Array,
    parameter: &mut Array,
    states: &mut [Array],
) {
    match parameter.dtype() {
        DType::F64 => update_as::<f64>(op, hyperparameters, gradient, parameter, states),
        _ => update_as::<f32>(op, hyperparameters, gradient, parameter, states),
    }
}

fn update_as<C: Real>(
    op: UpdateOp,
    hyperparameters: &[f64; HYPERPARAMETERS],
    gradient: &Array,
    parameter: &mut Array,
    states: &mut [Array],
) {
    let numel = parameter.numel();
    let h = hyperparameters.map(C::from_f64);
    let source = Source::new(gradient, parameter);
    let parameter = Target::new(parameter);
    let states: SmallVec<[Target; STATES]> = states.iter_mut().map(Target::new).collect();
    let level = Level::current();
    for_each_chunk(numel, GRAIN, |chunk| {
        let mut buffer = Buffer::<C>::new();
        for start in chunk.clone().step_by(BLOCK) {
            let length = BLOCK.min(chunk.end - start);
            let g = source.block(start, length, &mut buffer);
            // SAFETY: chunks, and the blocks in them, are disjoint parts of each array.
            unsafe {
                parameter.modify(start, length, |p| match &states[..] {
                    [] => level.run_up_to_avx2(Step::new(op, p, g, [], &h)),
                    [a] => a.modify(start, length, |a| {
                        level.run_up_to_avx2(Step::new(op, p, g, [a], &h))
                    }),
                    [a, b] => a.modify(start, length, |a| {
                        b.modify(start, length, |b| {
                            level.run_up_to_avx2(Step::new(op, p, g, [a, b], &h))
                        })
                    }),
                    [a, b, c, ..] => a.modify(start, length, |a| {
                        b.modify(start, length, |b| {
                            c.modify(start, length, |c| {
                                level.run_up_to_avx2(Step::new(op, p, g, [a, b, c], &h))
                            })
                        })
                    }),
                });
            }
        }
    });
}

/// The step of a block of elements; `N` is the operation's number of states.
struct Step<'a, C, const N: usize> {
    op: UpdateOp,
    p: &'a mut [C],
    g: &'a [C],
    states: [&'a mut [C]; N],
    h: &'a [C; HYPERPARAMETERS],
}

impl<'a, C, const N: usize> Step<'a, C, N> {
    #[inline(always)]
    fn new(
        op: UpdateOp,
        p: &'a mut [C],
        g: &'a [C],
        states: [&'a mut [C]; N],
        h: &'a [C; HYPERPARAMETERS],
    ) -> Self {
        Step {
            op,
            p,
            g,
            states,
            h,
        }
    }
}

macro_rules! update_loops {
    ($($(#[$doc:meta])* $Variant:ident, $name:literal, $states:literal, |$p:ident, $g:ident, $s:ident, $h:pat_param| $formula:expr;)*) => {
        impl<C: Real, const N: usize> Task for Step<'_, C, N> {
            type Output = ();

            #[inline(always)]
            fn run<S: Simd>(self) {
                let Step { op, p, g, mut states, h } = self;
                let length = p.len();
                let g = &g[..length];
                for state in &mut states {
                    *state = &mut std::mem::take(state)[..length];
                }
                match op { $(UpdateOp::$Variant => if N == $states { for i in 0..length {
                    let ($p, $g, $h) = (p[i], g[i], *h);
                    let mut $s = [C::default(); STATES];
                    for (value, state) in $s.iter_mut().zip(&states) { *value = state[i]; }
                    let (parameter, new): (C, [C; STATES]) = $formula;
                    p[i] = parameter;
                    for (state, value) in states.iter_mut().zip(new) { state[i] = value; }
                } }),* }
            }
        }
    };
}
for_each_update_op!(update_loops);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Device;

    #[test]
    fn a_parameter_too_large_for_the_cache_starts_from_its_old_value() {
        let full =
            |value: i64| Array::full(&[(1 << 23) + 3], value.into(), DType::F32, Device::Cpu);
        let (mut parameter, gradient) = (full(3).unwrap(), full(2).unwrap());
        parameter
            .update(UpdateOp::Sgd, &[0.5, 1.0, 0.0], &gradient, &mut [])
            .unwrap();
        assert!(parameter.to_vec::<f32>().unwrap().iter().all(|&p| p == 2.0));
    }
}
