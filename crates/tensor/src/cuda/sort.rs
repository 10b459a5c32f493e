//! Sorting, and elements of rows by their rank.

use super::device::Cuda;
use super::launch::{dense, kernel, widest};
use crate::layout::Layout;
use crate::ops::sort::{StatisticOp, row_order};
use crate::{Array, DType, Result, Shape};
use rushlight_cuda_kernels::{Compute, LARGEST};

/// Threads of a block, and the elements it sorts at a time.
const THREADS: u32 = 256;
const CHUNK: usize = 2 * THREADS as usize;

/// Rows in order.
struct Sorted {
    /// Numbers of the order of the elements: `[rows, row]`, of type `i64`.
    ranks: Array,
    /// Where the elements were, of type `i32`.
    places: Array,
    rows: usize,
    /// Elements of a row, and what it is filled up to.
    length: usize,
    row: usize,
}

impl Cuda {
    /// Sorts lines along a dimension, as many elements of each as the outputs hold.
    pub(super) fn sort_along(
        &self,
        op: &'static str,
        dim: usize,
        descending: bool,
        x: &Array,
        [values, indices]: [&Array; 2],
    ) -> Result<()> {
        if indices.numel() == 0 {
            return Ok(());
        }
        let rows = rows_along(dim, x)?;
        let sorted = self.sort_rows(op, &rows, descending)?;
        let kept = indices.numel() / sorted.rows;
        self.take(&rows, &sorted.places.narrow(1, 0, kept)?, values, indices)
    }

    pub(super) fn pick_statistic(
        &self,
        op: StatisticOp,
        dim: usize,
        x: &Array,
        [values, indices]: [&Array; 2],
    ) -> Result<()> {
        let name = op.name();
        if indices.numel() == 0 {
            return Ok(());
        }
        let rows = rows_along(dim, x)?;
        let sorted = self.sort_rows(name, &rows, false)?;
        let places = match op {
            StatisticOp::Rank(rank) => sorted.places.narrow(1, rank, 1)?,
            StatisticOp::Median | StatisticOp::NanMedian => {
                let has_nan = usize::from(x.dtype().is_floating_point());
                let skips_nan = usize::from(op == StatisticOp::NanMedian);
                let (blocks, threads) = self.grid(sorted.rows);
                let grid = (blocks, [threads, 1]);
                self.pick_places(name, "Middle", grid, &sorted, &[has_nan, skips_nan])?
            }
            StatisticOp::Mode => {
                let grid = self.teams(sorted.rows, sorted.length);
                self.pick_places(name, "Mode", grid, &sorted, &[])?
            }
        };
        self.take(&rows, &places, values, indices)
    }

    /// One place of each row: `[rows, 1]`.
    fn pick_places(
        &self,
        op: &'static str,
        name: &str,
        (blocks, threads): (u32, [u32; 2]),
        sorted: &Sorted,
        more: &[usize],
    ) -> Result<Array> {
        let &Sorted {
            ref ranks,
            ref places,
            rows,
            length,
            row,
        } = sorted;
        let layout = Layout::contiguous(Shape::from([rows, 1]));
        let picked = Array::uninit(op, layout, DType::I64, ranks.device())?;
        let arrays = dense(&[&picked, ranks, places]);
        let numbers = self.sizes(op, &[&[rows, row, length], more].concat())?;
        let parameters: Vec<&[u8]> = [&arrays[..]].into_iter().chain(numbers.chunks(4)).collect();
        let entry = kernel("sort", Compute::I64, name);
        self.launch(op, entry, blocks, threads, &parameters)?;
        Ok(picked)
    }

    /// Writes the places of some elements of each row, and the elements.
    fn take(&self, rows: &Array, places: &Array, values: &Array, indices: &Array) -> Result<()> {
        // The outputs hold rows as runs of memory.
        let layout = Layout::contiguous(places.shape().clone());
        let (values, indices) = (
            values.with_layout(layout.clone()),
            indices.with_layout(layout),
        );
        self.copy_elements(places, &indices)?;
        self.pick(1, rows, &indices, &values)
    }

    /// Sorts the rows of a dense matrix.
    fn sort_rows(&self, op: &'static str, x: &Array, descending: bool) -> Result<Sorted> {
        let (rows, length) = (x.shape()[0], x.shape()[1]);
        let row = length.next_power_of_two();
        let count = rows.saturating_mul(row);
        if count > LARGEST {
            return Err(self.unoffered(op));
        }
        let matrix = |dtype| {
            let layout = Layout::contiguous(Shape::from([rows, row]));
            Array::uninit(op, layout, dtype, x.device())
        };
        let (ranks, places) = (matrix(DType::I64)?, matrix(DType::I32)?);
        let ranked = widest(x.dtype());
        let numbers = self.sizes(op, &[count, row, length])?;
        let [count_bytes, row_bytes, length_bytes] = [0, 4, 8].map(|at| &numbers[at..at + 4]);
        let flip = if descending { u64::MAX } else { 0 }.to_le_bytes();
        let arrays = dense(&[&ranks, &places, x]);
        let parameters: [&[u8]; 5] = [&arrays, count_bytes, row_bytes, length_bytes, &flip];
        let (blocks, threads) = self.grid(count);
        let entry = kernel("sort", ranked, "Rank");
        self.launch(op, entry, blocks, [threads, 1], &parameters)?;
        let sorted = Sorted {
            ranks,
            places,
            rows,
            length,
            row,
        };
        self.merge_runs(op, &sorted)?;
        Ok(sorted)
    }

    /// The network: all merges of runs within chunks at once, then those beyond, step by step.
    fn merge_runs(&self, op: &'static str, sorted: &Sorted) -> Result<()> {
        let (row, count) = (sorted.row, sorted.rows * sorted.row);
        let arrays = dense(&[&sorted.ranks, &sorted.places]);
        let launch = |name, (blocks, threads), numbers: [usize; 4]| {
            let numbers = self.sizes(op, &numbers)?;
            let parameters: Vec<&[u8]> =
                [&arrays[..]].into_iter().chain(numbers.chunks(4)).collect();
            let entry = kernel("sort", Compute::I64, name);
            self.launch(op, entry, blocks, [threads, 1], &parameters)
        };
        let chunks = (self.blocks(count.div_ceil(CHUNK)), THREADS);
        launch("Chunk", chunks, [count, row, 2, row.min(CHUNK)])?;
        let mut size = 2 * CHUNK;
        while size <= row {
            let mut distance = size / 2;
            while distance >= CHUNK {
                launch(
                    "Step",
                    self.grid(count / 2),
                    [count / 2, row, size, distance],
                )?;
                distance /= 2;
            }
            launch("Chunk", chunks, [count, row, size, size])?;
            size *= 2;
        }
        Ok(())
    }
}

/// The lines along a dimension as the rows of a dense matrix.
fn rows_along(dim: usize, x: &Array) -> Result<Array> {
    let x = x.at_least_1d();
    let length = x.shape()[dim];
    let lines = x.with_layout(x.layout().permute(&row_order(x.rank(), dim)));
    let rows = x.numel().checked_div(length).unwrap_or(0);
    lines.reshape(&Shape::from([rows, length]))?.contiguous()
}
