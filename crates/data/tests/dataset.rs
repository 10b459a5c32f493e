use rushlight_autograd::tensor;
use rushlight_data::{ConcatDataset, Dataset, Result, TensorDataset};

#[test]
fn a_tensor_dataset_returns_rows_of_each_tensor() -> Result<()> {
    let dataset = TensorDataset::new((tensor([[1, 2], [3, 4]])?, tensor([0.5, 1.5])?))?;
    assert_eq!(dataset.len(), 2);
    let (x, y) = dataset.get(1)?;
    assert_eq!(x.to_vec::<i64>()?, [3, 4]);
    assert_eq!(y.item()?, 1.5);
    let (x, y) = dataset.batch(&[1, 0, 1])?;
    assert_eq!(x.to_vec::<i64>()?, [3, 4, 1, 2, 3, 4]);
    assert_eq!(y.to_vec::<f32>()?, [1.5, 0.5, 1.5]);

    let single = TensorDataset::new(tensor([7, 8])?)?;
    assert_eq!(single.get(0)?.item()?, 7.0);
    Ok(())
}

#[test]
fn tensors_of_different_lengths_are_refused() -> Result<()> {
    assert!(TensorDataset::new((tensor([1, 2])?, tensor([1, 2, 3])?)).is_err());
    assert!(TensorDataset::new(tensor(1)?).is_err());
    Ok(())
}

#[test]
fn an_index_out_of_range_is_an_error_that_names_it() -> Result<()> {
    let dataset = TensorDataset::new(tensor([7, 8])?)?;
    let message = dataset.get(2).unwrap_err().to_string();
    assert_eq!(
        message,
        "get: index 2 is out of range for a dataset of 2 items"
    );
    assert!(dataset.batch(&[0, 5]).is_err());
    assert!(vec![1, 2].get(2).is_err());
    Ok(())
}

#[test]
fn joined_datasets_follow_each_other() -> Result<()> {
    let joined = ConcatDataset::new([vec![0, 1], vec![], vec![2, 3, 4]])?;
    assert_eq!(joined.len(), 5);
    let items = (0..5)
        .map(|index| joined.get(index))
        .collect::<Result<Vec<_>>>()?;
    assert_eq!(items, [0, 1, 2, 3, 4]);
    assert!(joined.get(5).is_err());
    assert!(ConcatDataset::<Vec<i64>>::new([])?.is_empty());
    Ok(())
}

#[test]
fn datasets_of_different_types_join_as_objects() -> Result<()> {
    type Any = Box<dyn Dataset<Item = i64>>;
    let [first, _] = rushlight_data::random_split(vec![10_i64, 11], [2, 0], None)?;
    let joined = ConcatDataset::new([Box::new(vec![0_i64]) as Any, Box::new(first) as Any])?;
    assert_eq!(joined.batch(&[0])?.to_vec::<i64>()?, [0]);
    assert_eq!(joined.len(), 3);
    Ok(())
}
