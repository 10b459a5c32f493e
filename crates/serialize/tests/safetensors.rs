//! The safetensors format.

use rushlight_serialize::{Error, SafeTensors, Value, load_bytes, safetensors};
use rushlight_tensor::{Array, DType};

use crate::refusal;

const ALL: [DType; 10] = [
    DType::U8,
    DType::F64,
    DType::Bool,
    DType::F32,
    DType::F16,
    DType::I64,
    DType::BF16,
    DType::I32,
    DType::I8,
    DType::I16,
];

/// A tensor of three elements of every type, in an order that would misalign them.
fn every_dtype() -> SafeTensors {
    let tensors = ALL.iter().enumerate().map(|(position, &dtype)| {
        let bytes: Vec<u8> = (0..3 * dtype.size_in_bytes())
            .map(|byte| (byte % 2) as u8)
            .collect();
        (
            format!("t{position}"),
            Array::from_bytes(&bytes, &[3, 1], dtype).unwrap(),
        )
    });
    let metadata = vec![
        ("z".to_owned(), "é\"\n".to_owned()),
        ("a".to_owned(), String::new()),
    ];
    SafeTensors {
        tensors: tensors.collect(),
        metadata,
    }
}

/// A file with this header and these bytes after it.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let length = header.len() as u64;
    [&length.to_le_bytes()[..], header.as_bytes(), data].concat()
}

fn assert_same(got: &SafeTensors, expected: &SafeTensors) {
    assert_eq!(got.metadata, expected.metadata);
    assert_eq!(got.tensors.len(), expected.tensors.len());
    for ((got_name, got), (name, array)) in got.tensors.iter().zip(&expected.tensors) {
        assert_eq!(got_name, name);
        assert_eq!((got.dtype(), got.shape()), (array.dtype(), array.shape()));
        assert_eq!(got.to_bytes().unwrap(), array.to_bytes().unwrap());
    }
}

#[test]
fn writing_and_reading_keeps_order_types_and_text() {
    let contents = every_dtype();
    let bytes = safetensors::to_bytes(&contents).unwrap();
    assert_same(&safetensors::from_bytes(&bytes).unwrap(), &contents);
    assert_eq!(safetensors::to_bytes(&contents).unwrap(), bytes);
}

#[test]
fn empty_scalar_and_strided_tensors_are_written_in_logical_order() {
    let base = Array::from_bytes(&[0, 1, 2, 3, 4, 5], &[2, 3], DType::U8).unwrap();
    let tensors = vec![
        (
            "transposed".to_owned(),
            base.as_strided(&[3, 2], &[1, 3], 0).unwrap(),
        ),
        ("scalar".to_owned(), base.as_strided(&[], &[], 5).unwrap()),
        (
            "empty".to_owned(),
            base.as_strided(&[0, 3], &[3, 1], 0).unwrap(),
        ),
    ];
    let bytes = safetensors::to_bytes(&SafeTensors {
        tensors,
        metadata: Vec::new(),
    })
    .unwrap();
    let read = safetensors::from_bytes(&bytes).unwrap();
    assert_eq!(
        read.tensor("transposed").unwrap().to_bytes().unwrap(),
        [0, 3, 1, 4, 2, 5]
    );
    assert_eq!(read.tensor("scalar").unwrap().to_bytes().unwrap(), [5]);
    assert_eq!(**read.tensor("empty").unwrap().shape(), [0, 3]);
}

#[test]
fn the_reference_implementation_reads_what_is_written() {
    let contents = every_dtype();
    let bytes = safetensors::to_bytes(&contents).unwrap();
    let reference = ::safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(reference.len(), contents.tensors.len());
    for (name, array) in &contents.tensors {
        let view = reference.tensor(name).unwrap();
        assert_eq!(view.shape(), &**array.shape());
        assert_eq!(view.data(), array.to_bytes().unwrap());
        let start = view.data().as_ptr() as usize - bytes.as_ptr() as usize;
        assert!(
            start.is_multiple_of(array.dtype().size_in_bytes()),
            "{name} is not aligned"
        );
    }
}

#[test]
fn what_the_reference_implementation_writes_is_read() {
    let data: Vec<u8> = (0..24).collect();
    let view = ::safetensors::tensor::TensorView::new(::safetensors::Dtype::F32, vec![2, 3], &data);
    let bytes = ::safetensors::serialize([("x", view.unwrap())], None).unwrap();
    let read = safetensors::from_bytes(&bytes).unwrap();
    assert_eq!(read.tensor("x").unwrap().to_bytes().unwrap(), data);
    assert!(matches!(
        load_bytes(&bytes).unwrap(),
        Value::OrderedDict { .. }
    ));
}

#[test]
fn a_header_longer_than_the_file_is_not_allocated() {
    for length in [u64::MAX, 1 << 40, 100_000_001, 3] {
        let bytes = [&length.to_le_bytes()[..], b"{}"].concat();
        refusal(safetensors::from_bytes(&bytes));
        refusal(load_bytes(&bytes));
    }
    refusal(safetensors::from_bytes(b""));
    refusal(safetensors::from_bytes(&[0; 7]));
}

