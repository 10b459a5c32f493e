//! Operations without a kernel of their own, which `autograd` composes of others on this device. They never
//! run on the host in secret.

/// Methods of `Backend` that answer with an error: name, and the types of the arguments.
macro_rules! missing {
    ($($name:ident($($Argument:ty),* $(,)?) -> $Output:ty;)*) => { $(
        fn $name(&self, $(_: $Argument),*) -> crate::Result<$Output> {
            Err(self.missing(stringify!($name)))
        }
    )* };
}
pub(super) use missing;
