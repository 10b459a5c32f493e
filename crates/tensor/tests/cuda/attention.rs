//! Attention and its gradients, under every mask.

use crate::arrays::{each_device, numbers, simulate};
use rushlight_tensor::ops::attention::{AttentionMask, AttentionOperands};
use rushlight_tensor::ops::table::{BinaryOp, CompareOp};
use rushlight_tensor::{Array, DType, Result};

/// Queries, keys, features and values of a matrix; heads of queries and of keys.
const SIZES: [([usize; 4], [usize; 2]); 6] = [
    ([1, 1, 1, 1], [1, 1]),
    ([5, 70, 3, 2], [2, 2]),
    ([70, 33, 17, 66], [1, 1]),
    ([3, 4, 5, 6], [6, 2]),
    ([40, 70, 9, 5], [2, 1]),
    ([4, 0, 3, 2], [2, 2]),
];

/// Which keys a query attends to.
#[derive(Clone, Copy, Debug)]
enum Masked {
    Nothing,
    Causal,
    Allowed,
    Added,
}

/// Smaller numbers, which no softmax reduces to one of them.
fn small(shape: &[usize], dtype: DType) -> Array {
    let scale = Array::full(&[], 0.25.into(), dtype, Default::default());
    let x = scale.and_then(|scale| numbers(shape, dtype).binary(BinaryOp::Mul, &scale));
    x.expect("a product")
}

/// A mask for all heads that lets some queries attend to nothing, if it allows.
fn mask(masked: Masked, queries: usize, keys: usize, dtype: DType) -> Option<Array> {
    let scores = numbers(&[queries, keys], dtype);
    match masked {
        Masked::Nothing | Masked::Causal => None,
        Masked::Added => Some(scores),
        Masked::Allowed => {
            let rows = numbers(&[queries, 1], dtype);
            Some(scores.compare(CompareOp::Gt, &rows).expect("a mask"))
        }
    }
}

/// The result, its sums, and the gradients, as the device of `query` computes them.
fn compute(
    query: &Array,
    sizes: [usize; 4],
    heads: [usize; 2],
    masked: Masked,
) -> Result<[Array; 5]> {
    let [queries, keys, features, values] = sizes;
    let (dtype, device) = (query.dtype(), query.device());
    // Heads lie between positions, as in a layer.
    let of = |rows, heads, columns| -> Result<Array> {
        small(&[2, rows, heads, columns], dtype)
            .to_device(device)?
            .transpose(1, 2)
    };
    let query = query.transpose(1, 2)?;
    let (key, value) = (of(keys, heads[1], features)?, of(keys, heads[1], values)?);
    let mask = mask(masked, queries, keys, dtype);
    let mask = mask.map(|mask| mask.to_device(device)).transpose()?;
    let operands = AttentionOperands {
        query: &query,
        key: &key,
        value: &value,
        mask: match (&mask, masked) {
            (Some(mask), _) => AttentionMask::Given(mask),
            (None, Masked::Causal) => AttentionMask::Causal,
            (None, _) => AttentionMask::None,
        },
        scale: 0.3,
    };
    let done = operands.attend()?;
    let g = of(queries, heads[0], values)?;
    let gradients = operands.gradients(&done, &g)?;
    Ok([
        done.y,
        done.logsumexp,
        gradients.query,
        gradients.key,
        gradients.value,
    ])
}

#[test]
fn attention_and_its_gradients() {
    simulate();
    for dtype in [DType::F32, DType::F64] {
        for (sizes, heads) in SIZES {
            for masked in [
                Masked::Nothing,
                Masked::Causal,
                Masked::Allowed,
                Masked::Added,
            ] {
                let query = small(&[2, sizes[0], heads[0], sizes[2]], dtype);
                for part in 0..5 {
                    let name = format!("{dtype} {sizes:?} {heads:?} {masked:?} {part}");
                    each_device(&name, &query, |query| {
                        let mut all = compute(query, sizes, heads, masked)?.to_vec();
                        Ok(all.swap_remove(part))
                    });
                }
            }
        }
    }
}

#[test]
fn attention_of_matrices_without_heads() {
    simulate();
    let x = small(&[9, 4], DType::F64);
    each_device("two dimensions", &x, |x| {
        let operands = AttentionOperands {
            query: x,
            key: x,
            value: x,
            mask: AttentionMask::Causal,
            scale: 1.0,
        };
        Ok(operands.attend()?.y)
    });
}
