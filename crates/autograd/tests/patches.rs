//! Windows of images as columns.

use rushlight_autograd::{PatchGeometry, Result, Tensor, gradcheck, gradgradcheck};

fn scrambled(shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let values = (0..count).map(|i| (i * 37 % (count + 3)) as f64 * 0.3 - 2.0);
    let x = Tensor::from_vec(values.collect(), shape).unwrap();
    x.requires_grad_(true).unwrap()
}

fn check(f: impl Fn(&[Tensor]) -> Result<Tensor>, x: Tensor) {
    let inputs = [x];
    gradcheck(&f, &inputs, Default::default()).unwrap();
    // A linear map has no second derivative of its own; that of its square has.
    let square = |x: &[Tensor]| f(x)?.square();
    gradgradcheck(square, &inputs, Default::default()).unwrap();
}

const PATCHES: PatchGeometry = PatchGeometry {
    kernel: [2, 3],
    dilation: [2, 1],
    padding: [1, 0],
    stride: [1, 2],
};

#[test]
fn gradients_of_patches_hold_both_ways() {
    check(|x| x[0].im2col(PATCHES), scrambled(&[2, 2, 4, 5]));
    check(|x| x[0].col2im(PATCHES, [4, 5]), scrambled(&[1, 12, 8]));
}

#[test]
fn columns_that_no_image_has_are_refused() {
    assert!(scrambled(&[1, 12, 7]).col2im(PATCHES, [4, 5]).is_err());
    assert!(scrambled(&[1, 2, 2, 2]).im2col(PATCHES).is_err());
    let wide = PatchGeometry {
        padding: [usize::MAX; 2],
        ..PATCHES
    };
    assert!(scrambled(&[1, 2, 4, 5]).im2col(wide).is_err());
}
