//! The zip container.

use rushlight_serialize::{Result, Value, load_bytes};

use crate::pickle_writer::PickleWriter;
use crate::zip_writer::{Record, archive, checkpoint};
use crate::{floats, refusal};

/// The records of a checkpoint that holds one tensor of two floats.
fn records() -> Vec<Record> {
    let pickle = PickleWriter::new().tensor("0", 2, 0, &[2], &[1]).stop();
    checkpoint(&pickle, &[0, 0, 0x80, 0x3f, 0, 0, 0, 0x40])
}

/// The checkpoint after `change` to its storage record, which is the third.
fn with_storage(change: impl FnOnce(&mut Record)) -> Result<Value> {
    let mut records = records();
    change(&mut records[2]);
    load_bytes(&archive(&records))
}

#[test]
fn stored_records_are_read() {
    let value = load_bytes(&archive(&records())).unwrap();
    assert_eq!(floats(value.as_tensor().unwrap()), [1.0, 2.0]);
}

#[test]
fn compressed_and_encrypted_records_are_refused() {
    assert!(refusal(with_storage(|record| record.method = 8)).contains("compressed"));
    assert!(refusal(with_storage(|record| record.flags = 1)).contains("flags"));
}

#[test]
fn both_directories_have_to_agree() {
    let other_name = |record: &mut Record| record.header_name = Some("archive/data/1".to_owned());
    assert!(refusal(with_storage(other_name)).contains("another name"));
    assert!(refusal(with_storage(|record| record.header_size = Some(4))).contains("another size"));
    assert!(refusal(with_storage(|record| record.directory_size = Some(4))).contains("size"));
    refusal(with_storage(|record| record.directory_size = Some(9)));
    refusal(with_storage(|record| record.position = Some(1)));
    refusal(with_storage(|record| record.position = Some(u32::MAX)));
    refusal(with_storage(|record| record.position = Some(1 << 30)));
}

#[test]
fn records_do_not_overlap() {
    let mut records = records();
    let inner = archive(&[Record::new("archive/data/0", &[0; 8])]);
    // The header of the inner record lies in the content of an outer one.
    records[1] = Record::new("archive/outer", &inner);
    let position = 30 + 16 + records[0].content.len() + 30 + 13;
    records[2].position = Some(position as u32);
    assert!(refusal(load_bytes(&archive(&records))).contains("reaches into"));
}

#[test]
fn a_name_occurs_once_and_stays_inside() {
    let mut twice = records();
    twice.push(twice[2].clone());
    assert!(refusal(load_bytes(&archive(&twice))).contains("two records"));
    for name in [
        "../x",
        "/x",
        "archive/../x",
        "archive//x",
        "a\\x",
        "archive/x\0",
        "",
        ".",
    ] {
        let mut records = records();
        records.push(Record::new(name, b""));
        assert!(
            refusal(load_bytes(&archive(&records))).contains("record name"),
            "{name:?}"
        );
    }
}

#[test]
fn a_checkpoint_needs_its_pickle_its_version_and_its_storages() {
    for missing in [0, 2, 3] {
        let mut records = records();
        records.remove(missing);
        assert!(refusal(load_bytes(&archive(&records))).contains("no record"));
    }
    for version in [&b"0"[..], b"11", b"", b"three", b"\xff", b"-1"] {
        let mut records = records();
        records[3].content = version.to_vec();
        assert!(refusal(load_bytes(&archive(&records))).contains("version"));
    }
}

#[test]
fn big_endian_storages_are_turned_round() {
    let mut records = records();
    records[1].content = b"big".to_vec();
    records[2].content = vec![0x3f, 0x80, 0, 0, 0x40, 0, 0, 0];
    let value = load_bytes(&archive(&records)).unwrap();
    assert_eq!(floats(value.as_tensor().unwrap()), [1.0, 2.0]);
    records[1].content = b"middle".to_vec();
    refusal(load_bytes(&archive(&records)));
}

#[test]
fn sixty_four_bit_sizes_and_positions_are_read() {
    let truth = archive(&records());
    let header = truth
        .windows(14)
        .position(|bytes| bytes == b"archive/data/0")
        .unwrap()
        - 30;
    let wide = |numbers: [u64; 3]| {
        let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
        [1, 0, 24, 0]
            .into_iter()
            .chain(numbers)
            .collect::<Vec<u8>>()
    };
    let read = |numbers: [u64; 3]| {
        with_storage(|record| {
            record.directory_size = Some(u32::MAX);
            record.position = Some(u32::MAX);
            record.directory_extra = wide(numbers);
        })
    };
    assert_eq!(
        floats(read([8, 8, header as u64]).unwrap().as_tensor().unwrap()),
        [1.0, 2.0]
    );
    refusal(read([9, 9, header as u64]));
    refusal(read([8, 9, header as u64]));
    refusal(read([u64::MAX, u64::MAX, header as u64]));
    refusal(read([8, 8, u64::MAX]));
    refusal(with_storage(|record| {
        record.directory_size = Some(u32::MAX)
    }));
}

#[test]
fn a_comment_may_follow_and_nothing_else() {
    let mut commented = archive(&records());
    let length = commented.len();
    commented[length - 2] = 3;
    commented.extend(b"abc");
    load_bytes(&commented).unwrap();
    let mut trailing = archive(&records());
    trailing.extend(b"abc");
    assert!(refusal(load_bytes(&trailing)).contains("no end record"));
}

#[test]
fn a_directory_that_promises_too_much_is_refused() {
    let mut bytes = archive(&records());
    let length = bytes.len();
    for count in [length - 14, length - 12] {
        bytes[count..count + 2].copy_from_slice(&[0xff, 0xff]);
    }
    assert!(refusal(load_bytes(&bytes)).contains("too short"));
}

#[test]
fn torchscript_is_named() {
    let mut records = records();
    records.push(Record::new("archive/constants.pkl", b""));
    assert!(refusal(load_bytes(&archive(&records))).contains("TorchScript"));
}

#[test]
fn bytes_after_the_pickle_are_refused() {
    let mut records = records();
    records[0].content.push(0);
    assert!(refusal(load_bytes(&archive(&records))).contains("after the end"));
}
