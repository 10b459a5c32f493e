//! An old device with little memory: what is kept is given back before anything is refused, and products do
//! without tensor cores.

use rushlight_cuda_sim::{Call, Simulator};
use rushlight_tensor::{Array, DType, Device, Error, MemoryStats, Result, cuda};
use std::sync::{LazyLock, Mutex, MutexGuard};

const MEGABYTE: usize = 1 << 20;
const CUDA: Device = Device::Cuda(0);

static SIMULATOR: LazyLock<Simulator> = LazyLock::new(|| {
    let simulator = Simulator::new(1, 8 * MEGABYTE).with_capability(7, 5);
    cuda::use_driver(Box::new(simulator.clone())).expect("no driver is in use");
    // What kernels need is loaded once.
    drop(megabytes(1).expect("an array"));
    simulator
});

/// The device with nothing kept, for one test at a time.
fn device() -> (&'static Simulator, MutexGuard<'static, ()>) {
    static ONE: Mutex<()> = Mutex::new(());
    let guard = ONE.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let simulator = &*SIMULATOR;
    cuda::empty_cache(0).expect("a device");
    (simulator, guard)
}

fn megabytes(count: usize) -> Result<Array> {
    Array::full(&[count * MEGABYTE / 4], 1.into(), DType::F32, CUDA)
}

fn stats() -> MemoryStats {
    cuda::memory_stats(0).expect("a device")
}

#[test]
fn what_is_kept_is_given_back_when_others_need_it() -> Result<()> {
    let (simulator, _guard) = device();
    let (first, second) = (megabytes(2)?, megabytes(3)?);
    drop((first, second));
    assert_eq!(stats().cached, 5 * MEGABYTE);
    let large = megabytes(6)?;
    assert_eq!(stats().cached, 0);
    assert!(simulator.allocated() < 8 * MEGABYTE);
    assert_eq!(
        large.to_vec::<f32>()?.iter().sum::<f32>(),
        1.5 * MEGABYTE as f32
    );
    Ok(())
}

#[test]
fn too_much_is_refused_and_the_rest_still_works() -> Result<()> {
    let (_simulator, _guard) = device();
    let held = megabytes(4)?;
    let before = stats();
    let error = megabytes(5).expect_err("too much");
    let bytes = 5 * MEGABYTE;
    assert_eq!(error, Error::OutOfMemory { op: "full", bytes });
    assert_eq!(stats(), before);
    assert_eq!(megabytes(2)?.to_vec::<f32>()?[7], 1.0);
    assert_eq!(held.to_vec::<f32>()?[MEGABYTE - 1], 1.0);
    Ok(())
}

#[test]
fn memory_is_asked_for_twice() -> Result<()> {
    let (simulator, _guard) = device();
    simulator.fail(Call::Allocate, 1);
    assert_eq!(megabytes(1)?.to_vec::<f32>()?[0], 1.0);
    assert!(simulator.forgive(Call::Allocate));
    Ok(())
}

#[test]
fn an_emptied_cache_holds_nothing() -> Result<()> {
    let (simulator, _guard) = device();
    let before = (simulator.allocated(), stats().allocated);
    for count in [1, 2, 3, 1] {
        drop(megabytes(count)?);
    }
    assert!(simulator.allocated() >= before.0 + 6 * MEGABYTE);
    cuda::empty_cache(0)?;
    assert_eq!((simulator.allocated(), stats().allocated), before);
    assert_eq!(stats().cached, 0);
    Ok(())
}

#[test]
fn the_peak_is_what_lived_at_once() -> Result<()> {
    let (_simulator, _guard) = device();
    let held = megabytes(1)?;
    cuda::reset_peak_memory_stats(0)?;
    let start = stats();
    assert_eq!(start.peak, start.allocated);
    drop((megabytes(2)?, megabytes(1)?));
    drop(megabytes(2)?);
    assert_eq!(stats().peak, start.allocated + 3 * MEGABYTE);
    assert_eq!(stats().allocated, start.allocated);
    drop(held);
    assert_eq!(stats().allocated + MEGABYTE, start.allocated);
    Ok(())
}

#[test]
fn threads_share_the_memory() -> Result<()> {
    let (_simulator, _guard) = device();
    let before = stats();
    std::thread::scope(|scope| {
        for thread in 1..5_usize {
            scope.spawn(move || {
                for round in 0..20 {
                    let size = 1000 * thread + round % 3;
                    let x = Array::full(&[size], (thread as i64).into(), DType::I64, CUDA);
                    let x = x.and_then(|x| x.to_vec::<i64>()).expect("an array");
                    assert!(x.len() == size && x.iter().all(|&x| x == thread as i64));
                }
            });
        }
    });
    assert_eq!(stats().allocated, before.allocated);
    assert_eq!(stats().allocations, before.allocations + 80);
    Ok(())
}

#[test]
fn products_of_half_types_do_without_tensor_cores() -> Result<()> {
    let (_simulator, _guard) = device();
    for dtype in [DType::F16, DType::BF16] {
        let x: Vec<f64> = (0..35).map(|i| f64::from(i % 7) - 3.0).collect();
        let x = Array::from_slice(&x, &[5, 7])?.to_dtype(dtype)?;
        let product = |x: &Array| x.matmul(&x.transpose(0, 1)?)?.to_bytes();
        assert_eq!(product(&x.to_device(CUDA)?)?, product(&x)?);
    }
    Ok(())
}
