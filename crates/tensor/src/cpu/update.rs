//! The kernel of optimizer steps: reads and writes each array once.

use super::number::Real;
use super::parallel::for_each_chunk;
use super::walk::{BLOCK, Buffer, Source, Target};
use crate::ops::update::{HYPERPARAMETERS, STATES, UpdateOp};
use crate::{Array, DType, for_each_update_op};

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
    let states: Vec<Target> = states.iter_mut().map(Target::new).collect();
    for_each_chunk(numel, GRAIN, |chunk| {
        let mut buffer = Buffer::<C>::new();
        for start in chunk.clone().step_by(BLOCK) {
            let length = BLOCK.min(chunk.end - start);
            let g = source.block(start, length, &mut buffer);
            // SAFETY: chunks, and the blocks in them, are disjoint parts of each array.
            unsafe {
                parameter.modify(start, length, |p| match &states[..] {
                    [] => step(op, p, g, [], &h),
                    [a] => a.modify(start, length, |a| step(op, p, g, [a], &h)),
                    [a, b] => a.modify(start, length, |a| {
                        b.modify(start, length, |b| step(op, p, g, [a, b], &h))
                    }),
                    [a, b, c, ..] => a.modify(start, length, |a| {
                        b.modify(start, length, |b| {
                            c.modify(start, length, |c| step(op, p, g, [a, b, c], &h))
                        })
                    }),
                });
            }
        }
    });
}

macro_rules! update_loops {
    ($($(#[$doc:meta])* $Variant:ident, $name:literal, $states:literal, |$p:ident, $g:ident, $s:ident, $h:pat_param| $formula:expr;)*) => {
        /// Steps a block of elements; `N` is the operation's number of states.
        #[inline(always)]
        fn step<C: Real, const N: usize>(
            op: UpdateOp,
            p: &mut [C],
            g: &[C],
            mut states: [&mut [C]; N],
            h: &[C; HYPERPARAMETERS],
        ) {
            let length = p.len();
            let g = &g[..length];
            for state in &mut states {
                *state = &mut std::mem::take(state)[..length];
            }
            match op { $(UpdateOp::$Variant => for i in 0..length {
                let ($p, $g, $h) = (p[i], g[i], *h);
                let mut $s = [C::default(); STATES];
                for (value, state) in $s.iter_mut().zip(&states) { *value = state[i]; }
                let (parameter, new): (C, [C; STATES]) = $formula;
                p[i] = parameter;
                for (state, value) in states.iter_mut().zip(new) { state[i] = value; }
            }),* }
        }
    };
}
for_each_update_op!(update_loops);
