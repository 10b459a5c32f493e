// out = a b for batches of matrices of a half type, [m, k] x [k, n] -> [m, n], of any strides: products of tiles
// by tensor cores, with sums in float.
//
// Types: f32
// Architecture: compute_80
// Grid: any number of blocks of 32 x 8 threads, each of which computes one tile of 64 x 64 at a time. A warp owns
// 16 rows and 32 columns of it, in four products of 16 x 16 and 16 x 8.
// Assumes: `batches` walks over the first elements of the matrices of [out, a, b], all of the type in the name.

#include "strided.cuh"
#include "matrices.cuh"

constexpr unsigned TILE = 64, STEP = 16, LANES = 32, WARPS = 8, ACROSS = 4;

/// The bits of a number.
typedef unsigned short Half;

/// One step of both factors.
struct Panels {
    // So far apart that the lanes of a warp read from different banks.
    Half lefts[TILE][STEP + 8];
    /// Columns of the right factor.
    Half rights[TILE][STEP + 8];
};

/// Two neighbouring numbers.
FUNCTION unsigned pair(const Half& first) { return reinterpret_cast<const unsigned&>(first); }

/// sums += a b, where each lane holds parts of all three as the instruction wants them.
template <DType HALF>
FUNCTION void multiply_add(float (&sums)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    if (HALF == F16) {
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                     "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                     : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    } else {
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                     "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                     : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                     : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    }
}

/// Copies one step of the factors of a tile; what is beyond their ends is 0.
FUNCTION void fill(Panels& panels, const Plan<3>& batches, const Matrices& shape, const Int (&at_first)[3],
                   unsigned row, unsigned column, unsigned step) {
    const char *a = batches.operands[1].data, *b = batches.operands[2].data;
    for (unsigned e = threadIdx.y * LANES + threadIdx.x; e < TILE * STEP; e += WARPS * LANES) {
        unsigned i = e / STEP, k = e % STEP;
        bool is_there = row + i < shape.m && step + k < shape.k;
        Int place = at_first[1] + (row + i) * shape.rows[1] + (step + k) * shape.columns[1];
        panels.lefts[i][k] = is_there ? at<Half>(a, place) : Half(0);
    }
    for (unsigned e = threadIdx.y * LANES + threadIdx.x; e < TILE * STEP; e += WARPS * LANES) {
        unsigned j = e % TILE, k = e / TILE;
        bool is_there = column + j < shape.n && step + k < shape.k;
        Int place = at_first[2] + (step + k) * shape.rows[2] + (column + j) * shape.columns[2];
        panels.rights[j][k] = is_there ? at<Half>(b, place) : Half(0);
    }
}

template <DType HALF>
FUNCTION void multiply(const Plan<3>& batches, const Matrices& shape) {
    __shared__ Panels panels;
    // Of a product each lane has two neighbours in two rows.
    unsigned group = threadIdx.x / 4, pairs = threadIdx.x % 4 * 2;
    unsigned own_row = threadIdx.y % 4 * 16 + group, own_column = threadIdx.y / 4 * 32;
    unsigned across = (shape.n + TILE - 1) / TILE, down = (shape.m + TILE - 1) / TILE;
    for (unsigned tile = blockIdx.x; tile < batches.count * down * across; tile += gridDim.x) {
        Int at_first[3];
        locate(batches, tile / across / down, at_first);
        unsigned row = tile / across % down * TILE, column = tile % across * TILE;
        float sums[ACROSS][4] = {};
        for (unsigned step = 0; step < shape.k; step += STEP) {
            __syncthreads();
            fill(panels, batches, shape, at_first, row, column, step);
            __syncthreads();
            unsigned a[4] = {pair(panels.lefts[own_row][pairs]), pair(panels.lefts[own_row + 8][pairs]),
                             pair(panels.lefts[own_row][pairs + 8]),
                             pair(panels.lefts[own_row + 8][pairs + 8])};
            for (unsigned part = 0; part < ACROSS; part++) {
                const Half* right = panels.rights[own_column + part * 8 + group];
                unsigned b[2] = {pair(right[pairs]), pair(right[pairs + 8])};
                multiply_add<HALF>(sums[part], a, b);
            }
        }
        for (unsigned part = 0; part < ACROSS; part++) {
            for (unsigned e = 0; e < 4; e++) {
                unsigned i = row + own_row + e / 2 * 8;
                unsigned j = column + own_column + part * 8 + pairs + e % 2;
                if (i < shape.m && j < shape.n) {
                    Int place = at_first[0] + i * shape.rows[0] + j * shape.columns[0];
                    Half bits = HALF == F16 ? narrow_to_half(sums[part][e]) : narrow_to_bfloat(sums[part][e]);
                    at<Half>(batches.operands[0].data, place) = bits;
                }
            }
        }
    }
}

KERNEL(tensor_core, F16)(const __grid_constant__ Plan<3> batches, const __grid_constant__ Matrices shape) {
    multiply<F16>(batches, shape);
}

KERNEL(tensor_core, BF16)(const __grid_constant__ Plan<3> batches, const __grid_constant__ Matrices shape) {
    multiply<BF16>(batches, shape);
}
