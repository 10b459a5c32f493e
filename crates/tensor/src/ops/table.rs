//! The elementwise operations, one row each.
//!
//! A row becomes the enum variant, the CPU loop, the documented method of `Tensor` with its in-place
//! twin, and a test case. Columns: name, in-place name, variant, class, formula, test domain.
//!
//! Classes say which dtypes a row takes and what it returns:
//!
//! | class | takes | returns |
//! |---|---|---|
//! | `Any` | every dtype | the same |
//! | `Number` | all but booleans | the same |
//! | `Float` | every dtype | integers and booleans become `f32` |
//! | `Real` | floating point | the same |
//! | `Integer` | integers | the same |
//! | `Bits` | integers and booleans | the same |

/// Feeds the rows of the unary operations to a macro.
#[macro_export]
macro_rules! for_each_unary_op {
    ($emit:ident) => {
        $emit! {
            /// The negative of each element.
            neg, neg_, Neg, Number, |x| -x, -3.0..3.0;
            /// The absolute value of each element.
            abs, abs_, Abs, Number, |x| x.magnitude(), 0.2..3.0;
            /// The sign of each element: -1, 0 or 1.
            sign, sign_, Sign, Any, |x| x.sign(), 0.2..3.0;
            /// The sign of each element; PyTorch's name for what complex numbers would have, too.
            sgn, sgn_, Sgn, Any, |x| x.sign(), 0.2..3.0;
            /// The angle of each element in the complex plane: 0, or pi for negative ones.
            angle, angle_, Angle, Float, |x| x.angle(), 0.2..3.0;
            /// The square of each element.
            square, square_, Square, Number, |x| x * x, -3.0..3.0;
            /// The largest integer not above each element.
            floor, floor_, Floor, Number, |x| x.floor(), 0.1..0.9;
            /// The smallest integer not below each element.
            ceil, ceil_, Ceil, Number, |x| x.ceil(), 0.1..0.9;
            /// The nearest integer, halves to even.
            round, round_, Round, Number, |x| x.round_ties_even(), 0.1..0.4;
            /// The integer part of each element.
            trunc, trunc_, Trunc, Number, |x| x.trunc(), 0.1..0.9;
            /// The part of each element behind the point.
            frac, frac_, Frac, Real, |x| x.fraction(), 0.1..0.9;
            /// The first result of `frexp`: each element as a number in `0.5..1` times a power of 2.
            frexp_mantissa, frexp_mantissa_, FrexpMantissa, Real, |x| x.number(special::mantissa(x.to_f64())), 0.6..0.9;
            /// The second result of `frexp`, in the dtype of the elements.
            frexp_exponent, frexp_exponent_, FrexpExponent, Real, |x| x.number(special::exponent(x.to_f64())), 0.6..0.9;
            /// Each bit inverted; of booleans, the negation.
            bitwise_not, bitwise_not_, BitwiseNot, Bits, |x| !x, 1.0..9.0;
            /// e raised to each element.
            exp, exp_, Exp, Float, |x| x.exp(), -3.0..3.0;
            /// 2 raised to each element.
            exp2, exp2_, Exp2, Float, |x| x.exp2(), -3.0..3.0;
            /// `exp(x) - 1`, accurate near 0.
            expm1, expm1_, Expm1, Float, |x| x.exp_m1(), -3.0..3.0;
            /// The natural logarithm of each element.
            log, log_, Log, Float, |x| x.ln(), 0.1..5.0;
            /// The logarithm to base 2 of each element.
            log2, log2_, Log2, Float, |x| x.log2(), 0.1..5.0;
            /// The logarithm to base 10 of each element.
            log10, log10_, Log10, Float, |x| x.log10(), 0.1..5.0;
            /// `log(1 + x)`, accurate near 0.
            log1p, log1p_, Log1p, Float, |x| x.ln_1p(), -0.8..5.0;
            /// The square root of each element.
            sqrt, sqrt_, Sqrt, Float, |x| x.sqrt(), 0.1..5.0;
            /// The reciprocal of the square root of each element.
            rsqrt, rsqrt_, Rsqrt, Float, |x| x.sqrt().recip(), 0.1..5.0;
            /// The reciprocal of each element.
            reciprocal, reciprocal_, Reciprocal, Float, |x| x.recip(), 0.3..5.0;
            /// Degrees as radians.
            deg2rad, deg2rad_, Deg2Rad, Float, |x| x * x.number(std::f64::consts::PI / 180.0), -90.0..90.0;
            /// Radians as degrees.
            rad2deg, rad2deg_, Rad2Deg, Float, |x| x * x.number(180.0 / std::f64::consts::PI), -3.0..3.0;
            /// The sine of each element, in radians.
            sin, sin_, Sin, Float, |x| x.sin(), -3.0..3.0;
            /// The cosine of each element, in radians.
            cos, cos_, Cos, Float, |x| x.cos(), -3.0..3.0;
            /// The tangent of each element, in radians.
            tan, tan_, Tan, Float, |x| x.tan(), -1.2..1.2;
            /// The angle in `[-pi/2, pi/2]` whose sine each element is.
            asin, asin_, Asin, Float, |x| x.asin(), -0.9..0.9;
            /// The angle in `[0, pi]` whose cosine each element is.
            acos, acos_, Acos, Float, |x| x.acos(), -0.9..0.9;
            /// The angle in `[-pi/2, pi/2]` whose tangent each element is.
            atan, atan_, Atan, Float, |x| x.atan(), -3.0..3.0;
            /// The hyperbolic sine of each element.
            sinh, sinh_, Sinh, Float, |x| x.sinh(), -3.0..3.0;
            /// The hyperbolic cosine of each element.
            cosh, cosh_, Cosh, Float, |x| x.cosh(), -3.0..3.0;
            /// The hyperbolic tangent of each element.
            tanh, tanh_, Tanh, Float, |x| x.tanh(), -3.0..3.0;
            /// The inverse hyperbolic sine of each element.
            asinh, asinh_, Asinh, Float, |x| x.asinh(), -3.0..3.0;
            /// The inverse hyperbolic cosine of each element.
            acosh, acosh_, Acosh, Float, |x| x.acosh(), 1.2..5.0;
            /// The inverse hyperbolic tangent of each element.
            atanh, atanh_, Atanh, Float, |x| x.atanh(), -0.9..0.9;
            /// `sin(pi x) / (pi x)`, and 1 at 0.
            sinc, sinc_, Sinc, Float, |x| x.sinc(), 0.1..2.9;
            /// The logistic function `1 / (1 + exp(-x))`.
            sigmoid, sigmoid_, Sigmoid, Float, |x| x.sigmoid(), -3.0..3.0;
            /// The error function of each element.
            erf, erf_, Erf, Float, |x| x.erf(), -2.0..2.0;
            /// `1 - erf(x)`, accurate for large x.
            erfc, erfc_, Erfc, Float, |x| x.erfc(), -2.0..2.0;
            /// `exp(x^2) erfc(x)`, without overflow for large x.
            erfcx, erfcx_, Erfcx, Float, |x| x.erfcx(), -1.0..2.0;
            /// The inverse of the error function.
            erfinv, erfinv_, Erfinv, Float, |x| x.erfinv(), -0.9..0.9;
            /// The distribution function of the standard normal distribution.
            ndtr, ndtr_, Ndtr, Float, |x| x.ndtr(), -2.0..2.0;
            /// The logarithm of `ndtr`, accurate for negative x.
            log_ndtr, log_ndtr_, LogNdtr, Float, |x| x.log_ndtr(), -3.0..2.0;
            /// The inverse of `ndtr`.
            ndtri, ndtri_, Ndtri, Float, |x| x.ndtri(), 0.1..0.9;
            /// The entropy `-x log(x)` of each element.
            entr, entr_, Entr, Float, |x| x.entropy(), 0.1..2.0;
            /// The logarithm of the absolute value of the gamma function.
            lgamma, lgamma_, Lgamma, Float, |x| x.lgamma(), 0.3..4.0;
            /// The derivative of `lgamma`.
            digamma, digamma_, Digamma, Float, |x| x.in_double(special::digamma), 0.3..4.0;
            /// The modified Bessel function of the first kind of order 0.
            i0, i0_, I0, Float, |x| x.number(special::bessel_i0(x.to_f64())), -2.0..2.0;
            /// `i0` times `exp(-|x|)`.
            i0e, i0e_, I0e, Float, |x| x.number(special::bessel_i0e(x.to_f64())), 0.2..2.0;
            /// The modified Bessel function of the first kind of order 1.
            i1, i1_, I1, Float, |x| x.number(special::bessel_i1(x.to_f64())), 0.2..2.0;
            /// `i1` times `exp(-|x|)`.
            i1e, i1e_, I1e, Float, |x| x.number(special::bessel_i1e(x.to_f64())), 0.2..2.0;
            /// The Bessel function of the first kind of order 0.
            bessel_j0, bessel_j0_, BesselJ0, Float, |x| x.number(special::bessel_j0(x.to_f64())), 0.3..6.0;
            /// The Bessel function of the first kind of order 1.
            bessel_j1, bessel_j1_, BesselJ1, Float, |x| x.number(special::bessel_j1(x.to_f64())), 0.3..6.0;
            /// The Bessel function of the second kind of order 0.
            bessel_y0, bessel_y0_, BesselY0, Float, |x| x.number(special::bessel_y0(x.to_f64())), 0.5..6.0;
            /// The Bessel function of the second kind of order 1.
            bessel_y1, bessel_y1_, BesselY1, Float, |x| x.number(special::bessel_y1(x.to_f64())), 0.5..6.0;
            /// The modified Bessel function of the second kind of order 0.
            modified_bessel_k0, modified_bessel_k0_, ModifiedBesselK0, Float, |x| x.number(special::bessel_k0(x.to_f64())), 0.5..4.0;
            /// The modified Bessel function of the second kind of order 1.
            modified_bessel_k1, modified_bessel_k1_, ModifiedBesselK1, Float, |x| x.number(special::bessel_k1(x.to_f64())), 0.5..4.0;
            /// `modified_bessel_k0` times `exp(x)`.
            scaled_modified_bessel_k0, scaled_modified_bessel_k0_, ScaledModifiedBesselK0, Float, |x| x.number(special::bessel_k0e(x.to_f64())), 0.5..4.0;
            /// `modified_bessel_k1` times `exp(x)`.
            scaled_modified_bessel_k1, scaled_modified_bessel_k1_, ScaledModifiedBesselK1, Float, |x| x.number(special::bessel_k1e(x.to_f64())), 0.5..4.0;
            /// The spherical Bessel function of the first kind of order 0, `sin(x) / x`.
            spherical_bessel_j0, spherical_bessel_j0_, SphericalBesselJ0, Float, |x| x.spherical_bessel_j0(), 0.5..4.0;
            /// The Airy function of the first kind.
            airy_ai, airy_ai_, AiryAi, Float, |x| x.number(special::airy_ai(x.to_f64())), -3.0..2.0;
            /// Each element, or 0 where it is negative.
            relu, relu_, Relu, Number, |x| x.maximum(x.number(0.0)), 0.2..3.0;
            /// `x` times the distribution function of the standard normal distribution.
            gelu, gelu_, Gelu, Real, |x| x.gelu(), -2.0..2.0;
            /// `gelu` with the distribution function approximated by a hyperbolic tangent.
            gelu_tanh, gelu_tanh_, GeluTanh, Real, |x| x.gelu_tanh(), -2.0..2.0;
            /// `x * sigmoid(x)`, also called swish.
            silu, silu_, Silu, Real, |x| x.silu(), -3.0..3.0;
            /// `x * tanh(log(1 + exp(x)))`.
            mish, mish_, Mish, Real, |x| x.mish(), -3.0..3.0;
            /// `log(sigmoid(x))`, without overflow.
            logsigmoid, logsigmoid_, LogSigmoid, Real, |x| -(-x).softplus(), -3.0..3.0;
            /// `sigmoid` in three straight pieces: `clamp(x + 3, 0, 6) / 6`.
            hardsigmoid, hardsigmoid_, Hardsigmoid, Real, |x| x.hardsigmoid(), -2.5..2.5;
            /// `x * hardsigmoid(x)`.
            hardswish, hardswish_, Hardswish, Real, |x| x * x.hardsigmoid(), -2.5..2.5;
            /// `x / (1 + |x|)`.
            softsign, softsign_, Softsign, Float, |x| x / (x.number(1.0) + x.magnitude()), 0.2..3.0;
            /// `x - tanh(x)`.
            tanhshrink, tanhshrink_, Tanhshrink, Float, |x| x - x.tanh(), 0.3..3.0;
        }
    };
}

