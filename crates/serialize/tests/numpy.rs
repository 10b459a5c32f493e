//! Arrays of NumPy in pickles.

use rushlight_serialize::{Result, Value, load_pickle, load_pickle_bytes};
use rushlight_tensor::DType;

use crate::refusal;

/// What NumPy 2 makes of `{"a": [[1.5, -2, 200]], "b": [0, 1, 2], "c": [True, False]}` with the types
/// `f4`, `i8` and `b1`, in the protocols 2, 3 and 4.
const RECORDED: [&[u8]; 3] = [
    b"\x80\x02}q\0(X\x01\0\0\0aq\x01cnumpy._core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\
      \nq\x03K\0\x85q\x04c_codecs\nencode\nq\x05X\x01\0\0\0bq\x06X\x06\0\0\0latin1q\x07\x86q\x08\
      Rq\x09\x87q\nRq\x0b(K\x01K\x01K\x03\x86q\x0ccnumpy\ndtype\nq\x0dX\x02\0\0\0f4q\x0e\x89\x88\
      \x87q\x0fRq\x10(K\x03X\x01\0\0\0<q\x11NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tq\x12b\x89h\
      \x05X\x0e\0\0\0\0\0\xc3\x80?\0\0\0\xc3\x80\0\0HCq\x13h\x07\x86q\x14Rq\x15tq\x16bX\x01\0\0\
      \0bq\x17h\x02h\x03K\0\x85q\x18h\x09\x87q\x19Rq\x1a(K\x01K\x03\x85q\x1bh\x0dX\x02\0\0\0i8q\
      \x1c\x89\x88\x87q\x1dRq\x1e(K\x03h\x11NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tq\x1fb\x89h\
      \x05X\x18\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0q h\x07\x86q!Rq\"tq#bX\
      \x01\0\0\0cq$h\x02h\x03K\0\x85q%h\x09\x87q&Rq'(K\x01K\x02\x85q(h\x0dX\x02\0\0\0b1q)\x89\
      \x88\x87q*Rq+(K\x03X\x01\0\0\0|q,NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tq-b\x89h\x05X\
      \x02\0\0\0\x01\0q.h\x07\x86q/Rq0tq1bu.",
    b"\x80\x03}q\0(X\x01\0\0\0aq\x01cnumpy._core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\
      \nq\x03K\0\x85q\x04C\x01bq\x05\x87q\x06Rq\x07(K\x01K\x01K\x03\x86q\x08cnumpy\ndtype\nq\x09\
      X\x02\0\0\0f4q\n\x89\x88\x87q\x0bRq\x0c(K\x03X\x01\0\0\0<q\x0dNNNJ\xff\xff\xff\xffJ\xff\
      \xff\xff\xffK\0tq\x0eb\x89C\x0c\0\0\xc0?\0\0\0\xc0\0\0HCq\x0ftq\x10bX\x01\0\0\0bq\x11h\x02\
      h\x03K\0\x85q\x12h\x05\x87q\x13Rq\x14(K\x01K\x03\x85q\x15h\x09X\x02\0\0\0i8q\x16\x89\x88\
      \x87q\x17Rq\x18(K\x03h\x0dNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tq\x19b\x89C\x18\0\0\0\0\
      \0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0q\x1atq\x1bbX\x01\0\0\0cq\x1ch\x02h\x03K\0\x85\
      q\x1dh\x05\x87q\x1eRq\x1f(K\x01K\x02\x85q h\x09X\x02\0\0\0b1q!\x89\x88\x87q\"Rq#(K\x03X\
      \x01\0\0\0|q$NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tq%b\x89C\x02\x01\0q&tq'bu.",
    b"\x80\x04\x95C\x01\0\0\0\0\0\0}\x94(\x8c\x01a\x94\x8c\x16numpy._core.multiarray\x94\x8c\x0c\
      _reconstruct\x94\x93\x94\x8c\x05numpy\x94\x8c\x07ndarray\x94\x93\x94K\0\x85\x94C\x01b\x94\
      \x87\x94R\x94(K\x01K\x01K\x03\x86\x94h\x05\x8c\x05dtype\x94\x93\x94\x8c\x02f4\x94\x89\x88\
      \x87\x94R\x94(K\x03\x8c\x01<\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\x94b\x89C\x0c\0\
      \0\xc0?\0\0\0\xc0\0\0HC\x94t\x94b\x8c\x01b\x94h\x04h\x07K\0\x85\x94h\x09\x87\x94R\x94(K\
      \x01K\x03\x85\x94h\x0e\x8c\x02i8\x94\x89\x88\x87\x94R\x94(K\x03h\x12NNNJ\xff\xff\xff\xffJ\
      \xff\xff\xff\xffK\0t\x94b\x89C\x18\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x94\
      t\x94b\x8c\x01c\x94h\x04h\x07K\0\x85\x94h\x09\x87\x94R\x94(K\x01K\x02\x85\x94h\x0e\x8c\x02\
      b1\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|\x94NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0t\
      \x94b\x89C\x02\x01\0\x94t\x94bu.",
];

