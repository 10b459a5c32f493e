// Windows of an image as their maximum, or their mean, and the gradient of the mean.
//
// Grid: any number of blocks of any size; threads stride over the elements of the result.
// Assumes: operands are [y, indices, x], [y, x] or [dx, g], all dense; an image begins every so many
// elements as it has.

#include "numbers.cuh"

struct Shape {
    int input[3], output[3];
    /// Windows at regular steps; or else each dimension is divided into as many as it has outputs.
    unsigned is_sliding;
    int kernel[3], stride[3], padding[3], dilation[3];
    unsigned includes_padding;
    /// What to divide sums by, if not by the number of elements; else 0.
    Int divisor;
};

/// The part of a window along a dimension.
struct Span {
    /// The first place inside the image, one after the last, and their distance.
    int start, end, step;
    /// Elements including padding, but none after it.
    int padded;
};

FUNCTION Span span(const Shape& shape, int d, int at) {
    int input = shape.input[d];
    if (!shape.is_sliding) {
        Int output = shape.output[d], first = Int(at) * input;
        int start = first / output, end = (first + input + output - 1) / output;
        return Span{start, end, 1, end - start};
    }
    int padding = shape.padding[d], dilation = shape.dilation[d], first = at * shape.stride[d];
    int last = first + (shape.kernel[d] - 1) * dilation + 1;
    int skipped = first < padding ? (padding - first + dilation - 1) / dilation : 0;
    int start = first + skipped * dilation - padding;
    int end = max(min(max(last - padding, 0), input), start);
    return Span{start, end, dilation, min(last, input + 2 * padding) - first};
}

/// A place in a volume, after its number has been divided by the size of the volume.
FUNCTION unsigned unravel(unsigned i, const int (&sizes)[3], int (&at)[3]) {
    for (int d = 2; d >= 0; d--) {
        unsigned rest = i / sizes[d];
        at[d] = i - rest * sizes[d];
        i = rest;
    }
    return i;
}

FUNCTION Int ravel(const int (&sizes)[3], int z, int y, int x) {
    return (Int(z) * sizes[1] + y) * sizes[2] + x;
}

FUNCTION Int volume(const int (&sizes)[3]) { return Int(sizes[0]) * sizes[1] * sizes[2]; }

#define FOR_EACH_IN(at, span) for (int at = span.start; at < span.end; at += span.step)

KERNEL(pool, Max)(const __grid_constant__ Plan<3> arrays, const __grid_constant__ Shape shape,
                  unsigned count) {
    FOR_EACH(i, count) {
        int at[3];
        Int image = unravel(i, shape.output, at) * volume(shape.input);
        Span depths = span(shape, 0, at[0]), rows = span(shape, 1, at[1]), columns = span(shape, 2, at[2]);
        Int place = ravel(shape.input, depths.start, rows.start, columns.start);
        C best = C(0);
        if (place < volume(shape.input)) best = load_own(arrays.operands[2], image + place);
        FOR_EACH_IN(z, depths) FOR_EACH_IN(y, rows) FOR_EACH_IN(x, columns) {
            Int here = ravel(shape.input, z, y, x);
            C value = load_own(arrays.operands[2], image + here);
            if (value > best || is_nan(value)) best = value, place = here;
        }
        store(arrays.operands[0], i, best);
        ::at<Int>(arrays.operands[1].data, i) = place;
    }
}

FUNCTION float divided(float sum, Int count) { return sum / float(count); }
FUNCTION double divided(double sum, Int count) { return sum / double(count); }
FUNCTION Int divided(Int sum, Int count) { return trunc_divide(sum, count); }

/// The mean, given the sum of a window.
FUNCTION C share(const Shape& shape, C sum, const Span& z, const Span& y, const Span& x) {
    Int count = Int(z.end - z.start) * (y.end - y.start) * (x.end - x.start);
    if (shape.is_sliding && shape.includes_padding) count = Int(z.padded) * y.padded * x.padded;
    return divided(sum, shape.divisor != 0 ? shape.divisor : count);
}

KERNEL(pool, Average)(const __grid_constant__ Plan<2> arrays, const __grid_constant__ Shape shape,
                      unsigned count) {
    FOR_EACH(i, count) {
        int at[3];
        Int image = unravel(i, shape.output, at) * volume(shape.input);
        Span depths = span(shape, 0, at[0]), rows = span(shape, 1, at[1]), columns = span(shape, 2, at[2]);
        C sum = C(0);
        FOR_EACH_IN(z, depths) FOR_EACH_IN(y, rows) FOR_EACH_IN(x, columns) {
            sum += load_own(arrays.operands[1], image + ravel(shape.input, z, y, x));
        }
        store(arrays.operands[0], i, share(shape, sum, depths, rows, columns));
    }
}

/// The windows, along a dimension, that a place may lie in.
FUNCTION Span windows(const Shape& shape, int d, int at) {
    int output = shape.output[d];
    if (!shape.is_sliding) {
        Int input = shape.input[d], first = Int(at) * output;
        return Span{int(first / input), int((first + output + input - 1) / input), 1, 0};
    }
    int place = at + shape.padding[d], before = place - shape.kernel[d];
    int start = before < 0 ? 0 : before / shape.stride[d] + 1;
    return Span{start, min(place / shape.stride[d] + 1, output), 1, 0};
}

KERNEL(pool, AverageBackward)(const __grid_constant__ Plan<2> arrays, const __grid_constant__ Shape shape,
                              unsigned count) {
    FOR_EACH(i, count) {
        int at[3];
        Int image = unravel(i, shape.input, at) * volume(shape.output);
        Span depths = windows(shape, 0, at[0]), rows = windows(shape, 1, at[1]);
        Span columns = windows(shape, 2, at[2]);
        C sum = C(0);
        FOR_EACH_IN(z, depths) FOR_EACH_IN(y, rows) FOR_EACH_IN(x, columns) {
            C g = load_own(arrays.operands[1], image + ravel(shape.output, z, y, x));
            sum += share(shape, g, span(shape, 0, z), span(shape, 1, y), span(shape, 2, x));
        }
        store(arrays.operands[0], i, sum);
    }
}
