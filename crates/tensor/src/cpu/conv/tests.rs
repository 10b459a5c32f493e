//! Convolutions of random sizes against plain loops in `f64`.

use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use num_traits::AsPrimitive;

use super::*;
use crate::cpu::finish::Tail;
use crate::cpu::parallel::with_threads;
use crate::cpu::random_inputs::RandomInputs;
use crate::cpu::simd::each_level;
use crate::ops::conv::ConvGeometry;
use crate::{DType, Device};

/// Calls `f` with the places in input, weight and output of every product of the convolution.
fn for_each_product(shape: &ConvShape, mut f: impl FnMut(usize, usize, usize)) {
    let places =
        |[d, h, w]: [usize; 3]| (0..d * h * w).map(move |i| [i / (h * w), i / w % h, i % w]);
    let flat = |[_, h, w]: [usize; 3], [i, j, k]: [usize; 3]| (i * h + j) * w + k;
    for (n, o) in (0..shape.batch).flat_map(|n| (0..shape.out_channels).map(move |o| (n, o))) {
        for (out, c) in
            places(shape.output).flat_map(|out| (0..shape.group_inputs()).map(move |c| (out, c)))
        {
            for tap in places(shape.kernel) {
                let place = [0, 1, 2].map(|i| {
                    let place = out[i] * shape.stride[i] + tap[i] * shape.dilation[i];
                    place.wrapping_sub(shape.padding[i])
                });
                if (0..3).any(|i| place[i] >= shape.input[i]) {
                    continue;
                }
                let channel = o / shape.group_outputs() * shape.group_inputs() + c;
                f(
                    (n * shape.in_channels + channel) * shape.input_plane()
                        + flat(shape.input, place),
                    (o * shape.group_inputs() + c) * shape.kernel_plane() + flat(shape.kernel, tap),
                    (n * shape.out_channels + o) * shape.output_plane() + flat(shape.output, out),
                );
            }
        }
    }
}

fn random_shape(inputs: &mut RandomInputs) -> ConvShape {
    let groups = inputs.pick(&[1, 1, 1, 2, 3]);
    let channels = [(); 2].map(|()| match cfg!(miri) {
        true => 1,
        false => inputs.pick(&[1, 1, 2, 3, 5, 9]),
    });
    random_shape_with(inputs, groups, channels)
}

/// A convolution with so many groups, and channels of each.
fn random_shape_with(
    inputs: &mut RandomInputs,
    groups: usize,
    [into, out]: [usize; 2],
) -> ConvShape {
    let spatial = 1 + inputs.below(3);
    let largest = if cfg!(miri) {
        6
    } else {
        [40, 20, 7][spatial - 1]
    };
    let mut shape = ConvShape {
        batch: inputs.pick(&[0, 1, 1, 2, 3]),
        groups,
        in_channels: groups * into,
        out_channels: groups * out,
        input: [1; 3],
        kernel: [1; 3],
        stride: [1; 3],
        padding: [0; 3],
        dilation: [1; 3],
        output: [1; 3],
    };
    for i in 3 - spatial..3 {
        shape.kernel[i] = 1 + inputs.below(4);
        shape.stride[i] = inputs.pick(&[1, 1, 2, 3]);
        shape.padding[i] = inputs.pick(&[0, 1, 1, 2, 4]);
        shape.dilation[i] = inputs.pick(&[1, 1, 2, 3]);
        let span = (shape.kernel[i] - 1) * shape.dilation[i] + 1;
        let least = span.saturating_sub(2 * shape.padding[i]).max(1);
        shape.input[i] = least + inputs.below(largest);
        // As in a transposed convolution with output padding, fewer outputs may be asked for.
        let room = shape.input[i] + 2 * shape.padding[i] - span;
        shape.output[i] = (room / shape.stride[i] + 1)
            .saturating_sub(inputs.pick(&[0, 0, 0, 1]))
            .max(1);
    }
    shape
}

