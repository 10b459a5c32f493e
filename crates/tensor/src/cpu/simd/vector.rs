//! What kernels ask of a vector of floats.

/// The lanes of the widest vector.
pub(crate) const MOST_LANES: usize = 16;

/// A processor vector with `LANES` elements.
///
/// Kernels written over this trait are `#[inline(always)]` and run inside a function that enables
/// the vector's instructions, which is what makes them compile to single instructions.
///
/// # Safety
///
/// Every method needs the processor features of its type; see [`Level`](super::Level). Methods with
/// a pointer access `LANES` elements there, or the first `count <= LANES` where there is a count.
/// No alignment is needed.
#[allow(
    dead_code,
    reason = "the set is complete, whichever of it kernels use at present"
)]
pub(crate) trait Vector: Copy {
    type Element: Copy;
    const LANES: usize;

    unsafe fn splat(value: Self::Element) -> Self;
    unsafe fn load(from: *const Self::Element) -> Self;
    /// Loads `count` elements and zeros after them.
    unsafe fn load_first(from: *const Self::Element, count: usize) -> Self;
    unsafe fn store(self, to: *mut Self::Element);
    unsafe fn store_first(self, to: *mut Self::Element, count: usize);
    unsafe fn add(self, other: Self) -> Self;
    unsafe fn sub(self, other: Self) -> Self;
    unsafe fn mul(self, other: Self) -> Self;
    unsafe fn div(self, other: Self) -> Self;
    /// The lesser of each pair, `other` where either is NaN.
    unsafe fn min(self, other: Self) -> Self;
    /// The greater of each pair, `other` where either is NaN.
    unsafe fn max(self, other: Self) -> Self;
    /// `self * factor + addend`, rounded once where the processor can.
    unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;
    /// The sum of all lanes.
    unsafe fn sum(self) -> Self::Element;
    /// The even and the odd of all lanes, those of `other` coming after those of `self`.
    unsafe fn deinterleave(self, other: Self) -> (Self, Self);
    /// Writes the transpose of a `LANES x LANES` block, whose rows start at `row(0)` and so on, as
    /// rows that are `stride` apart.
    unsafe fn transpose(
        row: impl Fn(usize) -> *const Self::Element,
        to: *mut Self::Element,
        stride: usize,
    );
}
