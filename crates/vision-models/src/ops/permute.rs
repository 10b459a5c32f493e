//! Changing the order of dimensions, between layers.

use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{Forward, Module, Site};

/// Puts the dimensions of its input into another order.
#[derive(Module, Debug)]
pub struct Permute {
    /// The dimensions of the input, in the order they are to have.
    #[module(skip)]
    pub dims: [isize; 4],
    /// The layer's place in a model.
    pub site: Site,
}

impl Permute {
    /// The layer for an order.
    pub fn new(dims: [isize; 4]) -> Permute {
        let site = Site::default();
        Permute { dims, site }
    }
}

impl Forward for Permute {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| x.permute(&self.dims))
    }
}

/// Exchanges two dimensions of its input.
#[derive(Module, Debug)]
pub struct SwapAxes {
    /// One dimension.
    #[module(skip)]
    pub a: isize,
    /// The other one.
    #[module(skip)]
    pub b: isize,
    /// The layer's place in a model.
    pub site: Site,
}

impl SwapAxes {
    /// The layer for two dimensions.
    pub fn new(a: isize, b: isize) -> SwapAxes {
        let site = Site::default();
        SwapAxes { a, b, site }
    }
}

impl Forward for SwapAxes {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| x.swapaxes(self.a, self.b))
    }
}
