// y = f(a, b, c; value) for every row of the ternary table.
//
// Grid: any number of blocks of any size; threads stride over the elements.
// Assumes: operands are [y, a, b, c]; y may lie exactly on a.

#include "numbers.cuh"
#include "rows.cuh"

#define KERNEL_OF(name, ...)                                                   \
    KERNEL(ternary, name)(const __grid_constant__ Plan<4> plan, C value) {     \
        FOR_EACH(i, plan.count) {                                              \
            Int at[4];                                                         \
            locate(plan, i, at);                                               \
            C a = load(plan.operands[1], at[1]);                               \
            C b = load(plan.operands[2], at[2]);                               \
            C c = load(plan.operands[3], at[3]);                               \
            store(plan.operands[0], at[0], C(__VA_ARGS__));                    \
        }                                                                      \
    }

#include "functors/ternary.cuh"
