// Convolutions and the gradients of their operands, as products of matrices that are never written out.
//
// With taps t of the kernel, places p of the output and q of the input, for each group of channels:
//   Forward         y[o, (n, p)]  = sum over (c, t) of w[o, (c, t)] x[(c, p through t), n]
//   BackwardInput   dx[c, (n, q)] = sum over (o, t) of w[(o, t), c] dy[(o, the p that sees q through t), n]
//   BackwardWeight  dw[o, (c, t)] = sum over (n, p) of dy[o, (n, p)] x[(c, p through t), n]
// where a place outside counts as 0. A sum may be divided into parts, each of which writes its own result.
//
// Types: f32 f64
// Grid: for kernels called Tiled, any number of blocks of 16 x 16 threads, each of which computes one tile
// of 64 x 64 at a time; for those called Direct, any number of blocks of any size, whose threads stride
// over the elements of the result. Tiles of few rows, as depthwise convolutions have, would be empty.
// Assumes: operands are [y, x, w, bias], [dx, dy, w, none] or [dw, x, dy, none], all dense; all sizes, and
// the number of tiles or elements, fit 31 bits.

#include "numbers.cuh"
#include "tile.cuh"

struct Shape {
    unsigned groups;
    /// Channels of a group.
    unsigned inputs, outputs;
    /// Elements of an image of one channel, of the result, and of a kernel of one channel.
    unsigned input_plane, output_plane, taps;
    int input[3], output[3], kernel[3];
    int stride[3], padding[3], dilation[3];
    /// The product: its sizes, and how many terms of a sum a part has.
    unsigned rows, columns, terms, part;
    unsigned has_bias;
};

/// The i-th place among volumes of some sizes, one after another.
struct Spot {
    unsigned i, volume, inside;
    int at[3];

    METHOD Spot() {}
    METHOD Spot(unsigned i, unsigned plane, const int (&sizes)[3]) : i(i) {
        volume = i / plane, inside = i - volume * plane;
        unsigned line = inside / sizes[2];
        at[2] = inside - line * sizes[2];
        at[0] = line / sizes[1];
        at[1] = line - at[0] * sizes[1];
    }

    /// Goes to the next place, without a division.
    METHOD void advance(const int (&sizes)[3]) {
        i++, inside++;
        if (++at[2] < sizes[2]) return;
        at[2] = 0;
        if (++at[1] < sizes[1]) return;
        at[1] = 0;
        if (++at[0] < sizes[0]) return;
        at[0] = 0, inside = 0, volume++;
    }
};

struct Problem {
    const Plan<4>& arrays;
    const Shape& shape;
    unsigned group, part;
    unsigned rows, columns;

    METHOD Problem(const Plan<4>& arrays, const Shape& shape)
        : arrays(arrays), shape(shape), rows(shape.rows), columns(shape.columns) {}

    METHOD Spot of_input(unsigned i) const { return Spot(i, shape.input_plane, shape.input); }
    METHOD Spot of_output(unsigned i) const { return Spot(i, shape.output_plane, shape.output); }
    METHOD Spot of_kernel(unsigned i) const { return Spot(i, shape.taps, shape.kernel); }

    /// Where the planes of an input and of an output begin.
    METHOD Int input_plane(unsigned image, unsigned channel) const {
        return (Int(image * shape.groups + group) * shape.inputs + channel) * shape.input_plane;
    }
    METHOD Int output_plane(unsigned image, unsigned channel) const {
        return (Int(image * shape.groups + group) * shape.outputs + channel) * shape.output_plane;
    }
    /// Where the taps for two channels begin.
    METHOD Int taps(unsigned output, unsigned input) const {
        return ((Int(group) * shape.outputs + output) * shape.inputs + input) * shape.taps;
    }

    /// The element of a channel of the input that an output sees through a tap.
    METHOD C seen(unsigned image, unsigned channel, const Spot& output, const Spot& tap) const {
        int place = 0;
        for (int d = 0; d < 3; d++) {
            int at = output.at[d] * shape.stride[d] + tap.at[d] * shape.dilation[d] - shape.padding[d];
            if (at < 0 || at >= shape.input[d]) return C(0);
            place = place * shape.input[d] + at;
        }
        return load_own(arrays.operands[1], input_plane(image, channel) + place);
    }

    /// The element of a channel of the output that sees an input through a tap.
    METHOD C seeing(unsigned image, unsigned channel, const Spot& input, const Spot& tap) const {
        int place = 0;
        for (int d = 0; d < 3; d++) {
            int from = input.at[d] + shape.padding[d] - tap.at[d] * shape.dilation[d];
            int at = shape.stride[d] == 1 ? from : from / shape.stride[d];
            if (from < 0 || at * shape.stride[d] != from || at >= shape.output[d]) return C(0);
            place = place * shape.output[d] + at;
        }
        return load_own(arrays.operands[1], output_plane(image, channel) + place);
    }
};

