//! Arbitrary bytes as an `.npy` file.
#![no_main]

use rushlight_serialize::npy::{from_bytes, to_bytes};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(array) = from_bytes(bytes) else { return };
    let written = to_bytes(&array).expect("what was read can be written");
    let again = from_bytes(&written).expect("what was written can be read");
    assert_eq!((again.dtype(), again.shape()), (array.dtype(), array.shape()));
    assert_eq!(again.to_bytes().expect("readable"), array.to_bytes().expect("readable"));
});
