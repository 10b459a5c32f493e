//! Operations that the backend does not offer yet. They never run on the host in secret.

/// Methods of `Backend` that answer with an error: name, and the types of the arguments.
macro_rules! missing {
    ($($name:ident($($Argument:ty),* $(,)?) -> $Output:ty;)*) => { $(
        fn $name(&self, $(_: $Argument),*) -> crate::Result<$Output> {
            Err(self.unoffered(stringify!($name)))
        }
    )* };
}
pub(super) use missing;
