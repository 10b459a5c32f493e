//! Files of ours that the real PyTorch reads, and writes again.
//!
//! Python is `python3`, or what the variable `PYTHON` names; where it has no `torch`, the test says so
//! and ends.

use rushlight_serialize::{LoadedTensor, Value, load, pth};
use rushlight_tensor::{Array, DType};
use std::path::Path;
use std::process::Command;

fn python(arguments: &[&str]) -> Option<String> {
    let program = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = Command::new(program).args(arguments).output().ok()?;
    if !output.status.success() {
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    Some(String::from_utf8(output.stdout).expect("text"))
}

fn text(text: &str) -> Value {
    Value::Str(text.into())
}

fn value(array: Array) -> Value {
    Value::Tensor(Box::new(LoadedTensor {
        array,
        requires_grad: false,
        is_parameter: false,
    }))
}

/// Two rows of zeros and ones.
fn array(dtype: DType) -> Array {
    let numbers = Array::from_slice(&[0_i64, 1, 1, 0, 0, 1], &[2, 3]).expect("they fit");
    numbers.to_dtype(dtype).expect("they fit")
}

/// A checkpoint with every dtype, a view, versions of modules, and the state of a training.
fn checkpoint() -> Value {
    let mut entries: Vec<(Value, Value)> = DType::ALL
        .into_iter()
        .map(|dtype| (text(dtype.name()), value(array(dtype))))
        .collect();
    let float = entries
        .iter()
        .find(|(name, _)| name.as_str() == Some("float32"));
    let float = float
        .and_then(|(_, value)| value.as_tensor())
        .expect("it is there");
    let view = float
        .array
        .as_strided(&[3, 2], &[1, 3], 0)
        .expect("within the storage");
    entries.push((text("view"), value(view)));
    entries.push((
        text("scalar"),
        value(Array::from_slice(&[2.5_f32], &[]).expect("one")),
    ));
    entries.push((
        text("empty"),
        value(Array::from_slice(&[0.0_f32; 0], &[0, 4]).expect("none")),
    ));
    let version = |version| Value::Dict(vec![(text("version"), Value::Int(version))]);
    let metadata = vec![(text(""), version(1)), (text("bn1"), version(2))];
    let model = Value::OrderedDict {
        entries,
        metadata: Some(metadata),
    };
    Value::Dict(vec![
        (text("model"), model),
        (text("epoch"), Value::Int(3)),
        (text("lr"), Value::Float(0.1)),
        (text("name"), text("é漢😀")),
        (
            text("steps"),
            Value::List(vec![Value::Int(1), Value::None, Value::Bool(true)]),
        ),
    ])
}

/// The tensors of a file as PyTorch would say them.
fn tensors(path: &Path) -> Vec<(String, DType, Vec<usize>, Vec<u8>)> {
    let file = load(path).expect("a file of PyTorch");
    let model = file.get("model").and_then(Value::entries).expect("a model");
    let of = |(name, value): &(Value, Value)| {
        let array = &value.as_tensor().expect("a tensor").array;
        let bytes = array.to_bytes().expect("on the CPU");
        let name = name.as_str().expect("text").to_owned();
        (name, array.dtype(), array.shape().to_vec(), bytes)
    };
    model.iter().map(of).collect()
}

#[test]
fn pytorch_reads_what_we_write_with_weights_only_and_writes_the_same() {
    if python(&["-c", "import torch"]).is_none() {
        eprintln!("skipped: there is no Python with torch (the variable PYTHON names one)");
        return;
    }
    let path = std::env::temp_dir().join(format!("serialize-python-{}.pth", std::process::id()));
    pth::save(&path, &checkpoint()).expect("a place to write to");
    let file = path.to_str().expect("text");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files/round_trip.py");
    let said = python(&[script, file]).expect("PyTorch reads it");
    for line in [
        "float32 torch.float32 [2, 3] [3, 1] 0 [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]",
        "bfloat16 torch.bfloat16 [2, 3] [3, 1] 0 [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]",
        "int16 torch.int16 [2, 3] [3, 1] 0 [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]",
        "bool torch.bool [2, 3] [3, 1] 0 [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]",
        "view torch.float32 [3, 2] [1, 3] 0 [0.0, 0.0, 1.0, 0.0, 1.0, 1.0]",
        "scalar torch.float32 [] [] 0 [2.5]",
        "empty torch.float32 [0, 4] [4, 1] 0 []",
        "shared True",
        "metadata {'': 1, 'bn1': 2}",
        "rest {'epoch': 3, 'lr': 0.1, 'name': 'é漢😀', 'steps': [1, None, True]}",
    ] {
        assert!(
            said.lines().any(|own| own == line),
            "{line} is not in\n{said}"
        );
    }
    assert_eq!(said.matches(" torch.").count(), DType::ALL.len() + 3);
    let ours = tensors(&path);
    for form in [".zip", ".legacy"] {
        let theirs = format!("{file}{form}");
        assert_eq!(tensors(Path::new(&theirs)), ours, "{form}");
        std::fs::remove_file(theirs).expect("it is there");
    }
    std::fs::remove_file(path).expect("it is there");
}
