//! Operations that the backend does not offer yet. They never run on the host in secret.

/// Methods of `Backend` that answer with an error: name, and the types of the arguments.
macro_rules! missing {
    ($($name:ident($($Argument:ty),* $(,)?) -> $Output:ty;)*) => { $(
        fn $name(&self, $(_: $Argument),*) -> crate::Result<$Output> {
            Err(crate::Error::Unavailable {
                op: stringify!($name),
                device: crate::Device::Cuda(self.index),
                reason: "does not offer the operation yet; move the operands with `to`".into(),
            })
        }
    )* };
}
pub(super) use missing;
