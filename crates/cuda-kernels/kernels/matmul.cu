// out = a b for batches of matrices, [m, k] x [k, n] -> [m, n], of any strides.
//
// Grid: any number of blocks of 16 x 16 threads, each of which computes one tile of 64 x 64 at a time;
// a thread owns 16 of its elements, and both operands pass through shared memory in steps of 16.
// Assumes: `batches` walks over the first elements of the matrices of [out, a, b].

#include "numbers.cuh"

constexpr unsigned TILE = 64, STEP = 16, SIDE = 16, EACH = TILE / SIDE;

struct Matrices {
    unsigned m, n, k, padding;
    /// Distances between rows and between columns, of [out, a, b].
    Int rows[3], columns[3];
};

FUNCTION float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
FUNCTION double multiply_add(double a, double b, double c) { return fma(a, b, c); }
FUNCTION Int multiply_add(Int a, Int b, Int c) { return a * b + c; }

FUNCTION Int place(const Matrices& shape, int operand, unsigned row, unsigned column) {
    return row * shape.rows[operand] + column * shape.columns[operand];
}

KERNEL(matmul, Tiled)(const __grid_constant__ Plan<3> batches, const __grid_constant__ Matrices shape) {
    // One column more than is used, so that columns lie in different banks.
    __shared__ C a_tile[STEP][TILE + 1], b_tile[STEP][TILE + 1];
    unsigned x = threadIdx.x, y = threadIdx.y, thread = y * SIDE + x;
    unsigned across = (shape.n + TILE - 1) / TILE, down = (shape.m + TILE - 1) / TILE;
    for (unsigned tile = blockIdx.x; tile < batches.count * down * across; tile += gridDim.x) {
        unsigned column = tile % across * TILE, row = tile / across % down * TILE;
        Int at[3];
        locate(batches, tile / across / down, at);
        C sums[EACH][EACH] = {};
        for (unsigned start = 0; start < shape.k; start += STEP) {
            __syncthreads();
            for (unsigned e = thread; e < TILE * STEP; e += SIDE * SIDE) {
                unsigned i = row + e / STEP, k = start + e % STEP;
                bool inside = i < shape.m && k < shape.k;
                a_tile[e % STEP][e / STEP] =
                    inside ? load(batches.operands[1], at[1] + place(shape, 1, i, k)) : C(0);
            }
            for (unsigned e = thread; e < TILE * STEP; e += SIDE * SIDE) {
                unsigned k = start + e / TILE, j = column + e % TILE;
                bool inside = k < shape.k && j < shape.n;
                b_tile[e / TILE][e % TILE] =
                    inside ? load(batches.operands[2], at[2] + place(shape, 2, k, j)) : C(0);
            }
            __syncthreads();
#pragma unroll 4
            for (unsigned k = 0; k < STEP; k++) {
                C a[EACH], b[EACH];
                for (unsigned i = 0; i < EACH; i++) a[i] = a_tile[k][y + i * SIDE];
                for (unsigned j = 0; j < EACH; j++) b[j] = b_tile[k][x + j * SIDE];
                for (unsigned i = 0; i < EACH; i++)
                    for (unsigned j = 0; j < EACH; j++) sums[i][j] = multiply_add(a[i], b[j], sums[i][j]);
            }
        }
        for (unsigned i = 0; i < EACH; i++) {
            for (unsigned j = 0; j < EACH; j++) {
                unsigned to = row + y + i * SIDE, at_column = column + x + j * SIDE;
                if (to < shape.m && at_column < shape.n) {
                    store(batches.operands[0], at[0] + place(shape, 0, to, at_column), sums[i][j]);
                }
            }
        }
    }
}
