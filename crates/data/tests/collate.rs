use std::collections::BTreeMap;

use rushlight_autograd::{DType, Tensor, tensor};
use rushlight_data::{Collate, Result};

#[test]
fn tensors_are_stacked_along_a_new_dimension() -> Result<()> {
    let batch = Collate::collate(vec![
        tensor([[1, 2]])?,
        tensor([[3, 4]])?,
        tensor([[5, 6]])?,
    ])?;
    assert_eq!(batch.shape(), [3, 1, 2]);
    assert_eq!(batch.to_vec::<i64>()?, [1, 2, 3, 4, 5, 6]);
    Ok(())
}

#[test]
fn strided_tensors_are_stacked_in_their_own_order() -> Result<()> {
    let matrix = tensor([[1, 2, 3], [4, 5, 6]])?;
    let batch = Collate::collate(vec![matrix.transpose(0, 1)?, matrix.transpose(0, 1)?])?;
    assert_eq!(batch.to_vec::<i64>()?, [1, 4, 2, 5, 3, 6, 1, 4, 2, 5, 3, 6]);
    Ok(())
}

#[test]
fn numbers_and_arrays_keep_their_type() -> Result<()> {
    let bytes = u8::collate(vec![1, 2, 3])?;
    assert_eq!(
        (bytes.dtype(), bytes.to_vec::<u8>()?),
        (DType::U8, vec![1, 2, 3])
    );
    let rows = <[f64; 2]>::collate(vec![[1.0, 2.0], [3.0, 4.0]])?;
    assert_eq!(
        (rows.dtype(), rows.shape().to_vec()),
        (DType::F64, vec![2, 2])
    );
    Ok(())
}

#[test]
fn tuples_vectors_and_maps_are_collated_field_by_field() -> Result<()> {
    let item = |x: i64| (x, (x as f32, true), vec![x, -x], format!("{x}"));
    let (numbers, (floats, flags), columns, names) = Collate::collate(vec![item(1), item(2)])?;
    assert_eq!(numbers.to_vec::<i64>()?, [1, 2]);
    assert_eq!(floats.to_vec::<f32>()?, [1.0, 2.0]);
    assert_eq!(flags.to_vec::<bool>()?, [true, true]);
    assert_eq!(columns[1].to_vec::<i64>()?, [-1, -2]);
    assert_eq!(names, ["1", "2"]);

    let map = |x: i64| BTreeMap::from([("x", x), ("y", 10 * x)]);
    let batch = Collate::collate(vec![map(1), map(2)])?;
    assert_eq!(batch["y"].to_vec::<i64>()?, [10, 20]);
    Ok(())
}

#[test]
fn items_that_differ_are_refused_with_both_shapes() {
    let shapes = Tensor::collate(vec![tensor([1, 2]).unwrap(), tensor([1, 2, 3]).unwrap()]);
    let message = shapes.unwrap_err().to_string();
    assert_eq!(
        message,
        "collate: tensors of a batch differ: int64 [2] and int64 [3]"
    );
    let dtypes = Tensor::collate(vec![tensor([1, 2]).unwrap(), tensor([1.0, 2.0]).unwrap()]);
    assert!(dtypes.is_err());
    assert!(Vec::<i64>::collate(vec![vec![1], vec![1, 2]]).is_err());
    let (one, other) = (
        BTreeMap::from([("x", 1_i64)]),
        BTreeMap::from([("y", 1_i64)]),
    );
    assert!(Collate::collate(vec![one, other]).is_err());
    assert!(Tensor::collate(vec![]).is_err());
}
