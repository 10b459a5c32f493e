//! Texts that PyTorch 2.15 prints.

use super::*;
use half::f16;

fn floats(data: &[f32], options: PrintOptions) -> String {
    text(data, &[data.len()], options)
}

fn text<T: crate::Element>(data: &[T], shape: &[usize], options: PrintOptions) -> String {
    Array::from_slice(data, shape)
        .unwrap()
        .to_text(GradText::None, &options)
}

fn default() -> PrintOptions {
    PrintOptions::default()
}

/// `start, start + step, ...`.
fn range<T: crate::Element>(len: usize, step: f64) -> Vec<T> {
    (0..len).map(|i| T::from_f64(i as f64 * step)).collect()
}

#[test]
fn fractions_share_four_digits_and_one_width() {
    let text = floats(
        &[1.5, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.5],
        default(),
    );
    assert_eq!(text, "tensor([1.5000,    nan,    inf,   -inf, 0.5000])");
}

#[test]
fn whole_numbers_end_in_a_point() {
    let data = [1.0, 2.0, -30.0, f64::INFINITY];
    let expected = "tensor([  1.,   2., -30.,  inf], dtype=torch.float64)";
    assert_eq!(text(&data, &[4], default()), expected);
    assert_eq!(floats(&[-0.0, 0.0], default()), "tensor([-0., 0.])");
}

#[test]
fn numbers_far_apart_are_scientific_unless_told_otherwise() {
    let expected = "tensor([ 1.0000e-05,  1.0000e+00, -2.5000e+00])";
    assert_eq!(floats(&[1e-5, 1.0, -2.5], default()), expected);

    let never = PrintOptions {
        sci_mode: Some(false),
        ..default()
    };
    assert_eq!(
        floats(&[1e10, 1.0], never),
        "tensor([10000000000.,           1.])"
    );

    let always = PrintOptions {
        sci_mode: Some(true),
        ..default()
    };
    let expected = "tensor([0.0000e+00, 1.0000e+00, 2.0000e+00])";
    assert_eq!(floats(&[0.0, 1.0, 2.0], always), expected);
}

#[test]
fn precision_follows_the_options() {
    let short = PrintOptions::short();
    let expected = "tensor([[ 1.25e-01,  3.75e-01],\n        [-1.00e+03,  2.50e+00]])";
    assert_eq!(
        text(&[0.125_f32, 0.375, -1000.0, 2.5], &[2, 2], short),
        expected
    );
    let whole = PrintOptions {
        precision: usize::MAX,
        ..default()
    };
    assert!(floats(&[0.5], whole).starts_with("tensor([0.50000"));
}

#[test]
fn booleans_integers_and_single_numbers_are_exact() {
    assert_eq!(
        text(&[true, false], &[2], default()),
        "tensor([ True, False])"
    );
    assert_eq!(
        text(&[i64::MIN], &[], default()),
        "tensor(-9223372036854775808)"
    );
    assert_eq!(text(&[2.345678_f32], &[], default()), "tensor(2.3457)");
}

#[test]
fn blank_lines_separate_the_outer_dimensions() {
    let expected = "\
tensor([[[ 0,  1,  2,  3],
         [ 4,  5,  6,  7],
         [ 8,  9, 10, 11]],

        [[12, 13, 14, 15],
         [16, 17, 18, 19],
         [20, 21, 22, 23]]], dtype=torch.int32)";
    assert_eq!(
        text(&range::<i32>(24, 1.0), &[2, 3, 4], default()),
        expected
    );
}

#[test]
fn long_rows_are_wrapped() {
    let narrow = PrintOptions {
        linewidth: 40,
        ..default()
    };
    let expected = "\
tensor([ 0.0000,  1.2500,  2.5000,
         3.7500,  5.0000,  6.2500,
         7.5000,  8.7500, 10.0000,
        11.2500, 12.5000, 13.7500])";
    assert_eq!(floats(&range(12, 1.25), narrow), expected);
}

