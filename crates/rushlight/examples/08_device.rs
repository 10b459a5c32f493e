//! Where computation happens: versions, threads, and whether there is a GPU.
//!
//! `cargo run --release --example 08_device`

use rushlight::prelude::*;

fn main() -> rushlight::Result<()> {
    println!("rushlight {}", rushlight::VERSION);
    println!("threads: {}", rushlight::num_threads());
    println!(
        "CUDA available: {}, devices: {}",
        cuda::is_available(),
        cuda::device_count()
    );

    let device = Device::cuda_if_available();
    let model = Linear::new(4, 2)?;
    model.to_device(device)?;
    let x = Tensor::ones(&[1, 4])?.to_device(device)?;
    println!(
        "a result on {}: shape {}",
        device,
        model.forward(&x)?.shape()
    );

    // A device that is not there is an error that says so.
    if !cuda::is_available()
        && let Err(error) = x.to_device(Device::cuda(0))
    {
        println!("as expected: {error}");
    }
    let memory = rushlight::memory_stats();
    println!(
        "memory in tensors: {} bytes now, {} at the peak",
        memory.allocated, memory.peak
    );
    Ok(())
}
