// One step of a recurrent layer, and its gradient, apart from the product with the hidden states.
//
// Types: f32 f64
// Grid: any number of blocks of any size; threads stride over the units of all sequences.
// Assumes: all operands are dense and belong to the step. States are [batch, hidden]; maps, and gradients of maps,
// have a row of gates * hidden for each sequence, gate after gate, and what is kept likewise.

#include "numbers.cuh"

struct Sizes {
    unsigned batch, hidden, has_bias, padding;
};

#define ARRAY(operand) reinterpret_cast<C*>(arrays.operands[operand].data)

/// Of a unit of a sequence, its place among all, and in the first part of a row of several.
struct Unit {
    unsigned place, hidden, row, column;

    METHOD Unit(const Sizes& sizes, unsigned i)
        : place(i), hidden(sizes.hidden), row(i / hidden), column(i - row * hidden) {}

    /// Where the unit is in a row of so many parts.
    METHOD Int in_part(unsigned part, unsigned parts) const {
        return (Int(row) * parts + part) * hidden + column;
    }
};

/// Operands are [maps of the input, maps of the hidden state, bias, hidden state before, cell before, hidden state
/// after, cell after, kept]; a cell and what is kept are there where the recurrence has them.
struct Forward {
    const Plan<8>& arrays;
    const Sizes& sizes;
    Unit unit;

    METHOD C input(unsigned gate, unsigned gates) const { return ARRAY(0)[unit.in_part(gate, gates)]; }
    METHOD C map(unsigned gate, unsigned gates) const {
        C bias = sizes.has_bias ? ARRAY(2)[gate * unit.hidden + unit.column] : C(0);
        return ARRAY(1)[unit.in_part(gate, gates)] + bias;
    }
    METHOD C sum(unsigned gate, unsigned gates) const { return input(gate, gates) + map(gate, gates); }
    METHOD C before() const { return ARRAY(3)[unit.place]; }
    METHOD C cell_before() const { return ARRAY(4)[unit.place]; }
    METHOD C& after() const { return ARRAY(5)[unit.place]; }
    METHOD C& cell_after() const { return ARRAY(6)[unit.place]; }
    METHOD C& kept(unsigned part) const { return ARRAY(7)[unit.in_part(part, 4)]; }
};

#define FORWARD(name, ...)                                                                              \
    KERNEL(recurrent, name)(const __grid_constant__ Plan<8> arrays, const __grid_constant__ Sizes sizes) { \
        FOR_EACH(i, sizes.batch * sizes.hidden) {                                                       \
            Forward x{arrays, sizes, Unit(sizes, i)};                                                   \
            __VA_ARGS__                                                                                 \
        }                                                                                               \
    }

FORWARD(Tanh, x.after() = tanh(x.sum(0, 1));)
FORWARD(Relu, x.after() = maximum(x.sum(0, 1), C(0));)
FORWARD(Gru,
    C reset = sigmoid(x.sum(0, 3)), update = sigmoid(x.sum(1, 3)), map = x.map(2, 3);
    C fresh = tanh(x.input(2, 3) + reset * map);
    x.kept(0) = reset, x.kept(1) = update, x.kept(2) = fresh, x.kept(3) = map;
    x.after() = (x.before() - fresh) * update + fresh;)
FORWARD(Lstm,
    C input = sigmoid(x.sum(0, 4)), forget = sigmoid(x.sum(1, 4));
    C fresh = tanh(x.sum(2, 4)), output = sigmoid(x.sum(3, 4));
    x.kept(0) = input, x.kept(1) = forget, x.kept(2) = fresh, x.kept(3) = output;
    C cell = forget * x.cell_before() + input * fresh;
    x.cell_after() = cell;
    x.after() = output * tanh(cell);)

/// Operands are [g, carried, carried through the maps, carried cell, hidden state before, cell before, hidden state
/// after, cell after, kept, gradient of the maps of the input, that of the maps of the hidden state]: g is the
/// gradient of the hidden state by what the step returns, and what is carried is that by later steps, which becomes
/// that by this step as well, but for what goes through the maps.
struct Backward {
    const Plan<11>& arrays;
    Unit unit;

    METHOD C g() const { return ARRAY(0)[unit.place] + carried() + ARRAY(2)[unit.place]; }
    METHOD C& carried() const { return ARRAY(1)[unit.place]; }
    METHOD C& carried_cell() const { return ARRAY(3)[unit.place]; }
    METHOD C before() const { return ARRAY(4)[unit.place]; }
    METHOD C cell_before() const { return ARRAY(5)[unit.place]; }
    METHOD C after() const { return ARRAY(6)[unit.place]; }
    METHOD C cell_after() const { return ARRAY(7)[unit.place]; }
    METHOD C kept(unsigned part) const { return ARRAY(8)[unit.in_part(part, 4)]; }
    METHOD C& by_input(unsigned gate, unsigned gates) const { return ARRAY(9)[unit.in_part(gate, gates)]; }
    METHOD C& by_map(unsigned gate, unsigned gates) const { return ARRAY(10)[unit.in_part(gate, gates)]; }
};

#define BACKWARD(name, ...)                                                                  \
    KERNEL(recurrent_backward, name)(const __grid_constant__ Plan<11> arrays,                \
                                     const __grid_constant__ Sizes sizes) {                  \
        FOR_EACH(i, sizes.batch * sizes.hidden) {                                            \
            Backward x{arrays, Unit(sizes, i)};                                              \
            C g = x.g();                                                                     \
            __VA_ARGS__                                                                      \
        }                                                                                    \
    }

BACKWARD(Tanh,
    C y = x.after();
    x.by_input(0, 1) = g * (C(1) - y * y);
    x.carried() = C(0);)
BACKWARD(Relu,
    x.by_input(0, 1) = x.after() > C(0) ? g : C(0);
    x.carried() = C(0);)
BACKWARD(Gru,
    C reset = x.kept(0), update = x.kept(1), fresh = x.kept(2), map = x.kept(3);
    C by_fresh = g * (C(1) - update) * (C(1) - fresh * fresh);
    C by_update = g * (x.before() - fresh) * update * (C(1) - update);
    C by_reset = by_fresh * map * reset * (C(1) - reset);
    x.by_input(0, 3) = by_reset, x.by_input(1, 3) = by_update, x.by_input(2, 3) = by_fresh;
    x.by_map(0, 3) = by_reset, x.by_map(1, 3) = by_update, x.by_map(2, 3) = by_fresh * reset;
    x.carried() = g * update;)
BACKWARD(Lstm,
    C input = x.kept(0), forget = x.kept(1), fresh = x.kept(2), output = x.kept(3);
    C bent = tanh(x.cell_after());
    C by_cell = x.carried_cell() + g * output * (C(1) - bent * bent);
    x.by_input(0, 4) = by_cell * fresh * input * (C(1) - input);
    x.by_input(1, 4) = by_cell * x.cell_before() * forget * (C(1) - forget);
    x.by_input(2, 4) = by_cell * input * (C(1) - fresh * fresh);
    x.by_input(3, 4) = g * bent * output * (C(1) - output);
    x.carried_cell() = by_cell * forget;
    x.carried() = C(0);)
