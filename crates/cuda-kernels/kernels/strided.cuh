// Elements of strided operands, read and written as numbers of the type that a kernel computes in.
//
// The build says which type that is: C is float, double or Int, and TYPE its name in the names of
// kernels (f32, f64, i64). Half types compute in float, integers and booleans in Int.

#pragma once

#define FUNCTION static __device__ __forceinline__
#define METHOD __device__ __forceinline__
#define JOIN(family, type, name) family##_##type##_##name
#define NAMED(family, type, name) JOIN(family, type, name)
/// A kernel called FAMILY_TYPE_NAME.
#define KERNEL(family, name) extern "C" __global__ void NAMED(family, TYPE, name)

typedef long long Int;

/// The dtypes, as the host numbers them.
enum DType : unsigned { F32, F64, F16, BF16, I64, I32, I16, I8, U8, BOOL };

/// Dimensions a launch can walk over; the host splits what has more.
constexpr unsigned DIMS = 8;

/// Where the elements of an operand lie.
struct Operand {
    char* data;
    Int strides[DIMS];
    unsigned dtype;
    unsigned padding;
};

/// The elements a launch visits, innermost dimension first, and where each operand has them.
template <int N>
struct Plan {
    unsigned count;
    unsigned rank;
    unsigned sizes[DIMS];
    Operand operands[N];
};

/// Before a loop that is not to be unrolled: with loads of many dtypes, copies of it are long and not fast.
#define PLAIN_LOOP _Pragma("unroll 1")

/// Runs a loop body for the elements of this thread.
#define FOR_EACH(i, count)                                                   \
    for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < (count);    \
         i += gridDim.x * blockDim.x)

/// The offsets of the i-th element in all operands.
template <int N>
FUNCTION void locate(const Plan<N>& plan, unsigned i, Int (&offsets)[N]) {
    for (int k = 0; k < N; k++) offsets[k] = 0;
#pragma unroll 1
    for (unsigned d = 0; d + 1 < plan.rank; d++) {
        unsigned size = plan.sizes[d], rest = i / size, place = i - rest * size;
        for (int k = 0; k < N; k++) offsets[k] += place * plan.operands[k].strides[d];
        i = rest;
    }
    if (plan.rank > 0) {
        for (int k = 0; k < N; k++) offsets[k] += i * plan.operands[k].strides[plan.rank - 1];
    }
}

FUNCTION float widen_half(unsigned short bits) {
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
    return x;
}

FUNCTION unsigned short narrow_to_half(float x) {
    unsigned short bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
    return bits;
}

FUNCTION float widen_bfloat(unsigned short bits) { return __uint_as_float(unsigned(bits) << 16); }

/// Rounds to nearest, ties to even.
FUNCTION unsigned short narrow_to_bfloat(float x) {
    unsigned bits = __float_as_uint(x);
    if (x != x) return (bits >> 16) | 0x40;
    return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

/// A real number as an integer; NaN is 0.
FUNCTION Int whole(double x) { return x == x ? Int(x) : 0; }

FUNCTION void assign(float& to, float from) { to = from; }
FUNCTION void assign(float& to, double from) { to = float(from); }
FUNCTION void assign(float& to, Int from) { to = float(from); }
FUNCTION void assign(double& to, double from) { to = from; }
FUNCTION void assign(double& to, Int from) { to = double(from); }
FUNCTION void assign(Int& to, double from) { to = whole(from); }
FUNCTION void assign(Int& to, Int from) { to = from; }

template <class T>
FUNCTION T at(const char* data, Int i) { return reinterpret_cast<const T*>(data)[i]; }

template <class T>
FUNCTION T& at(char* data, Int i) { return reinterpret_cast<T*>(data)[i]; }

/// The i-th element as a number.
FUNCTION C load(const Operand& x, Int i) {
    const char* data = x.data;
    C number;
    switch (x.dtype) {
        case F32: assign(number, at<float>(data, i)); break;
        case F64: assign(number, at<double>(data, i)); break;
        case F16: assign(number, widen_half(at<unsigned short>(data, i))); break;
        case BF16: assign(number, widen_bfloat(at<unsigned short>(data, i))); break;
        case I64: assign(number, at<Int>(data, i)); break;
        case I32: assign(number, Int(at<int>(data, i))); break;
        case I16: assign(number, Int(at<short>(data, i))); break;
        case I8: assign(number, Int(at<signed char>(data, i))); break;
        default: assign(number, Int(at<unsigned char>(data, i))); break;
    }
    return number;
}

FUNCTION void read(double& number, const Operand& x, Int i) { number = at<double>(x.data, i); }

FUNCTION void read(float& number, const Operand& x, Int i) {
    switch (x.dtype) {
        case F32: number = at<float>(x.data, i); break;
        case F16: number = widen_half(at<unsigned short>(x.data, i)); break;
        default: number = widen_bfloat(at<unsigned short>(x.data, i)); break;
    }
}

FUNCTION void read(Int& number, const Operand& x, Int i) {
    switch (x.dtype) {
        case I64: number = at<Int>(x.data, i); break;
        case I32: number = at<int>(x.data, i); break;
        case I16: number = at<short>(x.data, i); break;
        case I8: number = at<signed char>(x.data, i); break;
        default: number = at<unsigned char>(x.data, i); break;
    }
}

/// The i-th element of an operand whose dtype computes in this type.
FUNCTION C load_own(const Operand& x, Int i) {
    C number;
    read(number, x, i);
    return number;
}

FUNCTION void store_real(const Operand& x, Int i, float number) {
    switch (x.dtype) {
        case F32: at<float>(x.data, i) = number; break;
        case F16: at<unsigned short>(x.data, i) = narrow_to_half(number); break;
        default: at<unsigned short>(x.data, i) = narrow_to_bfloat(number); break;
    }
}

/// Writes a result, which has a dtype that computes in this type.
FUNCTION void store(const Operand& x, Int i, float number) { store_real(x, i, number); }

FUNCTION void store(const Operand& x, Int i, double number) {
    if (x.dtype == F64) at<double>(x.data, i) = number;
    else store_real(x, i, float(number));
}

FUNCTION void store(const Operand& x, Int i, Int number) {
    switch (x.dtype) {
        case I64: at<Int>(x.data, i) = number; break;
        case I32: at<int>(x.data, i) = int(number); break;
        case I16: at<short>(x.data, i) = short(number); break;
        case BOOL: at<unsigned char>(x.data, i) = number != 0; break;
        default: at<unsigned char>(x.data, i) = number; break;
    }
}

/// Drops the fraction; what does not fit becomes the smallest number.
FUNCTION Int truncated(double x, double end) {
    return x < end && x > -end - 1.0 ? Int(x) : Int(-end);
}

/// Writes a number converted to whatever dtype the operand has.
FUNCTION void convert(const Operand& x, Int i, double number) {
    constexpr double INT_END = 2147483648.0, LONG_END = 9223372036854775808.0;
    if (x.dtype == BOOL) at<unsigned char>(x.data, i) = number != 0;
    else if (x.dtype <= BF16) store(x, i, number);
    else store(x, i, truncated(number, x.dtype == I64 || x.dtype == U8 ? LONG_END : INT_END));
}

FUNCTION void convert(const Operand& x, Int i, float number) { convert(x, i, double(number)); }

FUNCTION void convert(const Operand& x, Int i, Int number) {
    if (x.dtype > BF16) store(x, i, number);
    else if (x.dtype == F64) at<double>(x.data, i) = double(number);
    else store_real(x, i, float(number));
}
