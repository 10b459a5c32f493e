//! Matrices that lie in slices, and their products.

use super::super::gemm::{Multiply, Operand, Output, Shape};
use super::super::simd::{Level, Simd, Task, Vector};
use std::ops::Range;

/// A matrix to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matrix<'a> {
    elements: &'a [f64],
    pub(super) rows: usize,
    pub(super) columns: usize,
    row_step: usize,
    column_step: usize,
}

impl<'a> Matrix<'a> {
    /// Rows that start `step` apart.
    pub(super) fn of(elements: &'a [f64], rows: usize, columns: usize, step: usize) -> Self {
        let fits = rows == 0 || columns == 0 || (rows - 1) * step + columns <= elements.len();
        assert!(fits, "the matrix lies in the slice");
        Matrix {
            elements,
            rows,
            columns,
            row_step: step,
            column_step: 1,
        }
    }

    pub(super) fn transposed(self) -> Self {
        Matrix {
            rows: self.columns,
            columns: self.rows,
            row_step: self.column_step,
            column_step: self.row_step,
            ..self
        }
    }

    /// A row, of a matrix that is not transposed.
    pub(super) fn row(&self, i: usize) -> &'a [f64] {
        debug_assert_eq!(self.column_step, 1);
        &self.elements[i * self.row_step..i * self.row_step + self.columns]
    }

    fn operand(&self) -> Operand<f64> {
        Operand {
            start: self.elements.as_ptr(),
            batch: 0,
            row: self.row_step,
            column: self.column_step,
        }
    }
}

/// `c += a b`, where the rows of `c` start `step` apart.
pub(super) fn add_product(c: &mut [f64], step: usize, a: Matrix<'_>, b: Matrix<'_>) {
    let (m, n, k) = (a.rows, b.columns, a.columns);
    assert_eq!(b.rows, k, "the factors fit");
    if m == 0 || n == 0 || k == 0 {
        return;
    }
    assert!(c.len() >= (m - 1) * step + n, "the product fits");
    let out = Output {
        start: c.as_mut_ptr(),
        batch: 0,
        row: step,
    };
    let shape = Shape { batch: 1, m, n, k };
    // SAFETY: the views hold matrices of these sizes, and only `c`, borrowed mutably, is written.
    unsafe { f64::multiply(shape, a.operand(), b.operand(), out, true) };
}

/// `c -= a b`, where the rows of `c` start `step` apart.
pub(super) fn subtract_product(c: &mut [f64], step: usize, a: Matrix<'_>, b: Matrix<'_>) {
    let mut negative = Vec::with_capacity(a.rows * a.columns);
    // Whichever way the elements lie side by side.
    let (lines, line) = match a.column_step {
        1 => (a, a.columns),
        _ => (a.transposed(), a.rows),
    };
    for i in 0..lines.rows {
        negative.extend(lines.row(i).iter().map(|x| -x));
    }
    let negative = Matrix::of(&negative, lines.rows, line, line);
    let negative = match a.column_step {
        1 => negative,
        _ => negative.transposed(),
    };
    add_product(c, step, negative, b);
}

/// Rows `rows` and columns `columns` of a matrix with rows of `n`, without gaps.
pub(super) fn block(a: &[f64], n: usize, rows: Range<usize>, columns: Range<usize>) -> Vec<f64> {
    let row = |i: usize| &a[i * n + columns.start..i * n + columns.end];
    rows.flat_map(|i| row(i).iter().copied()).collect()
}

/// The transpose of a matrix `[m, n]`.
pub(super) fn transposed(a: &[f64], m: usize, n: usize) -> Vec<f64> {
    let mut out = vec![0.0; a.len()];
    // Rows without elements may be many.
    if n > 0 {
        transpose_to(&mut out, m, a, n, m, n);
    }
    out
}

/// Writes the transpose of `a` `[m, n]`; the rows of both start `out_step` and `a_step` apart.
pub(super) fn transpose_to(
    out: &mut [f64],
    out_step: usize,
    a: &[f64],
    a_step: usize,
    m: usize,
    n: usize,
) {
    if m == 0 || n == 0 {
        return;
    }
    assert!(a.len() >= (m - 1) * a_step + n && out.len() >= (n - 1) * out_step + m);
    let steps = [out_step, a_step];
    Level::current().run(Transpose {
        out,
        a,
        steps,
        m,
        n,
    });
}

struct Transpose<'a> {
    out: &'a mut [f64],
    a: &'a [f64],
    steps: [usize; 2],
    m: usize,
    n: usize,
}

impl Task for Transpose<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Transpose { out, a, m, n, .. } = self;
        let [out_step, a_step] = self.steps;
        let lanes = S::F64::LANES;
        let (whole_rows, whole_columns) = (m / lanes * lanes, n / lanes * lanes);
        for left in (0..whole_columns).step_by(lanes) {
            for top in (0..whole_rows).step_by(lanes) {
                let from = a.as_ptr().wrapping_add(top * a_step + left);
                let to = out.as_mut_ptr().wrapping_add(left * out_step + top);
                // SAFETY: the tile lies in both matrices, which lie in the slices; the processor has
                // the level.
                unsafe { S::F64::transpose(|i| from.wrapping_add(i * a_step), to, out_step) };
            }
        }
        for i in 0..m {
            let done = if i < whole_rows { whole_columns } else { 0 };
            for j in done..n {
                out[j * out_step + i] = a[i * a_step + j];
            }
        }
    }
}