fn array(value: &Value, key: &str) -> (DType, Vec<usize>, Vec<f64>) {
    let array = &value.get(key).unwrap().as_tensor().unwrap().array;
    let wide = array.to_dtype(DType::F64).unwrap();
    (
        array.dtype(),
        array.shape().to_vec(),
        wide.to_vec::<f64>().unwrap(),
    )
}

#[test]
fn arrays_of_every_protocol_become_tensors() -> Result<()> {
    for pickle in RECORDED {
        let value = load_pickle_bytes(pickle)?;
        assert_eq!(
            array(&value, "a"),
            (DType::F32, vec![1, 3], vec![1.5, -2.0, 200.0])
        );
        assert_eq!(
            array(&value, "b"),
            (DType::I64, vec![3], vec![0.0, 1.0, 2.0])
        );
        assert_eq!(array(&value, "c"), (DType::Bool, vec![2], vec![1.0, 0.0]));
    }
    Ok(())
}

#[test]
fn a_pickle_is_read_from_a_file_and_ends_with_it() {
    let path = std::env::temp_dir().join(format!("serialize-numpy-{}", std::process::id()));
    assert!(load_pickle(&path).is_err());
    std::fs::write(&path, RECORDED[0]).unwrap();
    assert_eq!(load_pickle(&path).unwrap().entries().unwrap().len(), 3);
    std::fs::remove_file(path).unwrap();
    let long = [RECORDED[0], b"."].concat();
    assert!(refusal(load_pickle_bytes(&long)).contains("1 bytes after the end"));
}

/// The recorded pickle of protocol 3 with one part in place of another.
fn changed(part: &[u8], other: &[u8]) -> Result<Value> {
    let pickle = RECORDED[1];
    let at = pickle
        .windows(part.len())
        .position(|window| window == part)
        .unwrap();
    load_pickle_bytes(&[&pickle[..at], other, &pickle[at + part.len()..]].concat())
}

#[test]
fn arrays_that_do_not_fit_their_bytes_are_refused() {
    for (part, other, expected) in [
        (
            &b"K\x01K\x03\x86"[..],
            &b"K\x02K\x03\x86"[..],
            "12 bytes for an array of [2, 3]",
        ),
        (
            b"K\x01K\x03\x86",
            b"K\x01J\xff\xff\xff\xff\x86",
            "negative size",
        ),
        (b"f4", b"c8", "arrays of"),
        (b"f4", b"O8", "arrays of"),
        (b"X\x01\0\0\0<", b"X\x01\0\0\0>", "byte order"),
        (b"b\x89C\x0c", b"b\x88C\x0c", "columns come first"),
        (
            b"cnumpy\nndarray\n",
            b"cnumpy\ndtype\n",
            "numpy.ndarray expected",
        ),
        (
            b"cnumpy\nndarray\n",
            b"cnumpy\nmatrix\n",
            "numpy.matrix is not allowed",
        ),
    ] {
        let refused = refusal(changed(part, other));
        assert!(refused.contains(expected), "{expected}: {refused}");
    }
}

#[test]
fn every_truncation_is_refused_and_no_changed_byte_panics() {
    for pickle in RECORDED {
        for length in 0..pickle.len() {
            refusal(load_pickle_bytes(&pickle[..length]));
        }
        for at in 0..pickle.len() {
            for mask in [1, 0x80, 0xff] {
                let mut changed = pickle.to_vec();
                changed[at] ^= mask;
                let _ = load_pickle_bytes(&changed);
            }
        }
    }
}

/// A pickle that makes one array after the other of the same million bytes.
#[test]
fn arrays_cannot_multiply_their_bytes() {
    let mut pickle = b"\x80\x03(B\x40\x42\x0f\0".to_vec();
    pickle.extend(vec![0; 1_000_000]);
    pickle.extend(b"q\0cnumpy\ndtype\nX\x02\0\0\0u1\x85Rq\x01");
    pickle.extend(b"cnumpy.core.multiarray\n_reconstruct\nq\x02cnumpy\nndarray\nq\x03");
    for _ in 0..1000 {
        pickle.extend(b"h\x02h\x03K\0\x85h\0\x87R(K\x01J\x40\x42\x0f\0\x85h\x01\x89h\0tb");
    }
    pickle.extend(b"t.");
    assert!(refusal(load_pickle_bytes(&pickle)).contains("copied elements"));
}
