//! A list that grows behind a shared reference.

use std::sync::OnceLock;

/// Entries that stay where they are while others are added behind them.
pub(crate) struct Chain<T>(OnceLock<Box<Link<T>>>);

struct Link<T> {
    entry: T,
    rest: Chain<T>,
}

impl<T> Default for Chain<T> {
    fn default() -> Self {
        Chain(OnceLock::new())
    }
}

impl<T> Chain<T> {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        let mut next = self;
        std::iter::from_fn(move || {
            let link = next.0.get()?;
            next = &link.rest;
            Some(&link.entry)
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.get().is_none()
    }

    pub(crate) fn push(&self, entry: T) {
        let rest = Chain::default();
        let mut link = Box::new(Link { entry, rest });
        let mut end = self;
        while let Err(unset) = end.0.set(link) {
            link = unset;
            end = &end.0.get().expect("it refused, so it is set").rest;
        }
    }
}
