//! The forms in place of operations that are no rows of the op table: `x.f_(..)` leaves in `x` what
//! `x.f(..)` returns. Those with a reason to do more stand beside their operation.

use crate::{Error, Operand, Result, Tensor, is_grad_enabled};
use rushlight_tensor::ops::rules;
use rushlight_tensor::{DType, Scalar};

/// Methods that end in [`Tensor::assign`], which keeps shape and dtype, or in [`Tensor::turn_into`].
macro_rules! in_place {
    ($end:ident: $($name:ident = $of:ident($($argument:ident: $Type:ty),*);)*) => {
        /// Forms in place.
        impl Tensor { $(
            #[doc = concat!("In-place form of [`", stringify!($of), "`](Tensor::", stringify!($of), ").")]
            pub fn $name(&mut self, $($argument: $Type),*) -> Result<()> {
                self.$end(stringify!($name), self.$of($($argument),*)?)
            }
        )* }
    };
}

in_place! { assign:
    addbmm_ = addbmm(a: &Tensor, b: &Tensor, beta: impl Into<Scalar>, alpha: impl Into<Scalar>);
    addmm_ = addmm(a: &Tensor, b: &Tensor, beta: impl Into<Scalar>, alpha: impl Into<Scalar>);
    addmv_ = addmv(a: &Tensor, x: &Tensor, beta: impl Into<Scalar>, alpha: impl Into<Scalar>);
    addr_ = addr(x: &Tensor, y: &Tensor, beta: impl Into<Scalar>, alpha: impl Into<Scalar>);
    baddbmm_ = baddbmm(a: &Tensor, b: &Tensor, beta: impl Into<Scalar>, alpha: impl Into<Scalar>);

    add_alpha_ = add_alpha(other: impl Into<Operand>, alpha: impl Into<Scalar>);
    sub_alpha_ = sub_alpha(other: impl Into<Operand>, alpha: impl Into<Scalar>);
    conj_ = conj();
    ldexp_ = ldexp(other: impl Into<Operand>);
    mvlgamma_ = mvlgamma(p: i64);
    polygamma_ = polygamma(n: i64);
    round_decimals_ = round_decimals(decimals: i32);

    celu_ = celu(alpha: f64);
    elu_ = elu(alpha: f64);
    leaky_relu_ = leaky_relu(negative_slope: f64);
    selu_ = selu();
    threshold_ = threshold(threshold: f64, value: f64);

    eq_ = eq(rhs: impl Into<Operand>);
    ne_ = ne(rhs: impl Into<Operand>);
    lt_ = lt(rhs: impl Into<Operand>);
    le_ = le(rhs: impl Into<Operand>);
    gt_ = gt(rhs: impl Into<Operand>);
    ge_ = ge(rhs: impl Into<Operand>);
    logical_and_ = logical_and(rhs: impl Into<Operand>);
    logical_or_ = logical_or(rhs: impl Into<Operand>);
    logical_xor_ = logical_xor(rhs: impl Into<Operand>);
    logical_not_ = logical_not();
}

in_place! { turn_into:
    as_strided_ = as_strided(size: &[usize], stride: &[isize], storage_offset: Option<usize>);
    squeeze_ = squeeze();
    squeeze_dims_ = squeeze_dims(dims: &[isize]);
    t_ = t();
    transpose_ = transpose(a: isize, b: isize);
    unsqueeze_ = unsqueeze(at: isize);
}

impl Tensor {
    /// In-place form of [`float_power`](Tensor::float_power), for `f64` only.
    pub fn float_power_(&mut self, exponent: impl Into<Operand>) -> Result<()> {
        const OP: &str = "float_power_";
        let fits = self.dtype() == DType::F64;
        rules::dtype(OP, self.dtype(), fits, "f64")?;
        self.assign(OP, self.float_power(exponent)?)
    }

    /// The end of a change of the view: `self` becomes `view`, of whatever shape.
    fn turn_into(&mut self, op: &'static str, view: Tensor) -> Result<()> {
        if self.is_leaf() && self.requires_grad() && is_grad_enabled() {
            return Err(Error::LeafInPlace { op });
        }
        *self = view;
        Ok(())
    }
}
