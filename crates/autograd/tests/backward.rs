//! The walk through the graph.

use rushlight_autograd::{Error, Tensor, no_grad, tensor};

fn leaf(values: &[f64]) -> Tensor {
    Tensor::from_slice(values, &[values.len()])
        .unwrap()
        .requires_grad_(true)
        .unwrap()
}

#[test]
fn a_tensor_used_twice_gets_both_gradients() {
    let x = leaf(&[1.0, 2.0]);
    x.mul(&x)
        .unwrap()
        .add(&x)
        .unwrap()
        .sum()
        .unwrap()
        .backward()
        .unwrap();
    assert_eq!(x.grad().unwrap().to_vec::<f64>().unwrap(), [3.0, 5.0]);
}

#[test]
fn gradients_accumulate_over_passes() {
    let x = leaf(&[1.0]);
    for _ in 0..3 {
        x.mul(2.0).unwrap().sum().unwrap().backward().unwrap();
    }
    assert_eq!(x.grad().unwrap().item().unwrap(), 6.0);
}

#[test]
fn a_second_pass_over_a_freed_graph_is_refused() {
    let x = leaf(&[1.0]);
    let y = x.exp().unwrap().sum().unwrap();
    y.backward().unwrap();
    assert!(matches!(y.backward(), Err(Error::GraphFreed { .. })));
}

#[test]
fn a_million_nodes_run_backward_and_drop_without_overflow() {
    let x = leaf(&[1.0]);
    let mut y = x.clone();
    for _ in 0..1_000_000 {
        y = y.mul(1.0).unwrap();
    }
    y.sum().unwrap().backward().unwrap();
    assert_eq!(x.grad().unwrap().item().unwrap(), 1.0);
    drop(y);
}

#[test]
fn an_update_does_not_reach_saved_values() {
    let w = leaf(&[3.0]);
    let y = w.mul(&w).unwrap().sum().unwrap();
    w.update(|array| Ok::<_, Error>(array.copy_from(&tensor(100.0)?.array())?))
        .unwrap();
    y.backward().unwrap();
    assert_eq!(w.grad().unwrap().item().unwrap(), 6.0);
    assert_eq!(w.item().unwrap(), 100.0);
}

#[test]
fn a_leaf_changes_in_place_only_without_recording() {
    let mut w = leaf(&[1.0]);
    let other = w.clone();
    assert!(matches!(w.add_(1.0), Err(Error::LeafInPlace { .. })));
    no_grad(|| w.add_(1.0)).unwrap();
    assert_eq!(other.item().unwrap(), 2.0);
    assert!(w.is_leaf() && w.requires_grad());
}
