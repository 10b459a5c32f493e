// The rows of the properties of one element: variant, formula over x.

ROW(Any, IsNan, x != x)
ROW(Any, IsInf, is_infinite(x))
ROW(Any, IsFinite, x == x && !is_infinite(x))
ROW(Any, IsPosInf, is_infinite(x) && x > C(0))
ROW(Any, IsNegInf, is_infinite(x) && x < C(0))
ROW(Any, SignBit, is_negative(x))
ROW(Any, LogicalNot, x == C(0))
