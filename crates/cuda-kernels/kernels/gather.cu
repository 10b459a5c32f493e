// Elements picked by an index along a dimension: y[.., i, ..] = x[.., index[.., i, ..], ..].
//
// Types: i64
// Grid: any number of blocks of any size; threads stride over the elements of y.
// Assumes: operands are [y, index, x], of which x stands still along the dimension; indices are valid.

#include "strided.cuh"
#include "move.cuh"

KERNEL(gather, Gather)(const __grid_constant__ Plan<3> plan, Int step, unsigned size) {
    FOR_EACH(i, plan.count) {
        Int at[3];
        locate(plan, i, at);
        Int index = ::at<Int>(plan.operands[1].data, at[1]);
        move(plan.operands[0], at[0], plan.operands[2], at[2] + index * step, size);
    }
}
