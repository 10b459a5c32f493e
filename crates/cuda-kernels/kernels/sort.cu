// Rows in order, and elements of rows by their rank.
//
// An element becomes a whole number of the same order, its rank; ranks and places are sorted together, so
// equal elements keep their order. Rows are filled up to a power of two and sorted by Batcher's bitonic
// network: for each size from 2 on, runs of so many elements, of which every other one descends, are
// merged by comparing elements at half the size, a quarter, and so on.
//
// Types: f64 i64
// Grid: for Chunk, any number of blocks of 256 threads, each of which takes 512 elements at a time; for
// Mode, of teams; for others, of any size, whose threads stride over elements, pairs or rows.
// Assumes: operands are [ranks, places, x] or those a kernel names, dense. Ranks and places are of type
// i64 and i32, and have `row` elements for each row, a power of two.

#include "numbers.cuh"
#include "team.cuh"
#include "bisection.cuh"

typedef unsigned long long Rank;
constexpr Rank HIGHEST = ~0ULL;

/// NaN comes last, and zeros of both signs are equal.
FUNCTION Rank rank_of(double x) {
    if (is_nan(x)) return HIGHEST;
    Int bits = __double_as_longlong(x + 0.0);
    return bits ^ ((bits >> 63) | (1LL << 63));
}
FUNCTION Rank rank_of(Int x) { return x ^ (1LL << 63); }

/// What fills up a row comes after all others, whose places are lower. `flip` reverses the order.
KERNEL(sort, Rank)(const __grid_constant__ Plan<3> arrays, unsigned count, unsigned row, unsigned length,
                   Rank flip) {
    FOR_EACH(i, count) {
        unsigned place = i & (row - 1);
        Int from = Int(i / row) * length + place;
        ::at<Rank>(arrays.operands[0].data, i) =
            place < length ? rank_of(load(arrays.operands[2], from)) ^ flip : HIGHEST;
        ::at<int>(arrays.operands[1].data, i) = place;
    }
}

#ifndef REAL_TYPE

constexpr unsigned CHUNK = 2 * THREADS;

/// The lower element of the i-th pair of elements at a distance, a power of two.
FUNCTION unsigned lower_of(unsigned i, unsigned distance) { return 2 * i - (i & (distance - 1)); }

FUNCTION void exchange(Rank* ranks, int* places, unsigned a, unsigned b, bool descends) {
    bool after = ranks[a] > ranks[b] || (ranks[a] == ranks[b] && places[a] > places[b]);
    if (after == descends) return;
    Rank rank = ranks[a];
    int place = places[a];
    ranks[a] = ranks[b], places[a] = places[b];
    ranks[b] = rank, places[b] = place;
}

/// Merges runs of the sizes from `first` to `last`, but for what compares beyond chunks.
KERNEL(sort, Chunk)(const __grid_constant__ Plan<2> arrays, unsigned count, unsigned row, unsigned first,
                    unsigned last) {
    __shared__ Rank ranks[CHUNK];
    __shared__ int places[CHUNK];
    Rank* all_ranks = reinterpret_cast<Rank*>(arrays.operands[0].data);
    int* all_places = reinterpret_cast<int*>(arrays.operands[1].data);
    for (unsigned start = blockIdx.x * CHUNK; start < count; start += gridDim.x * CHUNK) {
        unsigned end = min(count - start, CHUNK);
        __syncthreads();
        for (unsigned e = threadIdx.x; e < end; e += THREADS) {
            ranks[e] = all_ranks[start + e], places[e] = all_places[start + e];
        }
        for (unsigned size = first; size <= last; size *= 2) {
            for (unsigned distance = min(size, CHUNK) / 2; distance > 0; distance /= 2) {
                __syncthreads();
                unsigned lower = lower_of(threadIdx.x, distance);
                bool descends = (start + lower) & (row - 1) & size;
                if (lower < end) exchange(ranks, places, lower, lower + distance, descends);
            }
        }
        __syncthreads();
        for (unsigned e = threadIdx.x; e < end; e += THREADS) {
            all_ranks[start + e] = ranks[e], all_places[start + e] = places[e];
        }
    }
}

/// Compares the elements at a distance once, in merging runs of a size.
KERNEL(sort, Step)(const __grid_constant__ Plan<2> arrays, unsigned pairs, unsigned row, unsigned size,
                   unsigned distance) {
    Rank* ranks = reinterpret_cast<Rank*>(arrays.operands[0].data);
    int* places = reinterpret_cast<int*>(arrays.operands[1].data);
    FOR_EACH(i, pairs) {
        unsigned lower = lower_of(i, distance);
        exchange(ranks, places, lower, lower + distance, lower & (row - 1) & size);
    }
}

/// The place of the element in the middle of each sorted row, the lower of two. Where elements may be
/// NaN, only numbers count if `skips_nan`, and else the first NaN wins. Operands are [middle, ranks, places].
KERNEL(sort, Middle)(const __grid_constant__ Plan<3> arrays, unsigned rows, unsigned row, unsigned length,
                     unsigned has_nan, unsigned skips_nan) {
    FOR_EACH(i, rows) {
        const Rank* ranks = reinterpret_cast<const Rank*>(arrays.operands[1].data) + Int(i) * row;
        const int* places = reinterpret_cast<const int*>(arrays.operands[2].data) + Int(i) * row;
        Int numbers = length;
        if (has_nan) numbers = partition_point(length, [&](Int k) { return ranks[k] != HIGHEST; });
        Int at = numbers > 0 ? (numbers - 1) / 2 : 0;
        if (numbers < length && !skips_nan) at = numbers;
        ::at<Int>(arrays.operands[0].data, i) = places[at];
    }
}

/// Equal elements of a sorted row.
struct Run {
    Int length, start;
};

/// The last place of the most frequent element of each sorted row, the lowest of several. Operands are
/// [mode, ranks, places].
KERNEL(sort, Mode)(const __grid_constant__ Plan<3> arrays, unsigned rows, unsigned row, unsigned length) {
    __shared__ Run runs[THREADS];
    FOR_EACH_LINE(line, is_there, rows) {
        const Rank* ranks = reinterpret_cast<const Rank*>(arrays.operands[1].data) + Int(line) * row;
        const int* places = reinterpret_cast<const int*>(arrays.operands[2].data) + Int(line) * row;
        auto longer = [](Run a, Run b) {
            return a.length > b.length || (a.length == b.length && a.start < b.start) ? a : b;
        };
        Run longest{0, 0};
        unsigned end = is_there ? length : 0;
        for (unsigned k = threadIdx.x; k < end; k += blockDim.x) {
            if (k > 0 && ranks[k - 1] == ranks[k]) continue;
            Int size = partition_point(length - k, [&](Int at) { return ranks[k + at] <= ranks[k]; });
            longest = longer(longest, Run{size, k});
        }
        longest = meet(runs, longest, longer);
        if (is_there && threadIdx.x == 0) {
            ::at<Int>(arrays.operands[0].data, line) = places[longest.start + longest.length - 1];
        }
    }
}

#endif
