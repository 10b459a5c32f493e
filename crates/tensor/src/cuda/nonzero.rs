//! Where elements are not zero: counted in chunks, then written from where each chunk begins.

use super::device::Cuda;
use super::launch::{dense, kernel, widest};
use crate::layout::Layout;
use crate::ops::scan::{Direction, ScanOp};
use crate::{Array, DType, Result, Shape};

/// Threads of a block, and the elements it takes at a time.
const THREADS: u32 = 256;
const CHUNK: usize = 16 * THREADS as usize;

impl Cuda {
    pub(super) fn positions_of_nonzero(&self, x: &Array, out: &Array) -> Result<()> {
        const OP: &str = "nonzero";
        let x = x.contiguous()?;
        let compute = widest(x.dtype());
        let chunks = x.numel().div_ceil(CHUNK);
        let layout = Layout::contiguous(Shape::from([chunks]));
        let counts = Array::uninit(OP, layout, DType::I64, x.device())?;
        let count = (x.numel() as i64).to_le_bytes();
        let launch = |name, arrays: &[&Array]| {
            let entry = kernel("nonzero", compute, name);
            let parameters: [&[u8]; 2] = [&dense(arrays), &count];
            self.launch(OP, entry, self.blocks(chunks), [THREADS, 1], &parameters)
        };
        launch("Count", &[&counts, &x])?;
        let ends = counts.scan(ScanOp::Sum, 0, Direction::Forward)?;
        launch("Positions", &[out, &ends, &x])
    }
}
