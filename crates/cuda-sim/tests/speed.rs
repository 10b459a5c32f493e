//! How fast kernels are executed; run with `--ignored --nocapture`.

use crate::machine::{KERNELS, start, upload};
use rushlight_cuda_kernels::driver::Driver;
use rushlight_cuda_sim::Simulator;
use std::time::Instant;

#[test]
#[ignore = "a measurement"]
fn lane_instructions_per_second() {
    const ELEMENTS: u32 = 1 << 22;
    let simulator = Simulator::new(1, 1 << 30);
    let stream = simulator.create_stream().expect("a stream");
    let x = upload(&simulator, stream, &vec![0; ELEMENTS as usize]);
    let y = simulator.allocate(4 * ELEMENTS as usize).expect("memory");
    let parameters: [&[u8]; 3] = [
        &x.0.to_le_bytes(),
        &y.0.to_le_bytes(),
        &ELEMENTS.to_le_bytes(),
    ];
    start(
        &simulator,
        stream,
        KERNELS,
        "increment",
        ELEMENTS / 256,
        256,
        &parameters,
    );
    let begin = Instant::now();
    simulator.synchronize(stream).expect("the kernel");
    let rate = simulator.lane_instructions() as f64 / begin.elapsed().as_secs_f64();
    println!("{:.0} million lane instructions per second", rate / 1e6);
}
