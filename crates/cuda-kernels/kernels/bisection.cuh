// Binary search.

#pragma once

#include "strided.cuh"

/// How many of `length` elements hold a claim that all up to some one hold, and none after it.
template <class Claim>
FUNCTION Int partition_point(Int length, Claim claim) {
    Int start = 0;
    while (length > 0) {
        Int half = length / 2;
        if (claim(start + half)) start += half + 1, length -= half + 1;
        else length = half;
    }
    return start;
}
