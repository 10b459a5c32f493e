// Attention: averages of values, weighted by the softmax of how well their keys match a query, and the
// gradients of that. Scores are computed a tile at a time and forgotten, so memory grows with the length and
// not with its square. FlashAttention, Dao et al. 2022.
//
// Types: f32 f64
// Grid: any number of blocks of 16 x 16 threads, each of which takes one tile of the result at a time; those
// that differ in columns alone compute the same scores.
// Assumes: `matrices` walks over the first elements of the matrices of each operand, as those of keys do; where
// matrices of queries share one of keys, it is that of the first. The number of tiles fits 31 bits. Operands
// are [y, query, key, value, mask, logsumexp], or [gradient of query, key or value, query, key, value, mask,
// logsumexp, g, along], where g is the gradient of y, and along the sum of g y over each row. All are of the type
// that computes, but for a mask of booleans.

#include "numbers.cuh"
#include "tile.cuh"

/// Scores of a thread along each side of a tile, and of a tile: few enough for shared memory.
constexpr unsigned FEW = sizeof(C) == 8 ? 2 : 4, PIECE = FEW * SIDE;

/// A kernel of which two blocks are to fit in a multiprocessor.
#define TILE_KERNEL(name) \
    extern "C" __global__ void __launch_bounds__(SIDE * SIDE, 2) NAMED(attention, TYPE, name)

enum Role { RESULT, QUERY, KEY, VALUE, MASK, LOGSUMEXP, GRADIENT, ALONG };

/// Which keys a query attends to: all, those up to its own place, those where the mask is true; or all, with
/// the mask added to their scores.
enum Attended : unsigned { ALL, CAUSAL, ALLOWED, ADDED };

/// From one matrix, row or column to the next.
struct Distances {
    Int matrix, row, column;
};

template <int N>
struct Sizes {
    /// Matrices of queries that share one of keys, the rows of those, and columns.
    unsigned sharing, queries, keys, features, values, attended;
    double scale;
    Distances of[N];
};

/// Numbers of the type that computes.
struct Matrix {
    C* data;
    Int row, column;

    METHOD C& at(unsigned i, unsigned j) const { return data[i * row + j * column]; }
};

/// What a block has in shared memory.
struct Room {
    Panels<FEW> panels;
    /// A tile of weights, or of their gradients.
    C weights[PIECE][PIECE + 1];
};

typedef C Tile[FEW][FEW];

/// The row and the column in a tile of a thread's sums.
FUNCTION unsigned own_row(unsigned e) { return threadIdx.y + e * SIDE; }
FUNCTION unsigned own_column(unsigned e) { return threadIdx.x + e * SIDE; }

#define FOR_EACH_SUM(i, j)               \
    for (unsigned i = 0; i < FEW; i++)   \
        for (unsigned j = 0; j < FEW; j++)

/// Rows of one matrix times rows of another.
struct RowsByRows {
    Matrix lefts, rights;
    unsigned rows, columns;

    METHOD unsigned term(unsigned k) const { return k; }
    METHOD unsigned column(unsigned j) const { return j; }
    METHOD C left(unsigned i, unsigned k) const { return lefts.at(i, k); }
    METHOD C right(unsigned k, unsigned j) const { return rights.at(j, k); }
};

/// A tile of weights, or its transpose, times rows of a matrix from the given one on.
template <bool TRANSPOSED>
struct WeightsByRows {
    const Room& room;
    Matrix rights;
    unsigned first, rows, columns;

    METHOD unsigned term(unsigned k) const { return k; }
    METHOD unsigned column(unsigned j) const { return j; }
    METHOD C left(unsigned i, unsigned k) const {
        return TRANSPOSED ? room.weights[k][i] : room.weights[i][k];
    }
    METHOD C right(unsigned k, unsigned j) const { return rights.at(first + k, j); }
};

/// A matrix of queries, and what belongs to it.
template <int N>
struct Head {
    const Plan<N>& matrices;
    const Sizes<N>& sizes;
    Int start[N];

    /// The matrix with this number among those that share the keys with the given number.
    METHOD void find(unsigned keys, unsigned queries) {
        locate(matrices, keys, start);
        for (int n = 0; n < N; n++) start[n] += queries * sizes.of[n].matrix;
    }

    METHOD Matrix matrix(Role role) const {
        C* data = reinterpret_cast<C*>(matrices.operands[role].data);
        return {data + start[role], sizes.of[role].row, sizes.of[role].column};
    }

