// y = f(x) for every row of the unary table.
//
// Grid: any number of blocks of any size; threads stride over the elements.
// Assumes: operands are [y, x]; y may lie exactly on x.

#include "numbers.cuh"
#include "rows.cuh"

#define KERNEL_OF(name, ...)                                              \
    KERNEL(unary, name)(const __grid_constant__ Plan<2> plan) {           \
        FOR_EACH(i, plan.count) {                                         \
            Int at[2];                                                    \
            locate(plan, i, at);                                          \
            C x = load(plan.operands[1], at[1]);                          \
            store(plan.operands[0], at[0], C(__VA_ARGS__));               \
        }                                                                 \
    }

#include "functors/unary.cuh"
