// Special functions in double. Where one has no value, or only a convention, they answer as the CPU does.

#pragma once

#include "numbers.cuh"

#define SPECIAL static __device__ double

constexpr double EPSILON = 2.2204460492503131e-16, EULER = 0.57721566490153286061;

FUNCTION double finite_or_nan(double x, double value) { return is_infinite(x) ? NOT_A_NUMBER : value; }

FUNCTION double mantissa(double x) {
    int exponent;
    return x == 0.0 || is_infinite(x) || is_nan(x) ? x : frexp(x, &exponent);
}
FUNCTION double exponent_of(double x) {
    int exponent = 0;
    if (x != 0.0 && !is_infinite(x) && !is_nan(x)) frexp(x, &exponent);
    return exponent;
}

/// The derivative of `a^b` with respect to b, 0 where the power is 0 for all b around.
FUNCTION double power_slope(double a, double b) {
    return a == 0.0 && b >= 0.0 ? 0.0 : pow(a, b) * log(a);
}

FUNCTION double log_ndtr(double x) {
    double t = x * SQRT_HALF;
    return x < -1.0 ? log(0.5 * erfcx(-t)) - t * t : log1p(-0.5 * erfc(t));
}

FUNCTION double entr(double x) {
    if (is_nan(x)) return x;
    return x > 0.0 ? -x * log(x) : x == 0.0 ? 0.0 : -INFINITE;
}

/// The derivative of the logarithm of the gamma function of a positive number.
FUNCTION double digamma_of_positive(double x) {
    double shift = 0.0;
    while (x < 10.0) {
        shift -= 1.0 / x;
        x += 1.0;
    }
    double z = 1.0 / (x * x), tail = 1.0 / 12.0;
    tail = tail * z - 691.0 / 32760.0;
    tail = tail * z + 1.0 / 132.0;
    tail = tail * z - 1.0 / 240.0;
    tail = tail * z + 1.0 / 252.0;
    tail = tail * z - 1.0 / 120.0;
    tail = tail * z + 1.0 / 12.0;
    return shift + log(x) - 0.5 / x - tail * z;
}

SPECIAL digamma(double x) {
    if (x == 0.0) return copysign(INFINITE, -x);
    if (x > 0.0 || is_nan(x)) return digamma_of_positive(x);
    if (x == trunc(x)) return NOT_A_NUMBER;
    // The fraction alone: the tangent of pi times a large number has few correct digits.
    return digamma_of_positive(1.0 - x) - PI / tan(PI * (x - trunc(x)));
}

/// Terms one by one, and the rest by the Euler-Maclaurin formula.
SPECIAL zeta_of_positive(double x, double q) {
    // (2k)! / B(2k)
    const double divisors[12] = {
        12.0, -720.0, 30240.0, -1209600.0, 47900160.0, -1307674368000.0 / 691.0, 74724249600.0,
        -10670622842880000.0 / 3617.0, 5109094217170944000.0 / 43867.0,
        -802857662698291200000.0 / 174611.0, 14101100039391805440000.0 / 77683.0,
        -1693824136731743669452800000.0 / 236364091.0,
    };
    double sum = 0.0, base = q;
    for (int k = 0; k < 12; k++) {
        double term = pow(base, -x);
        sum += term;
        if (term < EPSILON / 4.0 * sum) return sum;
        base += 1.0;
    }
    double factor = pow(base, -x);
    if (sum == INFINITE || (factor == 0.0 && sum > 0.0)) return sum;
    sum += factor * base / (x - 1.0) + 0.5 * factor;
    double rising = x;
    for (int k = 0; k < 12; k++) {
        factor /= base;
        double term = rising * factor / divisors[k];
        sum += term;
        if (fabs(term) < EPSILON / 4.0 * sum) break;
        factor /= base;
        rising *= (x + 2.0 * k + 1.0) * (x + 2.0 * k + 2.0);
    }
    return sum;
}

/// The sum of `(q + k)^-x` over all k from 0 on.
SPECIAL zeta(double x, double q) {
    // A pole is infinite before NaN is looked at.
    bool is_pole = q <= 0.0 && q == floor(q);
    if (x == 1.0 || (is_pole && (x > 1.0 || is_nan(x)))) return INFINITE;
    if (is_nan(x) || is_nan(q) || x < 1.0) return NOT_A_NUMBER;
    if (q > 0.0) return zeta_of_positive(x, q);
    if (x != floor(x)) return NOT_A_NUMBER;
    // The terms below zero are those of two positive sums, up to the sign.
    double fraction = -q - floor(-q), below = zeta_of_positive(x, fraction);
    if (!is_infinite(below) && !is_nan(below)) below -= zeta_of_positive(x, 1.0 - q);
    return (fmod(x, 2.0) == 0.0 ? below : -below) + zeta_of_positive(x, 1.0 - fraction);
}

