//! Windows of images as columns.

use crate::gradients::{check_linear, scrambled};
use rushlight_autograd::PatchGeometry;

const PATCHES: PatchGeometry = PatchGeometry {
    kernel: [2, 3],
    dilation: [2, 1],
    padding: [1, 0],
    stride: [1, 2],
};

#[test]
fn gradients_of_patches_hold_both_ways() {
    check_linear(|x| x[0].im2col(PATCHES), scrambled(&[2, 2, 4, 5]));
    check_linear(|x| x[0].col2im(PATCHES, [4, 5]), scrambled(&[1, 12, 8]));
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
