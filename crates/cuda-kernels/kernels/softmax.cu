// Elements along a line as shares of their sum: softmax, its logarithm, and their gradients.
//
// Types: f32 f64
// Grid: any number of blocks of teams, each of which takes one line at a time.
// Assumes: `lines` walks over the first elements of the lines of the operands [y, x] or [y, g, x];
// `steps` are the distances along a line.

#include "numbers.cuh"
#include "team.cuh"

template <int N>
struct Steps {
    Int of[N];
};

FUNCTION C sum_of(C* values, C value) {
    return meet(values, value, [](C a, C b) { return a + b; });
}

template <class Write>
FUNCTION void softmax(const Plan<2>& lines, unsigned length, const Steps<2>& steps, Write write) {
    __shared__ C values[THREADS];
    FOR_EACH_LINE(line, is_there, lines.count) {
        Int at[2];
        unsigned end = is_there ? length : 0;
        if (is_there) locate(lines, line, at);
        C largest = C(-INFINITE);
        for (unsigned k = threadIdx.x; k < end; k += blockDim.x) {
            largest = maximum(largest, load(lines.operands[1], at[1] + k * steps.of[1]));
        }
        largest = meet(values, largest, [](C a, C b) { return maximum(a, b); });
        C sum = C(0);
        for (unsigned k = threadIdx.x; k < end; k += blockDim.x) {
            sum += exp(load(lines.operands[1], at[1] + k * steps.of[1]) - largest);
        }
        sum = sum_of(values, sum);
        for (unsigned k = threadIdx.x; k < end; k += blockDim.x) {
            C x = load(lines.operands[1], at[1] + k * steps.of[1]);
            store(lines.operands[0], at[0] + k * steps.of[0], write(x - largest, sum));
        }
    }
}

KERNEL(softmax, Softmax)(const __grid_constant__ Plan<2> lines, unsigned length,
                         const __grid_constant__ Steps<2> steps) {
    softmax(lines, length, steps, [](C x, C sum) { return exp(x) / sum; });
}

KERNEL(softmax, LogSoftmax)(const __grid_constant__ Plan<2> lines, unsigned length,
                            const __grid_constant__ Steps<2> steps) {
    softmax(lines, length, steps, [](C x, C sum) { return x - log(sum); });
}

/// The gradient from that of the result, g, and the result y.
template <class Weight, class Write>
FUNCTION void backward(const Plan<3>& lines, unsigned length, const Steps<3>& steps, Weight weight,
                       Write write) {
    __shared__ C values[THREADS];
    FOR_EACH_LINE(line, is_there, lines.count) {
        Int at[3];
        unsigned end = is_there ? length : 0;
        if (is_there) locate(lines, line, at);
        C sum = C(0);
        for (unsigned k = threadIdx.x; k < end; k += blockDim.x) {
            C g = load(lines.operands[1], at[1] + k * steps.of[1]);
            sum += weight(g, load(lines.operands[2], at[2] + k * steps.of[2]));
        }
        sum = sum_of(values, sum);
        for (unsigned k = threadIdx.x; k < end; k += blockDim.x) {
            C g = load(lines.operands[1], at[1] + k * steps.of[1]);
            C y = load(lines.operands[2], at[2] + k * steps.of[2]);
            store(lines.operands[0], at[0] + k * steps.of[0], write(g, y, sum));
        }
    }
}

KERNEL(softmax_backward, Softmax)(const __grid_constant__ Plan<3> lines, unsigned length,
                                  const __grid_constant__ Steps<3> steps) {
    backward(
        lines, length, steps, [](C g, C y) { return g * y; },
        [](C g, C y, C sum) { return y * (g - sum); });
}

KERNEL(softmax_backward, LogSoftmax)(const __grid_constant__ Plan<3> lines, unsigned length,
                                     const __grid_constant__ Steps<3> steps) {
    backward(
        lines, length, steps, [](C g, C) { return g; },
        [](C g, C y, C sum) { return g - exp(y) * sum; });
}