/// Feeds the rows of the binary operations to a macro. The test domain is that of both operands.
#[macro_export]
macro_rules! for_each_binary_op {
    ($emit:ident) => {
        $emit! {
            /// Sum of `self` and `rhs`.
            add, add_, Add, Any, |a, b| a + b, -3.0..3.0;
            /// Difference of `self` and `rhs`.
            sub, sub_, Sub, Number, |a, b| a - b, -3.0..3.0;
            /// Product of `self` and `rhs`.
            mul, mul_, Mul, Any, |a, b| a * b, -3.0..3.0;
            /// Quotient of `self` and `rhs`; integers divide as real numbers.
            div, div_, Div, Float, |a, b| a / b, 0.5..3.0;
            /// Quotient rounded towards negative infinity.
            floor_divide, floor_divide_, FloorDivide, Number, |a, b| a.floor_divide(b), 0.5..3.0;
            /// Quotient rounded towards zero.
            trunc_divide, trunc_divide_, TruncDivide, Number, |a, b| a.trunc_divide(b), 0.5..3.0;
            /// The remainder with the sign of the divisor, as Python's `%`.
            remainder, remainder_, Remainder, Number, |a, b| a.remainder(b), 0.5..3.0;
            /// The remainder with the sign of the dividend, as C's `fmod`.
            fmod, fmod_, Fmod, Number, |a, b| a.fmod(b), 0.5..3.0;
            /// `self` raised to the power `rhs`.
            pow, pow_, Pow, Number, |a, b| a.power(b), 0.5..2.5;
            /// The larger of both; NaN if either is NaN.
            maximum, maximum_, Maximum, Any, |a, b| a.maximum(b), 0.5..3.0;
            /// The smaller of both; NaN if either is NaN.
            minimum, minimum_, Minimum, Any, |a, b| a.minimum(b), 0.5..3.0;
            /// The larger of both; a NaN gives way to a number.
            fmax, fmax_, Fmax, Any, |a, b| a.larger(b), 0.5..3.0;
            /// The smaller of both; a NaN gives way to a number.
            fmin, fmin_, Fmin, Any, |a, b| a.smaller(b), 0.5..3.0;
            /// 1 where `self` is positive, 0 where it is negative, `rhs` where it is 0.
            heaviside, heaviside_, Heaviside, Any, |a, b| if a == a.number(0.0) { b } else { a.maximum(a.number(0.0)).sign() }, 0.5..3.0;
            /// The angle of the point (`rhs`, `self`), in radians.
            atan2, atan2_, Atan2, Float, |a, b| a.atan2(b), 0.5..3.0;
            /// The length of the hypotenuse, `sqrt(self^2 + rhs^2)`.
            hypot, hypot_, Hypot, Real, |a, b| a.hypot(b), 0.5..3.0;
            /// The magnitude of `self` with the sign of `rhs`.
            copysign, copysign_, Copysign, Float, |a, b| a.copysign(b), 0.5..3.0;
            /// The next number the dtype can hold on the way from `self` to `rhs`.
            nextafter, nextafter_, NextAfter, Real, |a, b| a.nextafter(b), 0.5..3.0;
            /// `log(exp(self) + exp(rhs))`, without overflow.
            logaddexp, logaddexp_, LogAddExp, Real, |a, b| a.logaddexp(b), -3.0..3.0;
            /// `log2(2^self + 2^rhs)`, without overflow.
            logaddexp2, logaddexp2_, LogAddExp2, Real, |a, b| a.logaddexp2(b), -3.0..3.0;
            /// `self * log(rhs)`, and 0 where `self` is 0.
            xlogy, xlogy_, Xlogy, Float, |a, b| a.times_log(b.ln(), b), 0.5..3.0;
            /// `self * log(1 + rhs)`, and 0 where `self` is 0.
            xlog1py, xlog1py_, Xlog1py, Float, |a, b| a.times_log(b.ln_1p(), b), 0.5..3.0;
            /// The Hurwitz zeta function: the sum of `(rhs + k)^-self` over all k from 0 on.
            zeta, zeta_, Zeta, Float, |a, b| a.in_double_with(b, special::zeta), 1.5..4.0;
            /// The regularised lower incomplete gamma function of order `self`.
            igamma, igamma_, Igamma, Real, |a, b| special::igamma(a, b), 0.5..3.0;
            /// The regularised upper incomplete gamma function of order `self`.
            igammac, igammac_, Igammac, Real, |a, b| special::igammac(a, b), 0.5..3.0;
            /// The Chebyshev polynomial of the first kind of degree `rhs`.
            chebyshev_polynomial_t, chebyshev_polynomial_t_, ChebyshevT, Float, |a, b| special::chebyshev_t(a, b), 0.0..9.0;
            /// The Chebyshev polynomial of the second kind of degree `rhs`.
            chebyshev_polynomial_u, chebyshev_polynomial_u_, ChebyshevU, Float, |a, b| special::chebyshev_u(a, b), 0.0..9.0;
            /// The Chebyshev polynomial of the third kind of degree `rhs`.
            chebyshev_polynomial_v, chebyshev_polynomial_v_, ChebyshevV, Float, |a, b| special::chebyshev_v(a, b), 0.0..9.0;
            /// The Chebyshev polynomial of the fourth kind of degree `rhs`.
            chebyshev_polynomial_w, chebyshev_polynomial_w_, ChebyshevW, Float, |a, b| special::chebyshev_w(a, b), 0.0..9.0;
            /// `chebyshev_polynomial_t` of `2 self - 1`.
            shifted_chebyshev_polynomial_t, shifted_chebyshev_polynomial_t_, ShiftedChebyshevT, Float, |a, b| special::chebyshev_t(a + a - a.number(1.0), b), 0.0..9.0;
            /// `chebyshev_polynomial_u` of `2 self - 1`.
            shifted_chebyshev_polynomial_u, shifted_chebyshev_polynomial_u_, ShiftedChebyshevU, Float, |a, b| special::chebyshev_u(a + a - a.number(1.0), b), 0.0..9.0;
            /// `chebyshev_polynomial_v` of `2 self - 1`.
            shifted_chebyshev_polynomial_v, shifted_chebyshev_polynomial_v_, ShiftedChebyshevV, Float, |a, b| special::chebyshev_v(a + a - a.number(1.0), b), 0.0..9.0;
            /// `chebyshev_polynomial_w` of `2 self - 1`.
            shifted_chebyshev_polynomial_w, shifted_chebyshev_polynomial_w_, ShiftedChebyshevW, Float, |a, b| special::chebyshev_w(a + a - a.number(1.0), b), 0.0..9.0;
            /// The physicists' Hermite polynomial of degree `rhs`.
            hermite_polynomial_h, hermite_polynomial_h_, HermiteH, Float, |a, b| special::hermite_h(a, b), 0.0..9.0;
            /// The probabilists' Hermite polynomial of degree `rhs`.
            hermite_polynomial_he, hermite_polynomial_he_, HermiteHe, Float, |a, b| special::hermite_he(a, b), 0.0..9.0;
            /// The Laguerre polynomial of degree `rhs`.
            laguerre_polynomial_l, laguerre_polynomial_l_, LaguerreL, Float, |a, b| special::laguerre_l(a, b), 0.0..9.0;
            /// The Legendre polynomial of degree `rhs`.
            legendre_polynomial_p, legendre_polynomial_p_, LegendreP, Float, |a, b| special::legendre_p(a, b), 0.0..9.0;
            /// The greatest common divisor.
            gcd, gcd_, Gcd, Integer, |a, b| a.greatest_common_divisor(b), 1.0..9.0;
            /// The least common multiple.
            lcm, lcm_, Lcm, Integer, |a, b| a.least_common_multiple(b), 1.0..9.0;
            /// `self` with its bits moved up `rhs` places.
            bitwise_left_shift, bitwise_left_shift_, BitwiseLeftShift, Integer, |a, b| a.shifted_left(b), 1.0..9.0;
            /// `self` with its bits moved down `rhs` places, keeping the sign.
            bitwise_right_shift, bitwise_right_shift_, BitwiseRightShift, Integer, |a, b| a.shifted_right(b), 1.0..9.0;
            /// Bits set in both; of booleans, their conjunction.
            bitwise_and, bitwise_and_, BitwiseAnd, Bits, |a, b| a & b, 1.0..9.0;
            /// Bits set in either; of booleans, their disjunction.
            bitwise_or, bitwise_or_, BitwiseOr, Bits, |a, b| a | b, 1.0..9.0;
            /// Bits set in one alone; of booleans, their difference.
            bitwise_xor, bitwise_xor_, BitwiseXor, Bits, |a, b| a ^ b, 1.0..9.0;
            /// `self` where positive, else `rhs * self`.
            prelu_kernel, prelu_kernel_, PreluKernel, Real, |x, weight| if x > x.number(0.0) { x } else { weight * x }, -2.0..2.0;
            /// The derivative of `pow` with respect to the exponent, `self^rhs * log(self)`.
            pow_exponent_slope, pow_exponent_slope_, PowExponentSlope, Real, |a, b| a.in_double_with(b, special::power_slope), 0.5..2.5;
            /// The gradient through `relu`, from that of its output and the output.
            relu_backward, relu_backward_, ReluBackward, Real, |g, y| if y <= y.number(0.0) { y.number(0.0) } else { g }, 0.5..3.0;
            /// The gradient through `sigmoid`, from that of its output and the output.
            sigmoid_backward, sigmoid_backward_, SigmoidBackward, Real, |g, y| g * (y.number(1.0) - y) * y, 0.5..3.0;
            /// The gradient through `tanh`, from that of its output and the output.
            tanh_backward, tanh_backward_, TanhBackward, Real, |g, y| g * (y.number(1.0) - y * y), 0.5..3.0;
            /// The gradient through `gelu`, from that of its output and the input.
            gelu_backward, gelu_backward_, GeluBackward, Real, |g, x| g * x.gelu_slope(), 0.5..3.0;
            /// The gradient through `gelu_tanh`, from that of its output and the input.
            gelu_tanh_backward, gelu_tanh_backward_, GeluTanhBackward, Real, |g, x| g * x.gelu_tanh_slope(), 0.5..3.0;
            /// The gradient through `silu`, from that of its output and the input.
            silu_backward, silu_backward_, SiluBackward, Real, |g, x| g * x.silu_slope(), 0.5..3.0;
            /// The gradient through `mish`, from that of its output and the input.
            mish_backward, mish_backward_, MishBackward, Real, |g, x| g * x.mish_slope(), 0.5..3.0;
            /// The gradient through `logsigmoid`, from that of its output and the input.
            logsigmoid_backward, logsigmoid_backward_, LogSigmoidBackward, Real, |g, x| g * (-x).sigmoid(), 0.5..3.0;
            /// The gradient through `hardswish`, from that of its output and the input.
            hardswish_backward, hardswish_backward_, HardswishBackward, Real, |g, x| if x <= x.number(-3.0) { x.number(0.0) } else if x < x.number(3.0) { g * (x / x.number(3.0) + x.number(0.5)) } else { g }, 0.5..2.5;
        }
    };
}

