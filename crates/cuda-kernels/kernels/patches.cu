// The windows of images as columns of a matrix, and columns added up where their elements came from.
//
// Grid: any number of blocks of any size; threads stride over the elements of the result.
// Assumes: operands are [columns, image] or [image, columns], dense, plane by plane.

#include "numbers.cuh"
#include "move.cuh"

struct Shape {
    int image[2], windows[2];
    int kernel[2], dilation[2], padding[2], stride[2];
};

#ifndef REAL_TYPE
/// Elements outside the image are zero bytes.
KERNEL(patches, Take)(const __grid_constant__ Plan<2> arrays, const __grid_constant__ Shape shape,
                      unsigned count, unsigned size) {
    FOR_EACH(i, count) {
        unsigned rest = i, window[2], tap[2];
        for (int d = 1; d >= 0; d--) window[d] = rest % shape.windows[d], rest /= shape.windows[d];
        for (int d = 1; d >= 0; d--) tap[d] = rest % shape.kernel[d], rest /= shape.kernel[d];
        Int place = rest;
        bool inside = true;
        for (int d = 0; d < 2; d++) {
            int at = window[d] * shape.stride[d] + tap[d] * shape.dilation[d] - shape.padding[d];
            inside = inside && at >= 0 && at < shape.image[d];
            place = place * shape.image[d] + at;
        }
        if (inside) move(arrays.operands[0], i, arrays.operands[1], place, size);
        else clear(arrays.operands[0], i, size);
    }
}
#endif

KERNEL(patches, Add)(const __grid_constant__ Plan<2> arrays, const __grid_constant__ Shape shape,
                     unsigned count) {
    FOR_EACH(i, count) {
        unsigned x = i % shape.image[1], rest = i / shape.image[1];
        unsigned y = rest % shape.image[0], plane = rest / shape.image[0];
        C sum = C(0);
        for (int row = 0; row < shape.kernel[0]; row++) {
            int down = int(y) + shape.padding[0] - row * shape.dilation[0];
            if (down < 0 || down % shape.stride[0] != 0) continue;
            down /= shape.stride[0];
            if (down >= shape.windows[0]) continue;
            for (int column = 0; column < shape.kernel[1]; column++) {
                int across = int(x) + shape.padding[1] - column * shape.dilation[1];
                if (across < 0 || across % shape.stride[1] != 0) continue;
                across /= shape.stride[1];
                if (across >= shape.windows[1]) continue;
                Int place = (Int(plane) * shape.kernel[0] + row) * shape.kernel[1] + column;
                place = (place * shape.windows[0] + down) * shape.windows[1] + across;
                sum += load_own(arrays.operands[1], place);
            }
        }
        store(arrays.operands[0], i, sum);
    }
}
