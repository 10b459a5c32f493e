// Sums of the weights of each bin, whose members stand next to each other in a sorted row of names.
//
// Types: f64 i64
// Grid: any number of blocks of any size; a thread takes one bin at a time, and adds up in order.
// Assumes: operands are [totals, names, order, weights], dense; names and order, which says where a name
// was before, are of type i64. Without weights, each name counts 1.

#include "numbers.cuh"
#include "bisection.cuh"

KERNEL(histogram, Count)(const __grid_constant__ Plan<4> arrays, unsigned bins, Int length,
                         unsigned has_weights) {
    const Int* names = reinterpret_cast<const Int*>(arrays.operands[1].data);
    const Int* order = reinterpret_cast<const Int*>(arrays.operands[2].data);
    FOR_EACH(bin, bins) {
        Int start = partition_point(length, [&](Int k) { return names[k] < bin; });
        Int end = partition_point(length, [&](Int k) { return names[k] <= bin; });
        C total = C(end - start);
        if (has_weights) {
            total = C(0);
            for (Int k = start; k < end; k++) total += load(arrays.operands[3], order[k]);
        }
        store(arrays.operands[0], bin, total);
    }
}
