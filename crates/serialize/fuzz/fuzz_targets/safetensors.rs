//! Arbitrary bytes as a safetensors file, against the reference implementation.
#![no_main]

use rushlight_serialize::safetensors::{from_bytes, to_bytes};
use rushlight_tensor::DType;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(contents) = from_bytes(bytes) else { return };
    let reference = safetensors::SafeTensors::deserialize(bytes).expect("the reference reads it");
    assert_eq!(reference.len(), contents.tensors.len());
    for (name, array) in &contents.tensors {
        let view = reference.tensor(name).expect("the reference has it");
        assert_eq!(view.shape(), &**array.shape());
        let bytes = array.to_bytes().expect("a tensor is readable");
        // A boolean is true unless its byte is 0; arrays hold it as 1.
        let same = match array.dtype() {
            DType::Bool => view.data().iter().map(|&byte| (byte != 0) as u8).eq(bytes),
            _ => view.data() == bytes,
        };
        assert!(same, "the reference has other elements in {name}");
    }
    let written = to_bytes(&contents).expect("what was read can be written");
    let again = from_bytes(&written).expect("what was written can be read");
    assert_eq!(again.metadata, contents.metadata);
    assert_eq!(to_bytes(&again).expect("it can be written again"), written);
});