#[test]
fn the_header_accounts_for_every_byte() {
    let at = |start: u64, end: u64| {
        format!(r#"{{"x":{{"dtype":"U8","shape":[2],"data_offsets":[{start},{end}]}}}}"#)
    };
    safetensors::from_bytes(&file(&at(0, 2), &[1, 2])).unwrap();
    refusal(safetensors::from_bytes(&file(&at(0, 2), &[1])));
    refusal(safetensors::from_bytes(&file(&at(0, 2), &[1, 2, 3])));
    refusal(safetensors::from_bytes(&file(&at(1, 3), &[1, 2, 3])));
    refusal(safetensors::from_bytes(&file(&at(0, 3), &[1, 2, 3])));
    refusal(safetensors::from_bytes(&file(&at(2, 0), &[1, 2])));
    refusal(safetensors::from_bytes(&file(
        &at(u64::MAX - 1, u64::MAX),
        &[1, 2],
    )));

    let info = r#"{"dtype":"U8","shape":[2],"data_offsets":[0,2]}"#;
    let both = format!(r#"{{"x":{info},"y":{info}}}"#);
    refusal(safetensors::from_bytes(&file(&both, &[1, 2])));
}

#[test]
fn shapes_that_wrap_are_refused() {
    for shape in [
        "[4294967296,4294967296]",
        "[4294967296,4294967296,0]",
        "[18446744073709551615,2]",
        "[-1]",
        "[1.0]",
        "[1e99]",
    ] {
        let header = format!(r#"{{"x":{{"dtype":"F32","shape":{shape},"data_offsets":[0,0]}}}}"#);
        refusal(safetensors::from_bytes(&file(&header, &[])));
    }
}

#[test]
fn a_name_occurs_once() {
    let info = r#"{"dtype":"U8","shape":[0],"data_offsets":[0,0]}"#;
    let twice = format!(r#"{{"x":{info},"x":{info}}}"#);
    assert!(refusal(safetensors::from_bytes(&file(&twice, &[]))).contains("twice"));
    let text = r#"{"__metadata__":{"a":"1","a":"2"}}"#;
    assert!(refusal(safetensors::from_bytes(&file(text, &[]))).contains("twice"));
    let field = r#"{"x":{"dtype":"U8","dtype":"U8","shape":[0],"data_offsets":[0,0]}}"#;
    refusal(safetensors::from_bytes(&file(field, &[])));

    let mut contents = every_dtype();
    contents.tensors.push(contents.tensors[0].clone());
    assert!(refusal(safetensors::to_bytes(&contents)).contains("\"t0\" is taken"));
    contents.tensors.pop();
    contents.tensors[0].0 = "__metadata__".to_owned();
    refusal(safetensors::to_bytes(&contents));
}

#[test]
fn what_is_no_header_is_refused() {
    let headers = [
        "[]",
        " {}",
        "{} x",
        "{",
        "null",
        r#"{"__metadata__":{"a":1}}"#,
        r#"{"__metadata__":[]}"#,
        r#"{"x":{}}"#,
        r#"{"x":null}"#,
        r#"{"x":{"dtype":"F32","shape":[0]}}"#,
    ];
    for header in headers {
        refusal(safetensors::from_bytes(&file(header, &[])));
    }
    let nested = format!("{{\"x\":{}", "[".repeat(100_000));
    refusal(safetensors::from_bytes(&file(&nested, &[])));
}

#[test]
fn an_unknown_dtype_is_an_error_that_names_it() {
    let header = r#"{"x":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}"#;
    let error = safetensors::from_bytes(&file(header, &[0])).unwrap_err();
    assert!(matches!(error, Error::Unsupported { .. }));
    assert!(error.to_string().contains("F8_E4M3"));
}

#[test]
fn saving_replaces_the_file_and_leaves_nothing_else() {
    let folder = std::env::temp_dir().join(format!("safetensors-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("model.safetensors");
    std::fs::write(&path, b"old").unwrap();
    safetensors::save(&path, &every_dtype()).unwrap();
    assert_same(&safetensors::load(&path).unwrap(), &every_dtype());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_failing_save_leaves_the_old_file() {
    let folder = std::env::temp_dir().join(format!("safetensors-old-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("model.safetensors");
    std::fs::write(&path, b"old").unwrap();
    let mut contents = every_dtype();
    contents.tensors.push(contents.tensors[0].clone());
    refusal(safetensors::save(&path, &contents));
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(&folder).unwrap();

    let error = safetensors::save(&path, &every_dtype()).unwrap_err();
    assert!(matches!(
        error,
        Error::File {
            operation: "save",
            ..
        }
    ));
}

#[test]
fn a_file_that_is_not_there_is_an_error_with_its_path() {
    assert!(refusal(safetensors::load("not/there.safetensors")).contains("not/there.safetensors"));
    assert!(refusal(safetensors::load(std::env::temp_dir())).contains("directory"));
}
