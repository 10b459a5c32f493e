//! Arbitrary bytes as a zip file.
#![no_main]

mod walk;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = rushlight_serialize::load_bytes(bytes) {
        walk::walk(value);
    }
});
