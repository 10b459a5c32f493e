//! Streams run late, memory has lives, and calls fail when told to.

use crate::machine::{KERNELS, download, simulator, start, upload};
use rushlight_cuda_kernels::driver::{Driver, DriverError, Pointer, Stream};
use rushlight_cuda_sim::{Call, Simulator};

fn increment(simulator: &Simulator, stream: Stream, x: Pointer, y: Pointer) {
    let parameters: [&[u8]; 3] = [&x.0.to_le_bytes(), &y.0.to_le_bytes(), &8u32.to_le_bytes()];
    start(simulator, stream, KERNELS, "increment", 1, 32, &parameters);
}

/// Two kernels in two streams, the second on the result of the first.
fn chain(wait: bool) -> Result<Vec<u32>, String> {
    let (simulator, first) = simulator();
    let second = simulator.create_stream().expect("a stream");
    let x = upload(&simulator, first, &[0; 8]);
    let [y, z] = [0; 2].map(|_| simulator.allocate(32).expect("memory"));
    increment(&simulator, first, x, y);
    let event = simulator.create_event().expect("an event");
    simulator.record(event, first).expect("a record");
    if wait {
        simulator.wait(second, event).expect("a wait");
    }
    increment(&simulator, second, y, z);
    download(&simulator, second, z, 8)
}

#[test]
fn a_stream_that_waits_finds_what_it_needs() {
    assert_eq!(chain(true), Ok(vec![2f32.to_bits(); 8]));
}

#[test]
fn a_missing_wait_is_caught() {
    assert!(
        chain(false)
            .expect_err("a fault")
            .contains("nobody has written")
    );
}

#[test]
fn memory_that_was_freed_is_not_touched() {
    let (simulator, stream) = simulator();
    let x = upload(&simulator, stream, &[0; 8]);
    let y = simulator.allocate(32).expect("memory");
    simulator.free(x).expect("memory");
    increment(&simulator, stream, x, y);
    assert!(
        download(&simulator, stream, y, 8)
            .expect_err("a fault")
            .contains("use after release")
    );
    assert!(simulator.free(x).is_err());
    assert_eq!(simulator.allocated(), 32);
}

#[test]
fn a_cached_block_has_no_content() {
    let (simulator, stream) = simulator();
    let x = upload(&simulator, stream, &[0; 8]);
    simulator.reclaim(stream, x).expect("a block");
    assert!(
        download(&simulator, stream, x, 8)
            .expect_err("a fault")
            .contains("use after release")
    );
    simulator.lend(stream, x, 16).expect("a block");
    assert!(
        download(&simulator, stream, x, 4)
            .expect_err("a fault")
            .contains("nobody has written")
    );
    simulator.upload(stream, &[1; 16], x).expect("a copy");
    assert!(download(&simulator, stream, x, 4).is_ok());
    assert!(
        download(&simulator, stream, x, 5)
            .expect_err("a fault")
            .contains("out of bounds")
    );
}

#[test]
fn calls_fail_when_told_to_and_then_work() {
    let (simulator, stream) = simulator();
    simulator.fail(Call::Allocate, 2);
    simulator.fail(Call::Copy, 1);
    assert!(simulator.allocate(8).is_ok());
    let error = simulator.allocate(8).expect_err("a failure");
    assert_eq!(error.code, DriverError::OUT_OF_MEMORY);
    let pointer = simulator.allocate(8).expect("memory");
    assert!(simulator.upload(stream, &[0; 8], pointer).is_err());
    assert!(simulator.upload(stream, &[0; 8], pointer).is_ok());
    assert_eq!(simulator.calls(Call::Allocate), 3);
}

#[test]
fn there_is_no_more_memory_than_the_device_has() {
    let (simulator, _) = simulator();
    assert_eq!(
        simulator.allocate(2 << 20).expect_err("too much").code,
        DriverError::OUT_OF_MEMORY
    );
}
