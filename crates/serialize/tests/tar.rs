//! The tar container.

use rushlight_serialize::load_bytes;

use crate::refusal;

const FILE: &[u8] = include_bytes!("files/tar_views.pt");

/// The file after `change`, with the checksum of its first header made right again.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = FILE.to_vec();
    change(&mut bytes);
    bytes[148..156].fill(b' ');
    let sum: u32 = bytes[..512].iter().map(|&byte| u32::from(byte)).sum();
    bytes[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    bytes
}

#[test]
fn a_header_with_a_wrong_checksum_is_no_tar() {
    let mut bytes = FILE.to_vec();
    bytes[0] ^= 1;
    assert!(refusal(load_bytes(&bytes)).contains("neither"));
}

#[test]
fn a_member_that_is_missing_is_named() {
    let renamed = changed(|bytes| bytes[0] = b'P');
    assert!(refusal(load_bytes(&renamed)).contains("no member \"pickle\""));
}

#[test]
fn sizes_beyond_the_file_are_refused() {
    for size in [
        &b"77777777777\0"[..],
        b"-1\0\0\0\0\0\0\0\0\0\0",
        b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        refusal(load_bytes(&changed(|bytes| {
            bytes[124..136].copy_from_slice(size)
        })));
    }
}

#[test]
fn links_and_devices_are_not_followed() {
    let link = changed(|bytes| bytes[156] = b'2');
    assert!(refusal(load_bytes(&link)).contains("no member"));
}
