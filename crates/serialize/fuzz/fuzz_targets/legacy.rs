//! Arbitrary bytes after the magic number and the protocol of the legacy form.
#![no_main]

mod walk;

const START: &[u8] = b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    // Files from elsewhere bring a start of their own.
    let rest = bytes.strip_prefix(START).unwrap_or(bytes);
    if let Ok(value) = rushlight_serialize::load_bytes(&[START, rest].concat()) {
        walk::walk(value);
    }
});
