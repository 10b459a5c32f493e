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

/// Room for one step of both factors of a tile of PER_THREAD x PER_THREAD sums for each thread.
template <unsigned PER_THREAD>
struct Panels {
    // One number more than is used, so that columns lie in different banks.
    C lefts[STEP][PER_THREAD * SIDE + 1], rights[STEP][PER_THREAD * SIDE + 1];
};

/// Adds the terms from `start` to `end` to the sums of the tile whose first row and column are given.
template <unsigned PER_THREAD, class Problem>
FUNCTION void add_products(Panels<PER_THREAD>& panels, const Problem& problem, unsigned row,
                           unsigned column, unsigned start, unsigned end,
                           C (&sums)[PER_THREAD][PER_THREAD]) {
    unsigned x = threadIdx.x, y = threadIdx.y;
    decltype(problem.column(0)) columns[PER_THREAD];
    for (unsigned e = 0; e < PER_THREAD; e++) columns[e] = problem.column(column + x + e * SIDE);
    for (unsigned step = start; step < end; step += STEP) {
        __syncthreads();
        auto left = problem.term(step + x), right = problem.term(step + y);
#pragma unroll
        for (unsigned e = 0; e < PER_THREAD; e++) {
            unsigned i = row + y + e * SIDE, j = column + x + e * SIDE;
            bool has_left = i < problem.rows && step + x < end;
            bool has_right = j < problem.columns && step + y < end;
            panels.lefts[x][y + e * SIDE] = has_left ? problem.left(i, left) : C(0);
            panels.rights[y][x + e * SIDE] = has_right ? problem.right(right, columns[e]) : C(0);
        }
        __syncthreads();
#pragma unroll 4
        for (unsigned k = 0; k < STEP; k++) {
            C a[PER_THREAD], b[PER_THREAD];
            for (unsigned e = 0; e < PER_THREAD; e++) a[e] = panels.lefts[k][y + e * SIDE];
            for (unsigned e = 0; e < PER_THREAD; e++) b[e] = panels.rights[k][x + e * SIDE];
            for (unsigned i = 0; i < PER_THREAD; i++)
                for (unsigned j = 0; j < PER_THREAD; j++)
                    sums[i][j] = multiply_add(a[i], b[j], sums[i][j]);
        }
    }
}

/// Computes the tile whose first row and column are given from the terms from `start` to `end`.
template <class Problem>
FUNCTION void multiply_tile(const Problem& problem, unsigned row, unsigned column, unsigned start,
                            unsigned end) {
    __shared__ Panels<EACH> panels;
    C sums[EACH][EACH] = {};
    add_products(panels, problem, row, column, start, end, sums);
    for (unsigned i = 0; i < EACH; i++) {
        for (unsigned j = 0; j < EACH; j++) {
            unsigned at_row = row + threadIdx.y + i * SIDE, at_column = column + threadIdx.x + j * SIDE;
            if (at_row < problem.rows && at_column < problem.columns) {
                problem.write(at_row, problem.column(at_column), sums[i][j]);
            }
        }
    }
}