/// The n-th derivative of `digamma`.
SPECIAL polygamma(double x, double n) {
    if (n == 0.0) return digamma(x);
    if (n == 1.0 && x == INFINITE) return 0.0;
    double size = tgamma(n + 1.0) * zeta(n + 1.0, x);
    return fmod(n, 2.0) == 0.0 ? -size : size;
}

/// The modified Bessel function of the first kind of order 0 or 1 for x >= 0, times `exp(-x)`
/// if scaled.
SPECIAL bessel_i(double x, double order, bool scaled) {
    if (x < 25.0) {
        double quarter = 0.25 * x * x, term = order == 0.0 ? 1.0 : 0.5 * x, sum = term;
        for (double k = 1.0; term > sum * 0.25 * EPSILON; k += 1.0) {
            term *= quarter / (k * (k + order));
            sum += term;
        }
        return scaled ? sum * exp(-x) : sum;
    }
    double term = 1.0, sum = 1.0;
    for (int k = 1; k < 30; k++) {
        double odd = 2.0 * k - 1.0;
        term *= (odd * odd - 4.0 * order * order) / (8.0 * k * x);
        sum += term;
        if (fabs(term) < 0.25 * EPSILON) break;
    }
    // In two factors that do not overflow early.
    double factor = scaled ? 1.0 : exp(0.5 * x);
    return factor * (sum / sqrt(2.0 * PI * x)) * factor;
}

/// `exp(x) K(x)` of a real order, for x of at least about 1: the trapezoidal rule on the integral
/// of `exp(-x (cosh t - 1)) cosh(order t)`.
SPECIAL scaled_second_kind(double x, double order) {
    double step = fmin(0.6 / sqrt(x), 0.2), sum = 0.5;
    for (int k = 1;; k++) {
        double t = k * step, half = sinh(0.5 * t), term = exp(-2.0 * x * half * half) * cosh(order * t);
        sum += term;
        if (!(term >= 0.1 * EPSILON * sum)) break;
    }
    return sum * step;
}

FUNCTION double small_k0(double x) {
    double quarter = 0.25 * x * x, term = 1.0, harmonic = 0.0, sum = 0.0;
    for (int k = 1; k < 16; k++) {
        term *= quarter / (double(k) * k);
        harmonic += 1.0 / k;
        sum += term * harmonic;
    }
    return sum - (log(0.5 * x) + EULER) * bessel_i(x, 0.0, false);
}

FUNCTION double small_k1(double x) {
    double quarter = 0.25 * x * x, term = 1.0, harmonics = 1.0 - 2.0 * EULER, sum = 0.0;
    for (int k = 1; k < 16; k++) {
        sum += term * harmonics;
        term *= quarter / (double(k) * (k + 1.0));
        harmonics += 1.0 / k + 1.0 / (k + 1.0);
    }
    return 1.0 / x + log(0.5 * x) * bessel_i(x, 1.0, false) - 0.25 * x * sum;
}

/// The modified Bessel function of the second kind of order 0 or 1, times `exp(x)` if scaled.
SPECIAL bessel_k(double x, double order, bool scaled) {
    if (x == 0.0) return INFINITE;
    if (x == INFINITE) return 0.0;
    if (is_nan(x) || x < 0.0) return NOT_A_NUMBER;
    if (x > 1.0) return scaled_second_kind(x, order) * (scaled ? 1.0 : exp(-x));
    return (order == 0.0 ? small_k0(x) : small_k1(x)) * (scaled ? exp(x) : 1.0);
}

FUNCTION double airy_power_series(double x) {
    double cube = x * x * x, f = 1.0, g = x, even = f, odd = g;
    for (int k = 3; k < 120; k += 3) {
        f *= cube / (k * (k - 1.0));
        g *= cube / (k * (k + 1.0));
        even += f;
        odd += g;
    }
    return 0.3550280538878172 * even - 0.2588194037928068 * odd;
}

/// `Ai(-x)`: an integral of `exp(-s u^2) cos(u^3 / 3)` in two complex directions, by the trapezoidal rule.
FUNCTION double airy_oscillating(double x) {
    double root = sqrt(x), decay = sqrt(0.75) * root, turn = 0.5 * root;
    double step = fmin(0.4 / pow(x, 0.25), 0.1), real = 0.5, imaginary = 0.0;
    for (int k = 1;; k++) {
        double u = k * step, size = exp(-decay * u * u);
        if (!(size >= 0.1 * EPSILON)) break;
        double wave = size * cos(u * u * u / 3.0);
        real += wave * cos(turn * u * u);
        imaginary -= wave * sin(turn * u * u);
    }
    double angle = PI / 3.0 - 2.0 / 3.0 * x * root;
    return 2.0 / PI * step * (cos(angle) * real - sin(angle) * imaginary);
}