/// Feeds the rows of the operations that return booleans for pairs of elements to a macro.
#[macro_export]
macro_rules! for_each_compare_op {
    ($emit:ident) => {
        $emit! {
            /// Where both are equal.
            eq, Eq, |a, b| a == b;
            /// Where both differ.
            ne, Ne, |a, b| a != b;
            /// Where `self` is less than `rhs`.
            lt, Lt, |a, b| a < b;
            /// Where `self` is at most `rhs`.
            le, Le, |a, b| a <= b;
            /// Where `self` is greater than `rhs`.
            gt, Gt, |a, b| a > b;
            /// Where `self` is at least `rhs`.
            ge, Ge, |a, b| a >= b;
            /// Where both are non-zero.
            logical_and, LogicalAnd, |a, b| a.is_true() && b.is_true();
            /// Where at least one is non-zero.
            logical_or, LogicalOr, |a, b| a.is_true() || b.is_true();
            /// Where exactly one is non-zero.
            logical_xor, LogicalXor, |a, b| a.is_true() != b.is_true();
        }
    };
}

/// Feeds the rows of the operations that return a boolean for each element to a macro.
#[macro_export]
macro_rules! for_each_predicate_op {
    ($emit:ident) => {
        $emit! {
            /// Where an element is not a number.
            isnan, IsNan, |x| x != x;
            /// Where an element is infinite.
            isinf, IsInf, |x| x.is_infinite();
            /// Where an element is neither infinite nor NaN.
            isfinite, IsFinite, |x| x == x && !x.is_infinite();
            /// Where an element is positive infinity.
            isposinf, IsPosInf, |x| x.is_infinite() && x > x.number(0.0);
            /// Where an element is negative infinity.
            isneginf, IsNegInf, |x| x.is_infinite() && x < x.number(0.0);
            /// Where the sign bit is set, -0.0 included.
            signbit, SignBit, |x| x.is_sign_negative();
            /// Where an element is zero.
            logical_not, LogicalNot, |x| !x.is_true();
        }
    };
}