fn close<T: AsPrimitive<f64> + Debug>(
    got: &[T],
    expected: &[f64],
    unit: f64,
    what: &str,
    shape: &ConvShape,
) {
    assert_eq!(got.len(), expected.len());
    for (i, (&got, &expected)) in got.iter().zip(expected).enumerate() {
        let difference = (got.as_() - expected).abs();
        assert!(
            difference <= unit * 64.0,
            "{what} {i}: {got:?} is not {expected}; {shape:?}"
        );
    }
}

fn check<T>(shape: &ConvShape, inputs: &mut RandomInputs, unit: f64)
where
    T: Real + AsPrimitive<f64> + Debug,
    f64: AsPrimitive<T>,
{
    let mut random = |count| -> (Vec<f64>, Vec<T>) {
        let numbers = inputs.numbers(count);
        let converted = numbers.iter().map(|x| x.as_()).collect();
        (numbers, converted)
    };
    let (x, x_t) = random(shape.batch * shape.in_channels * shape.input_plane());
    let (w, w_t) = random(shape.out_channels * shape.patch());
    let (dy, dy_t) = random(shape.batch * shape.out_channels * shape.output_plane());
    let (bias, bias_t) = random(shape.out_channels);
    let (in_bias, in_bias_t) = random(shape.in_channels);
    let bias_at = |bias: &[f64], plane: usize, i: usize| bias[i / plane % bias.len()];
    let mut y: Vec<_> = (0..dy.len())
        .map(|i| bias_at(&bias, shape.output_plane(), i))
        .collect();
    let mut dx: Vec<_> = (0..x.len())
        .map(|i| bias_at(&in_bias, shape.input_plane(), i))
        .collect();
    let mut dw = vec![0.0; w.len()];
    for_each_product(shape, |i, j, o| {
        y[o] += x[i] * w[j];
        dx[i] += dy[o] * w[j];
        dw[j] += dy[o] * x[i];
    });
    let mut got = vec![T::nan(); y.len()];
    forward(
        shape,
        &x_t,
        Weight::passing(&w_t),
        Some(&bias_t),
        &mut got,
        Tail::NONE,
    );
    close(&got, &y, unit, "y", shape);
    let mut got = vec![T::nan(); dx.len()];
    backward_input(
        shape,
        &dy_t,
        Weight::passing(&w_t),
        Some(&in_bias_t),
        &mut got,
    );
    close(&got, &dx, unit, "dx", shape);
    let mut got = vec![T::nan(); dw.len()];
    backward_weight(shape, &x_t, &dy_t, &mut got);
    close(&got, &dw, unit, "dw", shape);
}

#[test]
fn convolutions_and_gradients_equal_plain_sums_at_every_level() {
    each_level(|_| {
        let mut inputs = RandomInputs::new(1);
        for _ in 0..if cfg!(miri) { 6 } else { 300 } {
            let shape = random_shape(&mut inputs);
            check::<f32>(&shape, &mut inputs, 1e-6);
            check::<f64>(&shape, &mut inputs, 1e-14);
        }
    });
}

#[test]
fn depthwise_convolutions_and_gradients_equal_plain_sums_at_every_level() {
    each_level(|_| {
        let mut inputs = RandomInputs::new(9);
        for _ in 0..if cfg!(miri) { 3 } else { 80 } {
            let groups = inputs.pick(&[7, 8, 11, 16, 19, 33]);
            let outputs = inputs.pick(&[1, 1, 1, 2]);
            let shape = random_shape_with(&mut inputs, groups, [1, outputs]);
            check::<f32>(&shape, &mut inputs, 1e-6);
            check::<f64>(&shape, &mut inputs, 1e-14);
        }
    });
}