/// Rows are channels o, terms taps (c, t), columns places (n, p).
struct Forward : Problem {
    using Problem::Problem;
    METHOD Spot term(unsigned k) const { return of_kernel(k); }
    METHOD void advance(Spot& tap) const { tap.advance(shape.kernel); }
    METHOD Spot column(unsigned j) const { return of_output(j); }
    METHOD C left(unsigned o, const Spot& tap) const {
        return load_own(arrays.operands[2], taps(o, 0) + tap.i);
    }
    METHOD C right(const Spot& tap, const Spot& place) const {
        return seen(place.volume, tap.volume, place, tap);
    }
    METHOD void write(unsigned o, const Spot& place, C sum) const {
        if (shape.has_bias) sum += load_own(arrays.operands[3], group * shape.outputs + o);
        store(arrays.operands[0], output_plane(place.volume, o) + place.inside, sum);
    }
};

/// Rows are channels c, terms taps (o, t), columns places (n, q).
struct BackwardInput : Problem {
    using Problem::Problem;
    METHOD Spot term(unsigned k) const { return of_kernel(k); }
    METHOD void advance(Spot& tap) const { tap.advance(shape.kernel); }
    METHOD Spot column(unsigned j) const { return of_input(j); }
    METHOD C left(unsigned c, const Spot& tap) const {
        return load_own(arrays.operands[2], taps(tap.volume, c) + tap.inside);
    }
    METHOD C right(const Spot& tap, const Spot& place) const {
        return seeing(place.volume, tap.volume, place, tap);
    }
    METHOD void write(unsigned c, const Spot& place, C sum) const {
        store(arrays.operands[0], input_plane(place.volume, c) + place.inside, sum);
    }
};

/// Rows are channels o, terms places (n, p), columns taps (c, t).
struct BackwardWeight : Problem {
    using Problem::Problem;
    METHOD Spot term(unsigned k) const { return of_output(k); }
    METHOD void advance(Spot& place) const { place.advance(shape.output); }
    METHOD Spot column(unsigned j) const { return of_kernel(j); }
    METHOD C left(unsigned o, const Spot& place) const {
        return load_own(arrays.operands[2], output_plane(place.volume, o) + place.inside);
    }
    METHOD C right(const Spot& place, const Spot& tap) const {
        return seen(place.volume, tap.volume, place, tap);
    }
    METHOD void write(unsigned o, const Spot& tap, C sum) const {
        Int results = Int(part) * shape.groups * shape.outputs * shape.columns;
        store(arrays.operands[0], results + taps(o, 0) + tap.i, sum);
    }
};

/// Chooses part and group of a result; the rest of its number is returned.
FUNCTION unsigned choose(Problem& problem, unsigned i, unsigned results) {
    unsigned both = i / results;
    problem.part = both / problem.shape.groups;
    problem.group = both - problem.part * problem.shape.groups;
    return i - both * results;
}

FUNCTION unsigned parts(const Shape& shape) {
    return shape.terms == 0 ? 1 : (shape.terms + shape.part - 1) / shape.part;
}

FUNCTION unsigned end_of(const Problem& problem) {
    return min(problem.shape.terms, (problem.part + 1) * problem.shape.part);
}

template <class Kind>
FUNCTION void in_tiles(const Plan<4>& arrays, const Shape& shape) {
    Kind problem(arrays, shape);
    unsigned across = (shape.columns + TILE - 1) / TILE, down = (shape.rows + TILE - 1) / TILE;
    unsigned count = parts(shape) * shape.groups * down * across;
    for (unsigned i = blockIdx.x; i < count; i += gridDim.x) {
        unsigned tile = choose(problem, i, down * across);
        multiply_tile(problem, tile / across * TILE, tile % across * TILE, problem.part * shape.part,
                      end_of(problem));
    }
}

template <class Kind>
FUNCTION void one_by_one(const Plan<4>& arrays, const Shape& shape) {
    Kind problem(arrays, shape);
    FOR_EACH(i, parts(shape) * shape.groups * shape.rows * shape.columns) {
        unsigned element = choose(problem, i, shape.rows * shape.columns);
        unsigned row = element / shape.columns, end = end_of(problem);
        Spot column = problem.column(element - row * shape.columns);
        C sum = C(0);
        for (Spot term = problem.term(problem.part * shape.part); term.i < end; problem.advance(term)) {
            sum = multiply_add(problem.left(row, term), problem.right(term, column), sum);
        }
        problem.write(row, column, sum);
    }
}

#define CONVOLUTION(name)                                                                             \
    KERNEL(conv, name##Tiled)(const __grid_constant__ Plan<4> arrays, const __grid_constant__ Shape shape) { \
        in_tiles<name>(arrays, shape);                                                                \
    }                                                                                                 \
    KERNEL(conv, name##Direct)(const __grid_constant__ Plan<4> arrays, const __grid_constant__ Shape shape) { \
        one_by_one<name>(arrays, shape);                                                              \
    }

CONVOLUTION(Forward)
CONVOLUTION(BackwardInput)
CONVOLUTION(BackwardWeight)
