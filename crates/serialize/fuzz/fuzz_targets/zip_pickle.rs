//! Arbitrary bytes as the pickle in a zip file that is valid otherwise.
#![no_main]

mod walk;
#[path = "../../tests/zip_writer.rs"]
#[allow(dead_code, reason = "the tests make more kinds of archives")]
mod zip_writer;

libfuzzer_sys::fuzz_target!(|pickle: &[u8]| {
    let storage: Vec<u8> = (0..64).collect();
    let records = zip_writer::checkpoint(pickle, &storage);
    if let Ok(value) = rushlight_serialize::load_bytes(&zip_writer::archive(&records)) {
        walk::walk(value);
    }
});
