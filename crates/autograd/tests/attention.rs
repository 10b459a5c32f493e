//! Attention beside its composition.

use crate::gradients::{Row, check_rows, numbers};
use rushlight_autograd::{Attended, DType, Result, Tensor, tensor};
use rushlight_tensor::{memory_stats, reset_peak_memory_stats};

const ROWS: &[Row] = &[
    (
        "attention",
        |x| x[0].attention(&x[1], &x[2], Attended::All, 0.7),
        &[&[2, 3, 4], &[2, 5, 4], &[2, 5, 3]],
    ),
    (
        "causal attention",
        |x| x[0].attention(&x[1], &x[2], Attended::Causal, 0.7),
        &[&[4, 2], &[3, 2], &[3, 2]],
    ),
    (
        "attention of shared heads",
        |x| x[0].attention(&x[1], &x[2], Attended::All, 0.7),
        &[&[4, 3, 2], &[2, 3, 2], &[2, 3, 2]],
    ),
    (
        "attention under a mask of booleans",
        |x| {
            let mask = tensor([[true, false, true], [false, false, false]])?;
            x[0].attention(&x[1], &x[2], Attended::Masked(&mask), 0.7)
        },
        &[&[2, 2], &[3, 2], &[3, 2]],
    ),
    (
        "attention under a mask of numbers",
        |x| {
            let mask = tensor([[0.5, -1.0, f32::NEG_INFINITY]])?.to_dtype(DType::F64)?;
            x[0].attention(&x[1], &x[2], Attended::Masked(&mask), 0.7)
        },
        &[&[2, 2], &[3, 2], &[3, 2]],
    ),
];

#[test]
fn gradients_of_attention_hold_to_second_order() {
    check_rows(ROWS);
}

/// Scores, weights and averages, each kept.
fn composed(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    attended: Attended<'_>,
) -> Result<Tensor> {
    let scores = (query.matmul(&key.mt()?)? * 0.3)?;
    let scores = match attended {
        Attended::All => scores,
        Attended::Causal => {
            let later = scores.ones_like()?.triu(1)?.ne(0)?;
            scores.masked_fill(&later, f64::NEG_INFINITY)?
        }
        Attended::Masked(mask) => scores.masked_fill(&mask.logical_not()?, f64::NEG_INFINITY)?,
    };
    scores.softmax(-1)?.matmul(value)
}

fn assert_close(got: &Tensor, want: &Tensor, what: &str) {
    let (got, want) = (numbers(got), numbers(want));
    let furthest = got.iter().zip(&want).map(|(a, b)| (a - b).abs());
    let furthest = furthest.fold(0.0, f64::max);
    let largest = want
        .iter()
        .fold(1.0, |largest: f64, x| largest.max(x.abs()));
    assert!(furthest < 1e-5 * largest, "{what}: {furthest}");
}

#[test]
fn blocks_of_every_size_give_what_whole_matrices_give() -> Result<()> {
    for [queries, keys, features, values] in [
        [1, 1, 1, 1],
        [3, 130, 16, 16],
        [57, 129, 5, 7],
        [130, 260, 32, 8],
        [600, 300, 24, 40],
    ] {
        let mask = Tensor::rand(&[queries, keys])?.gt(0.3)?;
        let mask = mask.logical_or(&Tensor::ones(&[queries, keys])?.tril(0)?)?;
        for attended in [Attended::All, Attended::Causal, Attended::Masked(&mask)] {
            let leaf =
                |sizes: &[usize]| (Tensor::randn(sizes)? * 2.0)?.detach().requires_grad_(true);
            // As heads lie between positions in a layer.
            let of_heads = |x: &Tensor| x.transpose(0, 1);
            let query = leaf(&[queries, 2, features])?;
            let key = leaf(&[keys, 2, features])?;
            let value = leaf(&[keys, 2, values])?;
            let g = Tensor::randn(&[2, queries, values])?;
            let leaves = [&query, &key, &value];
            let [q, k, v] = [of_heads(&query)?, of_heads(&key)?, of_heads(&value)?];
            let what = format!("{queries} {keys} {features} {values} {attended:?}");
            let want = composed(&q, &k, &v, attended)?;
            let options = Default::default();
            let wanted = rushlight_autograd::grad(&[&want], &leaves, &[Some(&g)], options)?;
            let got = q.attention(&k, &v, attended, 0.3)?;
            assert_close(&got, &want, &what);
            let found = rushlight_autograd::grad(&[&got], &leaves, &[Some(&g)], options)?;
            for (got, want) in found.iter().flatten().zip(wanted.iter().flatten()) {
                assert_close(got, want, &what);
            }
        }
    }
    Ok(())
}

/// Other tests take memory at the same time, though much less than the weights would.
#[test]
fn memory_stays_far_below_the_size_of_the_weights() -> Result<()> {
    let length = 4096;
    let leaf = || Tensor::randn(&[length, 16])?.requires_grad_(true);
    let (query, key, value) = (leaf()?, leaf()?, leaf()?);
    reset_peak_memory_stats();
    let before = memory_stats().allocated;
    let y = query.attention(&key, &value, Attended::Causal, 0.25)?;
    y.sum()?.backward()?;
    let used = memory_stats().peak - before;
    assert!(
        used < length * length * size_of::<f32>() / 2,
        "{used} bytes"
    );
    Ok(())
}
