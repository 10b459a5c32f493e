//! Every truncation of honest files, and many small changes to them.

use rushlight_serialize::{StateDict, load_bytes, safetensors};

const FILES: [(&str, &[u8]); 12] = [
    (
        "legacy_containers",
        include_bytes!("files/legacy_containers.pt"),
    ),
    ("legacy_dtypes", include_bytes!("files/legacy_dtypes.pt")),
    (
        "legacy_parameters",
        include_bytes!("files/legacy_parameters.pt"),
    ),
    (
        "legacy_state_dict",
        include_bytes!("files/legacy_state_dict.pt"),
    ),
    ("legacy_views", include_bytes!("files/legacy_views.pt")),
    ("tar_views", include_bytes!("files/tar_views.pt")),
    ("zip_containers", include_bytes!("files/zip_containers.pt")),
    ("zip_dtypes", include_bytes!("files/zip_dtypes.pt")),
    ("zip_parameters", include_bytes!("files/zip_parameters.pt")),
    ("zip_protocol4", include_bytes!("files/zip_protocol4.pt")),
    ("zip_state_dict", include_bytes!("files/zip_state_dict.pt")),
    ("zip_views", include_bytes!("files/zip_views.pt")),
];

/// The tensors of a file as safetensors, which the same changes are made to.
fn as_safetensors() -> Vec<u8> {
    let value = load_bytes(include_bytes!("files/zip_state_dict.pt")).unwrap();
    let tensors = StateDict::try_from(value).unwrap().into_entries();
    let metadata = vec![("key".to_owned(), "value".to_owned())];
    safetensors::to_bytes(&rushlight_serialize::SafeTensors { tensors, metadata }).unwrap()
}

/// Reads `bytes` and everything that follows from them; only a panic is wrong.
fn read(bytes: &[u8]) {
    if let Ok(value) = load_bytes(bytes) {
        let _ = StateDict::try_from(value);
    }
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    for (name, bytes) in FILES {
        // The end of a tar archive is padding, which may be missing.
        let needed = if name == "tar_views" {
            512
        } else {
            bytes.len()
        };
        for length in 0..needed {
            assert!(
                load_bytes(&bytes[..length]).is_err(),
                "{name} cut to {length} bytes"
            );
        }
        (needed..bytes.len()).for_each(|length| read(&bytes[..length]));
    }
    let bytes = as_safetensors();
    for length in 0..bytes.len() {
        assert!(
            load_bytes(&bytes[..length]).is_err(),
            "safetensors cut to {length} bytes"
        );
    }
}

#[test]
fn a_changed_byte_never_panics() {
    let safetensors = as_safetensors();
    let files = FILES
        .into_iter()
        .map(|(_, bytes)| bytes)
        .chain([&safetensors[..]]);
    for file in files {
        let mut bytes = file.to_vec();
        for position in 0..bytes.len() {
            let honest = bytes[position];
            let changes = [honest ^ 1, honest ^ 0x80, 0xff, 0, b'R'];
            for changed in changes {
                bytes[position] = changed;
                read(&bytes);
            }
            bytes[position] = honest;
        }
    }
}

#[test]
fn extreme_numbers_anywhere_never_panic() {
    let safetensors = as_safetensors();
    let files = FILES
        .into_iter()
        .map(|(_, bytes)| bytes)
        .chain([&safetensors[..]]);
    let extremes: [&[u8]; 2] = [&u32::MAX.to_le_bytes(), &i64::MAX.to_le_bytes()];
    for file in files {
        for position in 0..file.len().saturating_sub(8) {
            for extreme in extremes {
                let mut bytes = file.to_vec();
                bytes[position..position + extreme.len()].copy_from_slice(extreme);
                read(&bytes);
            }
        }
    }
}
