// One step of an optimizer, in place: parameter and states are read and written once.
//
// Types: f32 f64
// Grid: any number of blocks of any size; threads stride over the elements.
// Assumes: operands are [p, g, states...].

#include "numbers.cuh"

constexpr int NUMBERS = 10;

/// The numbers that are the same for all elements.
struct Numbers {
    C of[NUMBERS];
};

#define ROW(name, states, ...)                                                                 \
    KERNEL(update, name)(const __grid_constant__ Plan<2 + states> plan,                        \
                         const __grid_constant__ Numbers numbers) {                            \
        const C* h = numbers.of;                                                               \
        FOR_EACH(i, plan.count) {                                                              \
            Int at[2 + states];                                                                \
            locate(plan, i, at);                                                               \
            C p = load(plan.operands[0], at[0]), g = load(plan.operands[1], at[1]);            \
            C s[3] = {};                                                                       \
            for (int k = 0; k < states; k++) s[k] = load(plan.operands[2 + k], at[2 + k]);     \
            __VA_ARGS__                                                                        \
            store(plan.operands[0], at[0], p);                                                 \
            for (int k = 0; k < states; k++) store(plan.operands[2 + k], at[2 + k], s[k]);     \
        }                                                                                      \
    }

#include "functors/update.cuh"
