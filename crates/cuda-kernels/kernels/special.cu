// y = f(x) and y = f(a, b) for the rows of the tables that are evaluated in double.
//
// Types: f64
// Grid: any number of blocks of any size; threads stride over the elements.
// Assumes: operands are [y, x] or [y, a, b]; y may lie exactly on an operand.

#define SPECIAL_ROWS
#include "special.cuh"
#include "rows.cuh"

#define KERNEL_OF(name, ...)                                              \
    KERNEL(unary, name)(const __grid_constant__ Plan<2> plan) {           \
        FOR_EACH(i, plan.count) {                                         \
            Int at[2];                                                    \
            locate(plan, i, at);                                          \
            double x = load(plan.operands[1], at[1]);                     \
            store(plan.operands[0], at[0], double(__VA_ARGS__));          \
        }                                                                 \
    }

#include "functors/unary.cuh"

#undef KERNEL_OF
#define KERNEL_OF(name, ...)                                              \
    KERNEL(binary, name)(const __grid_constant__ Plan<3> plan) {          \
        FOR_EACH(i, plan.count) {                                         \
            Int at[3];                                                    \
            locate(plan, i, at);                                          \
            double a = load(plan.operands[1], at[1]);                     \
            double b = load(plan.operands[2], at[2]);                     \
            store(plan.operands[0], at[0], double(__VA_ARGS__));          \
        }                                                                 \
    }

#include "functors/binary.cuh"
