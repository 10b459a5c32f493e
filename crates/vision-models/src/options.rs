//! Options: what PyTorch takes as keyword arguments of a model.

use crate::Weights;

/// Writes the options of a family: a struct with `weights`, `num_classes` and one public field per
/// row, each with a chained setter.
///
/// A row is `name: Type = default;`. A setter that takes other types than that of the row says so:
/// `dropout: Option<f64> = None, from impl Into<Option<f64>>;`.
macro_rules! options {
    (
        $(#[$struct_doc:meta])*
        $Options:ident
        $($(#[$doc:meta])* $name:ident: $T:ty = $default:expr $(, from $Argument:ty)?;)*
    ) => {
        $(#[$struct_doc])*
        #[derive(Debug, Clone)]
        pub struct $Options {
            /// Where the values come from. Default: random ones.
            pub weights: $crate::Weights,
            /// The number of classes that the model tells apart. Default: 1000.
            pub num_classes: usize,
            $($(#[$doc])* pub $name: $T,)*
        }

        impl Default for $Options {
            fn default() -> $Options {
                $Options { weights: $crate::Weights::None, num_classes: 1000, $($name: $default,)* }
            }
        }

        impl $Options {
            /// The default settings.
            pub fn new() -> $Options {
                $Options::default()
            }

            /// Where the values come from. Default: random ones.
            #[must_use]
            pub fn weights(mut self, weights: impl Into<$crate::Weights>) -> $Options {
                self.weights = weights.into();
                self
            }

            /// The number of classes that the model tells apart. Default: 1000.
            #[must_use]
            pub fn num_classes(mut self, num_classes: usize) -> $Options {
                self.num_classes = num_classes;
                self
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $name(
                    mut self,
                    $name: $crate::options::argument!($T $(, $Argument)?),
                ) -> $Options {
                    self.$name = $name.into();
                    self
                }
            )*
        }
    };
}

/// Writes the options of a family, which weights alone and [`ModelOptions`] are enough for.
macro_rules! family_options {
    ($(#[$struct_doc:meta])* $Options:ident $($rows:tt)*) => {
        $crate::options::options! { $(#[$struct_doc])* $Options $($rows)* }

        impl<O: Into<$crate::ModelOptions>> From<O> for $Options {
            #[allow(clippy::needless_update, reason = "some families have no further settings")]
            fn from(options: O) -> $Options {
                let $crate::ModelOptions { weights, num_classes } = options.into();
                $Options { weights, num_classes, ..$Options::default() }
            }
        }
    };
}

/// The type of a setter's argument: what the row says, or the setting's own.
macro_rules! argument {
    ($T:ty) => {
        $T
    };
    ($T:ty, $Argument:ty) => {
        $Argument
    };
}

/// Writes the functions that make the members of a family. A row is `name: architecture;`, whatever
/// the model's own `new` takes beside the options.
macro_rules! constructors {
    (
        $Model:ident($Options:ident)
        $($(#[$doc:meta])* $name:ident: $architecture:expr;)*
    ) => { $(
        $(#[$doc])*
        pub fn $name(
            options: impl Into<$Options>,
        ) -> ::rushlight_autograd::Result<$Model> {
            let mut options = options.into();
            options.weights = options.weights.of_model(stringify!($name))?;
            let has_values = !options.weights.is_none();
            let make = || $Model::new($architecture, options);
            match has_values {
                true => ::rushlight_nn::init::skip_init(make),
                false => make(),
            }
        }
    )* };
}
pub(crate) use {argument, constructors, family_options, options};

options! {
    /// Settings that every model has.
    ///
    /// ```
    /// # use rushlight_autograd::Result;
    /// # use rushlight_vision_models::{ModelOptions, get_model};
    /// # fn main() -> Result<()> {
    /// let model = get_model("resnet18", ModelOptions::new().num_classes(10))?;
    /// # Ok(()) }
    /// ```
    ModelOptions
}

impl<W: Into<Weights>> From<W> for ModelOptions {
    fn from(weights: W) -> ModelOptions {
        ModelOptions::new().weights(weights)
    }
}
