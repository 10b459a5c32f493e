//! Functions of functions: gradients of each example, curvature, and learning to learn.
//!
//! `cargo run --release --example functions`

use rushlight::prelude::*;
use rushlight::{autograd::functional, func};

fn main() -> rushlight::Result<()> {
    manual_seed(0);
    let model = sequential![Linear::new(3, 8)?, Tanh::new(), Linear::new(8, 1)?];
    let (x, y) = (Tensor::randn(&[16, 3])?, Tensor::randn(&[16, 1])?);
    let named = model.named_parameters();

    // The loss as a function of the parameters, an input and a target.
    let loss = |t: &[Tensor]| {
        let (parameters, data) = t.split_at(named.len());
        let given = named.iter().map(|(name, _)| name).zip(parameters);
        F::mse_loss(&functional_call(&model, given, &data[0])?, &data[1])
    };
    let parameters: Vec<Tensor> = named.iter().map(|(_, p)| p.detach()).collect();
    let all = [parameters.clone(), vec![x.clone(), y.clone()]].concat();

    // How far each example pulls at the parameters, as differentially private training needs it.
    let mut in_dims = vec![None; named.len()];
    in_dims.extend([Some(0), Some(0)]);
    let each = func::per_sample_grad(loss, &all, &in_dims)?;
    for ((name, _), gradients) in named.iter().zip(&each) {
        let norms = gradients.flatten(1, -1)?.norm_dim(2.0, &[1], false)?;
        let (least, most) = (norms.min()?.item()?, norms.max()?.item()?);
        println!("{name:10} gradients of length {least:.3} to {most:.3}");
    }

    // How much the loss curves along its gradient: g^T H g / g^T g.
    let of_parameters = |p: &[Tensor]| loss(&[p, &all[named.len()..]].concat());
    let g = func::grad(of_parameters, &parameters)?;
    let (value, hg) = functional::hvp(of_parameters, &parameters, &g, Default::default())?;
    let (g, hg) = (parameters_to_vector(g)?, parameters_to_vector(hg)?);
    let curvature = (g.dot(&hg)? / g.dot(&g)?)?.item()?;
    println!(
        "loss {:.4}, curvature along the gradient {curvature:.4}",
        value.item()?
    );

    // A step as long as the curvature allows makes the loss smaller.
    let start = parameters_to_vector(model.parameters())?.detach();
    let step = 1.0 / curvature.abs().max(1.0);
    vector_to_parameters(&(start - (g * step)?)?, model.parameters())?;
    let after = F::mse_loss(&model.forward(&x)?, &y)?.item()?;
    println!("loss {after:.4} after a step of {step:.3}");
    assert!(after < value.item()?);

    // The step length that is best, by the gradient through the step.
    let length = tensor(0.1)?.requires_grad_(true)?;
    let first = func::grad(of_parameters, &parameters)?;
    let moved: Vec<Tensor> = parameters
        .iter()
        .zip(&first)
        .map(|(p, g)| p - (g * &length)?)
        .collect::<nn::Result<_>>()?;
    of_parameters(&moved)?.backward()?;
    println!(
        "derivative by the length of a step: {:.4}",
        length.grad().unwrap().item()?
    );
    Ok(())
}
