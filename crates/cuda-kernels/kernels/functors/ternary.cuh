// The rows of the operations on three operands and a number: class, variant, formula over a, b, c and
// value.

ROW(Any, Where, a != C(0) ? b : c)
ROW(Number, Clamp, minimum(maximum(a, b), c))
ROW(Real, Lerp, lerp(a, b, c))
ROW(Number, Addcmul, a + value * b * c)
ROW(Real, Addcdiv, a + value * b / c)