/// Feeds the rows of the unary operations with numeric parameters to a macro.
///
/// Columns: variant, name, class, formula over the element and its parameters, test parameters, test domain.
#[macro_export]
macro_rules! for_each_parametric_op {
    ($emit:ident) => {
        $emit! {
            /// Elements moved up to at least `low`; NaN stays.
            ClampMin, "clamp_min", Number, |x, low| x.maximum(low), [-0.5, 0.0, 0.0], -1.0..1.0;
            /// Elements moved down to at most `high`; NaN stays.
            ClampMax, "clamp_max", Number, |x, high| x.minimum(high), [0.5, 0.0, 0.0], -1.0..1.0;
            /// Elements moved into `low..=high`; NaN stays.
            Clamp, "clamp", Number, |x, low, high| x.maximum(low).minimum(high), [-0.5, 0.5, 0.0], -1.0..1.0;
            /// As `Clamp`, but the ends themselves get no gradient.
            Hardtanh, "hardtanh", Number, |x, low, high| x.maximum(low).minimum(high), [-1.0, 1.0, 0.0], -1.7..1.7;
            /// `x` where positive, else `slope * x`.
            LeakyRelu, "leaky_relu", Real, |x, slope| if x > x.number(0.0) { x } else { x * slope }, [0.1, 0.0, 0.0], -2.0..2.0;
            /// `scale * x` where positive, else `scale * alpha * (exp(x * input_scale) - 1)`.
            Elu, "elu", Real, |x, alpha, scale, input_scale| if x > x.number(0.0) { x * scale } else { (x * input_scale).exp_m1() * alpha * scale }, [1.3, 1.0, 1.0], -2.0..2.0;
            /// `log(1 + exp(beta x)) / beta`, and `x` where `beta x > threshold`.
            Softplus, "softplus", Real, |x, beta, threshold| if x * beta > threshold { x } else { (x * beta).exp().ln_1p() / beta }, [1.0, 20.0, 0.0], -2.0..2.0;
            /// `x` where above `threshold`, else `value`; NaN stays.
            Threshold, "threshold", Number, |x, threshold, value| if x <= threshold { value } else { x }, [0.1, 20.0, 0.0], 0.3..2.0;
            /// `x` where its magnitude exceeds `lambda`, else 0.
            Hardshrink, "hardshrink", Real, |x, lambda| if x >= -lambda && x <= lambda { x.number(0.0) } else { x }, [0.5, 0.0, 0.0], 0.7..2.0;
            /// `x` moved towards 0 by `lambda`, and 0 where its magnitude is at most `lambda`.
            Softshrink, "softshrink", Real, |x, lambda| if x > lambda { x - lambda } else if x < -lambda { x + lambda } else { x * x.number(0.0) }, [0.5, 0.0, 0.0], 0.7..2.0;
            /// `x^2 / 2` up to a magnitude of `delta`, and from there on a line.
            Huber, "huber", Real, |x, delta| { let far = x.magnitude(); if far <= delta { far * far * x.number(0.5) } else { delta * (far - delta * x.number(0.5)) } }, [0.7, 0.0, 0.0], -2.0..2.0;
            /// `x` raised to a fixed power.
            PowScalar, "pow", Number, |x, exponent| x.power(exponent), [2.5, 0.0, 0.0], 0.5..2.5;
            /// NaN and the infinities replaced.
            NanToNum, "nan_to_num", Any, |x, nan, posinf, neginf| if x != x { nan } else if x.is_infinite() { if x > x.number(0.0) { posinf } else { neginf } } else { x }, [0.0, 1.0, -1.0], -2.0..2.0;
            /// `x * up / down` rounded, halves to even, and scaled back.
            RoundScaled, "round", Real, |x, up, down| (x * up / down).round_ties_even() / up * down, [10.0, 1.0, 0.0], 0.01..0.04;
            /// `log(x / (1 - x))` of `x` moved into `low..=high`.
            Logit, "logit", Float, |x, low, high| if x < low { low.logit() } else if x > high { high.logit() } else { x.logit() }, [0.2, 0.8, 0.0], 0.0..1.0;
            /// The n-th derivative of `digamma`.
            Polygamma, "polygamma", Float, |x, n| x.polygamma(n), [2.0, 0.0, 0.0], 0.5..3.0;
        }
    };
}