SPECIAL airy_ai(double x) {
    if (is_nan(x) || is_infinite(x)) return NOT_A_NUMBER;
    if (x < -4.0) return airy_oscillating(-x);
    if (x < 1.5) return airy_power_series(x);
    double zeta = 2.0 / 3.0 * x * sqrt(x);
    return sqrt(x / 3.0) / PI * scaled_second_kind(zeta, 1.0 / 3.0) * exp(-zeta);
}

/// `m - log(1 + m)` for m above -1.
SPECIAL excess(double m) {
    if (fabs(m) > 0.3) return m - log1p(m);
    double factor = m * m, sum = 0.5 * m * m;
    for (int k = 3; k < 60; k++) {
        factor *= -m;
        double term = factor / k;
        sum += term;
        if (fabs(term) < 0.1 * EPSILON * sum) break;
    }
    return sum;
}

/// `x^a exp(-x) / gamma(a)`; large terms cancel by Stirling's formula before they are rounded.
SPECIAL gamma_density(double a, double x) {
    if (a < 10.0) return exp(a * log(x) - x - lgamma(a));
    double z = 1.0 / (a * a), series = 1.0 / 156.0;
    series = series * z - 691.0 / 360360.0;
    series = series * z + 1.0 / 1188.0;
    series = series * z - 1.0 / 1680.0;
    series = series * z + 1.0 / 1260.0;
    series = series * z - 1.0 / 360.0;
    series = series * z + 1.0 / 12.0;
    return sqrt(a / (2.0 * PI)) * exp(-a * excess((x - a) / a) - series / a);
}

SPECIAL lower_series(double a, double x) {
    double term = 1.0, sum = 1.0, k = a;
    while (term > 0.1 * EPSILON * sum) {
        k += 1.0;
        term *= x / k;
        sum += term;
    }
    return gamma_density(a, x) * sum / a;
}

/// Q for small x and a, where 1 - P would cancel.
FUNCTION double upper_series(double a, double x) {
    double term = 1.0, sum = 0.0;
    for (int k = 1; k < 200; k++) {
        term *= -x / k;
        double part = term / (a + k);
        sum += part;
        if (fabs(part) <= 0.1 * EPSILON * fabs(sum)) break;
    }
    double log_term = a * log(x) - lgamma(a + 1.0);
    return -expm1(log_term) - exp(log_term) * a * sum;
}

SPECIAL upper_fraction(double a, double x) {
    if (x < 1.1) return upper_series(a, x);
    // Lentz's evaluation of the continued fraction.
    const double tiny = 1e-300;
    double b = x + 1.0 - a, c = 1.0 / tiny, d = 1.0 / b, fraction = d;
    for (int k = 1; k < 1000000; k++) {
        double factor = k * (a - k);
        b += 2.0;
        d = factor * d + b;
        d = 1.0 / (d == 0.0 ? tiny : d);
        c = b + factor / c;
        c = c == 0.0 ? tiny : c;
        fraction *= d * c;
        if (fabs(d * c - 1.0) < EPSILON) break;
    }
    return gamma_density(a, x) * fraction;
}

/// The regularised incomplete gamma function: the lower one, or the upper one.
SPECIAL incomplete_gamma(double a, double x, bool upper) {
    // NaN is looked at last: an end of the range decides by itself.
    double end = -1.0;
    if (a < 0.0 || x < 0.0) return NOT_A_NUMBER;
    else if (a == 0.0) end = x > 0.0 ? 1.0 : NOT_A_NUMBER;
    else if (x == 0.0) end = 0.0;
    else if (a == INFINITE) end = x == INFINITE ? NOT_A_NUMBER : 0.0;
    else if (x == INFINITE) end = 1.0;
    else if (is_nan(a) || is_nan(x)) return NOT_A_NUMBER;
    if (!(end == -1.0)) return upper ? 1.0 - end : end;
    // Above it Temme's uniform expansion needs one term only.
    if (a > 1e6) {
        double relative = (x - a) / a, distance = excess(relative);
        double deviation = copysign(sqrt(a * distance), relative);
        double eta = copysign(sqrt(2.0 * distance), relative);
        double slope = fabs(eta) < 1e-4 ? 1.0 / 3.0 - eta / 12.0 : 1.0 / eta - 1.0 / relative;
        double skew = slope * exp(-a * distance) / sqrt(2.0 * PI * a);
        return upper ? 0.5 * erfc(deviation) - skew : 0.5 * erfc(-deviation) + skew;
    }
    if (!upper) return x < a + 1.0 ? lower_series(a, x) : 1.0 - upper_fraction(a, x);
    bool by_complement = x < a + 1.0 && (a > 1.0 || x < 0.1 * a);
    return by_complement ? 1.0 - lower_series(a, x) : upper_fraction(a, x);
}
