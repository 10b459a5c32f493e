//! The `.npy` format.

use rushlight_serialize::{Value, load_bytes, npy};
use rushlight_tensor::{Array, DType};

use crate::refusal;

/// A file of version 1 with this header, not padded, and these bytes after it.
fn file(header: &str, data: &[u8]) -> Vec<u8> {
    let length = (header.len() as u16).to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), data].concat()
}

/// The header for six bytes of `descr`.
fn described(descr: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}")
}

#[test]
fn every_dtype_of_numpy_reads_as_it_was_written() {
    for dtype in DType::ALL.into_iter().filter(|&dtype| dtype != DType::BF16) {
        let bytes: Vec<u8> = (0..6 * dtype.size_in_bytes())
            .map(|byte| (byte % 2) as u8)
            .collect();
        for shape in [&[6][..], &[2, 3], &[1, 6, 1]] {
            let array = Array::from_bytes(&bytes, shape, dtype).unwrap();
            let written = npy::to_bytes(&array).unwrap();
            assert!((written.len() - bytes.len()).is_multiple_of(64));
            let read = npy::from_bytes(&written).unwrap();
            assert_eq!((read.dtype(), read.shape()), (dtype, array.shape()));
            assert_eq!(read.to_bytes().unwrap(), bytes);
        }
    }
}

#[test]
fn bfloat16_is_an_error_that_says_so() {
    let array = Array::from_bytes(&[0, 0], &[1], DType::BF16).unwrap();
    assert!(refusal(npy::to_bytes(&array)).contains("bfloat16"));
}

#[test]
fn scalars_and_empty_arrays_keep_their_shape() {
    for shape in [&[][..], &[0], &[2, 0, 3]] {
        let bytes = vec![7; shape.iter().product()];
        let array = Array::from_bytes(&bytes, shape, DType::U8).unwrap();
        let read = npy::from_bytes(&npy::to_bytes(&array).unwrap()).unwrap();
        assert_eq!(**read.shape(), *shape);
    }
}

#[test]
fn column_major_arrays_read_in_their_logical_order() {
    let header = "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3)}";
    let array = npy::from_bytes(&file(header, &[0, 3, 1, 4, 2, 5])).unwrap();
    assert_eq!(array.to_bytes().unwrap(), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn big_endian_elements_are_turned_round() {
    let array = npy::from_bytes(&file(&described(">i2", "(2,)"), &[0, 1, 1, 0])).unwrap();
    assert_eq!(array.to_vec::<i16>().unwrap(), [1, 256]);
}

#[test]
fn headers_of_other_writers_are_read() {
    let headers = [
        "{'descr': '<i2', 'fortran_order': False, 'shape': (3,), }     \n",
        "{\"shape\":(3L,),\"fortran_order\":False,\"descr\":\"<i2\"}",
        " { 'shape' : ( 3 , ) , 'descr':'<i2','fortran_order' : False } ",
    ];
    for header in headers {
        let array = npy::from_bytes(&file(header, &[1, 0, 2, 0, 3, 0])).unwrap();
        assert_eq!(array.to_vec::<i16>().unwrap(), [1, 2, 3]);
    }
}

#[test]
fn the_elements_are_as_many_as_the_shape_says() {
    for (shape, count) in [
        ("(3,)", 2),
        ("(3,)", 4),
        ("()", 0),
        ("(0,)", 1),
        ("(2, 2)", 3),
    ] {
        refusal(npy::from_bytes(&file(
            &described("|u1", shape),
            &vec![0; count],
        )));
    }
    for shape in [
        "(4294967296, 4294967296)",
        "(4294967296, 4294967296, 0)",
        "(18446744073709551615,)",
        "(99999999999999999999,)",
    ] {
        refusal(npy::from_bytes(&file(&described("<f8", shape), &[])));
    }
}

#[test]
fn what_is_no_header_is_refused() {
    let headers = [
        "",
        "{",
        "{}",
        "[]",
        "{'descr': '<f4'}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'descr': '<f4'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': '1'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '', 'fortran_order': False, 'shape': (1,)}",
    ];
    for header in headers {
        refusal(npy::from_bytes(&file(header, &[0; 4])));
    }
    let dims = format!("({})", "1,".repeat(65));
    refusal(npy::from_bytes(&file(&described("|u1", &dims), &[0])));
}

#[test]
fn every_truncation_is_refused_and_no_changed_byte_panics() {
    let array = Array::from_slice(&[1.0f32, 2.0], &[2, 1]).unwrap();
    let honest = npy::to_bytes(&array).unwrap();
    for length in 0..honest.len() {
        refusal(npy::from_bytes(&honest[..length]));
    }
    for position in 0..honest.len() {
        for changed in 0..=255 {
            let mut bytes = honest.clone();
            bytes[position] = changed;
            let _ = load_bytes(&bytes);
        }
    }
}

#[test]
fn loading_tells_the_format() {
    let array = Array::from_slice(&[1.0f32], &[1]).unwrap();
    assert!(matches!(
        load_bytes(&npy::to_bytes(&array).unwrap()),
        Ok(Value::Tensor(_))
    ));
}
