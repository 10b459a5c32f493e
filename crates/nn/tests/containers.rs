use crate::Scale;
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Forward, Linear, Module, ModuleDict, ModuleList, ReLU, Sequential, sequential};

#[test]
fn a_sequence_calls_its_modules_in_order() -> Result<()> {
    let model = Sequential::new()
        .add(Scale::new(1, true)?)
        .add(Scale::new(1, true)?);
    assert_eq!(model.forward(&Tensor::ones(&[1])?)?.to_vec::<f32>()?, [3.0]);
    assert_eq!(
        Sequential::new()
            .forward(&Tensor::ones(&[1])?)?
            .to_vec::<f32>()?,
        [1.0]
    );
    Ok(())
}

#[test]
fn a_part_is_replaced_and_keeps_its_name() -> Result<()> {
    let mut model = sequential![Scale::new(1, true)?, ReLU::new()];
    model.add_module("head", Scale::new(2, true)?)?;
    model.set(-1, Scale::new(3, false)?)?;
    assert_eq!(model.named_parameters()[2].0, "head.weight");
    assert_eq!(model.named_parameters()[2].1.numel(), 3);
    model.add_module("head", Scale::new(4, false)?)?;
    assert_eq!((model.len(), model.named_parameters()[2].1.numel()), (3, 4));
    Ok(())
}

#[test]
fn inserting_and_removing_numbers_the_rest_anew() -> Result<()> {
    let mut model = sequential![Scale::new(1, false)?, Scale::new(2, false)?];
    model.insert(1, ReLU::new())?;
    assert_eq!(model.named_parameters()[1].0, "2.weight");
    model.remove(0)?;
    let names: Vec<String> = model.named_children().into_iter().map(|c| c.0).collect();
    assert_eq!(names, ["0", "1"]);
    Ok(())
}

#[test]
fn positions_and_names_are_checked() -> Result<()> {
    let mut model = sequential![ReLU::new()];
    assert!(model.set(1, ReLU::new()).is_err());
    assert!(model.set(-2, ReLU::new()).is_err());
    assert!(model.insert(2, ReLU::new()).is_err());
    assert!(model.remove(5).is_err());
    let error = model
        .add_module("a.b", ReLU::new())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "add_module: name must be not empty and without a dot, got \"a.b\""
    );
    Ok(())
}

#[test]
fn parts_are_found_as_the_type_they_are() -> Result<()> {
    let model = sequential![Linear::new(2, 3)?, ReLU::new()];
    let linear = model.get(0)?.downcast_ref::<Linear>().unwrap();
    assert_eq!(linear.out_features, 3);
    assert!(model.get(1)?.downcast_ref::<Linear>().is_none());
    Ok(())
}

#[test]
fn lists_and_dictionaries_hold_modules_of_any_type() -> Result<()> {
    let mut list = ModuleList::new();
    list.push(Scale::new(1, false)?);
    list.push(ReLU::new());
    assert_eq!(list.iter().len(), 2);
    assert_eq!(list.get(-1)?.type_name(), "ReLU");
    let mut dict = ModuleDict::new();
    dict.add_module("list", ReLU::new())?;
    dict.add_module("scale", Scale::new(1, false)?)?;
    assert!(dict.get("scale").is_some() && dict.get("other").is_none());
    assert!(dict.remove("list").is_some());
    assert_eq!(
        dict.to_string(),
        "ModuleDict(\n  (scale): Scale(size=1, bias=False)\n)"
    );
    Ok(())
}
