//! An artificial neuron, and the perceptron learning rule.
//!
//! `cargo run --release --example 03_perceptron`

use rushlight::prelude::*;

/// `sign(w x + b)`.
fn neuron(w: &Tensor, b: f64, x: &Tensor) -> rushlight::Result<f64> {
    Ok((w.dot(x)? + b)?.sign()?.item()?)
}

fn main() -> rushlight::Result<()> {
    // Three inputs of weight 0.5 and a bias of -0.6: the neuron fires when two inputs do.
    let w = tensor([0.5, 0.5, 0.5])?;
    println!("x1 x2 x3 | output");
    for bits in 0..8u8 {
        let [x1, x2, x3] = [4, 2, 1].map(|bit| f64::from(bits & bit != 0));
        let output = neuron(&w, -0.6, &tensor([x1, x2, x3])?)?;
        println!("{x1:2} {x2:2} {x3:2} | {output:2}");
    }

    // Learning: dw = lr (t - y) x, until the output y is the target t.
    let (mut w, x) = (tensor([-5.0, 0.0, 0.0])?, tensor([1.0, 0.0, -1.0])?);
    let (target, lr) = (1.0, 1.0);
    println!("\nlearning from w = {w}");
    for step in 1.. {
        let y = neuron(&w, 0.0, &x)?;
        if y == target {
            println!("step {step}: y = {y}, nothing left to learn");
            break;
        }
        w.add_(&(&x * (lr * (target - y)))?)?;
        println!("step {step}: y = {y}, new w = {w}");
    }
    Ok(())
}
