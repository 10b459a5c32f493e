// Every element meets those before it along a line.
//
// Types: f64 i64
// Grid: any number of blocks of teams, each of which takes one line at a time; its threads scan pieces of
// the line, from what all pieces before make together. Kernels with a longer memory, as extremes and
// recurrences have, are for blocks of any size, whose threads take one line at a time.
// Assumes: `lines` walks over the elements of the operands at which the scan begins; `steps` are the
// distances from there to the next, negative where it runs backwards.

#include "numbers.cuh"
#include "team.cuh"

template <int N>
struct Steps {
    Int of[N];
};

/// `next` joins an element x, or what a later piece makes, to what is `before`.
#define SCAN(name, first, next, result)                                                          \
    KERNEL(scan, name)(const __grid_constant__ Plan<2> lines, unsigned length,                   \
                       const __grid_constant__ Steps<2> steps) {                                 \
        __shared__ C totals[THREADS];                                                            \
        auto join = [](C before, C x) -> C { return next; };                                     \
        unsigned piece = (length + blockDim.x - 1) / blockDim.x;                                 \
        FOR_EACH_LINE(line, is_there, lines.count) {                                             \
            Int at[2];                                                                           \
            unsigned start = threadIdx.x * piece, end = is_there ? min(start + piece, length) : 0; \
            if (is_there) locate(lines, line, at);                                               \
            C total = first;                                                                     \
            PLAIN_LOOP for (unsigned k = start; k < end && blockDim.x > 1; k++) {                \
                total = join(total, load(lines.operands[1], at[1] + k * steps.of[1]));           \
            }                                                                                    \
            total = meet_before(totals, total, C(first), join);                                  \
            PLAIN_LOOP for (unsigned k = start; k < end; k++) {                                  \
                C before = total;                                                                \
                total = join(before, load(lines.operands[1], at[1] + k * steps.of[1]));          \
                store(lines.operands[0], at[0] + k * steps.of[0], result);                       \
            }                                                                                    \
        }                                                                                        \
    }

SCAN(Sum, C(0), before + x, total)
SCAN(Prod, C(1), before * x, total)
SCAN(ProdBefore, C(1), before * x, before)

/// The best element so far, the last of several, and where it is; NaN from the first one on. Operands are
/// [values, indices, x].
#define SCAN_EXTREME(name, relation)                                                             \
    KERNEL(scan_extreme, name)(const __grid_constant__ Plan<3> lines, unsigned length,           \
                               const __grid_constant__ Steps<3> steps) {                         \
        FOR_EACH(line, lines.count) {                                                            \
            Int at[3], index = 0;                                                                \
            locate(lines, line, at);                                                             \
            C best = C(0);                                                                       \
            PLAIN_LOOP for (unsigned k = 0; k < length; k++) {                                   \
                C x = load(lines.operands[2], at[2] + k * steps.of[2]);                          \
                bool wins = is_nan(x) || (!is_nan(best) && x relation best);                     \
                if (k == 0 || wins) best = x, index = k;                                         \
                store(lines.operands[0], at[0] + k * steps.of[0], best);                         \
                ::at<Int>(lines.operands[1].data, at[1] + k * steps.of[1]) = index;              \
            }                                                                                    \
        }                                                                                        \
    }

SCAN_EXTREME(Max, >=)
SCAN_EXTREME(Min, <=)

#ifdef REAL_TYPE
SCAN(LogSumExp, C(-INFINITE), logaddexp(before, x), total)

/// y[i] = b[i - 1] + a[i - 1] y[i - 1], from 0; operands are [y, a, b].
KERNEL(scan, Recurrence)(const __grid_constant__ Plan<3> lines, unsigned length,
                         const __grid_constant__ Steps<3> steps) {
    FOR_EACH(line, lines.count) {
        Int at[3];
        locate(lines, line, at);
        C y = C(0);
        PLAIN_LOOP for (unsigned k = 0; k < length; k++) {
            C a = load(lines.operands[1], at[1] + k * steps.of[1]);
            C b = load(lines.operands[2], at[2] + k * steps.of[2]);
            convert(lines.operands[0], at[0] + k * steps.of[0], y);
            y = b + a * y;
        }
    }
}
#endif
