// The arithmetic of the op table, under one name for float, double and Int.

#pragma once

#include "strided.cuh"

constexpr double PI = 3.14159265358979323846, SQRT_HALF = 0.70710678118654752440;
constexpr double TWO_BY_PI = 0.63661977236758134308, TWO_BY_SQRT_PI = 1.12837916709551257390;
constexpr double LOG2_E = 1.44269504088896340736;

#define INFINITE __longlong_as_double(0x7ff0000000000000LL)
#define NOT_A_NUMBER __longlong_as_double(0x7ff8000000000000LL)

/// A function of all real types.
#define REAL template <class T> FUNCTION T

FUNCTION bool is_infinite(float x) { return fabsf(x) == float(INFINITE); }
FUNCTION bool is_infinite(double x) { return fabs(x) == INFINITE; }
FUNCTION bool is_infinite(Int) { return false; }

FUNCTION bool is_negative(float x) { return __float_as_int(x) < 0; }
FUNCTION bool is_negative(double x) { return __double_as_longlong(x) < 0; }
FUNCTION bool is_negative(Int x) { return x < 0; }

REAL magnitude(T x) { return fabs(x); }
FUNCTION Int magnitude(Int x) { return x < 0 ? -x : x; }

REAL rounded_down(T x) { return floor(x); }
REAL rounded_up(T x) { return ceil(x); }
REAL rounded(T x) { return rint(x); }
REAL truncated(T x) { return trunc(x); }
FUNCTION Int rounded_down(Int x) { return x; }
FUNCTION Int rounded_up(Int x) { return x; }
FUNCTION Int rounded(Int x) { return x; }
FUNCTION Int truncated(Int x) { return x; }

template <class T>
FUNCTION bool is_nan(T x) { return x != x; }

REAL sign(T x) { return x > T(0) ? T(1) : x < T(0) ? T(-1) : T(0); }

// Of both, NaN wins; for `larger` and `smaller` the number does.
REAL maximum(T a, T b) { return a > b || is_nan(a) ? a : b; }
REAL minimum(T a, T b) { return a < b || is_nan(a) ? a : b; }
REAL larger(T a, T b) { return a > b || is_nan(b) ? a : b; }
REAL smaller(T a, T b) { return a < b || is_nan(b) ? a : b; }

REAL trunc_divide(T a, T b) { return trunc(a / b); }
FUNCTION Int trunc_divide(Int a, Int b) { return b == 0 ? 0 : a / b; }

REAL remainder_of_truncation(T a, T b) { return fmod(a, b); }
FUNCTION Int remainder_of_truncation(Int a, Int b) { return b == 0 ? 0 : a % b; }

/// The remainder with the sign of the divisor.
REAL remainder_of(T a, T b) {
    T remainder = remainder_of_truncation(a, b);
    bool wrong_side = remainder != T(0) && (b < T(0)) != (remainder < T(0));
    return wrong_side ? remainder + b : remainder;
}

/// Python's floor division: exact where the quotient of the exact remainder is.
REAL floor_divide(T a, T b) {
    if (b == T(0)) return a / b;
    T remainder = fmod(a, b), quotient = (a - remainder) / b;
    if (remainder != T(0) && (b < T(0)) != (remainder < T(0))) quotient -= T(1);
    if (quotient == T(0)) return copysign(T(0), a / b);
    T below = floor(quotient);
    return quotient - below > T(0.5) ? below + T(1) : below;
}
FUNCTION Int floor_divide(Int a, Int b) {
    bool inexact = remainder_of_truncation(a, b) != 0;
    return trunc_divide(a, b) - Int(inexact && (a < 0) != (b < 0));
}

REAL power(T a, T b) { return pow(a, b); }
/// A negative exponent leaves only the powers of 1 and -1.
FUNCTION Int power(Int base, Int exponent) {
    if (exponent < 0 && base != 1 && base != -1) return 0;
    Int product = 1;
    for (unsigned long long n = exponent; n > 0; n >>= 1) {
        if (n & 1) product *= base;
        base *= base;
    }
    return product;
}