/// Two spatial dimensions, padded so that a stride of 1 keeps the size.
fn square(
    [batch, groups, in_channels, out_channels]: [usize; 4],
    size: usize,
    kernel: usize,
    stride: usize,
) -> ConvShape {
    let padding = kernel / 2;
    let output = (size + 2 * padding - kernel) / stride + 1;
    ConvShape {
        batch,
        groups,
        in_channels,
        out_channels,
        input: [1, size, size],
        kernel: [1, kernel, kernel],
        stride: [1, stride, stride],
        padding: [0, padding, padding],
        dilation: [1; 3],
        output: [1, output, output],
    }
}

#[test]
fn layers_of_networks_equal_plain_sums() {
    let shapes = [
        square([2, 1, 3, 16], 56, 7, 2),
        square([2, 1, 16, 24], 14, 3, 1),
        square([40, 1, 8, 16], 8, 3, 1),
        square([2, 1, 40, 33], 14, 1, 1),
        square([2, 1, 24, 9], 14, 1, 2),
        square([3, 1, 40, 20], 7, 3, 1),
        square([2, 1, 3, 5], 64, 16, 16),
        square([2, 24, 24, 24], 28, 3, 1),
        square([2, 8, 8, 16], 15, 5, 2),
        square([2, 20, 20, 20], 112, 3, 1),
        square([1, 16, 16, 16], 113, 5, 2),
        square([1, 4, 32, 32], 20, 3, 2),
        square([1, 1, 40, 20], 13, 3, 2),
        square([5, 2, 40, 36], 7, 1, 1),
    ];
    let mut inputs = RandomInputs::new(2);
    for shape in shapes
        .iter()
        .take(if cfg!(miri) { 0 } else { shapes.len() })
    {
        check::<f32>(shape, &mut inputs, 1e-5);
        check::<f64>(shape, &mut inputs, 1e-13);
    }
}

#[test]
fn images_that_are_not_padded_at_once_equal_plain_sums() {
    let shape = square([3, 1, 5, 2], if cfg!(miri) { 5 } else { 600 }, 1, 1);
    let shape = ConvShape {
        padding: [0, 1, 1],
        output: [1, shape.output[1] + 2, 9],
        ..shape
    };
    check::<f32>(&shape, &mut RandomInputs::new(3), 1e-4);
}

#[test]
fn a_convolution_without_products_is_its_bias() {
    let shape = ConvShape {
        in_channels: 0,
        ..square([2, 1, 1, 3], 4, 3, 1)
    };
    check::<f32>(&shape, &mut RandomInputs::new(4), 0.0);
    let shape = ConvShape {
        out_channels: 0,
        ..square([2, 1, 3, 1], 4, 3, 1)
    };
    check::<f32>(&shape, &mut RandomInputs::new(5), 0.0);
}

#[test]
fn infinities_stay_with_the_outputs_that_see_them() {
    let shape = square([1, 1, 1, 1], 12, 3, 1);
    let mut x = vec![1.0_f32; 144];
    x[5 * 12 + 11] = f32::INFINITY;
    let mut y = vec![0.0; 144];
    forward(
        &shape,
        &x,
        Weight::passing(&[1.0; 9]),
        None,
        &mut y,
        Tail::NONE,
    );
    for (i, &y) in y.iter().enumerate() {
        let is_near = (4..7).contains(&(i / 12)) && i % 12 >= 10;
        assert_eq!(y.is_infinite(), is_near, "at {i}");
        assert!(!y.is_nan());
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let size = if cfg!(miri) { 3 } else { 20 };
    for shape in [
        square([5, 1, 6, 20], size, 3, 1),
        square([3, 8, 8, 8], size, 3, 2),
        square([5, 20, 20, 20], 3 * size, 3, 1),
        square([if cfg!(miri) { 1 } else { 6 }, 1, 32, 40], size, 3, 1),
    ] {
        let mut inputs = RandomInputs::new(6);
        let mut random = |count| -> Vec<f32> {
            inputs
                .numbers(count)
                .iter()
                .map(|x| x.sin() as f32)
                .collect()
        };
        let x = random(shape.batch * shape.in_channels * shape.input_plane());
        let w = random(shape.out_channels * shape.patch());
        let dy = random(shape.batch * shape.out_channels * shape.output_plane());
        for algorithms in [Winograd::F2, Winograd::F4] {
            let mut results = Vec::new();
            with_winograd(algorithms, || {
                for threads in [1, 2, 5] {
                    with_threads(threads, || {
                        let (mut y, mut dx, mut dw) = (dy.clone(), x.clone(), w.clone());
                        forward(&shape, &x, Weight::passing(&w), None, &mut y, Tail::NONE);
                        backward_input(&shape, &dy, Weight::passing(&w), None, &mut dx);
                        backward_weight(&shape, &x, &dy, &mut dw);
                        results.push((y, dx, dw));
                    });
                }
            });
            assert!(results.iter().all(|result| *result == results[0]));
        }
    }
}

/// Runs `test` with some algorithms; tests that change them take turns.
fn with_winograd(algorithms: Winograd, test: impl FnOnce()) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let earlier = super::winograd();
    set_winograd(algorithms);
    test();
    set_winograd(earlier);
}

