// Which rows of a table become kernels: each for the types that its class takes.
//
// A source defines KERNEL_OF(name, formula) and includes a table. Rows whose functions exist in double
// alone are kernels of that type, which the host takes for every type.

#pragma once

#include "strided.cuh"

#ifdef REAL_TYPE
#define IF_REAL(...) __VA_ARGS__
#define IF_WHOLE(...)
#else
#define IF_REAL(...)
#define IF_WHOLE(...) __VA_ARGS__
#endif

#define ROW_Any(...) KERNEL_OF(__VA_ARGS__)
#define ROW_Number(...) KERNEL_OF(__VA_ARGS__)
#define ROW_Float(...) IF_REAL(KERNEL_OF(__VA_ARGS__))
#define ROW_Real(...) IF_REAL(KERNEL_OF(__VA_ARGS__))
#define ROW_Integer(...) IF_WHOLE(KERNEL_OF(__VA_ARGS__))
#define ROW_Bits(...) IF_WHOLE(KERNEL_OF(__VA_ARGS__))

#ifdef SPECIAL_ROWS
#define ROW(...)
#define SPECIAL_ROW(Class, ...) KERNEL_OF(__VA_ARGS__)
#else
#define ROW(Class, ...) ROW_##Class(__VA_ARGS__)
#define SPECIAL_ROW(...)
#endif
