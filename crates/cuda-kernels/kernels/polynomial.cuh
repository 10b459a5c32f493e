// Orthogonal polynomials by their recurrences: in double, but overflowing where the type of the
// argument does, since that is part of the result.

#pragma once

#include "numbers.cuh"

/// The degree a number stands for; -1 where it is negative, NaN or beyond all integers.
REAL degree(T n) { return n > T(-1) && n < T(9223372036854775807.0) ? trunc(n) : T(-1); }

/// Goes on from 1 and `first` by `next(k, p(k-1), p(k-2))`. Ends early once only NaN can follow.
template <class Next>
FUNCTION double recur(double degree, double first, Next next) {
    if (degree == 0.0) return 1.0;
    double before = 1.0, last = first;
    for (double k = 2.0; k <= degree && last == last; k += 1.0) {
        double value = next(k, last, before);
        if (is_infinite(C(value))) value = copysign(INFINITE, value);
        before = last, last = value;
    }
    return last;
}

FUNCTION double chebyshev_recurrence(double x, double n, double first) {
    return recur(n, first, [x](double, double last, double before) { return (x + x) * last - before; });
}

/// The value at 1 or -1.
FUNCTION double chebyshev_end(double x, double n, double at_one, double at_minus_one) {
    if (x == 1.0) return at_one;
    return fmod(n, 2.0) == 0.0 ? at_minus_one : -at_minus_one;
}

FUNCTION double chebyshev_t(double x, double n) {
    if (n < 0.0) return 0.0;
    if (fabs(x) == 1.0) return chebyshev_end(x, n, 1.0, 1.0);
    if (n > 6.0 && fabs(x) < 1.0) return cos(n * acos(x));
    return chebyshev_recurrence(x, n, x);
}

FUNCTION double chebyshev_u(double x, double n) {
    if (n < 0.0) return 0.0;
    if (fabs(x) == 1.0) return chebyshev_end(x, n, n + 1.0, n + 1.0);
    if (n > 8.0 && fabs(x) < 1.0) return sin((n + 1.0) * acos(x)) / sin(acos(x));
    return chebyshev_recurrence(x, n, x + x);
}

FUNCTION double chebyshev_v(double x, double n) {
    if (n < 0.0) return 0.0;
    if (fabs(x) == 1.0) return chebyshev_end(x, n, 1.0, 2.0 * n + 1.0);
    if (n > 8.0 && fabs(x) < 1.0) return cos((n + 0.5) * acos(x)) / cos(0.5 * acos(x));
    return chebyshev_recurrence(x, n, x + x - 1.0);
}

FUNCTION double chebyshev_w(double x, double n) {
    if (n < 0.0) return 0.0;
    if (fabs(x) == 1.0) return chebyshev_end(x, n, 2.0 * n + 1.0, 1.0);
    if (n > 8.0 && fabs(x) < 1.0) return sin((n + 0.5) * acos(x)) / sin(0.5 * acos(x));
    return chebyshev_recurrence(x, n, x + x + 1.0);
}

/// Beyond this degree Hermite polynomials are no floats.
constexpr double HERMITE_LIMIT = sizeof(C) == 4 ? 128.0 : 512.0;

/// `scale` 2 for the physicists' polynomials, 1 for the probabilists'.
FUNCTION double hermite(double x, double n, double scale) {
    if (n < 0.0) return 0.0;
    if (n > HERMITE_LIMIT) return NOT_A_NUMBER;
    return recur(n, scale * x, [x, scale](double k, double last, double before) {
        return scale * x * last - scale * (k - 1.0) * before;
    });
}

FUNCTION double laguerre_l(double x, double n) {
    if (n < 0.0) return 0.0;
    if (x == 0.0) return 1.0;
    return recur(n, 1.0 - x, [x](double k, double last, double before) {
        return ((2.0 * k - 1.0 - x) * last - (k - 1.0) * before) / k;
    });
}

FUNCTION double legendre_p(double x, double n) {
    if (n < 0.0) return 0.0;
    if (fabs(x) == 1.0) return x > 0.0 || fmod(n, 2.0) == 0.0 ? 1.0 : -1.0;
    return recur(n, x, [x](double k, double last, double before) {
        return ((2.0 * k - 1.0) * x * last - (k - 1.0) * before) / k;
    });
}
