//! The `.npz` format.

use rushlight_serialize::{load_bytes, npz, state_dict};
use rushlight_tensor::{Array, DType};
use std::process::Command;

use crate::refusal;

fn arrays() -> Vec<(String, Array)> {
    let weight = Array::from_slice(&[1.0f32, -2.0, 3.5, 0.0, 5.0, 6.0], &[2, 3]).unwrap();
    let count = Array::from_slice(&[7i64], &[]).unwrap();
    let strided = weight.as_strided(&[3, 2], &[1, 3], 0).unwrap();
    let empty = Array::from_bytes(&[], &[0, 4], DType::F16).unwrap();
    let named = [
        ("a.weight", weight),
        ("b/count", count),
        ("t", strided),
        ("e", empty),
    ];
    named.map(|(name, array)| (name.to_owned(), array)).into()
}

fn assert_equal(read: &[(String, Array)], expected: &[(String, Array)]) {
    assert_eq!(read.len(), expected.len());
    for ((name, read), (expected_name, expected)) in read.iter().zip(expected) {
        assert_eq!(name, expected_name);
        assert_eq!(
            (read.shape(), read.dtype()),
            (expected.shape(), expected.dtype())
        );
        assert_eq!(read.to_bytes().unwrap(), expected.to_bytes().unwrap());
    }
}

#[test]
fn arrays_read_as_they_were_written() {
    let file = npz::to_bytes(&arrays()).unwrap();
    assert_equal(&npz::from_bytes(&file).unwrap(), &arrays());
    // The content tells the format.
    let value = load_bytes(&file).unwrap();
    assert!(value.get("b/count").unwrap().as_tensor().is_some());
}

#[test]
fn files_are_replaced_as_a_whole() {
    let path = std::env::temp_dir().join(format!("serialize-{}.npz", std::process::id()));
    npz::save(&path, &arrays()).unwrap();
    npz::save(&path, &arrays()[..2]).unwrap();
    assert_equal(&npz::load(&path).unwrap(), &arrays()[..2]);
    assert_eq!(state_dict(&path).unwrap().len(), 2);
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn names_that_archives_cannot_have_are_errors() {
    let (name, array) = arrays().swap_remove(0);
    let twice = [(name.clone(), array.clone()), (name, array.clone())];
    assert!(refusal(npz::to_bytes(&twice)).contains("twice"));
    let long = [("n".repeat(1 << 16), array)];
    assert!(refusal(npz::to_bytes(&long)).contains("too long"));
}

#[test]
fn damaged_files_are_errors() {
    let file = npz::to_bytes(&arrays()).unwrap();
    for length in 0..file.len() {
        refusal(npz::from_bytes(&file[..length]));
    }
    for at in 0..file.len() {
        let mut file = file.clone();
        file[at] ^= 0x5a;
        // Elements and unused fields may be anything.
        let _ = load_bytes(&file);
    }
}

/// Runs where NumPy is installed.
#[test]
fn numpy_reads_what_is_written_and_writes_what_is_read() {
    let folder = std::env::temp_dir().join(format!("serialize-numpy-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (ours, theirs) = (folder.join("ours.npz"), folder.join("theirs.npz"));
    npz::save(&ours, &arrays()).unwrap();
    let program = "import sys, numpy\n\
        arrays = numpy.load(sys.argv[1])\n\
        assert arrays['a.weight'].tolist() == [[1, -2, 3.5], [0, 5, 6]]\n\
        numpy.savez(sys.argv[2], **arrays)\n\
        numpy.savez_compressed(sys.argv[3], **arrays)";
    let packed = folder.join("packed.npz");
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".into());
    let run = Command::new(python)
        .args(["-c", program])
        .args([&ours, &theirs, &packed])
        .output();
    match run {
        Ok(output) if output.status.success() => {
            assert_equal(&npz::load(&theirs).unwrap(), &arrays());
            assert!(refusal(npz::load(&packed)).contains("compressed"));
        }
        Ok(output) if !String::from_utf8_lossy(&output.stderr).contains("No module named") => {
            panic!("{}", String::from_utf8_lossy(&output.stderr));
        }
        _ => eprintln!("NumPy is not installed: not compared"),
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
