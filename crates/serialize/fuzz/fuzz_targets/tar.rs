//! Arbitrary bytes as the members of a tar file.
#![no_main]

mod walk;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = rushlight_serialize::load_bytes(&with_checksums(bytes.to_vec())) {
        walk::walk(value);
    }
});

/// Makes the checksums of all headers right, which the fuzzer would hardly ever hit.
fn with_checksums(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut start = 0;
    while let Some(header) = bytes.get_mut(start..start + 512) {
        if header.iter().all(|&byte| byte == 0) {
            break;
        }
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        let size = std::str::from_utf8(&header[124..135]).unwrap_or_default();
        let Ok(size) = usize::from_str_radix(size.trim_matches(['\0', ' ']), 8) else { break };
        start += 512 + size.next_multiple_of(512);
    }
    bytes
}
