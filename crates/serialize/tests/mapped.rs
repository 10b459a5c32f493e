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
fn old_files_load_as_without_a_map() {
    for (name, bytes) in [
        ("legacy.pt", crate::legacy::file_of_one_tensor("7")),
        ("tar.pt", include_bytes!("files/tar_views.pt").to_vec()),
    ] {
        let path = file(name);
        std::fs::write(&path, &bytes).unwrap();
        let (mapped, plain) = (load_mapped(&path).unwrap(), load(&path).unwrap());
        assert_eq!(format!("{mapped:?}"), format!("{plain:?}"), "{name}");
        std::fs::write(&path, &bytes[..bytes.len() / 3]).unwrap();
        assert!(load_mapped(&path).is_err(), "{name}");
        std::fs::remove_file(path).unwrap();
    }
}

/// A change of the file that is seen in a tensor shows that the tensor is no copy.
#[cfg(target_os = "linux")]
#[test]
fn storages_of_old_files_stay_in_the_file_where_they_are_aligned() {
    use std::os::unix::fs::FileExt;

    let path = file("aligned.pt");
    let mut stayed = Vec::new();
    for key in ["7", "77", "777", "7777"] {
        let bytes = crate::legacy::file_of_one_tensor(key);
        let start = bytes.len() as u64 - 8;
        std::fs::write(&path, bytes).unwrap();
        let value = load_mapped(&path).unwrap();
        let writable = std::fs::File::options().write(true).open(&path).unwrap();
        writable
            .write_all_at(&5.0_f32.to_le_bytes(), start)
            .unwrap();
        let first = value.as_tensor().unwrap().array.to_vec::<f32>().unwrap()[0];
        assert_eq!(first == 5.0, start.is_multiple_of(4), "{key}");
        stayed.push(first == 5.0);
    }
    assert!(stayed.contains(&true), "{stayed:?}");
    std::fs::remove_file(path).unwrap();
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
