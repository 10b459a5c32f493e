//! Picking elements by index.

use crate::gradients::{check, numbers};
use rushlight_autograd::{EmbeddingOptions, Tensor, tensor};

#[test]
fn gradients_of_picked_elements_hold_to_second_order() {
    let rows = tensor([[0, 2, 1], [1, 1, 0]]).unwrap();
    let list = tensor([2, 0, 2]).unwrap();
    check("gather", |x| x[0].gather(0, &rows), &[&[3, 4]]);
    check("gather inside", |x| x[0].gather(-1, &rows), &[&[2, 3]]);
    check(
        "gather of 0-d",
        |x| x[0].gather(0, &tensor([0, 0])?),
        &[&[]],
    );
    check(
        "index_select",
        |x| x[0].index_select(1, &list),
        &[&[2, 3, 2]],
    );
    check(
        "index_select of nothing",
        |x| x[0].index_select(0, &Tensor::zeros(&[0])?.long()?),
        &[&[2, 2]],
    );
    check(
        "take_along_dim",
        |x| x[0].take_along_dim(&tensor([[-1, 0]])?, Some(1)),
        &[&[2, 3]],
    );
    check(
        "take_along_dim flat",
        |x| x[0].take_along_dim(&rows, None),
        &[&[2, 3]],
    );
    check(
        "take",
        |x| x[0].take(&tensor([[0, -1], [3, 3]])?),
        &[&[2, 3]],
    );
}

#[test]
fn gradients_of_embeddings_count_every_place() {
    let indices = tensor([[0, 2, 2], [1, 0, 2]]).unwrap();
    let plain = EmbeddingOptions::default();
    check("embedding", |x| x[0].embedding(&indices, plain), &[&[4, 2]]);
    let table = crate::gradients::leaf(&[4, 1]);
    let options = EmbeddingOptions {
        padding_idx: Some(-4),
        scale_grad_by_freq: true,
    };
    table
        .embedding(&indices, options)
        .unwrap()
        .sum()
        .unwrap()
        .backward()
        .unwrap();
    assert_eq!(numbers(&table.grad().unwrap()), [0.0, 1.0, 1.0, 0.0]);
}

#[test]
fn indices_out_of_range_are_refused_before_anything_is_read() {
    let x = Tensor::zeros(&[2, 3]).unwrap();
    let error = x.gather(1, &tensor([[0, 3]]).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "gather: index 3 is out of range for size 3"
    );
    assert!(x.gather(1, &tensor([[-1]]).unwrap()).is_err());
    assert!(x.index_select(0, &tensor([2]).unwrap()).is_err());
    assert!(x.take(&tensor([-7]).unwrap()).is_err());
    assert!(x.gather(0, &tensor([0.0]).unwrap()).is_err());
    assert!(
        x.gather(
            0,
            &tensor([[0], [0], [0]]).unwrap().expand(&[3, 4]).unwrap()
        )
        .is_err()
    );
}

#[test]
fn one_hot_marks_the_place_of_each_index() {
    let y = tensor([[1], [0]]).unwrap().one_hot(Some(3)).unwrap();
    assert_eq!(y.shape(), [2, 1, 3]);
    assert_eq!(numbers(&y), [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
    assert!(tensor([3]).unwrap().one_hot(Some(3)).is_err());
    assert!(tensor([-1]).unwrap().one_hot(None).is_err());
}
