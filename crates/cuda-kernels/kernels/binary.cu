// y = f(a, b) for every row of the binary table.
//
// Grid: any number of blocks of any size; threads stride over the elements.
// Assumes: operands are [y, a, b]; y may lie exactly on a or b.

#include "numbers.cuh"
#ifdef REAL_TYPE
#include "polynomial.cuh"
#endif
#include "rows.cuh"

#define KERNEL_OF(name, ...)                                              \
    KERNEL(binary, name)(const __grid_constant__ Plan<3> plan) {          \
        FOR_EACH(i, plan.count) {                                         \
            Int at[3];                                                    \
            locate(plan, i, at);                                          \
            C a = load(plan.operands[1], at[1]);                          \
            C b = load(plan.operands[2], at[2]);                          \
            store(plan.operands[0], at[0], C(__VA_ARGS__));               \
        }                                                                 \
    }

#include "functors/binary.cuh"
