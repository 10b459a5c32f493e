//! Writing checkpoints.

use rushlight_serialize::{LoadedTensor, StateDict, Value, load, load_bytes, pth};
use rushlight_tensor::{Array, DType};

use crate::{floats, refusal, tensor};

fn read(name: &str) -> Value {
    load(format!(
        "{}/tests/files/{name}.pt",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

/// What is read after `value` was written.
fn rewritten(value: &Value) -> Value {
    load_bytes(&pth::to_bytes(value).unwrap()).unwrap()
}

fn plain(array: Array) -> Value {
    let loaded = LoadedTensor {
        array,
        requires_grad: false,
        is_parameter: false,
    };
    Value::Tensor(Box::new(loaded))
}

#[test]
fn what_pytorch_wrote_is_the_same_after_reading_and_writing() {
    let names = [
        "containers",
        "dtypes",
        "parameters",
        "protocol4",
        "state_dict",
        "views",
    ];
    for name in names.map(|name| format!("zip_{name}")) {
        let value = read(&name);
        let bytes = pth::to_bytes(&value).unwrap();
        let again = load_bytes(&bytes).unwrap();
        assert_eq!(format!("{again:?}"), format!("{value:?}"), "{name}");
        assert!(
            pth::to_bytes(&again).unwrap() == bytes,
            "{name} has other elements"
        );
    }
}

#[test]
fn the_same_value_gives_the_same_bytes() {
    let value = read("zip_state_dict");
    assert_eq!(
        pth::to_bytes(&value).unwrap(),
        pth::to_bytes(&value).unwrap()
    );
}

#[test]
fn views_share_one_storage_after_writing() {
    let value = rewritten(&read("zip_views"));
    let views = value.items().unwrap();
    let base = &views[0].as_tensor().unwrap().array;
    for view in views {
        assert!(view.as_tensor().unwrap().array.shares_storage_with(base));
    }
    assert_eq!(
        floats(views[2].as_tensor().unwrap()),
        [12.0, 13.0, 14.0, 15.0, 16.0, 17.0]
    );
}

#[test]
fn a_state_dict_keeps_its_versions() {
    let bias = Array::from_slice(&[1.0f32, 2.0], &[2]).unwrap();
    let entries = [("bn.bias".to_owned(), bias)];
    let dict = StateDict::new(entries, [("bn".to_owned(), 2)]).unwrap();
    let value = rewritten(&Value::from(dict));
    assert_eq!(floats(tensor(&value, "bn.bias")), [1.0, 2.0]);
    assert_eq!(StateDict::try_from(value).unwrap().version("bn"), Some(2));
}

#[test]
fn integers_of_every_length_are_written() {
    let small = [
        0,
        255,
        256,
        65_535,
        65_536,
        i64::from(i32::MAX),
        1 << 31,
        -1,
        i64::MIN,
        i64::MAX,
    ];
    let mut integers: Vec<Value> = small.into_iter().map(Value::Int).collect();
    for digits in [
        "9223372036854775808",
        "-9223372036854775809",
        "170141183460469231731687303715884105728",
    ] {
        integers.push(Value::BigInt(digits.into()));
    }
    let value = Value::List(integers);
    assert_eq!(format!("{:?}", rewritten(&value)), format!("{value:?}"));
    for digits in ["", "-", "1.5", &"9".repeat(700)] {
        refusal(pth::to_bytes(&Value::BigInt(digits.into())));
    }
}

#[test]
fn nesting_that_is_too_deep_to_be_read_is_still_written_without_a_stack() {
    let mut value = Value::None;
    for _ in 0..1000 {
        value = Value::List(vec![value]);
    }
    let small_stack = std::thread::Builder::new().stack_size(256 << 10);
    let written = small_stack.spawn(move || pth::to_bytes(&value).map(|bytes| bytes.len()));
    assert!(written.unwrap().join().unwrap().unwrap() > 2000);
}

#[test]
fn more_records_than_sixteen_bits_can_count_are_written() {
    let one = |value: u32| plain(Array::from_slice(&[value as i32], &[1]).unwrap());
    let value = Value::List((0..66_000).map(one).collect());
    let bytes = pth::to_bytes(&value).unwrap();
    assert!(bytes.windows(4).any(|bytes| bytes == b"PK\x06\x06"));
    let read = load_bytes(&bytes).unwrap();
    let last = &read.items().unwrap()[65_999].as_tensor().unwrap().array;
    assert_eq!(
        (last.dtype(), last.to_vec::<i32>().unwrap()),
        (DType::I32, vec![65_999])
    );
}

#[test]
fn every_record_is_aligned_for_mapping() {
    let value = plain(Array::from_slice(&[7.0f64; 3], &[3]).unwrap());
    let bytes = pth::to_bytes(&value).unwrap();
    let content: Vec<u8> = [7.0f64; 3]
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    let start = bytes
        .windows(24)
        .position(|window| window == content)
        .unwrap();
    assert!(start.is_multiple_of(64));
}

#[test]
fn saving_replaces_the_file_at_once() {
    let folder = std::env::temp_dir().join(format!("pth-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("model.pth");
    std::fs::write(&path, b"old").unwrap();
    refusal(pth::save(&path, &Value::BigInt("x".into())));
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    pth::save(&path, &read("zip_state_dict")).unwrap();
    assert_eq!(tensor(&load(&path).unwrap(), "0.weight").array.numel(), 6);
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
}
