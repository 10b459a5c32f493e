//! The settings of an optimizer, as methods that one chains.

/// Writes the constructor of an optimizer and a method for each row, which sets the option of its name.
macro_rules! settings {
    ($Optimizer:ident: $($(#[$doc:meta])* $name:ident($($argument:ident: $Type:ty),+);)*) => {
        impl $Optimizer {
            /// Over the given parameters, with a learning rate: a number, or a tensor of one element.
            pub fn new<P: Into<rushlight_autograd::Tensor>>(
                params: impl IntoIterator<Item = P>,
                lr: impl Into<$crate::OptionValue>,
            ) -> $Optimizer {
                $Optimizer::with_defaults(params).option("lr", lr)
            }

            $($(#[$doc])*
            pub fn $name(self, $($argument: $Type),+) -> $Optimizer {
                self.option(stringify!($name), ($($argument),+))
            })*
        }
    };
}

pub(crate) use settings;
