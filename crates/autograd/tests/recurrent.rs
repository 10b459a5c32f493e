//! Recurrent layers as one operation.

use crate::gradients::{Row, check_rows, numbers};
use rushlight_autograd::{GradOptions, Recurrence, RecurrentLayer, Result, Tensor, grad};

/// The last states after the steps, joined with the hidden states after each.
fn run(x: &[Tensor], recurrence: Recurrence, states: usize, backwards: bool) -> Result<Tensor> {
    let (operands, states) = x.split_at(x.len() - states);
    let layer = RecurrentLayer {
        recurrence,
        weight: &operands[1],
        bias: operands.get(2),
    };
    let (y, last) = layer.run(&operands[0], states, backwards)?;
    let mut all = vec![y];
    for state in last {
        all.push(state.unsqueeze(0)?);
    }
    Tensor::cat(&all, 0)
}

const ROWS: &[Row] = &[
    (
        "tanh",
        |x| run(x, Recurrence::Tanh, 1, false),
        &[&[3, 2, 2], &[2, 2], &[2], &[2, 2]],
    ),
    (
        "relu, backwards",
        |x| run(x, Recurrence::Relu, 1, true),
        &[&[3, 2, 2], &[2, 2], &[2], &[2, 2]],
    ),
    (
        "gated units",
        |x| run(x, Recurrence::Gru, 1, false),
        &[&[3, 2, 6], &[6, 2], &[6], &[2, 2]],
    ),
    (
        "gated units without bias, backwards",
        |x| run(x, Recurrence::Gru, 1, true),
        &[&[2, 2, 6], &[6, 2], &[2, 2]],
    ),
    (
        "long short-term memory",
        |x| run(x, Recurrence::Lstm, 2, false),
        &[&[3, 2, 8], &[8, 2], &[8], &[2, 2], &[2, 2]],
    ),
    (
        "long short-term memory, backwards",
        |x| run(x, Recurrence::Lstm, 2, true),
        &[&[2, 1, 8], &[8, 2], &[8], &[1, 2], &[1, 2]],
    ),
];

#[test]
fn gradients_of_recurrent_layers_hold_to_second_order() {
    check_rows(ROWS);
}

#[test]
fn layers_of_every_size_compute_what_their_steps_do() -> Result<()> {
    for (recurrence, backwards) in [
        (Recurrence::Tanh, true),
        (Recurrence::Relu, false),
        (Recurrence::Gru, true),
        (Recurrence::Lstm, false),
    ] {
        for [steps, batch, hidden] in [[1, 1, 1], [4, 3, 20], [3, 70, 33], [2, 3, 200]] {
            let rows = recurrence.gates() * hidden;
            let leaf = |sizes: &[usize]| {
                let bound = 1.0 / (hidden as f64).sqrt();
                (Tensor::randn(sizes)? * bound)?
                    .detach()
                    .requires_grad_(true)
            };
            let mut leaves = vec![
                leaf(&[steps, batch, rows])?,
                leaf(&[rows, hidden])?,
                leaf(&[rows])?,
            ];
            for _ in 0..recurrence.states() {
                leaves.push(leaf(&[batch, hidden])?);
            }
            let layer = RecurrentLayer {
                recurrence,
                weight: &leaves[1],
                bias: Some(&leaves[2]),
            };
            let (got, last) = layer.run(&leaves[0], &leaves[3..], backwards)?;
            let mut states = leaves[3..].to_vec();
            let mut outputs = Vec::new();
            for step in 0..steps {
                let step = if backwards { steps - 1 - step } else { step };
                let input = leaves[0].select(0, step as i64)?;
                states = layer.step(&input, &states)?;
                outputs.push(states[0].clone());
            }
            if backwards {
                outputs.reverse();
            }
            let want = Tensor::stack(&outputs, 0)?;
            let g = Tensor::randn(&[steps, batch, hidden])?;
            let loss = |y: &Tensor, states: &[Tensor]| {
                (y * &g)?.sum()? + states[states.len() - 1].square()?.sum()?
            };
            let leaves: Vec<&Tensor> = leaves.iter().collect();
            let options = GradOptions::default();
            let found = grad(&[&loss(&got, &last)?], &leaves, &[], options)?;
            let wanted = grad(&[&loss(&want, &states)?], &leaves, &[], options)?;
            let pairs = found
                .into_iter()
                .flatten()
                .zip(wanted.into_iter().flatten());
            for (got, want) in pairs.chain([(got, want)]) {
                let (got, want) = (numbers(&got), numbers(&want));
                let largest = want
                    .iter()
                    .fold(1.0, |largest: f64, x| largest.max(x.abs()));
                for (got, want) in got.iter().zip(&want) {
                    let what = format!("{recurrence:?} {steps} {batch} {hidden}");
                    assert!((got - want).abs() < 2e-5 * largest, "{what}: {got} {want}");
                }
            }
        }
    }
    Ok(())
}
