//! The series of pickles.

use rushlight_serialize::{Result, Value, load_bytes};

use crate::pickle_writer::PickleWriter;
use crate::{floats, refusal};

/// The parts of a file that holds one tensor over the storage `7`.
#[derive(Clone)]
struct Parts {
    magic: Vec<u8>,
    protocol: i64,
    object: Vec<u8>,
    keys: Vec<&'static str>,
    storages: Vec<u8>,
}

impl Parts {
    fn new(object: Vec<u8>) -> Parts {
        let magic = vec![
            0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19,
        ];
        let mut storages = 2u64.to_le_bytes().to_vec();
        storages.extend([0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]);
        Parts {
            magic,
            protocol: 1001,
            object,
            keys: vec!["7"],
            storages,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let new = PickleWriter::new;
        let keys = self
            .keys
            .iter()
            .fold(new().raw(b"]("), |writer, key| writer.text(key));
        let parts = [
            new().raw(&self.magic).stop(),
            new().integer(self.protocol).stop(),
            new().raw(b"}").stop(),
            self.object.clone(),
            keys.raw(b"e").stop(),
            self.storages.clone(),
        ];
        parts.concat()
    }

    fn load(&self) -> Result<Value> {
        load_bytes(&self.bytes())
    }
}

/// A file with a tensor of 1 and 2 over a storage of the given name.
#[cfg(feature = "mmap")]
pub(crate) fn file_of_one_tensor(key: &'static str) -> Vec<u8> {
    let object = PickleWriter::new().tensor(key, 2, 0, &[2], &[1]).stop();
    let keys = vec![key];
    Parts {
        keys,
        ..Parts::new(object)
    }
    .bytes()
}

fn one_tensor() -> Parts {
    Parts::new(PickleWriter::new().tensor("7", 2, 0, &[2], &[1]).stop())
}

/// One tensor over the elements `offset .. offset + length` of the storage.
fn over_view(offset: i64, length: i64, shape: i64) -> Parts {
    let object = PickleWriter::new()
        .global("torch._utils", "_rebuild_tensor")
        .raw(b"((")
        .text("storage")
        .global("torch.cuda", "FloatStorage")
        .text("7")
        .text("cuda:0")
        .integer(2)
        .raw(b"(")
        .text("view")
        .integer(offset)
        .integer(length)
        .raw(b"ttQ")
        .integer(0)
        .integers(&[shape])
        .integers(&[1])
        .raw(b"tR");
    Parts::new(object.stop())
}

#[test]
fn the_storages_follow_the_pickles() {
    let value = one_tensor().load().unwrap();
    assert_eq!(floats(value.as_tensor().unwrap()), [1.0, 2.0]);
}

#[test]
fn a_view_of_a_cuda_storage_reads_on_the_cpu() {
    assert_eq!(
        floats(over_view(1, 1, 1).load().unwrap().as_tensor().unwrap()),
        [2.0]
    );
}

#[test]
fn a_view_stays_inside_its_storage_and_a_tensor_inside_its_view() {
    for (offset, length, shape) in [(1, 2, 1), (3, 0, 0), (-1, 1, 1), (0, -1, 1), (1, 1, 2)] {
        refusal(over_view(offset, length, shape).load());
    }
    refusal(over_view(i64::MAX, i64::MAX, 1).load());
}

#[test]
fn magic_and_protocol_are_checked() {
    assert!(
        refusal(
            Parts {
                magic: vec![b'N'],
                ..one_tensor()
            }
            .load()
        )
        .contains("magic")
    );
    assert!(
        refusal(
            Parts {
                protocol: 1002,
                ..one_tensor()
            }
            .load()
        )
        .contains("1001")
    );
}

#[test]
fn every_storage_comes_once_and_belongs_to_a_tensor() {
    let again = one_tensor().storages.repeat(2);
    assert!(
        refusal(
            Parts {
                keys: vec![],
                storages: vec![],
                ..one_tensor()
            }
            .load()
        )
        .contains("missing")
    );
    let twice = Parts {
        keys: vec!["7", "7"],
        storages: again.clone(),
        ..one_tensor()
    };
    assert!(refusal(twice.load()).contains("twice"));
    let stranger = Parts {
        keys: vec!["7", "8"],
        storages: again.clone(),
        ..one_tensor()
    };
    assert!(refusal(stranger.load()).contains("no tensor"));
    assert!(
        refusal(
            Parts {
                storages: again,
                ..one_tensor()
            }
            .load()
        )
        .contains("after the last")
    );
}

#[test]
fn the_count_before_a_storage_is_the_declared_one() {
    for count in [0, 1, 3, u64::MAX, 1 << 63] {
        let mut parts = one_tensor();
        parts.storages[..8].copy_from_slice(&count.to_le_bytes());
        assert!(refusal(parts.load()).contains("2 declared"));
    }
}

#[test]
fn a_module_saved_whole_is_an_error_that_names_its_class() {
    let object = PickleWriter::new()
        .global("torchvision.models.resnet", "ResNet")
        .stop();
    let error = refusal(Parts::new(object).load());
    assert!(error.contains("torchvision.models.resnet.ResNet"));
    assert!(error.contains("state_dict"));
}
