use crate::{Block, Scale};
use rushlight_autograd::{DType, Result, Tensor, tensor};
use rushlight_nn::{Error, Module, StateDict};

#[test]
fn a_state_lists_parameters_then_persistent_buffers_of_each_module() -> Result<()> {
    let keys = Block::new(true)?.state_dict();
    let expected = [
        "first.weight",
        "first.bias",
        "norm.weight",
        "norm.running_mean",
        "norm.num_batches_tracked",
        "shortcut.weight",
    ];
    assert_eq!(keys.keys().collect::<Vec<_>>(), expected);
    assert_eq!(
        (keys.version(""), keys.version("norm"), keys.version("x")),
        (Some(1), Some(2), None)
    );
    Ok(())
}

#[test]
fn a_state_is_of_its_moment() -> Result<()> {
    let scale = Scale::new(2, false)?;
    let state = scale.state_dict();
    scale.weight.set_data(&tensor([5.0, 6.0])?)?;
    assert_eq!(state.get("weight").unwrap().to_vec::<f32>()?, [1.0, 1.0]);
    assert!(!state.get("weight").unwrap().requires_grad());
    Ok(())
}

#[test]
fn loading_converts_and_reaches_every_handle() -> Result<()> {
    let scale = Scale::new(2, false)?;
    let handle = scale.weight.clone();
    let state: StateDict = [("weight", Tensor::from_vec(vec![3.0_f64, 4.0], &[2])?)]
        .into_iter()
        .collect();
    scale.load_state_dict(&state, true)?;
    assert_eq!(handle.to_vec::<f32>()?, [3.0, 4.0]);
    assert!(handle.requires_grad() && handle.is_leaf());
    Ok(())
}

#[test]
fn a_round_trip_restores_everything() -> Result<()> {
    let (from, to) = (Block::new(true)?, Block::new(true)?);
    for (index, parameter) in from.parameters().iter().enumerate() {
        parameter.set_data(&parameter.full_like(index as f64 + 2.0)?)?;
    }
    to.load_state_dict(&from.state_dict(), true)?;
    for (a, b) in from.parameters().iter().zip(to.parameters()) {
        assert_eq!(a.to_vec::<f32>()?, b.to_vec::<f32>()?);
        assert!(!a.is_same(&b));
    }
    Ok(())
}

#[test]
fn one_error_reports_everything_and_nothing_is_applied() -> Result<()> {
    let block = Block::new(true)?;
    let mut state = block.state_dict();
    state.insert("first.weight", tensor([7.0, 7.0, 7.0])?);
    state.insert("first.bias", tensor([7.0, 7.0])?);
    state.insert(
        "short_cut.weight",
        state.get("shortcut.weight").unwrap().clone(),
    );
    state.remove("shortcut.weight");
    let error = block.load_state_dict(&state, true).unwrap_err();
    assert_eq!(
        error.to_string(),
        "load_state_dict: the state does not fit Block
  missing: shortcut.weight (the state has short_cut.weight)
  unexpected: short_cut.weight
  mis-shaped: first.bias is [2] in the state, [3] in the model"
    );
    let Some(Error::State(mismatch)) = Error::of(&error) else {
        panic!("{error:?}");
    };
    assert_eq!(mismatch.keys.missing_keys, ["shortcut.weight"]);
    assert_eq!(block.first.weight.to_vec::<f32>()?, [1.0; 3]);
    Ok(())
}

#[test]
fn a_lenient_load_returns_the_keys_that_differ() -> Result<()> {
    let block = Block::new(true)?;
    let mut state = StateDict::new();
    state.insert("first.weight", tensor([7.0, 7.0, 7.0])?);
    state.insert("head.weight", tensor(1.0)?);
    let keys = block.load_state_dict(&state, false)?;
    assert_eq!(keys.unexpected_keys, ["head.weight"]);
    assert_eq!(
        keys.missing_keys,
        [
            "first.bias",
            "norm.weight",
            "norm.running_mean",
            "shortcut.weight"
        ]
    );
    assert_eq!(block.first.weight.to_vec::<f32>()?, [7.0; 3]);
    state.insert("first.bias", tensor(1.0)?);
    state.insert("first.weight", tensor([8.0, 8.0, 8.0])?);
    assert!(block.load_state_dict(&state, false).is_err());
    assert_eq!(block.first.weight.to_vec::<f32>()?, [7.0; 3]);
    Ok(())
}

#[test]
fn a_prefix_of_all_keys_is_pointed_out() -> Result<()> {
    let scale = Scale::new(2, true)?;
    let wrapped = scale.state_dict().rename(|name| format!("module.{name}"));
    let error = scale
        .load_state_dict(&wrapped, true)
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("begin with `module.`; `state.strip_prefix(\"module.\")`"),
        "{error}"
    );
    scale.load_state_dict(&wrapped.strip_prefix("module."), true)?;
    Ok(())
}

#[test]
fn a_key_newer_than_the_state_may_be_missing() -> Result<()> {
    let block = Block::new(false)?;
    let mut state = block.state_dict();
    state.remove("norm.num_batches_tracked");
    let count = block.norm.num_batches_tracked.full_like(5_i64)?;
    block.norm.num_batches_tracked.set_data(&count)?;
    assert!(block.load_state_dict(&state, true).is_err());
    state.set_version("norm", 1);
    block.load_state_dict(&state, true)?;
    assert_eq!(block.norm.num_batches_tracked.item()?, 5.0);
    // As when the tensors come from a file that knows no versions.
    let unversioned: StateDict = state.into_iter().collect();
    block.load_state_dict(&unversioned, true)?;
    Ok(())
}

#[test]
fn a_single_element_loads_into_a_scalar() -> Result<()> {
    let block = Block::new(false)?;
    let mut state = block.state_dict();
    state.insert("norm.num_batches_tracked", tensor([4])?);
    block.load_state_dict(&state, true)?;
    assert_eq!(block.norm.num_batches_tracked.item()?, 4.0);
    assert_eq!(block.norm.num_batches_tracked.dim(), 0);
    assert_eq!(block.norm.num_batches_tracked.dtype(), DType::I64);
    Ok(())
}

#[test]
fn entries_keep_their_order_when_some_are_removed() -> Result<()> {
    let mut state: StateDict = [
        ("a", tensor(1.0)?),
        ("b", tensor(2.0)?),
        ("c", tensor(3.0)?),
    ]
    .into_iter()
    .collect();
    state.remove("a");
    assert_eq!(state.get("c").unwrap().item()?, 3.0);
    assert_eq!(state.keys().collect::<Vec<_>>(), ["b", "c"]);
    assert!(state.insert("b", tensor(9.0)?).is_some());
    assert_eq!(state.len(), 2);
    Ok(())
}
