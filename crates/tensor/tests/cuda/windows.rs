//! Windows of images: pooling, patches, resampling; and rows that are normalised.

use crate::arrays::{each_device, numbers, samples, simulate};
use rushlight_tensor::ops::patches::PatchGeometry;
use rushlight_tensor::ops::pool::{AverageCount, PoolGeometry, Windows};
use rushlight_tensor::ops::resample::{LineMap, Resampling, Sampling};
use rushlight_tensor::{Array, DType, Result};

const POOLINGS: [PoolGeometry; 4] = [
    PoolGeometry {
        kernel: [1, 3, 2],
        stride: [1, 2, 2],
        padding: [0, 1, 1],
        dilation: [1; 3],
        ceil_mode: false,
    },
    PoolGeometry {
        kernel: [1, 2, 3],
        stride: [1, 3, 2],
        padding: [0, 1, 0],
        dilation: [1; 3],
        ceil_mode: true,
    },
    PoolGeometry {
        kernel: [2, 3, 2],
        stride: [1; 3],
        padding: [1, 1, 0],
        dilation: [1; 3],
        ceil_mode: false,
    },
    PoolGeometry {
        kernel: [1, 2, 2],
        stride: [1, 2, 1],
        padding: [0; 3],
        dilation: [1, 2, 3],
        ceil_mode: true,
    },
];

/// Numbers, and NaN and infinities among others.
fn images(dtype: DType) -> [Array; 2] {
    let special = samples(2 * 3 * 5 * 7, 1, dtype);
    let shape = [2, 3, 5, 7];
    [
        numbers(&shape, dtype).transpose(0, 1).expect("a view"),
        special.reshape(&shape.into()).expect("a shape"),
    ]
}

#[test]
fn maxima_and_where_they_are() {
    simulate();
    for dtype in DType::ALL {
        for x in images(dtype) {
            for geometry in POOLINGS {
                let name = format!("{dtype} {geometry:?}");
                let spatial = if geometry.kernel[0] == 1 { 2 } else { 3 };
                each_device(&name, &x, |x| Ok(x.max_pool(spatial, &geometry)?.0));
                each_device(&name, &x, |x| Ok(x.max_pool(spatial, &geometry)?.1));
            }
            for output in [&[2, 3][..], &[1, 1], &[7, 9], &[1, 2, 3], &[0, 2]] {
                let name = format!("{dtype} {output:?}");
                each_device(&name, &x, |x| Ok(x.adaptive_max_pool(output)?.0));
                each_device(&name, &x, |x| Ok(x.adaptive_max_pool(output)?.1));
            }
        }
    }
}

#[test]
fn averages_and_their_gradients() {
    simulate();
    for dtype in DType::ALL {
        let [x, _] = images(dtype);
        for geometry in &POOLINGS[..3] {
            let spatial = if geometry.kernel[0] == 1 { 2 } else { 3 };
            for (include_padding, divisor) in [(false, None), (true, None), (false, Some(-3))] {
                let count = AverageCount {
                    include_padding,
                    divisor,
                };
                let name = format!("{dtype} {geometry:?} {count:?}");
                each_device(&name, &x, |x| x.avg_pool(spatial, geometry, count));
                each_device(&name, &x, |x| {
                    let g = x.avg_pool(spatial, geometry, count)?;
                    g.avg_pool_backward(x.shape(), spatial, Windows::Sliding(*geometry), count)
                });
            }
        }
        for output in [&[2, 3][..], &[7, 9], &[1, 2, 3], &[0, 2]] {
            let name = format!("{dtype} {output:?}");
            each_device(&name, &x, |x| x.adaptive_avg_pool(output));
            each_device(&name, &x, |x| {
                let (g, count) = (x.adaptive_avg_pool(output)?, AverageCount::default());
                g.avg_pool_backward(x.shape(), output.len(), Windows::Adaptive, count)
            });
        }
    }
}

#[test]
fn patches_and_their_sums() {
    simulate();
    let dense = PatchGeometry {
        kernel: [2, 3],
        dilation: [1; 2],
        padding: [0; 2],
        stride: [1; 2],
    };
    let sparse = PatchGeometry {
        kernel: [3, 2],
        dilation: [2, 1],
        padding: [1, 2],
        stride: [2, 3],
    };
    for dtype in DType::ALL {
        let [x, _] = images(dtype);
        for geometry in [dense, sparse] {
            let name = format!("{dtype} {geometry:?}");
            each_device(&name, &x, |x| x.im2col(geometry));
            each_device(&name, &x, |x| x.im2col(geometry)?.col2im(geometry, [5, 7]));
        }
        each_device("none", &x, |x| x.narrow(0, 0, 0)?.im2col(dense));
    }
}

#[test]
fn resampling_and_its_transpose() {
    simulate();
    for dtype in DType::ALL {
        let [x, _] = images(dtype);
        for sampling in [Sampling::Nearest, Sampling::Linear, Sampling::Cubic] {
            for (outputs, antialias) in [([5, 9], false), ([3, 4], false), ([3, 4], true)] {
                let resampling = Resampling {
                    sampling,
                    align_corners: false,
                    antialias: antialias && sampling != Sampling::Nearest,
                };
                let map = |inputs, outputs| LineMap::new(resampling, inputs, outputs, None, dtype);
                let name = format!("{dtype} {resampling:?} {outputs:?}");
                let maps = [map(5, outputs[0]), map(7, outputs[1])];
                let maps = maps.map(|map| map.expect("sizes that are not zero"));
                each_device(&name, &x, |x| x.map_lines(&maps));
                let back = maps.each_ref().map(LineMap::transposed);
                each_device(&name, &x, |x| x.map_lines(&maps)?.map_lines(&back));
            }
        }
    }
}

#[test]
fn rows_are_normalised_and_their_gradients_too() {
    simulate();
    for dtype in [DType::F32, DType::F64] {
        for (shape, normalized) in [
            (&[3, 4, 5][..], &[4, 5][..]),
            (&[2, 700], &[700]),
            (&[0, 4], &[4]),
            (&[9, 1], &[1]),
        ] {
            let x = numbers(shape, dtype);
            let weight = numbers(normalized, dtype);
            for which in 0..6 {
                for has_weight in [false, true] {
                    let name = format!("{dtype} {shape:?} {which} {has_weight}");
                    each_device(&name, &x, |x| -> Result<Array> {
                        let weight = weight.to_device(x.device())?;
                        let given = has_weight.then_some(&weight);
                        let norm = x.layer_norm(normalized, given, given, 0.5)?;
                        let operands = [&norm.y, &norm.mean, &norm.rstd];
                        let gradients = x.layer_norm_backward(normalized, given, operands)?;
                        let all = [norm.y, norm.mean, norm.rstd];
                        let all =
                            all.into_iter()
                                .chain([gradients.x, gradients.weight, gradients.bias]);
                        Ok(all.collect::<Vec<_>>().swap_remove(which))
                    });
                }
            }
        }
    }
}
