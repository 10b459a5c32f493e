// One tile of a product of matrices, whose factors a kernel reads as it likes.
//
// A problem has `rows`, `columns`, and the functions
//   term(k), column(j)            what is worth knowing about a term of the sums, and about a column
//   left(i, term), right(term, column)  the factors
//   write(i, column, sum)         what becomes of a sum.
// A block of SIDE x SIDE threads computes a tile of TILE x TILE sums, of which a thread owns EACH x EACH;
// both factors pass through shared memory in steps of so many terms.

#pragma once

#include "strided.cuh"

constexpr unsigned TILE = 64, STEP = 16, SIDE = 16, EACH = TILE / SIDE;

FUNCTION float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
FUNCTION double multiply_add(double a, double b, double c) { return fma(a, b, c); }
FUNCTION Int multiply_add(Int a, Int b, Int c) { return a * b + c; }

/// Adds up the terms from `start` to `end` for the tile whose first row and column are given.
template <class Problem>
FUNCTION void multiply_tile(const Problem& problem, unsigned row, unsigned column, unsigned start,
                            unsigned end) {
    // One number more than is used, so that columns lie in different banks.
    __shared__ C lefts[STEP][TILE + 1], rights[STEP][TILE + 1];
    unsigned x = threadIdx.x, y = threadIdx.y;
    decltype(problem.column(0)) columns[EACH];
    for (unsigned e = 0; e < EACH; e++) columns[e] = problem.column(column + x + e * SIDE);
    C sums[EACH][EACH] = {};
    for (unsigned step = start; step < end; step += STEP) {
        __syncthreads();
        auto left = problem.term(step + x), right = problem.term(step + y);
#pragma unroll
        for (unsigned e = 0; e < EACH; e++) {
            unsigned i = row + y + e * SIDE, j = column + x + e * SIDE;
            bool has_left = i < problem.rows && step + x < end;
            bool has_right = j < problem.columns && step + y < end;
            lefts[x][y + e * SIDE] = has_left ? problem.left(i, left) : C(0);
            rights[y][x + e * SIDE] = has_right ? problem.right(right, columns[e]) : C(0);
        }
        __syncthreads();
#pragma unroll 4
        for (unsigned k = 0; k < STEP; k++) {
            C a[EACH], b[EACH];
            for (unsigned e = 0; e < EACH; e++) a[e] = lefts[k][y + e * SIDE];
            for (unsigned e = 0; e < EACH; e++) b[e] = rights[k][x + e * SIDE];
            for (unsigned i = 0; i < EACH; i++)
                for (unsigned j = 0; j < EACH; j++) sums[i][j] = multiply_add(a[i], b[j], sums[i][j]);
        }
    }
    for (unsigned i = 0; i < EACH; i++) {
        for (unsigned j = 0; j < EACH; j++) {
            unsigned at_row = row + y + i * SIDE, at_column = column + x + j * SIDE;
            if (at_row < problem.rows && at_column < problem.columns) {
                problem.write(at_row, columns[j], sums[i][j]);
            }
        }
    }
}
