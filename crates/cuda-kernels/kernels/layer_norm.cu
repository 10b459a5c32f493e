// Rows of mean 0 and variance 1, and the gradient of that.
//
// Types: f32 f64
// Grid: any number of blocks of teams, each of which takes one row at a time.
// Assumes: operands are dense rows [y, x], weights and biases [weight, bias] of the length of a row, where
// there are any, and statistics [mean, rstd] of one element for each row.

#include "numbers.cuh"
#include "team.cuh"

struct Rows {
    unsigned count, length;
    unsigned has_weight, has_bias;
    double eps;
};

/// The sum of a number of each element of this team's row.
template <class Number>
FUNCTION C sum_over(C* values, unsigned end, Number number) {
    C sum = C(0);
    for (unsigned k = threadIdx.x; k < end; k += blockDim.x) sum += number(k);
    return meet(values, sum, [](C a, C b) { return a + b; });
}

#define ARRAY(operand) reinterpret_cast<C*>(arrays.operands[operand].data)

KERNEL(layer_norm, Forward)(const __grid_constant__ Plan<6> arrays, const __grid_constant__ Rows rows) {
    __shared__ C values[THREADS];
    const C *weight = ARRAY(4), *bias = ARRAY(5);
    C *mean = ARRAY(2), *rstd = ARRAY(3);
    FOR_EACH_LINE(line, is_there, rows.count) {
        C* y = ARRAY(0) + Int(line) * rows.length;
        const C* x = ARRAY(1) + Int(line) * rows.length;
        unsigned end = is_there ? rows.length : 0;
        C count = C(rows.length);
        // The mean of the distances corrects that of the elements, which rounding moved.
        C rough = sum_over(values, end, [&](unsigned k) { return x[k]; }) / count;
        C rest = sum_over(values, end, [&](unsigned k) { return x[k] - rough; }) / count;
        C squares = sum_over(values, end, [&](unsigned k) { return (x[k] - rough) * (x[k] - rough); });
        C variance = maximum(squares / count - rest * rest, C(0));
        C scale = C(1) / sqrt(variance + C(rows.eps)), shift = -rest * scale;
        for (unsigned k = threadIdx.x; k < end; k += blockDim.x) {
            C number = (x[k] - rough) * scale + shift;
            if (rows.has_weight) number *= weight[k];
            if (rows.has_bias) number += bias[k];
            y[k] = number;
        }
        if (is_there && threadIdx.x == 0) mean[line] = rough + rest, rstd[line] = scale;
    }
}

/// With h = g weight and y = (x - mean) rstd, the gradient of x is rstd (h - mean(h) - y mean(h y)), and
/// that of the weight the sum of g y over the rows. Operands are [dx, g y, g, x, mean, rstd, weight].
KERNEL(layer_norm, Backward)(const __grid_constant__ Plan<7> arrays, const __grid_constant__ Rows rows) {
    __shared__ C values[THREADS];
    FOR_EACH_LINE(line, is_there, rows.count) {
        Int start = Int(line) * rows.length;
        C *dx = ARRAY(0) + start, *products = ARRAY(1) + start;
        const C *g = ARRAY(2) + start, *x = ARRAY(3) + start, *weight = ARRAY(6);
        unsigned end = is_there ? rows.length : 0;
        C mean = is_there ? ARRAY(4)[line] : C(0), rstd = is_there ? ARRAY(5)[line] : C(0);
        auto y = [&](unsigned k) { return (x[k] - mean) * rstd; };
        auto h = [&](unsigned k) { return rows.has_weight ? g[k] * weight[k] : g[k]; };
        C mean_h = sum_over(values, end, h) / C(rows.length);
        C mean_hy = sum_over(values, end, [&](unsigned k) { return h(k) * y(k); }) / C(rows.length);
        for (unsigned k = threadIdx.x; k < end; k += blockDim.x) {
            products[k] = g[k] * y(k);
            dx[k] = rstd * (h(k) - mean_h - y(k) * mean_hy);
        }
    }
}
