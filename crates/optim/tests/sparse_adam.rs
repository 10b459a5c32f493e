//! Steps of SparseAdam, compared with what PyTorch's does for `Embedding(sparse=True)`.

use crate::parameter;
use rushlight_autograd::{EmbeddingOptions, Tensor, tensor};
use rushlight_optim::{Optimizer, Result, SparseAdam, StateValue};

fn table() -> Result<Tensor> {
    let table = tensor([[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5], [1.25, -0.5]])?;
    Ok(table.requires_grad_(true)?)
}

/// A step down the sum of the cubes of the rows that are looked up; the last is padding.
fn step(optimizer: &mut SparseAdam, table: &Tensor, rows: &[i64]) -> Result<()> {
    optimizer.zero_grad();
    let options = EmbeddingOptions {
        padding_idx: Some(3),
        ..Default::default()
    };
    let rows = Tensor::from_slice(rows, &[rows.len()])?;
    table.embedding(&rows, options)?.pow(3)?.sum()?.backward()?;
    optimizer.step()
}

fn assert_near(got: &Tensor, expected: &[f32]) -> Result<()> {
    for (got, expected) in got.detach().to_vec::<f32>()?.iter().zip(expected) {
        assert!(
            (got - expected).abs() <= 2e-6 * expected.abs().max(1.0),
            "{got} {expected}"
        );
    }
    Ok(())
}

#[test]
fn steps_and_moments_are_those_of_pytorch() -> Result<()> {
    let table = table()?;
    let mut optimizer = SparseAdam::new([&table], 0.1).betas(0.8, 0.95).eps(1e-6);
    #[rustfmt::skip]
    let recorded: [(&[i64], [f32; 8]); 3] = [
        (&[0, 2, 2], [0.4000006, -1.0999999, 2.0, 0.25, -0.84999985, 1.4, 1.25, -0.5]),
        (&[1, 3], [0.4000006, -1.0999999, 1.922421, 0.17242274, -0.84999985, 1.4, 1.25, -0.5]),
        (&[2, 0], [0.31451797, -1.1895448, 1.922421, 0.17242274, -0.9355251, 1.3198897, 1.25, -0.5]),
    ];
    for (rows, expected) in recorded {
        step(&mut optimizer, &table, rows)?;
        assert_near(&table, &expected)?;
    }
    let state = optimizer.state_dict()?;
    let moment = |name| match state.parameters[0].get(name) {
        Some(StateValue::Tensor(moment)) => moment.clone(),
        other => panic!("{name}: {other:?}"),
    };
    #[rustfmt::skip]
    assert_near(&moment("exp_avg"), &[0.21600029, 1.2059999, 2.4, 0.0375, 0.97349983, 3.336, 0.0, 0.0])?;
    #[rustfmt::skip]
    assert_near(&moment("exp_avg_sq"), &[
        0.03823882, 1.0863448, 7.2, 0.0017578126, 0.77595735, 10.385595, 0.0, 0.0,
    ])?;
    assert_eq!(moment("step").item()?, 3.0);
    Ok(())
}

#[test]
fn rows_without_a_gradient_stay_as_they_are() -> Result<()> {
    let table = table()?;
    let mut optimizer = SparseAdam::new([&table], 0.1);
    step(&mut optimizer, &table, &[0, 1, 2])?;
    let before = table.detach().to_vec::<f32>()?;
    step(&mut optimizer, &table, &[1])?;
    let after = table.detach().to_vec::<f32>()?;
    assert_eq!((&before[..2], &before[4..]), (&after[..2], &after[4..]));
    assert!(before[2] > after[2] && before[3] > after[3]);
    step(&mut optimizer, &table, &[3])?;
    assert_eq!(table.detach().to_vec::<f32>()?, after);
    Ok(())
}

#[test]
fn numbers_and_vectors_are_tables_too() -> Result<()> {
    let (number, vector) = (tensor(1.0)?.requires_grad_(true)?, parameter(&[1.0, 0.0]));
    let mut optimizer = SparseAdam::new([&number, &vector], 0.5).maximize(true);
    (number.square()? + vector.square()?.sum()?)?.backward()?;
    optimizer.step()?;
    assert_near(&number, &[1.5])?;
    assert_near(
        &vector.to_dtype(rushlight_autograd::DType::F32)?,
        &[1.5, 0.0],
    )
}

#[test]
fn rates_that_are_not_positive_are_refused() {
    let w = parameter(&[1.0]);
    for (name, value) in [("lr", 0.0), ("eps", 0.0), ("eps", f64::NAN)] {
        let optimizer = SparseAdam::new([&w], 0.1).set_option(name, value);
        let checked = optimizer.and_then(|mut optimizer| optimizer.check());
        assert!(checked.is_err(), "{name} {value}");
    }
}
