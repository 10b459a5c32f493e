//! Functions of each element.

use crate::layer::layer;
use crate::setting::Inplace;

layer! {
    /// Applies `max(x, 0)` to each element.
    ReLU {}
    /// Printed, and without another effect: the result is the same.
    inplace: Inplace = Inplace(false), from impl Into<Inplace>;
    |_layer, x| x.relu()
}

layer! {
    /// Applies `1 / (1 + exp(-x))` to each element.
    Sigmoid {}
    |_layer, x| x.sigmoid()
}

layer! {
    /// Applies the hyperbolic tangent to each element.
    Tanh {}
    |_layer, x| x.tanh()
}
