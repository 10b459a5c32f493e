use rushlight_autograd::{
    Error, GradOptions, Result, Tensor, checkpoint, grad, manual_seed, no_grad, rng_state,
    substitute_guard,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A function with saved operands, saved outputs, a parameter and random numbers.
fn block(w: &Tensor) -> impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static + Clone {
    let w = w.clone();
    move |x: &Tensor| x.matmul(&w)?.tanh()?.dropout(0.5, true)?.exp()?.softmax(-1)
}

fn leaf(sizes: &[usize]) -> Result<Tensor> {
    Tensor::rand(sizes)?.double()?.detach().requires_grad_(true)
}

#[test]
fn gradients_and_random_numbers_are_those_without() -> Result<()> {
    manual_seed(0);
    let (x, w) = (leaf(&[4, 5])?, leaf(&[5, 5])?);
    let results = [false, true].map(|saves_memory| -> Result<_> {
        manual_seed(1);
        x.zero_grad();
        w.zero_grad();
        let f = block(&w);
        let y = if saves_memory {
            checkpoint(f, &x)?
        } else {
            f(&x)?
        };
        let between = Tensor::rand(&[3])?.to_vec::<f32>()?;
        y.square()?.sum()?.backward()?;
        let gradients = [&x, &w].map(|leaf| leaf.grad().unwrap().to_vec::<f64>().unwrap());
        Ok((y.to_vec::<f64>()?, between, gradients, rng_state()))
    });
    let [plain, checkpointed] = results;
    assert_eq!(plain?, checkpointed?);
    Ok(())
}

#[test]
fn second_derivatives_and_grad_work() -> Result<()> {
    let (x, w) = (leaf(&[3])?, leaf(&[3])?);
    let captured = w.clone();
    let f = move |x: &Tensor| (x * &captured)?.sin()?.exp()?.sum();
    let second = |y: Tensor| -> Result<Vec<f64>> {
        let options = GradOptions {
            create_graph: true,
            ..Default::default()
        };
        let first = grad(&[&y], &[&x], &[], options)?.remove(0).unwrap();
        grad(
            &[&first.square()?.sum()?],
            &[&w],
            &[],
            GradOptions::default(),
        )?
        .remove(0)
        .unwrap()
        .to_vec::<f64>()
    };
    let plain = second(f(&x)?)?;
    assert_eq!(second(checkpoint(f, &x)?)?, plain);
    Ok(())
}

#[test]
fn checkpoints_nest() -> Result<()> {
    let (x, w) = (leaf(&[2, 3])?, leaf(&[3, 3])?);
    let inner = block(&w);
    let nested = inner.clone();
    let plain = move |x: &Tensor| inner(&inner(x)?.sin()?)?.sin();
    let checkpointed = move |x: &Tensor| {
        let y = checkpoint(nested.clone(), x)?.sin()?;
        checkpoint(nested.clone(), &y)?.sin()
    };
    let gradients = |y: Tensor| -> Result<[Vec<f64>; 2]> {
        x.zero_grad();
        w.zero_grad();
        y.square()?.sum()?.backward()?;
        Ok([&x, &w].map(|leaf| leaf.grad().unwrap().to_vec::<f64>().unwrap()))
    };
    manual_seed(3);
    let expected = gradients(plain(&x)?)?;
    manual_seed(3);
    assert_eq!(gradients(checkpoint(checkpointed, &x)?)?, expected);
    Ok(())
}

#[test]
fn the_function_runs_once_forward_and_once_backward() -> Result<()> {
    let x = leaf(&[3])?;
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let f = move |x: &Tensor| {
        count.fetch_add(1, Ordering::Relaxed);
        Ok((x.exp()?, x.sin()?))
    };
    let (a, b) = checkpoint(f.clone(), &x)?;
    assert_eq!(calls.load(Ordering::Relaxed), 1);
    (a + b)?.sum()?.backward()?;
    assert_eq!(calls.load(Ordering::Relaxed), 2);
    no_grad(|| checkpoint(f, &x))?;
    assert_eq!(calls.load(Ordering::Relaxed), 3);
    Ok(())
}

#[test]
fn a_retained_graph_is_walked_twice() -> Result<()> {
    let x = leaf(&[3])?;
    let y = checkpoint(|x| x.exp()?.sum(), &x)?;
    let options = GradOptions {
        retain_graph: true,
        ..Default::default()
    };
    let first = grad(&[&y], &[&x], &[], options)?.remove(0).unwrap();
    let second = grad(&[&y], &[&x], &[], GradOptions::default())?
        .remove(0)
        .unwrap();
    assert_eq!(first.to_vec::<f64>()?, second.to_vec::<f64>()?);
    let third = grad(&[&y], &[&x], &[], GradOptions::default());
    assert!(matches!(third, Err(Error::GraphFreed { .. })));
    Ok(())
}

#[test]
fn stand_ins_stand_in_again() -> Result<()> {
    let (x, w, other) = (leaf(&[2, 3])?, leaf(&[3, 3])?, leaf(&[3, 3])?);
    let captured = w.clone();
    let f = move |x: &Tensor| x.matmul(&captured)?.sin()?.matmul(&captured);
    let y = {
        let _guard = substitute_guard([(w.clone(), other.clone())]);
        checkpoint(f, &x)?
    };
    y.sum()?.backward()?;
    let got = other.grad().unwrap().to_vec::<f64>()?;
    other.zero_grad();
    x.matmul(&other)?.sin()?.matmul(&other)?.sum()?.backward()?;
    assert_eq!(got, other.grad().unwrap().to_vec::<f64>()?);
    assert!(w.grad().is_none());
    Ok(())
}

#[test]
fn a_function_that_computes_something_else_again_is_an_error() -> Result<()> {
    let x = leaf(&[3])?;
    let calls = AtomicUsize::new(0);
    let y = checkpoint(
        move |x| match calls.fetch_add(1, Ordering::Relaxed) {
            0 => x.exp()?.sin()?.exp(),
            _ => x.exp(),
        },
        &x,
    )?;
    let error = y.sum()?.backward().unwrap_err().to_string();
    assert!(error.contains("checkpoint"), "{error}");
    Ok(())
}

#[test]
fn a_chain_of_many_checkpoints_can_be_dropped() -> Result<()> {
    let x = leaf(&[1])?;
    let mut y = x.clone();
    for _ in 0..20_000 {
        y = checkpoint(|x| x.sin(), &y)?;
    }
    drop(y);
    Ok(())
}