    METHOD C masked(C score, unsigned query, unsigned key) const {
        if (query >= sizes.queries || key >= sizes.keys) return C(-INFINITE);
        if (sizes.attended == CAUSAL) return key <= query ? score : C(-INFINITE);
        if (sizes.attended == ALL) return score;
        if (sizes.attended == ADDED) return score + matrix(MASK).at(query, key);
        Int place = start[MASK] + query * sizes.of[MASK].row + key * sizes.of[MASK].column;
        return at<bool>(matrices.operands[MASK].data, place) ? score : C(-INFINITE);
    }

    /// A tile of masked scores.
    METHOD void score(Room& room, unsigned query, unsigned key, Tile& scores) const {
        RowsByRows product{matrix(QUERY), matrix(KEY), sizes.queries, sizes.keys};
        FOR_EACH_SUM(i, j) scores[i][j] = C(0);
        add_products(room.panels, product, query, key, 0, sizes.features, scores);
        FOR_EACH_SUM(i, j) {
            C score = scores[i][j] * C(sizes.scale);
            scores[i][j] = masked(score, query + own_row(i), key + own_column(j));
        }
    }

    /// A tile of weights.
    METHOD void weigh(Room& room, unsigned query, unsigned key, Tile& weights) const {
        score(room, query, key, weights);
        for (unsigned i = 0; i < FEW; i++) {
            unsigned row = query + own_row(i);
            C logsumexp = row < sizes.queries ? matrix(LOGSUMEXP).at(row, 0) : C(0);
            for (unsigned j = 0; j < FEW; j++) weights[i][j] = exp(weights[i][j] - logsumexp);
        }
    }

    /// A tile of the gradients of the scores: with weights p, those are p (g value^T - along).
    METHOD void slope(Room& room, unsigned query, unsigned key, Tile& slopes) const {
        Tile weights;
        weigh(room, query, key, weights);
        RowsByRows product{matrix(GRADIENT), matrix(VALUE), sizes.queries, sizes.keys};
        FOR_EACH_SUM(i, j) slopes[i][j] = C(0);
        add_products(room.panels, product, query, key, 0, sizes.values, slopes);
        for (unsigned i = 0; i < FEW; i++) {
            unsigned row = query + own_row(i);
            C along = row < sizes.queries ? matrix(ALONG).at(row, 0) : C(0);
            for (unsigned j = 0; j < FEW; j++) slopes[i][j] = weights[i][j] * (slopes[i][j] - along);
        }
    }

    /// Where the keys end that any of the queries of a tile attends to.
    METHOD unsigned reach(unsigned query) const {
        return sizes.attended == CAUSAL ? min(query + PIECE, sizes.keys) : sizes.keys;
    }

    METHOD void write(unsigned row, unsigned column, unsigned rows, unsigned columns, const Tile& sums,
                      C factor) const {
        FOR_EACH_SUM(i, j) {
            unsigned at_row = row + own_row(i), at_column = column + own_column(j);
            if (at_row < rows && at_column < columns) {
                matrix(RESULT).at(at_row, at_column) = sums[i][j] * factor;
            }
        }
    }
};

/// Lets all threads see a tile.
FUNCTION void share(Room& room, const Tile& tile) {
    __syncthreads();
    FOR_EACH_SUM(i, j) room.weights[own_row(i)][own_column(j)] = tile[i][j];
    __syncthreads();
}

/// Combines the numbers of the threads of a row, which are half a warp.
template <class Merge>
FUNCTION C meet_in_row(C number, Merge merge) {
    for (unsigned distance = SIDE / 2; distance > 0; distance /= 2) {
        number = merge(number, __shfl_xor_sync(~0u, number, distance));
    }
    return number;
}

FUNCTION unsigned pieces(unsigned length) { return (length + PIECE - 1) / PIECE; }

/// Runs a loop body for the tiles of this block among matrices of results: the number of the matrix, and the
/// first row and column.
#define FOR_EACH_TILE(matrix, row, column, count, rows, columns)                               \
    for (unsigned tile_ = blockIdx.x, row, column, matrix;                                     \
         column = tile_ % pieces(columns) * PIECE,                                             \
         row = tile_ / pieces(columns) % pieces(rows) * PIECE,                                 \
         matrix = tile_ / pieces(columns) / pieces(rows), matrix < (count);                    \
         tile_ += gridDim.x)

