// The positions of the elements that are not zero: first how many each chunk has, then where they are.
//
// Types: f64 i64
// Grid: any number of blocks of 256 threads, each of which takes one chunk at a time; a thread takes
// elements next to each other.
// Assumes: operands are [counts, x] or [positions, ends, x], dense; `ends` says how many there are up to
// the end of each chunk.

#include "numbers.cuh"
#include "team.cuh"

/// Elements of a thread, and of a chunk.
constexpr unsigned EACH = 16, CHUNK = THREADS * EACH;

/// Calls `visit` with the elements of this thread that are not zero.
template <class Visit>
FUNCTION void visit_own(const Operand& x, Int chunk, Int count, Visit visit) {
    Int start = chunk * CHUNK + threadIdx.x * EACH;
    PLAIN_LOOP for (Int i = start; i < start + EACH && i < count; i++) {
        if (load(x, i) != C(0)) visit(i);
    }
}

KERNEL(nonzero, Count)(const __grid_constant__ Plan<2> arrays, Int count) {
    __shared__ Int totals[THREADS];
    for (Int chunk = blockIdx.x; chunk * CHUNK < count; chunk += gridDim.x) {
        Int total = 0;
        visit_own(arrays.operands[1], chunk, count, [&](Int) { total++; });
        total = meet(totals, total, [](Int a, Int b) { return a + b; });
        if (threadIdx.x == 0) ::at<Int>(arrays.operands[0].data, chunk) = total;
    }
}

KERNEL(nonzero, Positions)(const __grid_constant__ Plan<3> arrays, Int count) {
    __shared__ Int totals[THREADS];
    for (Int chunk = blockIdx.x; chunk * CHUNK < count; chunk += gridDim.x) {
        Int total = 0;
        visit_own(arrays.operands[2], chunk, count, [&](Int) { total++; });
        Int place = meet_before(totals, total, Int(0), [](Int a, Int b) { return a + b; });
        if (chunk > 0) place += ::at<Int>(arrays.operands[1].data, chunk - 1);
        visit_own(arrays.operands[2], chunk, count,
                  [&](Int i) { ::at<Int>(arrays.operands[0].data, place++) = i; });
    }
}
