//! Layers without parameters, written as data: settings, and a formula.

/// Writes a layer without parameters: a struct with a public field per row, `new` with the required
/// ones, a chained setter for each of the others, and the call. The docs of the rows are those of the
/// fields and setters, and the list of arguments of the struct.
///
/// A row is `name: Type = default;`. A setter that takes other types than that of the row says so:
/// `stride: Size<N> = Size::All(1), from impl Into<Size<N>>;`.
macro_rules! layer {
    (
        $(#[$struct_doc:meta])*
        $Layer:ident $(<const $N:ident>)? {
            $(
                $(#[doc = $required_doc:literal])*
                $(#[module($module:ident)])?
                $required:ident: $Required:ty $(, from $RequiredArgument:ty)?;
            )*
        }
        $(
            $(#[doc = $doc:literal])*
            $name:ident: $T:ty = $default:expr $(, from $Argument:ty)?;
        )*
        |$layer:ident, $x:ident| $forward:expr
    ) => {
        #[derive($crate::Module, Debug)]
        $(#[$struct_doc])*
        #[doc = $crate::builder::arguments!(
            $($required: $($required_doc)*;)* $($name: $($doc)*;)*
        )]
        pub struct $Layer $(<const $N: usize>)? {
            $(
                $(#[doc = $required_doc])*
                $(#[module($module)])?
                pub $required: $Required,
            )*
            $($(#[doc = $doc])* pub $name: $T,)*
            /// The layer's place in a model.
            pub site: $crate::Site,
        }

        impl $(<const $N: usize>)? $Layer $(<$N>)? {
            /// The layer with default settings.
            #[allow(clippy::new_without_default, reason = "some have required settings")]
            pub fn new(
                $($required: $crate::builder::argument!($Required $(, $RequiredArgument)?)),*
            ) -> Self {
                $( let $required: $Required = $required.into(); )*
                Self {
                    $($name: $default,)*
                    $($required,)*
                    site: $crate::Site::default(),
                }
            }

            $(
                $(#[doc = $doc])*
                #[must_use]
                pub fn $name(mut self, $name: $crate::builder::argument!($T $(, $Argument)?)) -> Self {
                    self.$name = $name.into();
                    self
                }
            )*
        }

        impl $(<const $N: usize>)? $crate::Forward for $Layer $(<$N>)?
        $(where ::rushlight_autograd::Tensor: $crate::Spatial<$N>)?
        {
            fn forward(
                &self,
                x: &::rushlight_autograd::Tensor,
            ) -> $crate::Result<::rushlight_autograd::Tensor> {
                let $layer = self;
                self.site.call(x, |$x| $forward)
            }
        }
    };
}
pub(crate) use layer;
