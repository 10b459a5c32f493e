//! Memory over many training steps. One test alone, since it counts for the whole process.

use rushlight::prelude::*;
use rushlight::{Result, memory_stats};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The system's allocator, counting how often it is asked.
struct Counting;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        // SAFETY: the caller's promises are those that the system asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, start: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(start, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const WARM: usize = 20;
const STEPS: usize = 1000;

#[test]
fn memory_is_flat_over_a_thousand_training_steps() -> Result<()> {
    manual_seed(0);
    let model = sequential![
        Conv2d::builder(1, 4, 3).padding(1).build()?,
        BatchNorm2d::new(4)?,
        ReLU::new(),
        MaxPool2d::new(2),
        Flatten::new(),
        Dropout::new(0.1)?,
        Linear::new(64, 10)?,
    ];
    let mut sgd = optim::SGD::new(model.parameters(), 0.01).momentum(0.9);
    let mut adam = optim::AdamW::new(model.parameters(), 0.001);
    let (x, y) = (Tensor::randn(&[8, 1, 8, 8])?, Tensor::randint(0, 10, &[8])?);
    let mut warm = memory_stats();
    for step in 0..STEPS {
        if step == WARM {
            warm = memory_stats();
        }
        model.zero_grad();
        F::cross_entropy(&model.forward(&x)?, &y)?.backward()?;
        let before = ALLOCATIONS.load(Relaxed);
        sgd.step()?;
        adam.step()?;
        let by_optimizers = ALLOCATIONS.load(Relaxed) - before;
        assert!(
            step < WARM || by_optimizers == 0,
            "{by_optimizers} in step {step}"
        );
    }
    let end = memory_stats();
    assert_eq!(end.allocated, warm.allocated, "arrays that are never freed");
    assert_eq!(
        end.system_allocations, warm.system_allocations,
        "the pool grows"
    );
    assert_eq!(end.peak, warm.peak, "a step needs more than the first did");
    Ok(())
}
