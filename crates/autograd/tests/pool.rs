//! Pooling.

use crate::gradients::scrambled;
use rushlight_autograd::{
    AvgPoolOptions, MaxPoolOptions, Result, Tensor, gradcheck, gradgradcheck,
};

fn check(f: impl Fn(&[Tensor]) -> Result<Tensor>, x: Tensor) {
    let inputs = [x];
    gradcheck(&f, &inputs, Default::default()).unwrap();
    gradgradcheck(&f, &inputs, Default::default()).unwrap();
}

#[test]
fn gradients_of_maxima_hold_with_padding_dilation_and_ceil_mode() {
    let options = MaxPoolOptions {
        stride: Some([2, 1]),
        padding: [1, 0],
        dilation: [1, 2],
        ceil_mode: true,
        ..MaxPoolOptions::new([2, 2])
    };
    check(
        |x| Ok(x[0].max_pool2d(&options)?.0),
        scrambled(&[2, 2, 5, 4]),
    );
    check(
        |x| Ok(x[0].adaptive_max_pool1d([Some(3)])?.0),
        scrambled(&[2, 7]),
    );
}

#[test]
fn gradients_of_means_hold_with_padding_and_ceil_mode() {
    let options = AvgPoolOptions {
        stride: Some([2]),
        padding: [1],
        ceil_mode: true,
        count_include_pad: false,
        ..AvgPoolOptions::new([3])
    };
    check(|x| x[0].avg_pool1d(&options), scrambled(&[1, 2, 6]));
    check(
        |x| x[0].adaptive_avg_pool2d([Some(2), None]),
        scrambled(&[2, 5, 3]),
    );
    check(
        |x| x[0].avg_pool3d(&AvgPoolOptions::new([2; 3])),
        scrambled(&[1, 1, 2, 3, 4]),
    );
}

#[test]
fn the_position_of_a_maximum_is_flat_in_its_plane() {
    let x = Tensor::from_vec(vec![0.0f32, 5.0, 1.0, 2.0], &[1, 2, 2]).unwrap();
    let (values, indices) = x.max_pool2d(&MaxPoolOptions::new([2, 2])).unwrap();
    assert_eq!(
        (values.item().unwrap(), indices.item().unwrap()),
        (5.0, 1.0)
    );
}

#[test]
fn gradients_return_to_where_the_maxima_were() {
    let options = MaxPoolOptions::new([2, 2]);
    let x = scrambled(&[1, 2, 4, 4]);
    let (values, indices) = x.max_pool2d(&options).unwrap();
    let g = values.detach().exp().unwrap();
    values.backward_with(&g, Default::default()).unwrap();
    let y = g.max_pool2d_with_indices_backward(&x, &indices).unwrap();
    assert!(y.detach().equal(&x.grad().unwrap()).unwrap());
    check(
        |g| g[0].max_pool2d_with_indices_backward(&x, &indices),
        scrambled(&[1, 2, 2, 2]),
    );
    assert!(g.max_pool2d_with_indices_backward(&values, &x).is_err());
    let beyond = indices.add(16).unwrap();
    assert!(g.max_pool2d_with_indices_backward(&x, &beyond).is_err());
}

#[test]
fn as_many_windows_as_asked_for_cover_the_input_even_none() {
    let x = scrambled(&[1, 2, 3, 3]);
    let none = [Some(1 << 40), Some(0)];
    assert_eq!(x.adaptive_avg_pool2d(none).unwrap().numel(), 0);
    assert_eq!(x.adaptive_max_pool2d(none).unwrap().0.numel(), 0);
    for other in [0, 1] {
        let sizes = [Some(usize::MAX), Some(other)];
        assert!(x.adaptive_avg_pool2d(sizes).is_err());
        assert!(x.adaptive_max_pool2d(sizes).is_err());
    }
}

#[test]
fn windows_that_do_not_fit_are_refused() {
    let x = scrambled(&[1, 2, 3, 3]);
    assert!(x.max_pool2d(&MaxPoolOptions::new([4, 4])).is_err());
    assert!(x.max_pool2d(&MaxPoolOptions::new([0, 2])).is_err());
    let padded = MaxPoolOptions {
        padding: [2, 0],
        ..MaxPoolOptions::new([2, 2])
    };
    assert!(x.max_pool2d(&padded).is_err());
    assert!(x.avg_pool3d(&AvgPoolOptions::new([usize::MAX; 3])).is_err());
}
