//! Settings: the fields of a module that are neither tensors nor modules. They print as Python does.

use rushlight_autograd::{DType, Scalar};

/// A value that a module prints as part of itself, such as a number of features.
///
/// To give a type of your own to a field, write how it prints and list it with
/// [`settings!`](crate::settings).
pub trait Setting: Send + Sync {
    /// The value as Python would print it.
    fn text(&self) -> String;

    /// Whether a module prints it, which some flags only do where they are set.
    fn is_shown(&self) -> bool {
        true
    }
}

/// Allows types that are a [`Setting`] as fields of a module.
///
/// ```
/// use rushlight_nn::{Module, Setting, settings};
///
/// #[derive(Debug)]
/// enum Mode {
///     Row,
/// }
///
/// impl Setting for Mode {
///     fn text(&self) -> String {
///         "row".to_string()
///     }
/// }
/// settings!(Mode);
///
/// #[derive(Module, Debug)]
/// struct StochasticDepth {
///     p: f64,
///     mode: Mode,
/// }
///
/// let layer = StochasticDepth { p: 0.1, mode: Mode::Row };
/// assert_eq!(layer.to_string(), "StochasticDepth(p=0.1, mode=row)");
/// ```
#[macro_export]
macro_rules! settings {
    ($($T:ty),+ $(,)?) => { $( $crate::settings!(impl [] $T); )+ };
    (impl [$($generics:tt)*] $T:ty) => {
        impl<$($generics)*> $crate::Field for $T {
            fn add<'a>(&'a self, name: ::std::borrow::Cow<'a, str>, fields: &mut $crate::Fields<'a>) {
                fields.setting(name, self);
            }
            fn add_optional<'a>(
                this: ::core::option::Option<&'a Self>,
                name: ::std::borrow::Cow<'a, str>,
                fields: &mut $crate::Fields<'a>,
            ) {
                fields.optional_setting(name, this.map(|setting| setting as &dyn $crate::Setting));
            }
        }
    };
}

macro_rules! displayed { ($($T:ty),*) => { $(
    impl Setting for $T {
        fn text(&self) -> String {
            self.to_string()
        }
    }
    settings!($T);
)* } }
displayed!(
    usize,
    isize,
    u8,
    u16,
    u32,
    u64,
    i8,
    i16,
    i32,
    i64,
    String,
    &'static str
);

impl Setting for bool {
    fn text(&self) -> String {
        if *self { "True" } else { "False" }.to_string()
    }
}

impl Setting for f64 {
    fn text(&self) -> String {
        float(*self)
    }
}

impl Setting for f32 {
    fn text(&self) -> String {
        float(f64::from(*self))
    }
}

impl Setting for Scalar {
    fn text(&self) -> String {
        match self {
            Scalar::Bool(value) => value.text(),
            Scalar::Int(value) => value.text(),
            Scalar::Float(value) => value.text(),
        }
    }
}

impl Setting for DType {
    fn text(&self) -> String {
        format!("torch.{}", self.name())
    }
}

settings!(bool, f64, f32, Scalar, DType);

impl<T: Setting> Setting for Option<T> {
    fn text(&self) -> String {
        self.as_ref().map_or_else(|| "None".to_string(), T::text)
    }
}

impl<T: Setting, const N: usize> Setting for [T; N] {
    fn text(&self) -> String {
        sequence("(", self.iter().map(T::text).collect(), ")")
    }
}
settings!(impl [T: Setting, const N: usize] [T; N]);

/// Listed one by one, since a vector of modules is something else.
macro_rules! vectors { ($($T:ty),*) => { $(
    impl Setting for Vec<$T> {
        fn text(&self) -> String {
            sequence("(", self.iter().map(Setting::text).collect(), ")")
        }
    }
    settings!(Vec<$T>);
)* } }
vectors!(usize, isize, i64, f64, bool, String);

macro_rules! tuples { ($(($($T:ident $index:tt),+))*) => { $(
    impl<$($T: Setting),+> Setting for ($($T,)+) {
        fn text(&self) -> String {
            sequence("(", vec![$(self.$index.text()),+], ")")
        }
    }
    settings!(impl [$($T: Setting),+] ($($T,)+));
)* } }
tuples! { (A 0) (A 0, B 1) (A 0, B 1, C 2) (A 0, B 1, C 2, D 3) (A 0, B 1, C 2, D 3, E 4, F 5) }

/// Whether PyTorch overwrites the input of an activation. It is only printed: here the memory of an
/// input that nobody else needs is reused anyway, and any other input stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Inplace(pub bool);

impl From<bool> for Inplace {
    fn from(inplace: bool) -> Inplace {
        Inplace(inplace)
    }
}

impl Setting for Inplace {
    fn text(&self) -> String {
        self.0.text()
    }

    fn is_shown(&self) -> bool {
        self.0
    }
}
settings!(Inplace);

/// `(1, 2)`, and `(1,)` where there is one.
pub(crate) fn sequence(open: &str, items: Vec<String>, close: &str) -> String {
    let comma = if items.len() == 1 { "," } else { "" };
    format!("{open}{}{comma}{close}", items.join(", "))
}

/// A float as Python prints it: the shortest digits, an exponent below 1e-4 and from 1e16 on.
pub(crate) fn float(value: f64) -> String {
    if !value.is_finite() {
        return format!("{value}").to_lowercase();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(exponent) => ('-', exponent),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = format!("{value}");
    if text.contains('.') {
        text
    } else {
        text + ".0"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_print_as_in_python() {
        for (value, text) in [
            (1e-5, "1e-05"),
            (0.1, "0.1"),
            (1.0, "1.0"),
            (-0.0, "-0.0"),
            (0.0001, "0.0001"),
            (1.5e-7, "1.5e-07"),
            (1e16, "1e+16"),
            (123456789.0, "123456789.0"),
            (1e-100, "1e-100"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ] {
            assert_eq!(float(value), text);
        }
    }

    #[test]
    fn sequences_print_as_tuples() {
        assert_eq!([3_usize].text(), "(3,)");
        assert_eq!((1_usize, Some(2.0), None::<usize>).text(), "(1, 2.0, None)");
        assert_eq!(Vec::<usize>::new().text(), "()");
    }
}
