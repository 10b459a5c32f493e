//! The orthogonal-triangular factorization by Householder reflections, block by block (Golub and Van
//! Loan, "Matrix Computations", 5.2): the reflections of some columns meet the others as one product.

use super::super::scratch::Scratch;
use super::matrix::{Matrix, transpose_to};
use super::reflections::Reflections;
use super::vector::{add_multiple, dots, reflector};

/// Columns of a block.
const BLOCK: usize = 32;

/// Turns `a` `[m, n]` into `R` above the vectors of the reflections, and fills in their factors.
pub(super) fn factor(a: &mut [f64], m: usize, n: usize, factors: &mut [f64]) -> Vec<Reflections> {
    if a.is_empty() {
        return Vec::new();
    }
    let mut columns = Scratch::new(a.len());
    let columns = columns.as_mut_slice();
    transpose_to(columns, m, a, n, m, n);
    let blocks = factor_columns(columns, m, factors);
    transpose_to(a, n, columns, m, n, m);
    blocks
}

/// As [`factor`], for columns of `m` one after the other. The reflections come block by block.
pub(super) fn factor_columns(
    columns: &mut [f64],
    m: usize,
    factors: &mut [f64],
) -> Vec<Reflections> {
    let mut blocks = Vec::new();
    for (number, factors) in factors.chunks_mut(BLOCK).enumerate() {
        let start = number * BLOCK;
        let (own, rest) = columns[start * m..].split_at_mut(factors.len() * m);
        for (j, factor) in factors.iter_mut().enumerate() {
            let (head, others) = own.split_at_mut((j + 1) * m);
            let column = &mut head[j * m + start + j..];
            *factor = reflector(column);
            let first = std::mem::replace(&mut column[0], 1.0);
            reflect_rows(others, m, start + j, *factor, column);
            column[0] = first;
        }
        let block = Reflections::new(&own[start..], m, m - start, factors);
        let others = rest.len() / m;
        if others > 0 {
            block.turn_rows(&mut rest[start..], m, others);
        }
        blocks.push(block);
    }
    blocks
}

/// Applies `I - factor v v^T` to rows of `m`, from place `first` on.
fn reflect_rows(rows: &mut [f64], m: usize, first: usize, factor: f64, v: &[f64]) {
    let mut along = vec![0.0; rows.len() / m];
    let Some(start) = rows.get(first..) else {
        return;
    };
    let others = Matrix::of(start, rows.len() / m, v.len(), m);
    dots(&mut along, others, v);
    for (row, along) in rows.chunks_exact_mut(m).zip(along) {
        add_multiple(&mut row[first..], -factor * along, v);
    }
}

/// Turns `c` `[m, columns]` into `Q c`, where `Q` is the product of the reflections of all blocks.
pub(super) fn apply(blocks: &[Reflections], c: &mut [f64], columns: usize) {
    for (number, block) in blocks.iter().enumerate().rev() {
        block.turn_columns(&mut c[number * BLOCK * columns..], columns, columns);
    }
}

/// Fills `q` `[m, columns]` with the first columns of `Q`.
pub(super) fn basis(blocks: &[Reflections], q: &mut [f64], columns: usize) {
    q.fill(0.0);
    let diagonal = q.iter_mut().step_by(columns + 1).take(columns);
    diagonal.for_each(|x| *x = 1.0);
    for (number, block) in blocks.iter().enumerate().rev() {
        let start = number * BLOCK;
        // Columns before these are still axes, which the block does not turn.
        block.turn_columns(&mut q[start * columns + start..], columns, columns - start);
    }
}
