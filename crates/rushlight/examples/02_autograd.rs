//! Gradients: recording, backward, second derivatives, and stretches without recording.
//!
//! `cargo run --release --example 02_autograd`

use rushlight::prelude::*;

fn main() -> rushlight::Result<()> {
    // Operations on a tensor that requires a gradient are recorded.
    let x = tensor([1.0, 2.0, 3.0])?.requires_grad_(true)?;
    let y = x.pow(3.0)?.sum()?;
    println!("y = {y}");
    y.backward()?;
    println!("dy/dx = 3 x^2 = {}", x.grad().expect("just computed"));

    // Gradients accumulate until they are cleared.
    x.pow(3.0)?.sum()?.backward()?;
    println!("after a second pass: {}", x.grad().expect("just computed"));
    x.zero_grad();

    // `create_graph` records the gradient itself, for derivatives of second order.
    let options = GradOptions {
        create_graph: true,
        ..Default::default()
    };
    let first = grad(&[&x.pow(3.0)?.sum()?], &[&x], &[], options)?
        .remove(0)
        .expect("used");
    let second = grad(&[&first.sum()?], &[&x], &[], Default::default())?
        .remove(0)
        .expect("used");
    println!("d2y/dx2 = 6 x = {second}");

    // Without recording: for evaluation, and for changing parameters.
    let silent = no_grad(|| x.exp())?;
    println!("recorded: {}", silent.requires_grad());

    // Newton's method for the square root of 2, with the derivative from the graph.
    let mut root = tensor(1.0)?;
    for _ in 0..6 {
        let guess = root.detach().requires_grad_(true)?;
        let error = (guess.square()? - 2.0)?;
        let slope = grad(&[&error], &[&guess], &[], Default::default())?
            .remove(0)
            .expect("used");
        root = (&guess - (error / slope)?)?.detach();
    }
    println!("sqrt(2) = {}", root.item()?);
    Ok(())
}
