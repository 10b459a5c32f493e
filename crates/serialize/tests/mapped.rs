//! Loading that leaves tensors in the file.

use rushlight_serialize::{
    Result, SafeTensors, StateDict, Value, load, load_mapped, npz, pth, safetensors,
};
use rushlight_tensor::{Array, DType};
use std::path::PathBuf;

fn state() -> Vec<(String, Array)> {
    DType::ALL
        .into_iter()
        .map(|dtype| {
            let bytes: Vec<u8> = (0..6 * dtype.size_in_bytes())
                .map(|at| (at % 2) as u8)
                .collect();
            let array = Array::from_bytes(&bytes, &[2, 3], dtype).unwrap();
            (dtype.name().to_owned(), array)
        })
        .collect()
}

fn file(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("serialize-mapped-{}-{name}", std::process::id()))
}

fn dict(value: Result<Value>) -> StateDict {
    StateDict::try_from(value.unwrap()).unwrap()
}

#[test]
fn every_format_loads_as_without_a_map() {
    let state = state();
    let paths = ["a.safetensors", "a.pth", "a.npz"].map(file);
    let tensors = state.clone();
    safetensors::save(
        &paths[0],
        &SafeTensors {
            tensors,
            metadata: vec![],
        },
    )
    .unwrap();
    pth::save(
        &paths[1],
        &StateDict::new(state.clone(), []).unwrap().into(),
    )
    .unwrap();
    npz::save(&paths[2], &state[..2]).unwrap();
    for path in &paths {
        let (mapped, plain) = (dict(load_mapped(path)), dict(load(path)));
        assert_eq!(mapped.len(), plain.len());
        for ((name, mapped), (_, plain)) in mapped.iter().zip(plain.iter()) {
            assert_eq!(
                (mapped.shape(), mapped.dtype()),
                (plain.shape(), plain.dtype()),
                "{name}"
            );
            assert_eq!(
                mapped.to_bytes().unwrap(),
                plain.to_bytes().unwrap(),
                "{name}"
            );
        }
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn damaged_files_are_errors() {
    let path = file("damaged.safetensors");
    let bytes = safetensors::to_bytes(&SafeTensors {
        tensors: state(),
        metadata: vec![],
    })
    .unwrap();
    for length in [0, 1, 7, 8, 100, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        assert!(load_mapped(&path).is_err(), "{length}");
    }
    std::fs::remove_file(&path).unwrap();
    assert!(load_mapped(&path).is_err());
}
