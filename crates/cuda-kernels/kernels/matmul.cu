// out = a b for batches of matrices, [m, k] x [k, n] -> [m, n], of any strides.
//
// Grid: any number of blocks of 16 x 16 threads, each of which computes one tile of 64 x 64 at a time.
// Assumes: `batches` walks over the first elements of the matrices of [out, a, b].

#include "numbers.cuh"
#include "tile.cuh"
#include "matrices.cuh"

/// The product of two matrices, whose first elements are `at`.
struct Product {
    const Plan<3>& batches;
    const Matrices& shape;
    Int at[3];
    unsigned rows, columns;

    METHOD unsigned term(unsigned k) const { return k; }
    METHOD unsigned column(unsigned j) const { return j; }
    METHOD C left(unsigned i, unsigned k) const {
        return load_own(batches.operands[1], at[1] + i * shape.rows[1] + k * shape.columns[1]);
    }
    METHOD C right(unsigned k, unsigned j) const {
        return load_own(batches.operands[2], at[2] + k * shape.rows[2] + j * shape.columns[2]);
    }
    METHOD void write(unsigned i, unsigned j, C sum) const {
        store(batches.operands[0], at[0] + i * shape.rows[0] + j * shape.columns[0], sum);
    }
};

KERNEL(matmul, Tiled)(const __grid_constant__ Plan<3> batches, const __grid_constant__ Matrices shape) {
    Product product{batches, shape, {}, shape.m, shape.n};
    unsigned across = (shape.n + TILE - 1) / TILE, down = (shape.m + TILE - 1) / TILE;
    for (unsigned tile = blockIdx.x; tile < batches.count * down * across; tile += gridDim.x) {
        locate(batches, tile / across / down, product.at);
        multiply_tile(product, tile / across % down * TILE, tile % across * TILE, 0, shape.k);
    }
}