/// A power with the same exponent for all elements, small ones by multiplication.
REAL fixed_power(T x, T exponent) {
    if (exponent == T(2)) return x * x;
    if (exponent == T(3)) return x * x * x;
    return power(x, exponent);
}

REAL heaviside(T a, T b) { return a == T(0) ? b : sign(maximum(a, T(0))); }

/// `a` moved towards `b`; exact at both ends.
REAL lerp(T a, T b, T weight) {
    return magnitude(weight) < T(0.5) ? a + weight * (b - a) : b - (b - a) * (T(1) - weight);
}

REAL sigmoid(T x) { return T(1) / (T(1) + exp(-x)); }
/// `log(1 + exp(x))`, without overflow.
REAL softplus(T x) { return maximum(x, T(0)) + log1p(exp(-magnitude(x))); }
REAL gelu(T x) { return x * T(0.5) * (T(1) + erf(x * T(SQRT_HALF))); }
REAL gelu_slope(T x) {
    T density = exp(x * x * T(-0.5)) * T(0.5 * TWO_BY_SQRT_PI * SQRT_HALF);
    return T(0.5) * (T(1) + erf(x * T(SQRT_HALF))) + x * density;
}
REAL gelu_tanh(T x) {
    T bent = x + T(0.044715) * (x * x * x);
    return x * T(0.5) * (T(1) + tanh(bent * T(0.79788456080286535588)));
}
REAL gelu_tanh_slope(T x) {
    T scale = T(0.79788456080286535588), square = x * x;
    T bend = tanh(scale * (x + T(0.044715) * square * x));
    T inner = scale * (T(1) + T(3 * 0.044715) * square);
    return T(0.5) * (T(1) + bend) + T(0.5) * x * (T(1) - bend * bend) * inner;
}
REAL silu_slope(T x) {
    T share = sigmoid(x);
    return share * (T(1) + x * (T(1) - share));
}
REAL mish(T x) { return x * tanh(softplus(x)); }
REAL mish_slope(T x) {
    T bend = tanh(softplus(x));
    return bend + x * sigmoid(x) * (T(1) - bend * bend);
}
REAL hardsigmoid(T x) { return minimum(maximum(x + T(3), T(0)), T(6)) / T(6); }
REAL hardswish_backward(T g, T x) {
    if (x <= T(-3)) return T(0);
    return x < T(3) ? g * (x / T(3) + T(0.5)) : g;
}

REAL angle(T x) { return is_nan(x) ? x : x < T(0) ? T(PI) : T(0); }
REAL sinc(T x) { return x == T(0) ? T(1) : sin(x * T(PI)) / (x * T(PI)); }
REAL logit(T x) { return log(x / (T(1) - x)); }

REAL logaddexp(T a, T b) {
    if (is_infinite(a) && a == b) return a;
    return maximum(a, b) + log1p(exp(-magnitude(a - b)));
}
REAL logaddexp2(T a, T b) {
    if (is_infinite(a) && a == b) return a;
    return maximum(a, b) + log1p(exp2(-magnitude(a - b))) * T(LOG2_E);
}

/// `a * log`, and 0 where `a` is 0 unless `b` is NaN.
REAL times_log(T a, T log, T b) { return a == T(0) && !is_nan(b) ? T(0) : a * log; }

FUNCTION Int greatest_common_divisor(Int a, Int b) {
    a = magnitude(a), b = magnitude(b);
    while (b != 0) {
        Int rest = remainder_of_truncation(a, b);
        a = b, b = rest;
    }
    return a;
}
FUNCTION Int least_common_multiple(Int a, Int b) {
    return magnitude(trunc_divide(a, greatest_common_divisor(a, b)) * b);
}

FUNCTION Int shifted_left(Int x, Int distance) {
    return distance >= 0 && distance < 64 ? x << distance : 0;
}
FUNCTION Int shifted_right(Int x, Int distance) {
    return x >> (distance >= 0 && distance < 64 ? distance : 63);
}