/// Feeds the rows of the operations on three operands, and perhaps a number, to a macro.
#[macro_export]
macro_rules! for_each_ternary_op {
    ($emit:ident) => {
        $emit! {
            /// The second operand where the first is non-zero, else the third.
            Where, "where", Any, |condition, a, b| if condition.is_true() { a } else { b }, 0.5..3.0;
            /// The first operand moved into the range between the others; NaN stays.
            Clamp, "clamp", Number, |x, low, high| x.maximum(low).minimum(high), 0.5..3.0;
            /// The first operand moved towards the second by the third.
            Lerp, "lerp", Real, |a, b, weight| a.lerp(b, weight), 0.5..3.0;
            /// The first operand plus `value` times the product of the others.
            Addcmul, "addcmul", Number, |x, a, b, value| x + value * a * b, 0.5..3.0;
            /// The first operand plus `value` times the quotient of the others.
            Addcdiv, "addcdiv", Real, |x, a, b, value| x + value * a / b, 0.5..3.0;
        }
    };
}

/// Which dtypes a row takes and what it returns; see the module documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Every dtype, as it is.
    Any,
    /// All but booleans, as they are.
    Number,
    /// Every dtype; integers and booleans become `f32`.
    Float,
    /// Floating point, as it is.
    Real,
    /// Integers, as they are.
    Integer,
    /// Integers and booleans, as they are.
    Bits,
}

