//! Matrix products.
//!
//! [`Multiply`] is the entrance for every element type. Floats go to one of five kernels: two
//! vectors, a matrix and a vector, small operands where they lie, few rows of unit depth stride, or
//! blocks packed into panels. Convolution enters at the last of them, [`Product`], with operands of its own.

mod blocked;
mod direct;
mod dot;
mod integer;
mod kernel;
mod matrix_vector;
mod pack;
#[cfg(test)]
mod tests;
mod widened;

pub(crate) use blocked::{Product, Target, split, split_evenly};
pub(crate) use kernel::{Finish, Kernels, MOST_COLUMNS, MOST_ROWS, Tile};
pub(crate) use pack::{Lines, Strided};

use half::{bf16, f16};

use self::direct::Direct;
use self::dot::dot;
use self::matrix_vector::MatrixVector;
use super::finish::Tail;
use super::parallel::{for_each_chunk, num_threads};
use super::scratch::Scratch;
use super::simd::{Level, Real};

/// The sizes of `batch` products `[m, k] x [k, n] -> [m, n]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub batch: usize,
    pub m: usize,
    pub n: usize,
    pub k: usize,
}

/// A batch of matrices to read, with any strides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Operand<T> {
    pub start: *const T,
    pub batch: usize,
    pub row: usize,
    pub column: usize,
}

/// A batch of matrices to write, with unit column stride.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output<T> {
    pub start: *mut T,
    pub batch: usize,
    pub row: usize,
}

// SAFETY: operands are only read while a product runs.
unsafe impl<T: Sync> Sync for Operand<T> {}
// SAFETY: threads write disjoint parts of an output.
unsafe impl<T: Send> Sync for Output<T> {}

/// An element type that matrices can be multiplied in.
pub(crate) trait Multiply: Copy + Send + Sync + 'static {
    /// Computes `C = A B`, or `C += A B`, for every matrix of the batch.
    ///
    /// Integers wrap around. Half-precision floats are summed in `f32` and rounded once.
    ///
    /// # Safety
    ///
    /// The operands and the output have the sizes of `shape` in memory that nothing else writes,
    /// and the output overlaps neither an operand nor itself.
    unsafe fn multiply(
        shape: Shape,
        a: Operand<Self>,
        b: Operand<Self>,
        c: Output<Self>,
        accumulate: bool,
    );
}

macro_rules! multiply {
    ($($function:path: $($element:ty)*;)*) => {$($(
        impl Multiply for $element {
            unsafe fn multiply(
                shape: Shape,
                a: Operand<Self>,
                b: Operand<Self>,
                c: Output<Self>,
                accumulate: bool,
            ) {
                // SAFETY: the caller vouches for the memory.
                unsafe { $function(shape, a, b, c, accumulate) }
            }
        }
    )*)*};
}

multiply! {
    multiply_floats: f32 f64;
    widened::multiply: f16 bf16;
    integer::multiply: i64 i32 i16 i8 u8;
}

unsafe fn multiply_floats<T: Real>(
    shape: Shape,
    a: Operand<T>,
    b: Operand<T>,
    c: Output<T>,
    accumulate: bool,
) {
    // SAFETY: the caller vouches for the memory.
    unsafe { multiply_finished(shape, a, b, c, accumulate, Finish::NONE, Tail::NONE) }
}

/// Computes `C (+)= A B` for every matrix of the batch and applies `finish` and `tail` to it.
///
/// # Safety
///
/// As for [`Multiply::multiply`]; the biases of `finish` have an element for each row or column, and
/// `tail` is one for the rows of every matrix.
pub(crate) unsafe fn multiply_finished<T: Real>(
    shape: Shape,
    a: Operand<T>,
    b: Operand<T>,
    c: Output<T>,
    accumulate: bool,
    finish: Finish<T>,
    tail: Tail<'_>,
) {
    let batch = Batch {
        shape,
        a,
        b,
        c,
        accumulate,
        finish,
        tail,
        level: Level::current(),
    };
    // SAFETY: the caller vouches for the memory.
    unsafe { batch.run() }
}

/// Multiplications of one product above which the product, not the batch, is shared among threads.
const LARGE_PRODUCT: usize = 1 << 22;
/// Multiplications that are worth a thread's attention.
const SHARED_WORK: usize = 1 << 17;

/// A batch of products of floats.
struct Batch<'a, T> {
    shape: Shape,
    a: Operand<T>,
    b: Operand<T>,
    c: Output<T>,
    accumulate: bool,
    finish: Finish<T>,
    tail: Tail<'a>,
    level: Level,
}

