//! Arbitrary bytes as a safetensors file, against the reference implementation.
#![no_main]

use rushlight_serialize::safetensors::{from_bytes, to_bytes};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(contents) = from_bytes(bytes) else { return };
    let reference = safetensors::SafeTensors::deserialize(bytes).expect("the reference reads it");
    assert_eq!(reference.len(), contents.tensors.len());
    for (name, array) in &contents.tensors {
        let view = reference.tensor(name).expect("the reference has it");
        assert_eq!(view.shape(), &**array.shape());
        assert_eq!(view.data(), array.to_bytes().expect("a tensor is readable"));
    }
    let written = to_bytes(&contents).expect("what was read can be written");
    let again = from_bytes(&written).expect("what was written can be read");
    assert_eq!(again.metadata, contents.metadata);
    assert_eq!(to_bytes(&again).expect("it can be written again"), written);
});
