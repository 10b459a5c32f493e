// Elements moved as they are, whatever they mean.

#pragma once

#include "strided.cuh"

/// Copies an element of so many bytes.
FUNCTION void move(const Operand& to, Int i, const Operand& from, Int j, unsigned size) {
    switch (size) {
        case 1: at<unsigned char>(to.data, i) = at<unsigned char>(from.data, j); break;
        case 2: at<unsigned short>(to.data, i) = at<unsigned short>(from.data, j); break;
        case 4: at<unsigned>(to.data, i) = at<unsigned>(from.data, j); break;
        default: at<Int>(to.data, i) = at<Int>(from.data, j); break;
    }
}

/// Writes zero bytes.
FUNCTION void clear(const Operand& to, Int i, unsigned size) {
    switch (size) {
        case 1: at<unsigned char>(to.data, i) = 0; break;
        case 2: at<unsigned short>(to.data, i) = 0; break;
        case 4: at<unsigned>(to.data, i) = 0; break;
        default: at<Int>(to.data, i) = 0; break;
    }
}