#[test]
fn winograd_equals_plain_sums_at_every_level() {
    let shapes = [
        square([8, 2, 64, 80], 19, 3, 1),
        square([6, 1, 20, 150], 22, 3, 1),
    ];
    each_level(|_| {
        let mut inputs = RandomInputs::new(8);
        for algorithms in [Winograd::F2, Winograd::F4] {
            with_winograd(algorithms, || {
                for shape in shapes.iter().filter(|_| !cfg!(miri)) {
                    let side = Some(algorithms.side());
                    assert_eq!(winograd::best_side(shape), side);
                    assert_eq!(winograd::best_side_for_taps(shape), side);
                    check::<f32>(shape, &mut inputs, 1e-5);
                }
            });
        }
    });
}

#[test]
fn direct_sums_are_closer_than_winograd_and_both_are_close() {
    // The outputs are sums of 576 products; the figures are root mean squares.
    if cfg!(miri) {
        return;
    }
    let shape = square([1, 1, 64, 64], 56, 3, 1);
    let mut inputs = RandomInputs::new(7);
    let mut random = |count| -> Vec<f32> {
        let numbers = inputs.numbers(count);
        numbers.iter().map(|x| x.sin() as f32).collect()
    };
    let x = random(shape.in_channels * shape.input_plane());
    let w = random(shape.out_channels * shape.patch());
    let dy = random(shape.out_channels * shape.output_plane());
    let mut exact = vec![0.0; dy.len()];
    for_each_product(&shape, |i, j, o| {
        exact[o] += f64::from(x[i]) * f64::from(w[j])
    });
    let level = Level::current();
    let relative = |y: &[f32], exact: &[f64]| {
        let squares = |f: &dyn Fn(usize) -> f64| (0..y.len()).map(|i| f(i).powi(2)).sum::<f64>();
        (squares(&|i| f64::from(y[i]) - exact[i]) / squares(&|i| exact[i])).sqrt()
    };
    let error = |side: Option<usize>| {
        let mut y = vec![0.0; exact.len()];
        match side {
            Some(side) => {
                let (output, input) = (shape.patch(), shape.kernel_plane());
                let taps = Taps {
                    weight: &w,
                    output,
                    input,
                    is_flipped: false,
                    derived: None,
                };
                winograd::forward(&shape, side, &x, taps, None, &mut y, Tail::NONE);
            }
            None => product::forward(&shape, &x, &w, None, &mut y, Tail::NONE, level),
        }
        relative(&y, &exact)
    };
    let errors = [None, Some(2), Some(4)].map(error);
    println!("direct, 2 x 2, 4 x 4: {errors:?}");
    assert!(
        errors[0] < 4e-7 && errors[1] < 4e-7 && errors[2] < 2e-6,
        "{errors:?}"
    );
    // Gradients of taps are sums of 3136 products here.
    let mut exact_taps = vec![0.0; w.len()];
    for_each_product(&shape, |i, j, o| {
        exact_taps[j] += f64::from(x[i]) * f64::from(dy[o])
    });
    let error_of_taps = |side: Option<usize>| {
        let mut dw = vec![0.0; w.len()];
        match side {
            Some(side) => winograd::backward_weight(&shape, side, &x, &dy, &mut dw, level),
            None => product::backward_weight(&shape, &x, &dy, &mut dw, level),
        }
        relative(&dw, &exact_taps)
    };
    let errors = [None, Some(2), Some(4)].map(error_of_taps);
    println!("gradients of taps: {errors:?}");
    assert!(
        errors[0] < 8e-7 && errors[1] < 8e-7 && errors[2] < 3e-6,
        "{errors:?}"
    );
}