TILE_KERNEL(Forward)(const __grid_constant__ Plan<6> matrices,
                     const __grid_constant__ Sizes<6> sizes) {
    __shared__ Room room;
    Head<6> head{matrices, sizes, {}};
    FOR_EACH_TILE(matrix, query, column, matrices.count * sizes.sharing, sizes.queries, sizes.values) {
        head.find(matrix / sizes.sharing, matrix % sizes.sharing);
        Tile sums = {}, weights;
        C largest[FEW], totals[FEW];
        for (unsigned i = 0; i < FEW; i++) largest[i] = C(-INFINITE), totals[i] = C(0);
        unsigned end = head.reach(query);
        for (unsigned key = 0; key < end; key += PIECE) {
            head.score(room, query, key, weights);
            for (unsigned i = 0; i < FEW; i++) {
                auto larger = [](C a, C b) { return b > a ? b : a; };
                C top = largest[i];
                for (unsigned j = 0; j < FEW; j++) top = larger(top, weights[i][j]);
                top = meet_in_row(top, larger);
                // Without a score there is nothing to relate to.
                C base = top == C(-INFINITE) ? C(0) : top, total = C(0);
                // Earlier sums are relative to an earlier score.
                C factor = top > largest[i] ? exp(largest[i] - base) : C(1);
                for (unsigned j = 0; j < FEW; j++) {
                    weights[i][j] = exp(weights[i][j] - base);
                    total += weights[i][j];
                    sums[i][j] *= factor;
                }
                totals[i] = totals[i] * factor + meet_in_row(total, [](C a, C b) { return a + b; });
                largest[i] = top;
            }
            share(room, weights);
            WeightsByRows<false> product{room, head.matrix(VALUE), key, PIECE, sizes.values};
            add_products(room.panels, product, 0, column, 0, min(PIECE, end - key), sums);
        }
        for (unsigned i = 0; i < FEW; i++) {
            unsigned row = query + own_row(i);
            C factor = totals[i] == C(0) ? C(0) : C(1) / totals[i];
            for (unsigned j = 0; j < FEW; j++) sums[i][j] *= factor;
            if (row < sizes.queries && column == 0 && threadIdx.x == 0) {
                C sum = totals[i] == C(0) ? C(INFINITE) : largest[i] + log(totals[i]);
                head.matrix(LOGSUMEXP).at(row, 0) = sum;
            }
        }
        head.write(query, column, sizes.queries, sizes.values, sums, C(1));
    }
}

TILE_KERNEL(BackwardQuery)(const __grid_constant__ Plan<8> matrices,
                           const __grid_constant__ Sizes<8> sizes) {
    __shared__ Room room;
    Head<8> head{matrices, sizes, {}};
    FOR_EACH_TILE(matrix, query, column, matrices.count * sizes.sharing, sizes.queries, sizes.features) {
        head.find(matrix / sizes.sharing, matrix % sizes.sharing);
        Tile sums = {}, slopes;
        unsigned end = head.reach(query);
        for (unsigned key = 0; key < end; key += PIECE) {
            head.slope(room, query, key, slopes);
            share(room, slopes);
            WeightsByRows<false> product{room, head.matrix(KEY), key, PIECE, sizes.features};
            add_products(room.panels, product, 0, column, 0, min(PIECE, end - key), sums);
        }
        head.write(query, column, sizes.queries, sizes.features, sums, C(sizes.scale));
    }
}

/// The gradient of keys or values: the sum over all queries of what is computed for a tile of weights,
/// transposed, times rows of `role`.
template <class Compute>
FUNCTION void backward_of_keys(const Plan<8>& matrices, const Sizes<8>& sizes, Role role, unsigned columns,
                               C factor, Compute compute) {
    __shared__ Room room;
    Head<8> head{matrices, sizes, {}};
    FOR_EACH_TILE(matrix, key, column, matrices.count, sizes.keys, columns) {
        Tile sums = {}, tile;
        for (unsigned shared = 0; shared < sizes.sharing; shared++) {
            head.find(matrix, shared);
            // Under a causal mask earlier queries do not attend to these keys.
            for (unsigned query = sizes.attended == CAUSAL ? key : 0; query < sizes.queries; query += PIECE) {
                compute(head, room, query, key, tile);
                share(room, tile);
                WeightsByRows<true> product{room, head.matrix(role), query, PIECE, columns};
                add_products(room.panels, product, 0, column, 0, min(PIECE, sizes.queries - query), sums);
            }
        }
        head.find(matrix, 0);
        head.write(key, column, sizes.keys, columns, sums, factor);
    }
}

TILE_KERNEL(BackwardKey)(const __grid_constant__ Plan<8> matrices,
                         const __grid_constant__ Sizes<8> sizes) {
    backward_of_keys(matrices, sizes, QUERY, sizes.features, C(sizes.scale),
                     [](const Head<8>& head, Room& room, unsigned query, unsigned key, Tile& tile) {
                         head.slope(room, query, key, tile);
                     });
}

TILE_KERNEL(BackwardValue)(const __grid_constant__ Plan<8> matrices,
                           const __grid_constant__ Sizes<8> sizes) {
    backward_of_keys(matrices, sizes, GRADIENT, sizes.values, C(1),
                     [](const Head<8>& head, Room& room, unsigned query, unsigned key, Tile& tile) {
                         head.weigh(room, query, key, tile);
                     });
}
