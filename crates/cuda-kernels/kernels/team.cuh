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

/// Combines the values of the threads of the team before this one, in their order, by the algorithm of
/// Hillis and Steele; the first thread gets `empty`.
template <class T, class Merge>
FUNCTION T meet_before(T* values, T value, T empty, Merge merge) {
    T* own = values + threadIdx.y * blockDim.x;
    __syncthreads();
    own[threadIdx.x] = value;
    for (unsigned distance = 1; distance < blockDim.x; distance *= 2) {
        __syncthreads();
        T before = threadIdx.x < distance ? empty : own[threadIdx.x - distance];
        __syncthreads();
        if (threadIdx.x >= distance) own[threadIdx.x] = merge(before, own[threadIdx.x]);
    }
    __syncthreads();
    return threadIdx.x == 0 ? empty : own[threadIdx.x - 1];
}

/// Runs a loop body for the lines of this team; `is_there` is false in the rounds it sits out.
#define FOR_EACH_LINE(line, is_there, count)                                              \
    for (unsigned line = blockIdx.x * blockDim.y + threadIdx.y, first_ = line - threadIdx.y, \
                  is_there = line < (count);                                              \
         first_ < (count);                                                                \
         first_ += gridDim.x * blockDim.y, line += gridDim.x * blockDim.y, is_there = line < (count))
