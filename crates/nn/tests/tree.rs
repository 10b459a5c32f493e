use crate::{Block, Scale, Statistics};
use rushlight_autograd::{DType, Result, Tensor};
use rushlight_nn::{Forward, Module, Sequential, sequential};

fn names<T>(named: Vec<(String, T)>) -> Vec<String> {
    named.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn names_and_order_are_those_of_the_fields() -> Result<()> {
    let block = Block::new(true)?;
    assert_eq!(
        names(block.named_parameters()),
        [
            "first.weight",
            "first.bias",
            "norm.weight",
            "shortcut.weight"
        ]
    );
    assert_eq!(
        names(block.named_buffers()),
        [
            "norm.running_mean",
            "norm.num_batches_tracked",
            "norm.cache"
        ]
    );
    assert_eq!(
        names(block.named_modules()),
        ["", "first", "norm", "shortcut"]
    );
    assert_eq!(names(block.named_children()), ["first", "norm", "shortcut"]);
    Ok(())
}

#[test]
fn a_parameter_held_twice_is_reported_once() -> Result<()> {
    let (first, mut second) = (Scale::new(2, false)?, Scale::new(2, false)?);
    second.weight = first.weight.clone();
    let tied = vec![first, second];
    assert_eq!(names(tied.named_parameters()), ["0.weight"]);
    assert_eq!(
        tied.state_dict().keys().collect::<Vec<_>>(),
        ["0.weight", "1.weight"]
    );
    Ok(())
}

#[test]
fn the_loop_of_pytorch_freezes_parameters() -> Result<()> {
    let block = Block::new(true)?;
    for (name, parameter) in block.named_parameters() {
        if !name.contains("shortcut") {
            parameter.requires_grad_(false);
        }
    }
    let trainable = block
        .parameters()
        .iter()
        .filter(|p| p.requires_grad())
        .count();
    assert_eq!(trainable, 1);
    block.first.requires_grad_(true);
    assert!(block.first.weight.requires_grad());
    Ok(())
}

#[test]
fn frozen_parameters_cost_no_graph() -> Result<()> {
    let model = sequential![Scale::new(3, true)?, Scale::new(3, true)?];
    model.freeze("0")?;
    let hidden = model.get(0)?.forward(&Tensor::ones(&[3])?)?;
    assert!(!hidden.requires_grad());
    model.forward(&Tensor::ones(&[3])?)?.sum()?.backward()?;
    assert!(model.get_parameter("0.weight")?.grad().is_none());
    assert!(model.get_parameter("1.weight")?.grad().is_some());
    Ok(())
}

#[test]
fn freezing_holds_running_statistics_in_every_mode() -> Result<()> {
    let block = Block::new(true)?;
    block.freeze("norm")?;
    block.train();
    assert!(!block.norm.is_training());
    assert!(block.first.is_training());
    assert!(!block.norm.weight.requires_grad());
    assert!(block.first.weight.requires_grad());
    block.unfreeze("norm.*")?;
    assert!(block.norm.is_training());
    Ok(())
}

#[test]
fn freezing_nothing_is_an_error_with_a_suggestion() -> Result<()> {
    let error = Block::new(true)?.freeze("nrom").unwrap_err().to_string();
    assert_eq!(
        error,
        "freeze: Block has no parameter or buffer named `nrom`"
    );
    let error = Block::new(true)?
        .freeze("shortcutt")
        .unwrap_err()
        .to_string();
    assert!(error.ends_with("; did you mean `shortcut`?"), "{error}");
    Ok(())
}

#[test]
fn parameters_are_chosen_by_pattern() -> Result<()> {
    let block = Block::new(true)?;
    assert_eq!(block.parameters_matching("*.bias")?.len(), 1);
    assert_eq!(block.parameters_matching("[fn]*")?.len(), 3);
    assert!(block.parameters_matching("head").is_err());
    Ok(())
}

#[test]
fn modes_are_set_for_all_parts() -> Result<()> {
    let block = Block::new(true)?;
    assert!(block.is_training());
    block.eval();
    assert!(!block.is_training() && !block.first.is_training() && !block.norm.is_training());
    block.norm.train();
    assert!(block.is_training() && !block.first.is_training());
    Ok(())
}

#[test]
fn conversion_reaches_optimizers_and_leaves_integers() -> Result<()> {
    let block = Block::new(false)?;
    let handle = block.first.weight.clone();
    handle.set_grad(Some(Tensor::ones(&[3])?))?;
    block.to(DType::F64)?;
    assert_eq!(handle.dtype(), DType::F64);
    assert_eq!(handle.grad().map(|grad| grad.dtype()), Some(DType::F64));
    assert!(handle.is_leaf() && handle.requires_grad());
    assert_eq!(block.norm.running_mean.dtype(), DType::F64);
    assert_eq!(block.norm.num_batches_tracked.dtype(), DType::I64);
    assert!(block.to(DType::I64).is_err());
    Ok(())
}

#[test]
fn gradients_that_are_missing_are_reported() -> Result<()> {
    let block = Block::new(true)?;
    block.forward(&Tensor::ones(&[3])?)?.sum()?.backward()?;
    assert_eq!(
        block.parameters_without_grad(),
        ["norm.weight", "shortcut.weight"]
    );
    block.zero_grad();
    assert_eq!(block.parameters_without_grad().len(), 4);
    Ok(())
}

#[test]
fn apply_visits_children_first() -> Result<()> {
    let model = Sequential::new().add(Block::new(false)?);
    let mut visited = Vec::new();
    model.apply(|module| {
        visited.push(module.type_name());
        Ok(())
    })?;
    assert_eq!(visited, ["Scale", "Statistics", "Block", "Sequential"]);
    Ok(())
}

#[test]
fn modules_and_parameters_are_found_by_path() -> Result<()> {
    let model = sequential![Block::new(true)?, Scale::new(2, true)?];
    let norm = model.get_submodule("0.norm")?;
    assert!(norm.is::<Statistics>());
    assert!(model.get_submodule("")?.is::<Sequential>());
    assert_eq!(model.get_parameter("1.bias")?.numel(), 2);
    let error = model
        .get_submodule("0.nrom")
        .map(drop)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "get_submodule: Sequential has no module named `0.nrom`; did you mean `0.norm`?"
    );
    assert!(model.get_parameter("2.weight").is_err());
    Ok(())
}

#[test]
fn errors_carry_the_path_of_the_module() -> Result<()> {
    #[derive(Module, Debug)]
    struct Net {
        layer3: Vec<Block>,
    }
    let net = Net {
        layer3: vec![Block::new(false)?],
    };
    net.train();
    let error = net.layer3[0]
        .forward(&Tensor::zeros(&[4])?)
        .map(drop)
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "layer3.0.first: mul: shapes [4] and [3] do not broadcast"
    );
    // A walk from further down does not make it forget where it is.
    net.layer3[0].first.eval();
    let error = net.layer3[0]
        .forward(&Tensor::zeros(&[4])?)
        .map(drop)
        .unwrap_err();
    assert!(error.to_string().starts_with("layer3.0.first: "));
    Ok(())
}

#[test]
fn a_sequence_knows_the_paths_of_its_parts_from_the_start() -> Result<()> {
    let model = sequential![sequential![Scale::new(3, true)?], Scale::new(4, true)?];
    let error = model.forward(&Tensor::zeros(&[3])?).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1: mul: shapes [3] and [4] do not broadcast"
    );
    let error = model.forward(&Tensor::zeros(&[2])?).map(drop).unwrap_err();
    assert!(error.to_string().starts_with("0.0: "), "{error}");
    Ok(())
}
