// Threads that work on one line of elements together.
//
// Threads with one threadIdx.y are a team of blockDim.x, a power of two; all teams of a block do the
// same number of rounds, so that their barriers meet.

#pragma once

#include "strided.cuh"

/// The most threads of a block.
constexpr unsigned THREADS = 256;

/// Combines a value of each thread of the team; `values` has room for those of the block.
template <class T, class Merge>
FUNCTION T meet(T* values, T value, Merge merge) {
    T* own = values + threadIdx.y * blockDim.x;
    __syncthreads();
    own[threadIdx.x] = value;
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        __syncthreads();
        if (threadIdx.x < half) own[threadIdx.x] = merge(own[threadIdx.x], own[threadIdx.x + half]);
    }
    __syncthreads();
    return own[0];
}

/// Runs a loop body for the lines of this team; `is_there` is false in the rounds it sits out.
#define FOR_EACH_LINE(line, is_there, count)                                              \
    for (unsigned line = blockIdx.x * blockDim.y + threadIdx.y, first_ = line - threadIdx.y, \
                  is_there = line < (count);                                              \
         first_ < (count);                                                                \
         first_ += gridDim.x * blockDim.y, line += gridDim.x * blockDim.y, is_there = line < (count))
