//! Recurrent layers and their gradients.

use crate::arrays::{each_device, numbers, simulate};
use rushlight_tensor::ops::recurrent::{Recurrence, RecurrentOperands};
use rushlight_tensor::ops::table::BinaryOp;
use rushlight_tensor::{Array, DType, Device, Result};

/// Numbers of no more than 1.
fn small(shape: &[usize], dtype: DType, device: Device) -> Result<Array> {
    let scale = Array::full(&[], 0.15.into(), dtype, Device::Cpu)?;
    let x = numbers(shape, dtype).binary(BinaryOp::Mul, &scale)?;
    x.to_device(device)
}

/// States and gradients, as the device of `inputs` computes them.
fn compute(
    recurrence: Recurrence,
    inputs: &Array,
    has_bias: bool,
    backwards: bool,
) -> Result<Vec<Array>> {
    let [steps, batch, rows] = inputs.shape()[..] else {
        unreachable!("inputs have three dimensions");
    };
    let hidden = rows / recurrence.gates();
    let small = |shape: &[usize]| small(shape, inputs.dtype(), inputs.device());
    let states = vec![small(&[batch, hidden])?; recurrence.states()];
    let (weight, bias) = (small(&[rows, hidden])?, small(&[rows])?);
    let operands = RecurrentOperands {
        recurrence,
        inputs,
        weight: &weight,
        bias: has_bias.then_some(&bias),
        states: &states,
        backwards,
    };
    let done = operands.run()?;
    let mut g = vec![small(&[steps, batch, hidden])?];
    g.extend(states[1..].iter().cloned());
    let gradients = operands.gradients(&done, &g)?;
    let mut all = done.states;
    all.push(gradients.inputs);
    all.extend(gradients.maps);
    all.extend(gradients.states);
    Ok(all)
}

#[test]
fn steps_and_their_gradients() {
    simulate();
    for recurrence in [
        Recurrence::Tanh,
        Recurrence::Relu,
        Recurrence::Gru,
        Recurrence::Lstm,
    ] {
        for (shape, dtype) in [
            ([4, 3, 5], DType::F32),
            ([4, 3, 5], DType::F64),
            ([2, 9, 40], DType::F32),
            ([0, 2, 3], DType::F64),
            ([3, 0, 2], DType::F32),
        ] {
            let [steps, batch, hidden] = shape;
            let rows = recurrence.gates() * hidden;
            let inputs = small(&[steps, batch, rows], dtype, Device::Cpu).expect("an array");
            for (has_bias, backwards) in [(false, false), (true, true), (true, false)] {
                let run = |x: &Array| compute(recurrence, x, has_bias, backwards);
                let count = run(&inputs).expect("states and gradients").len();
                for part in 0..count {
                    let name = format!("{recurrence:?} {dtype} {shape:?} {backwards} {part}");
                    each_device(&name, &inputs, |x| Ok(run(x)?.swap_remove(part)));
                }
            }
        }
    }
}
