//! Whatever fails in a training step, nothing is lost: it is an error, memory is given back, parameters
//! are as before or all updated, and the next step works.

use crate::machine::{CUDA, machine};
use crate::models::{Mlp, Trained, convolutions, sequences, transformer};
use rushlight::Result;
use rushlight::prelude::*;
use rushlight_cuda_sim::{Call, Simulator};
use rushlight_tensor::cuda;

/// The values of all parameters.
fn values(model: &impl Module) -> Result<Vec<Vec<u8>>> {
    let values = model.parameters().into_iter().map(|p| p.to_bytes());
    Ok(values.collect::<std::result::Result<_, _>>()?)
}

/// Lets each call of a step fail in turn, so often that it is not made up for. Returns how many there
/// were, and how many of them spoiled the step.
fn fail_each<M: Forward + Module>(
    simulator: &Simulator,
    call: Call,
    times: u64,
    make: impl Fn() -> Result<Trained<M>>,
) -> Result<(u64, u64)> {
    let mut reference = make()?;
    let before = values(&reference.model)?;
    reference.step()?;
    let after = values(&reference.model)?;
    drop(reference);
    let mut spoiled = 0;
    for n in 1.. {
        let mut trial = make()?;
        // Otherwise memory comes from blocks that are kept.
        cuda::empty_cache(0).expect("a device");
        let memory = cuda::memory_stats(0).expect("a device").allocated;
        simulator.fail_several(call, n, times);
        let outcome = trial.step();
        if !simulator.forgive(call) {
            return Ok((n - 1, spoiled));
        }
        let now = values(&trial.model)?;
        let Err(error) = outcome else {
            assert!(now == after, "{call:?} {n}: another result");
            continue;
        };
        spoiled += 1;
        let text = error.to_string();
        assert!(text.contains("cuda:0") || text.contains("memory"), "{text}");
        if now == after {
            continue;
        }
        assert!(now == before, "{call:?} {n}: half a step after {text}");
        trial.optimizer.zero_grad();
        let left = cuda::memory_stats(0).expect("a device").allocated;
        assert_eq!(left, memory, "{call:?} {n}: memory is lost");
        trial.step()?;
        let now = values(&trial.model)?;
        assert!(now == after, "{call:?} {n}: the next step differs");
    }
    unreachable!("a step has an end")
}

#[test]
fn a_step_of_a_perceptron_survives_each_failure() -> Result<()> {
    let (simulator, _guard) = machine();
    let make = || Mlp::on(CUDA);
    // Memory is asked for a second time, without what is kept.
    let (calls, spoiled) = fail_each(simulator, Call::Allocate, 1, make)?;
    assert!(calls > 10 && spoiled == 0, "{calls} {spoiled}");
    let (calls, spoiled) = fail_each(simulator, Call::Allocate, 2, make)?;
    assert!(calls > 10 && spoiled == calls, "{calls} {spoiled}");
    let (calls, spoiled) = fail_each(simulator, Call::Copy, 1, make)?;
    assert!(calls > 0 && spoiled == calls, "{calls} {spoiled}");
    // Launches that update parameters are made up for.
    let (calls, spoiled) = fail_each(simulator, Call::Launch, 1, make)?;
    assert!(calls > 40 && spoiled + 6 == calls, "{calls} {spoiled}");
    Ok(())
}

/// However many launches in a row are refused, no parameter is updated without the others.
#[test]
fn refusals_in_a_row_leave_no_half_step() -> Result<()> {
    let (simulator, _guard) = machine();
    for times in [2, 3, 5, 6, 100] {
        let (calls, spoiled) = fail_each(simulator, Call::Launch, times, || Mlp::on(CUDA))?;
        assert!(calls > 40 && spoiled >= calls - 6, "{calls} {spoiled}");
    }
    Ok(())
}

/// Kinds of calls, and how often each fails.
const CALLS: [(Call, u64); 4] = [
    (Call::Allocate, 2),
    (Call::Copy, 1),
    (Call::Launch, 1),
    (Call::Launch, 3),
];

#[test]
fn a_step_of_a_transformer_survives_each_failure() -> Result<()> {
    let (simulator, _guard) = machine();
    for (call, times) in CALLS {
        let (calls, spoiled) = fail_each(simulator, call, times, || transformer(CUDA))?;
        assert!(
            0 < spoiled && spoiled <= calls,
            "{call:?} {calls} {spoiled}"
        );
    }
    Ok(())
}

#[test]
fn a_step_of_a_recurrent_network_survives_each_failure() -> Result<()> {
    let (simulator, _guard) = machine();
    for (call, times) in CALLS {
        let (calls, spoiled) = fail_each(simulator, call, times, || sequences(CUDA))?;
        assert!(
            0 < spoiled && spoiled <= calls,
            "{call:?} {calls} {spoiled}"
        );
    }
    Ok(())
}

#[test]
fn a_step_of_convolutions_survives_each_failure() -> Result<()> {
    let (simulator, _guard) = machine();
    for (call, times) in CALLS {
        let (calls, spoiled) = fail_each(simulator, call, times, || convolutions(CUDA))?;
        assert!(
            0 < spoiled && spoiled <= calls,
            "{call:?} {calls} {spoiled}"
        );
    }
    Ok(())
}
