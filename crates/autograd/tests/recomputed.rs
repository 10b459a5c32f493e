//! Gradients with a graph of operations whose gradients come from kernels otherwise.

use crate::gradients::leaf;
use rushlight_autograd::{GradOptions, GridSampleOptions, Result, Tensor, grad};

/// Operations of one tensor that is several operands, or that others follow from.
fn check(f: impl Fn(&Tensor) -> Result<Tensor>, shape: &[usize]) -> Result<()> {
    let x = leaf(shape);
    // What is done to the gradient of the leaf is done once.
    x.register_hook(|g| Ok(Some((g * 3.0)?)))?;
    let gradient = |create_graph| -> Result<Tensor> {
        let loss = f(&x)?.square()?.sum()?;
        let options = GradOptions {
            create_graph,
            ..GradOptions::default()
        };
        Ok(grad(&[&loss], &[&x], &[], options)?.remove(0).unwrap())
    };
    let difference = (gradient(true)?.detach() - gradient(false)?)?;
    assert!(difference.abs()?.max()?.item()? < 1e-11);
    Ok(())
}

#[test]
fn points_that_depend_on_each_other_count_once() -> Result<()> {
    check(|x| x.cdist(x, 3.0), &[6, 3])?;
    check(|x| x.cdist(&(x * 2.0)?.sin()?, 3.0), &[6, 3])?;
    check(|x| x.pdist(3.0), &[6, 3])
}

#[test]
fn an_image_that_names_its_own_grid_counts_once() -> Result<()> {
    let sampled = |x: &Tensor| {
        let grid = x.permute(&[0, 2, 3, 1])?.tanh()?;
        x.grid_sample(&grid, GridSampleOptions::default())
    };
    check(sampled, &[2, 2, 4, 5])?;
    // One tensor as both.
    check(
        |x| x.grid_sample(x, GridSampleOptions::default()),
        &[2, 2, 2, 2],
    )
}