#[test]
fn large_tensors_show_their_edges() {
    let expected = "\
tensor([[   0,    1,    2,  ...,  997,  998,  999],
        [1000, 1001, 1002,  ..., 1997, 1998, 1999]])";
    assert_eq!(
        text(&range::<i64>(2000, 1.0), &[2, 1000], default()),
        expected
    );

    let expected = "tensor([  0.0000,   0.5000,   1.0000,  ..., 499.0000, 499.5000, 500.0000])";
    assert_eq!(floats(&range(1001, 0.5), default()), expected);

    let two = PrintOptions {
        threshold: 5,
        edgeitems: 2,
        ..default()
    };
    assert_eq!(
        text(&range::<i64>(10, 1.0), &[10], two),
        "tensor([0, 1,  ..., 8, 9])"
    );
    let none = PrintOptions {
        edgeitems: 0,
        ..two
    };
    assert_eq!(
        text(&range::<i64>(10, 1.0), &[2, 5], none),
        "tensor([...], size=(2, 5))"
    );
    assert_eq!(
        floats(&range(2000, 1.0), PrintOptions::full())
            .matches(',')
            .count(),
        1999
    );
}

#[test]
fn empty_tensors_show_what_their_elements_would_have_told() {
    let empty = |shape: &[usize], dtype| {
        Array::full(shape, Scalar::Int(0), dtype, Device::Cpu)
            .unwrap()
            .to_string()
    };
    assert_eq!(empty(&[0], DType::F32), "tensor([])");
    assert_eq!(empty(&[0], DType::I64), "tensor([], dtype=torch.int64)");
    assert_eq!(empty(&[2, 0, 3], DType::F32), "tensor([], size=(2, 0, 3))");
    assert_eq!(
        empty(&[3, 0], DType::Bool),
        "tensor([], size=(3, 0), dtype=torch.bool)"
    );
}

#[test]
fn suffixes_wrap_like_numbers() {
    let half = Array::from_slice(&[f16::from_f32(1.25); 3], &[3]).unwrap();
    let function = GradText::GradFn("MulBackward0");
    let expected = "tensor([1.2500, 1.2500, 1.2500], dtype=torch.float16, grad_fn=<MulBackward0>)";
    assert_eq!(half.to_text(function, &default()), expected);

    let long = Array::from_slice(&[1.25_f32; 16], &[16]).unwrap();
    let expected = "\
tensor([1.2500, 1.2500, 1.2500, 1.2500, 1.2500, 1.2500, 1.2500, 1.2500, 1.2500,
        1.2500, 1.2500, 1.2500, 1.2500, 1.2500, 1.2500, 1.2500],
       grad_fn=<MulBackward0>)";
    assert_eq!(long.to_text(function, &default()), expected);

    let leaf = Array::from_slice(&[1.5_f32, 2.5], &[2]).unwrap();
    let expected = "tensor([1.5000, 2.5000], requires_grad=True)";
    assert_eq!(leaf.to_text(GradText::RequiresGrad, &default()), expected);

    let cuda = TensorText {
        shape: &[1],
        dtype: DType::F32,
        device: Device::Cuda(0),
        grad: GradText::None,
    };
    let text = cuda.to_text(&default(), |_| Scalar::Float(1.0));
    assert_eq!(text, "tensor([1.], device='cuda:0')");
}

#[test]
fn views_print_in_their_own_order() {
    let rows = Array::from_slice(&range::<i64>(6, 1.0), &[2, 3]).unwrap();
    let view = rows.with_layout(rows.layout().transpose(0, 1));
    assert_eq!(
        view.to_string(),
        "tensor([[0, 3],\n        [1, 4],\n        [2, 5]])"
    );
}

#[test]
fn the_format_string_overrides_the_precision() {
    let array = Array::from_slice(&[0.125_f32, 2.5], &[2]).unwrap();
    assert_eq!(format!("{array:.2}"), "tensor([0.12, 2.50])");
}

#[test]
fn many_dimensions_do_not_overflow_the_stack() {
    let text = text(&[7_i64], &[1; 3000], default());
    assert_eq!(text.matches(']').count(), 3000);
}
