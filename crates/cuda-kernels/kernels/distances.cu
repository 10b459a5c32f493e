// Distances between points: norms of their differences, which are never written out.
//
// Types: f32 f64
// Grid: any number of blocks of any size; threads stride over the distances.
// Assumes: operands are [distances, points, columns], dense: points are [batch, points, width], and what they are
// compared with is [batch, width, others]. Distances are [batch, points, others], or, of pairs, those of each
// point from all later ones, one after another. Their number fits 31 bits.

#include "numbers.cuh"

struct Sizes {
    unsigned count, points, others, width, is_pairs, padding;
    double order;
};

/// A point and another one, which a distance belongs to.
struct Pair {
    unsigned batch, point, other;
};

FUNCTION unsigned pairs_before(unsigned points, unsigned point) {
    return point * (2 * points - point - 1) / 2;
}

FUNCTION Pair pair_of(const Sizes& sizes, unsigned i) {
    if (!sizes.is_pairs) {
        unsigned row = i / sizes.others;
        return {row / sizes.points, row % sizes.points, i % sizes.others};
    }
    unsigned points = sizes.points, all = pairs_before(points, points - 1);
    unsigned batch = i / all, place = i - batch * all;
    // The root of a quadratic equation, which rounding may move by one.
    double twice = 2.0 * points - 1.0;
    unsigned point = unsigned((twice - sqrt(twice * twice - 8.0 * place)) / 2.0);
    while (point > 0 && pairs_before(points, point) > place) point--;
    while (pairs_before(points, point + 1) <= place) point++;
    return {batch, point, point + 1 + place - pairs_before(points, point)};
}

/// Writes `finish` of what `add` makes of the differences one after another.
template <class Add, class Finish>
FUNCTION void measure(const Plan<3>& arrays, const Sizes& sizes, Add add, Finish finish) {
    C* distances = reinterpret_cast<C*>(arrays.operands[0].data);
    FOR_EACH(i, sizes.count) {
        Pair pair = pair_of(sizes, i);
        const C* point = reinterpret_cast<const C*>(arrays.operands[1].data)
            + (Int(pair.batch) * sizes.points + pair.point) * sizes.width;
        const C* other = reinterpret_cast<const C*>(arrays.operands[2].data)
            + Int(pair.batch) * sizes.width * sizes.others + pair.other;
        C sum = C(0);
        for (unsigned k = 0; k < sizes.width; k++) {
            sum = add(sum, magnitude(point[k] - other[Int(k) * sizes.others]));
        }
        distances[i] = finish(sum);
    }
}

#define NORM(name, add, finish)                                                                 \
    KERNEL(distances, name)(const __grid_constant__ Plan<3> arrays, const __grid_constant__ Sizes sizes) { \
        C order = C(sizes.order);                                                               \
        measure(arrays, sizes, [&](C sum, C x) { return add; }, [&](C sum) { return finish; });  \
    }

NORM(Different, sum + (x != C(0) ? C(1) : C(0)), sum)
NORM(Manhattan, sum + x, sum)
NORM(Euclidean, sum + x * x, sqrt(sum))
NORM(Chebyshev, maximum(x, sum), sum)
NORM(Minkowski, sum + power(x, order), power(sum, C(1) / order))
