// Matrices of a batch, of any strides, as products read them.

#pragma once

struct Matrices {
    unsigned m, n, k, padding;
    /// Distances between rows and between columns, of [out, a, b].
    Int rows[3], columns[3];
};
