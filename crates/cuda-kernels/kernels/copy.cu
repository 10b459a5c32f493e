// Elements made or moved: y = x in another layout or dtype, y = value, y = start + i step.
//
// Grid: any number of blocks of any size; threads stride over the elements.
// Assumes: operands are [y, x] or [y]. The type is that in which x, or y, computes.

#include "strided.cuh"

KERNEL(copy, Copy)(const __grid_constant__ Plan<2> plan) {
    FOR_EACH(i, plan.count) {
        Int at[2];
        locate(plan, i, at);
        convert(plan.operands[0], at[0], load_own(plan.operands[1], at[1]));
    }
}

KERNEL(copy, Fill)(const __grid_constant__ Plan<1> plan, C value) {
    FOR_EACH(i, plan.count) {
        Int at[1];
        locate(plan, i, at);
        convert(plan.operands[0], at[0], value);
    }
}

KERNEL(copy, Ramp)(const __grid_constant__ Plan<1> plan, C start, C step, Int first) {
    FOR_EACH(i, plan.count) {
        Int at[1];
        locate(plan, i, at);
        store(plan.operands[0], at[0], start + C(first + i) * step);
    }
}
