//! Lines that are kept for the next call, since their roots take longer to compute than a transform.

use std::sync::{Arc, Mutex, PoisonError};

use super::line::Line;
use crate::ops::fourier::FourierKind;

/// Lines that are kept, the latest.
const KEPT: usize = 16;
/// The longest line that is kept.
const LONGEST: usize = 1 << 16;

pub(super) struct Kept(Mutex<Vec<Entry>>);

/// A kind, a size, and what is known about such lines.
type Entry = ((FourierKind, usize), Arc<Line>);

impl Kept {
    pub(super) const fn new() -> Kept {
        Kept(Mutex::new(Vec::new()))
    }

    pub(super) fn line(&self, kind: FourierKind, size: usize) -> Arc<Line> {
        let key = (kind, size);
        let lines = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, line)) = lines().iter().find(|(other, _)| *other == key) {
            return line.clone();
        }
        let line = Arc::new(Line::new(kind, size));
        if size <= LONGEST {
            let mut lines = lines();
            if lines.len() >= KEPT {
                lines.remove(0);
            }
            lines.push((key, line.clone()));
        }
        line
    }
}
