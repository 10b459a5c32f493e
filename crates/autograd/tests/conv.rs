//! Convolutions.

use rushlight_autograd::{
    ConvOptions, ConvTransposeOptions, Result, Tensor, gradcheck, gradgradcheck,
};

fn ramp(shape: &[usize], phase: f64) -> Tensor {
    let count: usize = shape.iter().product();
    let values = (0..count).map(|i| (i as f64 * 0.7 + phase).sin()).collect();
    Tensor::from_vec(values, shape)
        .unwrap()
        .requires_grad_(true)
        .unwrap()
}

fn check(f: impl Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor]) {
    gradcheck(&f, inputs, Default::default()).unwrap();
    gradgradcheck(&f, inputs, Default::default()).unwrap();
}

#[test]
fn gradients_hold_to_second_order_with_stride_padding_dilation_and_groups() {
    let options = ConvOptions {
        stride: [2, 1],
        padding: [1, 0],
        dilation: [1, 2],
        groups: 2,
    };
    let inputs = [
        ramp(&[2, 2, 4, 5], 0.1),
        ramp(&[4, 1, 2, 2], 0.5),
        ramp(&[4], 0.9),
    ];
    check(|x| x[0].conv2d(&x[1], Some(&x[2]), &options), &inputs);
}

#[test]
fn gradients_hold_for_a_transposed_operand_and_without_batch() {
    let x = ramp(&[5, 2], 0.3)
        .detach()
        .transpose(0, 1)
        .unwrap()
        .requires_grad_(true)
        .unwrap();
    let inputs = [x, ramp(&[3, 2, 3], 0.5)];
    check(
        |x| x[0].conv1d(&x[1], None, &ConvOptions::default()),
        &inputs,
    );
}

#[test]
fn gradients_hold_in_three_dimensions() {
    let inputs = [ramp(&[1, 1, 3, 2, 3], 0.3), ramp(&[2, 1, 2, 2, 2], 0.5)];
    check(
        |x| x[0].conv3d(&x[1], None, &ConvOptions::default()),
        &inputs,
    );
}

#[test]
fn gradients_of_transposed_convolutions_hold_to_second_order() {
    let options = ConvTransposeOptions {
        stride: [2, 2],
        padding: [1, 0],
        output_padding: [1, 0],
        ..Default::default()
    };
    let inputs = [
        ramp(&[2, 2, 2, 3], 0.1),
        ramp(&[2, 3, 2, 2], 0.5),
        ramp(&[3], 0.9),
    ];
    check(
        |x| x[0].conv_transpose2d(&x[1], Some(&x[2]), &options),
        &inputs,
    );
}

#[test]
fn an_empty_batch_gives_an_empty_result_and_zero_weight_gradients() {
    let (x, w) = (ramp(&[0, 2, 4, 4], 0.0), ramp(&[3, 2, 2, 2], 0.0));
    let y = x.conv2d(&w, None, &ConvOptions::default()).unwrap();
    assert_eq!(y.shape(), [0, 3, 3, 3]);
    y.sum().unwrap().backward().unwrap();
    assert_eq!(
        w.grad()
            .unwrap()
            .abs()
            .unwrap()
            .sum()
            .unwrap()
            .item()
            .unwrap(),
        0.0
    );
}

#[test]
fn kernels_that_do_not_fit_are_refused() {
    let x = ramp(&[1, 2, 4, 4], 0.0);
    let options = ConvOptions::default();
    for weight in [&[3, 2, 5, 5][..], &[3, 1, 2, 2], &[3, 2, 2], &[3, 2, 0, 2]] {
        assert!(
            x.conv2d(&ramp(weight, 0.0), None, &options).is_err(),
            "{weight:?}"
        );
    }
    let weight = ramp(&[3, 2, 2, 2], 0.0);
    let zero_stride = ConvOptions {
        stride: [0, 1],
        ..options
    };
    assert!(x.conv2d(&weight, None, &zero_stride).is_err());
    let huge = ConvOptions {
        padding: [usize::MAX, 0],
        ..options
    };
    assert!(x.conv2d(&weight, None, &huge).is_err());
}
