use rushlight_autograd::{Result, Tensor, no_grad, substitute_guard, tensor};

#[test]
fn two_leaves_may_stand_for_each_other() -> Result<()> {
    let (a, b) = (
        tensor(2.0)?.requires_grad_(true)?,
        tensor(5.0)?.requires_grad_(true)?,
    );
    let guard = substitute_guard([(a.clone(), b.clone()), (b.clone(), a.clone())]);
    assert_eq!((a.item()?, b.item()?), (5.0, 2.0));
    let y = a.square()?.add(&b)?;
    drop(guard);
    y.backward()?;
    assert_eq!(
        (a.grad().unwrap().item()?, b.grad().unwrap().item()?),
        (1.0, 10.0)
    );
    assert_eq!((a.item()?, b.item()?), (2.0, 5.0));
    Ok(())
}

#[test]
fn shape_type_and_graph_are_those_of_the_stand_in() -> Result<()> {
    let leaf = tensor([1.0, 2.0])?.requires_grad_(true)?;
    let guard = substitute_guard([(leaf.clone(), Tensor::zeros(&[3])?.double()?)]);
    assert_eq!(leaf.shape(), [3]);
    assert!(!leaf.requires_grad() && leaf.is_leaf());
    drop(guard);
    let value = leaf.exp()?;
    let _guard = substitute_guard([(leaf.clone(), value)]);
    assert!(leaf.requires_grad() && !leaf.is_leaf());
    assert!(leaf.set_data(&tensor(1.0)?).is_err());
    Ok(())
}

#[test]
fn what_is_written_meanwhile_is_forgotten() -> Result<()> {
    let buffer = tensor([1.0, 2.0])?;
    let mut handle = buffer.clone();
    {
        let _guard = substitute_guard([(buffer.clone(), tensor([5.0, 6.0])?)]);
        buffer.set_data(&tensor([7.0, 8.0])?)?;
        assert_eq!(buffer.to_vec::<f32>()?, [7.0, 8.0]);
        no_grad(|| handle.mul_(2.0))?;
        assert_eq!(handle.to_vec::<f32>()?, [14.0, 16.0]);
    }
    assert_eq!(buffer.to_vec::<f32>()?, [1.0, 2.0]);
    Ok(())
}

#[test]
fn stand_ins_nest_and_belong_to_the_thread() -> Result<()> {
    let leaf = tensor(1.0)?;
    let outer = substitute_guard([(leaf.clone(), tensor(2.0)?)]);
    {
        let _inner = substitute_guard([(leaf.clone(), tensor(3.0)?)]);
        assert_eq!(leaf.item()?, 3.0);
    }
    assert_eq!(leaf.item()?, 2.0);
    let elsewhere = leaf.clone();
    let seen = std::thread::spawn(move || elsewhere.item())
        .join()
        .unwrap()?;
    assert_eq!(seen, 1.0);
    drop(outer);
    assert_eq!(leaf.item()?, 1.0);
    Ok(())
}
