// The rows of the relations: variant, formula over a and b.

ROW(Any, Eq, a == b)
ROW(Any, Ne, a != b)
ROW(Any, Lt, a < b)
ROW(Any, Le, a <= b)
ROW(Any, Gt, a > b)
ROW(Any, Ge, a >= b)
ROW(Any, LogicalAnd, a != C(0) && b != C(0))
ROW(Any, LogicalOr, a != C(0) || b != C(0))
ROW(Any, LogicalXor, (a != C(0)) != (b != C(0)))