// SAFETY: operands and biases are only read, and each product writes its own matrix.
unsafe impl<T: Real> Sync for Batch<'_, T> {}

impl<T: Real> Batch<'_, T> {
    unsafe fn run(mut self) {
        self.merge();
        let Shape { batch, m, n, k } = self.shape;
        if m == 0 || n == 0 {
            return;
        }
        let work = m.saturating_mul(n).saturating_mul(k).max(1);
        let shares_batch = work < LARGE_PRODUCT || batch >= 4 * num_threads();
        let grain = if shares_batch {
            (SHARED_WORK / work).max(1)
        } else {
            batch
        };
        for_each_chunk(batch, grain, |products| {
            for product in products {
                // SAFETY: the caller vouches for every matrix of the batch.
                unsafe { self.multiply(product) };
            }
        });
    }

    /// Turns products that share `B`, and whose other matrices follow each other, into one.
    fn merge(&mut self) {
        let Shape { batch, m, .. } = self.shape;
        let follows = self.a.batch == m * self.a.row && self.c.batch == m * self.c.row;
        if batch > 1 && self.b.batch == 0 && follows && !self.has_row_finish() {
            self.shape = Shape {
                batch: 1,
                m: batch * m,
                ..self.shape
            };
        }
    }

    fn has_row_finish(&self) -> bool {
        !self.finish.row_bias.is_null() || !self.tail.is_none()
    }

    unsafe fn multiply(&self, product: usize) {
        let Shape { m, n, k, .. } = self.shape;
        let Self {
            accumulate,
            finish,
            tail,
            ..
        } = *self;
        let c_row = self.c.row;
        // SAFETY: the caller vouches for the matrices and their sizes.
        unsafe {
            let a = self.a.start.add(product * self.a.batch);
            let a = Strided {
                start: a,
                line: self.a.row,
                depth: self.a.column,
            };
            let b = self.b.start.add(product * self.b.batch);
            let b = Strided {
                start: b,
                line: self.b.column,
                depth: self.b.row,
            };
            let c = self.c.start.add(product * self.c.batch);
            if m == 1 || n == 1 || k == 0 {
                let (matrix, vector) = if m == 1 { (b, a) } else { (a, b) };
                self.multiply_vector(matrix, vector, c);
            } else if is_small(m, n, k) {
                Direct {
                    m,
                    n,
                    k,
                    a,
                    b,
                    c,
                    c_row,
                    accumulate,
                    finish,
                    tail,
                }
                .run(self.level);
            } else {
                let c = Target::matrix(c, c_row);
                Product {
                    m,
                    n,
                    k,
                    a: &a,
                    b: &b,
                    c,
                    accumulate,
                    finish,
                    tail,
                }
                .run(self.level);
            }
        }
    }

    /// One row, one column, or no depth.
    unsafe fn multiply_vector(&self, matrix: Strided<T>, vector: Strided<T>, c: *mut T) {
        let Shape { m, n, k, .. } = self.shape;
        let are_rows = matrix.depth == 1 && vector.depth == 1;
        if m * n == 1 && k > 0 && are_rows {
            // SAFETY: the caller vouches for both vectors and the single result.
            unsafe {
                let x = std::slice::from_raw_parts(matrix.start, k);
                let y = std::slice::from_raw_parts(vector.start, k);
                let sum = dot(x, y, self.level);
                let sum = if self.accumulate { *c + sum } else { sum };
                *c = self.finish.apply(sum, 0, 0);
            }
            return;
        }
        let mut sums = Scratch::filled(m * n, T::zero());
        let sums = sums.as_mut_slice();
        let x = Scratch::<T>::new(k);
        // SAFETY: both blocks have the lengths used; the caller vouches for the matrices.
        unsafe {
            if k > 0 {
                for i in 0..k {
                    x.as_ptr().add(i).write(*vector.start.add(i * vector.depth));
                }
                let x = std::slice::from_raw_parts(x.as_ptr(), k);
                MatrixVector { matrix, x }.run(sums, self.level);
            }
            for (i, &sum) in sums.iter().enumerate() {
                let (row, column) = (i / n, i % n);
                let c = c.add(row * self.c.row + column);
                let sum = if self.accumulate { *c + sum } else { sum };
                *c = self.finish.apply(sum, row, column);
            }
            for row in 0..m {
                self.tail.apply(row, c.add(row * self.c.row), n);
            }
        }
    }
}

/// Whether packing the operands costs more than reading them where they lie.
fn is_small(m: usize, n: usize, k: usize) -> bool {
    m <= 16 || n <= 64 || m.saturating_mul(n).saturating_mul(k) <= 1 << 21
}
