//! Blocks are kept, handed out again and counted.

use crate::arrays::simulate;
use rushlight_tensor::{Array, DType, Device, Error, cuda};

/// A device of which no other test makes arrays that live on.
const DEVICE: Device = Device::Cuda(1);

#[test]
fn a_freed_block_is_handed_out_again() {
    simulate();
    let make = || Array::full(&[300_007], 1.into(), DType::F32, DEVICE).expect("an array");
    drop(make());
    let before = cuda::memory_stats(1).expect("a device");
    let x = make();
    let during = cuda::memory_stats(1).expect("a device");
    assert_eq!(during.system_allocations, before.system_allocations);
    assert_eq!(during.allocations, before.allocations + 1);
    assert!(during.allocated >= 1_200_028 && during.cached < before.cached);
    drop(x);
    cuda::empty_cache(1).expect("a device");
    assert_eq!(cuda::memory_stats(1).expect("a device").cached, 0);
}

#[test]
fn too_much_is_an_error() {
    simulate();
    let error = Array::full(&[1 << 40], 1.into(), DType::F32, DEVICE).expect_err("too much");
    assert_eq!(
        error,
        Error::OutOfMemory {
            op: "full",
            bytes: 1 << 42
        }
    );
}