/// Convolves arrays, of which the weight is seen again, and calls `change` on it between.
fn convolve_again(groups: usize, change: impl Fn(&mut Array)) {
    let mut inputs = RandomInputs::new(8);
    let mut random = |shape: &[usize]| -> Array {
        let numbers = inputs.numbers(shape.iter().product());
        let numbers: Vec<_> = numbers.iter().map(|x| x.sin() as f32).collect();
        Array::from_slice(&numbers, shape).expect("memory")
    };
    let geometry = ConvGeometry {
        stride: [1; 3],
        padding: [0, 1, 1],
        dilation: [1; 3],
        groups,
    };
    let x = random(&[1, groups * 64, 16, 17]);
    let mut weight = random(&[groups * 72, 64, 3, 3]);
    let g = random(&[1, groups * 72, 16, 17]);
    let results = |weight: &Array| -> [Vec<f32>; 2] {
        let y = x.conv(weight, None, &geometry);
        let dx = g.conv_backward_input(weight, x.shape(), &geometry);
        [y, dx].map(|result| result.and_then(|result| result.to_vec()).expect("memory"))
    };
    let forward = |weight: &Array| -> Vec<f32> {
        let y = x.conv(weight, None, &geometry);
        y.and_then(|y| y.to_vec()).expect("memory")
    };
    for _ in 0..2 {
        let expected = results(&weight.copied().expect("memory"));
        for _ in 0..3 {
            assert_eq!(forward(&weight), expected[0]);
        }
        assert_eq!(results(&weight), expected);
        change(&mut weight);
    }
}

#[test]
#[cfg_attr(miri, ignore = "a convolution that is worth it takes too long")]
fn a_weight_that_is_seen_again_gives_the_same_bits_until_it_is_changed() {
    with_winograd(Winograd::F2, || {
        each_level(|_| {
            for groups in [1, 2] {
                convolve_again(groups, |weight| {
                    let one = Array::scalar(1.0.into(), weight.dtype(), weight.device());
                    let one = one.expect("memory");
                    weight.copy_from(&one).expect("memory");
                });
                convolve_again(groups, |weight| {
                    weight.dense_slice_mut::<f32>()[5] = 3.0;
                });
            }
        });
    });
}

#[test]
#[cfg_attr(miri, ignore = "a convolution that is worth it takes too long")]
fn transformed_taps_are_kept_from_the_second_use_on() {
    with_winograd(Winograd::F2, || {
        let full = |shape: &[usize]| {
            Array::full(shape, 1.0.into(), DType::F32, Device::Cpu).expect("memory")
        };
        let (x, weight) = (full(&[1, 64, 16, 16]), full(&[64, 64, 3, 3]));
        let geometry = ConvGeometry {
            stride: [1; 3],
            padding: [0, 1, 1],
            dilation: [1; 3],
            groups: 1,
        };
        let kept = |weight: &Array| weight.storage().derived.bytes();
        for expected in [0, 16 * 64 * 64 * 4, 16 * 64 * 64 * 4] {
            x.conv(&weight, None, &geometry).expect("memory");
            assert_eq!(kept(&weight), expected);
        }
        let mut changed = weight;
        changed.dense_slice_mut::<f32>()[0] = 2.0;
        assert_eq!(kept(&changed), 0);
    });
}
