//! Telling the state dict in a checkpoint.

use rushlight_serialize::{LoadedTensor, Result, StateDict, Value, state_dict};
use rushlight_tensor::{Array, DType};

use crate::refusal;

fn tensor(value: f32) -> Value {
    let array = Array::from_bytes(&value.to_le_bytes(), &[1], DType::F32).unwrap();
    let loaded = LoadedTensor {
        array,
        requires_grad: false,
        is_parameter: false,
    };
    Value::Tensor(Box::new(loaded))
}

fn dict(entries: &[(&str, Value)]) -> Value {
    Value::Dict(owned(entries))
}

fn owned(entries: &[(&str, Value)]) -> Vec<(Value, Value)> {
    entries
        .iter()
        .map(|(key, value)| (Value::Str((*key).into()), value.clone()))
        .collect()
}

fn names(value: Value) -> Result<Vec<String>> {
    Ok(StateDict::try_from(value)?
        .into_iter()
        .map(|(name, _)| name)
        .collect())
}

#[test]
fn names_order_and_versions_are_those_of_pytorch() {
    for form in ["zip", "legacy"] {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/");
        let weights = state_dict(format!("{folder}{form}_state_dict.pt")).unwrap();
        let names: Vec<_> = weights.iter().map(|(name, _)| name).collect();
        let batch_norm = ["1.weight", "1.bias", "1.running_mean", "1.running_var"];
        assert_eq!(names[..2], ["0.weight", "0.bias"]);
        assert_eq!(names[2..6], batch_norm);
        assert_eq!(names[6..], ["1.num_batches_tracked"]);
        assert_eq!(**weights.get("0.weight").unwrap().shape(), [3, 2]);
        assert_eq!(
            (weights.version(""), weights.version("1")),
            (Some(1), Some(2))
        );
        assert_eq!(weights.version("2"), None);
    }
}

#[test]
fn the_usual_wrappers_are_removed() {
    let weights = dict(&[("a", tensor(1.0)), ("b", tensor(2.0))]);
    for key in ["state_dict", "model_state_dict", "model"] {
        let wrapped = dict(&[("epoch", Value::Int(3)), (key, weights.clone())]);
        assert_eq!(names(wrapped).unwrap(), ["a", "b"]);
    }
}

#[test]
fn a_tensor_called_like_a_wrapper_stays() {
    assert_eq!(names(dict(&[("model", tensor(1.0))])).unwrap(), ["model"]);
}

#[test]
fn the_prefix_of_data_parallel_is_removed_from_names_and_versions() {
    let version = |number| dict(&[("version", Value::Int(number))]);
    let metadata = owned(&[
        ("", version(1)),
        ("module", version(5)),
        ("module.bn", version(2)),
    ]);
    let entries = owned(&[("module.a", tensor(1.0)), ("module.bn.weight", tensor(2.0))]);
    let value = Value::OrderedDict {
        entries,
        metadata: Some(metadata),
    };
    let weights = StateDict::try_from(value).unwrap();
    assert_eq!(
        weights.iter().map(|entry| entry.0).collect::<Vec<_>>(),
        ["a", "bn.weight"]
    );
    assert_eq!(
        (weights.version(""), weights.version("bn")),
        (Some(5), Some(2))
    );
}

#[test]
fn a_prefix_that_only_some_names_have_stays() {
    let mixed = dict(&[("module.a", tensor(1.0)), ("b", tensor(2.0))]);
    assert_eq!(names(mixed).unwrap(), ["module.a", "b"]);
}

#[test]
fn what_is_no_tensor_is_an_error_that_names_it() {
    let mixed = dict(&[("a", tensor(1.0)), ("epoch", Value::Int(3))]);
    assert!(refusal(names(mixed)).contains("\"epoch\""));
    assert!(refusal(names(Value::List(vec![]))).contains("list"));
    assert!(refusal(names(Value::Dict(vec![(Value::Int(1), tensor(1.0))]))).contains("Int(1)"));
}

#[test]
fn an_empty_state_dict_is_one() {
    assert!(StateDict::try_from(dict(&[])).unwrap().is_empty());
}
