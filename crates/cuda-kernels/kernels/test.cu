// y = whether a relation holds between a and b, or x has a property; y is boolean.
//
// Grid: any number of blocks of any size; threads stride over the elements.
// Assumes: operands are [y, a, b] or [y, x]. The type is that in which the operands meet.

#include "numbers.cuh"
#include "rows.cuh"

#define KERNEL_OF(name, ...)                                              \
    KERNEL(compare, name)(const __grid_constant__ Plan<3> plan) {         \
        FOR_EACH(i, plan.count) {                                         \
            Int at[3];                                                    \
            locate(plan, i, at);                                          \
            C a = load(plan.operands[1], at[1]);                          \
            C b = load(plan.operands[2], at[2]);                          \
            plan.operands[0].data[at[0]] = __VA_ARGS__;                   \
        }                                                                 \
    }

#include "functors/compare.cuh"

#undef KERNEL_OF
#define KERNEL_OF(name, ...)                                              \
    KERNEL(predicate, name)(const __grid_constant__ Plan<2> plan) {       \
        FOR_EACH(i, plan.count) {                                         \
            Int at[2];                                                    \
            locate(plan, i, at);                                          \
            C x = load_own(plan.operands[1], at[1]);                      \
            plan.operands[0].data[at[0]] = __VA_ARGS__;                   \
        }                                                                 \
    }

#include "functors/predicate.cuh"