/// Rows with a class and a domain become an enum that knows both.
macro_rules! define_op {
    ($(#[$enum_doc:meta])* $Op:ident: $($(#[$doc:meta])* ($name:expr), $Variant:ident, $Class:ident, $domain:expr;)*) => {
        $(#[$enum_doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $Op { $($(#[$doc])* $Variant),* }

        impl $Op {
            /// Every row of the table.
            pub const ALL: &'static [$Op] = &[$($Op::$Variant),*];
            /// The name of the method.
            pub fn name(self) -> &'static str { match self { $($Op::$Variant => $name),* } }
            /// Which dtypes the operation takes.
            pub fn class(self) -> Class { match self { $($Op::$Variant => Class::$Class),* } }
            /// Where to test the operation.
            pub fn domain(self) -> std::ops::Range<f64> { match self { $($Op::$Variant => $domain),* } }
        }
    };
}

macro_rules! define_unary {
    ($($(#[$doc:meta])* $name:ident, $name_:ident, $Variant:ident, $Class:ident, |$x:ident| $formula:expr, $domain:expr;)*) => {
        define_op! {
            /// A unary elementwise operation.
            UnaryOp: $($(#[$doc])* (stringify!($name)), $Variant, $Class, $domain;)*
        }
    };
}
for_each_unary_op!(define_unary);

macro_rules! define_binary {
    ($($(#[$doc:meta])* $name:ident, $name_:ident, $Variant:ident, $Class:ident, |$a:ident, $b:ident| $formula:expr, $domain:expr;)*) => {
        define_op! {
            /// A binary elementwise operation.
            BinaryOp: $($(#[$doc])* (stringify!($name)), $Variant, $Class, $domain;)*
        }
    };
}
for_each_binary_op!(define_binary);

macro_rules! define_parametric {
    ($($(#[$doc:meta])* $Variant:ident, $name:literal, $Class:ident, |$x:ident $(, $p:ident)*| $formula:expr, $parameters:expr, $domain:expr;)*) => {
        define_op! {
            /// A unary elementwise operation with up to three numbers as parameters.
            ParametricOp: $($(#[$doc])* ($name), $Variant, $Class, $domain;)*
        }

        impl ParametricOp {
            /// Parameters to test the operation with.
            pub fn test_parameters(self) -> [f64; 3] { match self { $(ParametricOp::$Variant => $parameters),* } }
        }
    };
}
for_each_parametric_op!(define_parametric);

macro_rules! define_compare {
    ($($(#[$doc:meta])* $name:ident, $Variant:ident, |$a:ident, $b:ident| $formula:expr;)*) => {
        define_op! {
            /// A relation between two elements.
            CompareOp: $($(#[$doc])* (stringify!($name)), $Variant, Any, -3.0..3.0;)*
        }
    };
}
for_each_compare_op!(define_compare);

macro_rules! define_predicate {
    ($($(#[$doc:meta])* $name:ident, $Variant:ident, |$x:ident| $formula:expr;)*) => {
        define_op! {
            /// A property of one element.
            PredicateOp: $($(#[$doc])* (stringify!($name)), $Variant, Any, -3.0..3.0;)*
        }
    };
}
for_each_predicate_op!(define_predicate);

macro_rules! define_ternary {
    ($($(#[$doc:meta])* $Variant:ident, $name:literal, $Class:ident, |$a:ident, $b:ident, $c:ident $(, $value:ident)?| $formula:expr, $domain:expr;)*) => {
        define_op! {
            /// An elementwise operation on three operands.
            TernaryOp: $($(#[$doc])* ($name), $Variant, $Class, $domain;)*
        }
    };
}
for_each_ternary_op!(define_ternary);
