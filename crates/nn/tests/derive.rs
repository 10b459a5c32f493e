use crate::{Block, Scale};
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Fields, Forward, Module, Parameter, Sequential};

#[test]
fn fields_are_listed_in_order_under_their_names() -> Result<()> {
    let scale = Scale::new(3, true)?;
    let names: Vec<String> = Fields::of(&scale)
        .iter()
        .map(|e| e.name.to_string())
        .collect();
    assert_eq!(names, ["size", "weight", "bias", "bias", "site"]);
    Ok(())
}

#[test]
fn attributes_rename_skip_and_flatten_fields() -> Result<()> {
    #[derive(Module, Debug)]
    #[module(name = "Conv2dNormActivation")]
    struct Odd {
        #[module(flatten)]
        layers: Sequential,
        #[module(rename = "class")]
        kind: Scale,
        #[module(skip)]
        _cache: std::collections::HashMap<String, usize>,
        r#type: Scale,
    }
    let odd = Odd {
        layers: Sequential::new()
            .add(Scale::new(1, false)?)
            .add(Scale::new(2, false)?),
        kind: Scale::new(3, false)?,
        _cache: Default::default(),
        r#type: Scale::new(4, false)?,
    };
    let names: Vec<String> = odd.named_parameters().into_iter().map(|p| p.0).collect();
    assert_eq!(
        names,
        ["0.weight", "1.weight", "class.weight", "type.weight"]
    );
    assert!(
        odd.to_string()
            .starts_with("Conv2dNormActivation(\n  (0): Scale(size=1")
    );
    Ok(())
}

#[test]
fn generic_structs_and_tuple_structs_are_modules() -> Result<()> {
    #[derive(Module, Debug)]
    struct Pair<A: Module, const N: usize>(A, [usize; N]);
    let pair = Pair(Scale::new(1, false)?, [1, 2]);
    assert_eq!(pair.named_parameters()[0].0, "0.weight");
    Ok(())
}

#[test]
fn an_enum_stands_for_the_module_it_holds() -> Result<()> {
    #[derive(Module, Debug)]
    enum Either {
        One(Scale),
        Many(Sequential),
    }
    let one = Either::One(Scale::new(1, false)?);
    assert_eq!(one.to_string(), "Scale(size=1, bias=False)");
    assert_eq!(one.named_parameters()[0].0, "weight");
    assert_eq!(Either::Many(Sequential::new()).to_string(), "Sequential()");
    Ok(())
}

#[test]
fn vectors_options_boxes_and_shared_modules_are_fields() -> Result<()> {
    #[derive(Module, Debug)]
    struct All {
        list: Vec<Scale>,
        none: Option<Scale>,
        boxed: Box<dyn Forward>,
        shared: std::sync::Arc<Scale>,
    }
    let all = All {
        list: vec![Scale::new(1, false)?, Scale::new(1, false)?],
        none: None,
        boxed: Box::new(Block::new(false)?),
        shared: Scale::new(1, false)?.into(),
    };
    let names: Vec<String> = all.named_parameters().into_iter().map(|p| p.0).collect();
    let expected = [
        "list.0.weight",
        "list.1.weight",
        "boxed.first.weight",
        "boxed.first.bias",
        "boxed.norm.weight",
        "shared.weight",
    ];
    assert_eq!(names, expected);
    assert!(
        all.get_submodule("boxed")?
            .downcast_ref::<Block>()
            .is_some()
    );
    Ok(())
}

#[test]
fn a_part_is_replaced_by_assignment() -> Result<()> {
    let mut block = Block::new(false)?;
    block.first = Scale::new(5, false)?;
    assert_eq!(block.first.forward(&Tensor::zeros(&[5])?)?.shape(), [5]);
    assert_eq!(block.named_parameters().len(), 2);
    Ok(())
}

#[test]
fn a_parameter_must_carry_a_gradient() -> Result<()> {
    let integers = rushlight_autograd::tensor([1, 2])?;
    assert!(Parameter::new(integers).is_err());
    Ok(())
}

#[test]
fn mistakes_are_found_when_compiling() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
