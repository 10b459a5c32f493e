//! Tensors: making, reshaping, indexing, computing.
//!
//! `cargo run --release --example 01_tensors`

use rushlight::prelude::*;

fn main() -> rushlight::Result<()> {
    // As in PyTorch, fractions become float32 and integers int64.
    let x = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])?;
    println!(
        "x = {x}\nshape {}, {}, on {}",
        x.shape(),
        x.dtype(),
        x.device()
    );

    // Views share memory and cost nothing; a write never shows through another tensor.
    let columns = x.transpose(0, 1)?;
    let row = x.select(0, -1)?;
    println!("transposed: strides {:?}, last row {row}", columns.stride());

    // Operations broadcast and promote dtypes. Each returns a Result: bad shapes are values, not panics.
    let scaled = ((&x * 10.0)? + tensor([1, 2, 3])?)?;
    println!("10 x + [1, 2, 3] = {scaled}");
    if let Err(error) = &x + &tensor([1.0, 2.0])? {
        println!("as expected: {error}");
    }

    // Reductions, over everything or over dimensions.
    println!(
        "sum {}, column sums {}",
        x.sum()?.item()?,
        x.sum_dim(&[0], false)?
    );
    println!("x x^T = {}", x.matmul(&columns)?);

    // The same seed gives the same numbers as PyTorch.
    manual_seed(0);
    println!("randn after manual_seed(0): {}", Tensor::randn(&[3])?);
    Ok(())
}
