// How many elements of a sorted row come before a value.
//
// Types: f64 i64
// Grid: any number of blocks of any size; threads stride over the values.
// Assumes: operands are [y, sorted, x], dense; y is of type i64. Each `per_row` values belong to one row.

#include "numbers.cuh"
#include "bisection.cuh"

/// Not a number belongs at the end, as the comparisons have it.
#define SEARCH(name, comes_before)                                                                    \
    KERNEL(search, name)(const __grid_constant__ Plan<3> arrays, unsigned count, Int per_row, Int length) { \
        FOR_EACH(i, count) {                                                                          \
            C x = load(arrays.operands[2], i);                                                        \
            Int first = i / per_row * length;                                                         \
            Int place = partition_point(length, [&](Int k) {                                          \
                C a = load(arrays.operands[1], first + k);                                            \
                return comes_before;                                                                  \
            });                                                                                       \
            ::at<Int>(arrays.operands[0].data, i) = place;                                            \
        }                                                                                             \
    }

SEARCH(Left, !(a >= x))
SEARCH(Right, !(a > x))
