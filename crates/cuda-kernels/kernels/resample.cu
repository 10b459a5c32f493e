// A sparse linear map along one dimension: each element is a weighted sum of some of those in its line.
//
// Grid: any number of blocks of any size; threads stride over the elements of the result.
// Assumes: operands are [y, x, starts, places, weights], dense; y is [outer, outputs, inner] and x
// [outer, inputs, inner]. The taps of an output are those from its start to the next; starts and places
// are of type i64, weights of the type that computes. Where whole weights have binary digits behind the
// point, sums are rounded to bytes.

#include "numbers.cuh"

REAL finished(T sum, unsigned) { return sum; }
FUNCTION Int finished(Int sum, unsigned digits) {
    if (digits == 0) return sum;
    Int rounded = (sum + ((Int(1) << digits) >> 1)) >> digits;
    return min(max(rounded, 0LL), 255LL);
}

KERNEL(resample, Map)(const __grid_constant__ Plan<5> arrays, unsigned count, unsigned inputs,
                      unsigned outputs, unsigned inner, unsigned digits) {
    const Int *starts = reinterpret_cast<const Int*>(arrays.operands[2].data);
    const Int *places = reinterpret_cast<const Int*>(arrays.operands[3].data);
    const C *weights = reinterpret_cast<const C*>(arrays.operands[4].data);
    FOR_EACH(i, count) {
        unsigned line = i / inner, column = i - line * inner;
        unsigned outer = line / outputs, output = line - outer * outputs;
        C sum = C(0);
        for (Int tap = starts[output]; tap < starts[output + 1]; tap++) {
            Int from = (Int(outer) * inputs + places[tap]) * inner + column;
            sum += weights[tap] * load_own(arrays.operands[1], from);
        }
        store(arrays.operands[0], i, finished(sum, digits));
    }
}
