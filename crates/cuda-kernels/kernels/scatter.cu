// Elements of a source meet those of out at indices along a dimension.
//
// Grid: any number of blocks of any size; a thread takes one line of the source at a time, from its
// first element to its last, so that what meets at one place does so in a fixed order.
// Assumes: `lines` walks over the first elements of the lines of [out, index, source]; indices are
// valid, and different lines never meet.

#include "numbers.cuh"
#include "move.cuh"

/// Distances along a line, of [out, index, source].
struct Steps {
    Int of[3];
};

template <class Combine>
FUNCTION void scatter(const Plan<3>& lines, unsigned length, const Steps& steps, Combine combine) {
    FOR_EACH(line, lines.count) {
        Int at[3];
        locate(lines, line, at);
        PLAIN_LOOP for (unsigned k = 0; k < length; k++) {
            Int index = ::at<Int>(lines.operands[1].data, at[1] + k * steps.of[1]);
            combine(at[0] + index * steps.of[0], at[2] + k * steps.of[2]);
        }
    }
}

#define SCATTER(name, combined)                                                                  \
    KERNEL(scatter, name)(const __grid_constant__ Plan<3> lines, unsigned length,                \
                          const __grid_constant__ Steps steps) {                                 \
        const Operand &out = lines.operands[0], &source = lines.operands[2];                     \
        scatter(lines, length, steps, [&](Int to, Int from) {                                    \
            C a = load_own(out, to), b = load_own(source, from);                                 \
            store(out, to, C(combined));                                                         \
        });                                                                                      \
    }

SCATTER(Add, a + b)
SCATTER(Multiply, a * b)
SCATTER(Minimum, minimum(a, b))
SCATTER(Maximum, maximum(a, b))

#ifndef REAL_TYPE
KERNEL(scatter, Replace)(const __grid_constant__ Plan<3> lines, unsigned length,
                         const __grid_constant__ Steps steps, unsigned size) {
    scatter(lines, length, steps, [&](Int to, Int from) {
        move(lines.operands[0], to, lines.operands[2], from, size);
    });
}
#endif
