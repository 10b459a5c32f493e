//! Builders: how a layer with parameters takes the settings that PyTorch takes as keyword arguments.

/// Writes the builder of a layer: `Layer::new(required)` and `Layer::builder(required)` with one
/// chained setter per row, and `dtype` and `device`, which every layer has. The layer's file writes
/// `build`. The docs of the rows are those of the setters, and the list of arguments of `builder`.
///
/// A row is `name: Type = default;`. A setter that takes other types than that of the row says so:
/// `stride: [usize; N] = [1; N], from impl Into<Size<N>>;`.
macro_rules! builder {
    (
        $(#[$struct_doc:meta])*
        $Builder:ident $(<const $N:ident>)? for $Layer:ident {
            $(
                $(#[doc = $required_doc:literal])*
                $required:ident: $Required:ty $(, from $RequiredArgument:ty)?;
            )*
        }
        $(
            $(#[doc = $doc:literal])*
            $name:ident: $T:ty = $default:expr $(, from $Argument:ty)?;
        )*
    ) => {
        $(#[$struct_doc])*
        #[derive(Debug, Clone)]
        #[must_use = "the layer is made by `build`"]
        pub struct $Builder $(<const $N: usize>)? {
            $($required: $Required,)*
            $($name: $T,)*
            dtype: ::rushlight_autograd::DType,
            device: ::rushlight_autograd::Device,
        }

        impl $(<const $N: usize>)? $Layer $(<$N>)? {
            /// The layer with default settings.
            pub fn new(
                $($required: $crate::builder::argument!($Required $(, $RequiredArgument)?)),*
            ) -> $crate::Result<Self> {
                Self::builder($($required),*).build()
            }

            /// Starts from the default settings; `build` makes the layer.
            #[doc = $crate::builder::arguments!(
                $($required: $($required_doc)*;)*
                $($name: $($doc)*;)*
                dtype: " Type of the parameters. Default: `f32`.";
                device: " Where the parameters live. Default: the CPU.";
            )]
            pub fn builder(
                $($required: $crate::builder::argument!($Required $(, $RequiredArgument)?)),*
            ) -> $Builder $(<$N>)? {
                $Builder {
                    $($required: $required.into(),)*
                    $($name: $default,)*
                    dtype: ::rushlight_autograd::DType::F32,
                    device: ::rushlight_autograd::Device::Cpu,
                }
            }
        }

        impl $(<const $N: usize>)? $Builder $(<$N>)? {
            $(
                $(#[doc = $doc])*
                pub fn $name(mut self, $name: $crate::builder::argument!($T $(, $Argument)?)) -> Self {
                    self.$name = $name.into();
                    self
                }
            )*

            /// Type of the parameters. Default: `f32`.
            pub fn dtype(mut self, dtype: ::rushlight_autograd::DType) -> Self {
                self.dtype = dtype;
                self
            }

            /// Where the parameters live. Default: the CPU.
            pub fn device(mut self, device: ::rushlight_autograd::Device) -> Self {
                self.device = device;
                self
            }
        }
    };
}
pub(crate) use builder;

/// The type of a setter's argument: what the row says, or the setting's own.
macro_rules! argument {
    ($T:ty) => {
        $T
    };
    ($T:ty, $Argument:ty) => {
        $Argument
    };
}
pub(crate) use argument;

/// The section of a docstring that lists what a layer is made with, an item for each row.
macro_rules! arguments {
    () => {
        ""
    };
    ($($name:ident: $($doc:literal)*;)+) => {
        concat!("\n# Arguments\n\n", $("* `", stringify!($name), "`:", $($doc, "\n",)*)+)
    };
}
pub(crate) use arguments;
