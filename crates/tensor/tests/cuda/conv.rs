//! Convolutions of every rank, in groups and without, and their gradients.

use crate::arrays::{CUDA, each_device, numbers, simulate};
use rushlight_tensor::ops::conv::ConvGeometry;
use rushlight_tensor::ops::table::BinaryOp;
use rushlight_tensor::{Array, DType, Result, Scalar};

const PLAIN: ConvGeometry = ConvGeometry {
    stride: [1; 3],
    padding: [0; 3],
    dilation: [1; 3],
    groups: 1,
};

/// Numbers whose products have sums of moderate size.
fn operand(shape: &[usize], dtype: DType) -> Array {
    let x = numbers(shape, dtype);
    match dtype.is_floating_point() {
        true => x
            .binary_scalar(BinaryOp::Mul, Scalar::Float(0.125))
            .expect("a product"),
        false => x,
    }
}

/// Compares a convolution and both of its gradients.
fn check(x: &[usize], weight: &[usize], geometry: ConvGeometry, dtypes: &[DType]) {
    for &dtype in dtypes {
        let name = format!("{dtype} {x:?} {weight:?} {geometry:?}");
        let (x, weight) = (operand(x, dtype), operand(weight, dtype));
        let bias = operand(&weight.shape()[..1], dtype);
        let to = |array: &Array, x: &Array| array.to_device(x.device());
        each_device(&name, &x, |x| x.conv(&to(&weight, x)?, None, &geometry));
        each_device(&name, &x, |x| {
            x.conv(&to(&weight, x)?, Some(&to(&bias, x)?), &geometry)
        });
        let y = x.conv(&weight, None, &geometry).expect("a convolution");
        let g = operand(y.shape(), dtype);
        each_device(&name, &g, |g| {
            g.conv_backward_input(&to(&weight, g)?, x.shape(), &geometry)
        });
        each_device(&name, &g, |g| {
            g.conv_backward_weight(&to(&x, g)?, weight.shape(), &geometry)
        });
    }
}

#[test]
fn every_dtype_in_tiles_and_one_by_one() {
    simulate();
    let padded = ConvGeometry {
        padding: [0, 1, 2],
        ..PLAIN
    };
    check(&[2, 3, 5, 7], &[4, 3, 3, 3], padded, &DType::ALL);
    check(&[2, 17, 5, 6], &[18, 17, 3, 2], padded, &DType::ALL);
}

#[test]
fn every_rank_stride_and_dilation() {
    simulate();
    let moved = ConvGeometry {
        stride: [2, 3, 2],
        padding: [1, 2, 1],
        dilation: [1, 2, 2],
        groups: 1,
    };
    let line = ConvGeometry {
        stride: [1, 1, 3],
        padding: [0, 0, 2],
        dilation: [1, 1, 2],
        groups: 1,
    };
    let dtypes = [DType::F32, DType::F64];
    check(&[2, 3, 20], &[20, 3, 5], line, &dtypes);
    check(&[1, 2, 5, 9, 8], &[3, 2, 2, 3, 3], moved, &dtypes);
    check(&[1, 16, 5, 9, 8], &[70, 16, 2, 3, 3], moved, &dtypes);
    check(&[1, 2, 1, 1], &[3, 2, 1, 1], PLAIN, &dtypes);
}

#[test]
fn groups_and_depthwise_kernels() {
    simulate();
    let dtypes = [DType::F32, DType::BF16];
    for (x, weight, groups) in [
        ([2, 6, 6, 5], [6, 1, 3, 3], 6),
        ([2, 6, 6, 5], [12, 1, 3, 3], 6),
        ([1, 40, 6, 5], [34, 20, 3, 3], 2),
    ] {
        let geometry = ConvGeometry {
            stride: [1, 2, 1],
            padding: [0, 1, 1],
            groups,
            ..PLAIN
        };
        check(&x, &weight, geometry, &dtypes);
    }
}

#[test]
fn sums_of_many_terms_are_added_up_in_parts() {
    simulate();
    check(
        &[3, 2, 40, 40],
        &[2, 2, 3, 3],
        PLAIN,
        &[DType::F32, DType::F16, DType::I64],
    );
}

#[test]
fn empty_and_strided_operands() {
    simulate();
    check(&[0, 3, 5, 7], &[4, 3, 3, 3], PLAIN, &[DType::F32]);
    check(
        &[2, 0, 5, 7],
        &[4, 0, 3, 3],
        PLAIN,
        &[DType::F32, DType::I32],
    );
    check(&[2, 3, 5, 7], &[0, 3, 3, 3], PLAIN, &[DType::F32]);
    let x = operand(&[5, 7, 3, 2], DType::F32);
    let weight = operand(&[3, 3, 3, 4], DType::F32);
    each_device("strided", &x, |x| -> Result<Array> {
        let weight = weight.to_device(x.device())?.permute(&[3, 2, 1, 0])?;
        x.permute(&[3, 2, 0, 1])?
            .narrow(3, 1, 5)?
            .conv(&weight, None, &PLAIN)
    });
}

#[test]
fn sizes_that_kernels_cannot_count_are_an_error() {
    simulate();
    let x = operand(&[1, 1, 4], DType::F32)
        .to_device(CUDA)
        .expect("a copy");
    let geometry = ConvGeometry {
        padding: [0, 0, 1 << 31],
        stride: [1, 1, 1 << 40],
        ..PLAIN
    };
    let error = x.conv(&x, None, &geometry).expect_err("too large");
    let expected = "conv: cuda:0 does not take operands of such sizes; move them with `to`";
    assert_eq!(error.to_string(), expected);
}
