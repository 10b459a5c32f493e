//! Arrays over the content of files.

use rushlight_tensor::{Array, DType, MappedFile};
use std::fs::{self, File};

/// The numbers 0, 1, 2, ... of `f32` behind one word, mapped.
fn mapped(name: &str) -> (MappedFile, std::path::PathBuf) {
    let name = format!("tensor-mapped-{}-{name}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let numbers = (0..16).flat_map(|number| (number as f32).to_le_bytes());
    fs::write(
        &path,
        [1, 0, 2, 9].into_iter().chain(numbers).collect::<Vec<u8>>(),
    )
    .unwrap();
    (MappedFile::new(&File::open(&path).unwrap()).unwrap(), path)
}

#[test]
fn arrays_have_the_elements_of_the_file() {
    let (mut file, path) = mapped("elements");
    let second = file.array(4 + 32, &[2, 3], DType::F32).unwrap();
    let first = file.array(4, &[8], DType::F32).unwrap();
    let copied = file.array(4 + 57, &[1], DType::I16).unwrap();
    let bytes = file.array(0, &[4], DType::Bool).unwrap();
    drop(file);
    fs::remove_file(path).unwrap();
    assert_eq!(
        first.to_vec::<f32>().unwrap(),
        [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    );
    assert_eq!(
        second.to_vec::<f32>().unwrap(),
        [8.0, 9.0, 10.0, 11.0, 12.0, 13.0]
    );
    assert_eq!(bytes.to_vec::<bool>().unwrap(), [true, false, true, true]);
    assert_eq!(copied.numel(), 1);
}

#[test]
fn writing_leaves_the_file_as_it_is() {
    let (mut file, path) = mapped("writing");
    let before = fs::read(&path).unwrap();
    let mut array = file.array(4, &[8], DType::F32).unwrap();
    let fives = Array::from_slice(&[5.0f32; 8], &[8]).unwrap();
    let view = array.clone();
    array.copy_from(&fives).unwrap();
    assert_eq!(array.to_vec::<f32>().unwrap(), [5.0; 8]);
    assert_eq!(view.to_vec::<f32>().unwrap()[..2], [0.0, 1.0]);
    drop(view);
    // Nobody shares these elements: they are written in place.
    let mut own = file.array(36, &[8], DType::F32).unwrap();
    own.copy_from(&fives).unwrap();
    assert_eq!(own.to_vec::<f32>().unwrap(), [5.0; 8]);
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::remove_file(path).unwrap();
}

#[test]
fn elements_that_are_not_there_or_were_given_are_errors() {
    let (mut file, path) = mapped("errors");
    assert!(file.array(4, &[17], DType::F32).is_err());
    assert!(file.array(usize::MAX, &[2], DType::F32).is_err());
    assert!(file.array(0, &[usize::MAX, 2], DType::F32).is_err());
    file.array(16, &[4], DType::F32).unwrap();
    for start in [4, 12, 16, 24, 28] {
        assert!(file.array(start, &[4], DType::F32).is_err(), "{start}");
    }
    file.array(16, &[0], DType::F32).unwrap();
    file.array(32, &[4], DType::F32).unwrap();
    fs::remove_file(path).unwrap();
}
