// Many elements become one: sums, products, extremes and where they are, variances.
//
// Grid: any number of blocks of teams, each of which reduces one group of elements at a time.
// Assumes: `kept` walks over the outputs and the first element of each group, which is its last
// operand; `reduced` over the elements of a group.

#include "numbers.cuh"
#include "team.cuh"

#ifdef REAL_TYPE
#define HIGHEST C(INFINITE)
#define LOWEST C(-INFINITE)
#else
#define HIGHEST 0x7fffffffffffffffLL
#define LOWEST (-HIGHEST - 1)
#endif

/// The total of each group, given how elements are taken, merged and finished.
template <class Total, int N, class Single, class Merge, class Finish>
FUNCTION void fold(const Plan<N>& kept, const Plan<1>& reduced, Total empty, Single single, Merge merge,
                   Finish finish) {
    __shared__ Total totals[THREADS];
    FOR_EACH_LINE(line, is_there, kept.count) {
        Int at[N];
        Total total = empty;
        if (is_there) {
            locate(kept, line, at);
            for (unsigned k = threadIdx.x; k < reduced.count; k += blockDim.x) {
                Int along[1];
                locate(reduced, k, along);
                total = merge(total, single(load_own(kept.operands[N - 1], at[N - 1] + along[0]), k));
            }
        }
        total = meet(totals, total, merge);
        if (is_there && threadIdx.x == 0) finish(total, at);
    }
}

/// A kernel that merges what `single` makes of each element x, and writes `finish` of the total.
#define REDUCTION(name, Total, empty, single, merged, finish)                                        \
    KERNEL(reduce, name)(const __grid_constant__ Plan<2> kept, const __grid_constant__ Plan<1> reduced) { \
        fold<Total>(                                                                                 \
            kept, reduced, empty, [](C x, unsigned) -> Total { return single; },                     \
            [](Total a, Total b) -> Total { return merged; },                                        \
            [&](Total total, const Int(&at)[2]) { store(kept.operands[0], at[0], finish); });        \
    }

REDUCTION(Sum, C, C(0), x, a + b, total)
REDUCTION(Prod, C, C(1), x, a * b, total)
REDUCTION(Max, C, LOWEST, x, maximum(a, b), total)
REDUCTION(Min, C, HIGHEST, x, minimum(a, b), total)
REDUCTION(Any, Int, 0, x != C(0), a | b, total)
REDUCTION(All, Int, 1, x != C(0), a & b, total)
REDUCTION(CountNonzero, Int, 0, x != C(0), a + b, total)

/// An element and where it is in its group.
struct Place {
    C value;
    Int index;
};

/// NaN before all others, then the better value, then the first.
template <class Better>
FUNCTION Place best(Place a, Place b, Better better) {
    auto beats = [&](C x, C y) { return better(x, y) || (is_nan(x) && !is_nan(y)); };
    if (beats(b.value, a.value)) return b;
    if (beats(a.value, b.value)) return a;
    return b.index < a.index ? b : a;
}

#define EXTREME(name, worst, relation)                                                                \
    KERNEL(extreme, name)(const __grid_constant__ Plan<3> kept, const __grid_constant__ Plan<1> reduced) { \
        fold<Place>(                                                                                  \
            kept, reduced, Place{worst, 0x7fffffffffffffffLL},                                        \
            [](C x, unsigned k) { return Place{x, Int(k)}; },                                         \
            [](Place a, Place b) { return best(a, b, [](C x, C y) { return x relation y; }); },       \
            [&](Place place, const Int(&at)[3]) {                                                     \
                store(kept.operands[0], at[0], place.value);                                          \
                ::at<Int>(kept.operands[1].data, at[1]) = place.index;                                \
            });                                                                                       \
    }

EXTREME(Max, LOWEST, >)
EXTREME(Min, HIGHEST, <)

#ifdef REAL_TYPE

REDUCTION(NanSum, C, C(0), (is_nan(x) ? C(0) : x), a + b, total)
REDUCTION(Mean, C, C(0), x, a + b, total / C(reduced.count))
REDUCTION(AbsSum, C, C(0), magnitude(x), a + b, total)
REDUCTION(AbsMax, C, C(0), magnitude(x), maximum(a, b), total)
REDUCTION(AbsMin, C, HIGHEST, magnitude(x), minimum(a, b), total)
REDUCTION(Euclidean, C, C(0), x * x, a + b, sqrt(total))

/// How many elements there are, their mean, and the sum of the squared distances from it.
struct Moments {
    double count, mean, squares;
};

/// The moments of two groups together, by Chan, Golub and LeVeque.
FUNCTION Moments together(Moments a, Moments b) {
    if (a.count == 0.0) return b;
    if (b.count == 0.0) return a;
    double count = a.count + b.count, distance = b.mean - a.mean, share = b.count / count;
    double between = distance * distance * a.count * share;
    return Moments{count, a.mean + distance * share, a.squares + b.squares + between};
}

#define SPREAD(name, result)                                                                          \
    KERNEL(spread, name)(const __grid_constant__ Plan<3> kept, const __grid_constant__ Plan<1> reduced, \
                         double freedom) {                                                            \
        fold<Moments>(                                                                                \
            kept, reduced, Moments{0.0, 0.0, 0.0},                                                    \
            [](C x, unsigned) { return Moments{1.0, double(x), 0.0}; }, together,                     \
            [&](Moments moments, const Int(&at)[3]) {                                                 \
                double variance = moments.squares / freedom;                                          \
                store(kept.operands[0], at[0], C(result));                                            \
                store(kept.operands[1], at[1], C(moments.count == 0.0 ? NOT_A_NUMBER : moments.mean)); \
            });                                                                                       \
    }

SPREAD(Variance, variance)
SPREAD(Deviation, sqrt(variance))

#endif
