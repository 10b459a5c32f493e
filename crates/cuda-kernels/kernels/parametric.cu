// y = f(x; p, q, r) for every row of the parametric table.
//
// Grid: any number of blocks of any size; threads stride over the elements.
// Assumes: operands are [y, x]; y may lie exactly on x.

#include "rows.cuh"
#ifdef REAL_TYPE
#include "special.cuh"

/// For the first derivative small arguments are reflected in their own type, so that poles come out as
/// large numbers.
FUNCTION C reflected_polygamma(C x, C n) {
    if (n == C(1) && x < C(0.5)) {
        C slope = C(PI) / sin(C(PI) * x);
        return slope * slope - C(polygamma(C(1) - x, 1.0));
    }
    return C(polygamma(x, n));
}
#else
#include "numbers.cuh"
#endif

#define KERNEL_OF(name, ...)                                                              \
    KERNEL(parametric, name)(const __grid_constant__ Plan<2> plan, C p, C q, C r) {       \
        FOR_EACH(i, plan.count) {                                                         \
            Int at[2];                                                                    \
            locate(plan, i, at);                                                          \
            C x = load(plan.operands[1], at[1]);                                          \
            store(plan.operands[0], at[0], C(__VA_ARGS__));                               \
        }                                                                                 \
    }

#include "functors/parametric.cuh"
