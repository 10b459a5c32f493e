//! A step that is worked out but not yet taken.
//!
//! All that may fail happens while steps are worked out: memory is allocated, products are computed. So
//! either every parameter takes its step, or, where one cannot, none does.

use crate::{Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::UpdateOp;

/// What a step will change, and what has been changed already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// The numbers and names of the slot before.
    numbers: [f32; Slot::NUMBERS],
    names: Vec<&'static str>,
    /// Averages as they will be.
    pub(crate) averages: Vec<(&'static str, Array)>,
    /// The row of the update table, its numbers and the gradient.
    pub(crate) update: Option<(UpdateOp, Vec<f64>, Array)>,
}

impl Slot {
    /// From here on nothing is changed that cannot be undone.
    pub(crate) fn begin(&mut self) {
        self.draft = Some(Draft {
            numbers: self.numbers,
            names: self.names.clone(),
            ..Draft::default()
        });
    }

    /// Takes the step that has been worked out, if there is one.
    pub(crate) fn commit(&mut self, value: &mut Array) -> Result<()> {
        let Some(Draft {
            averages, update, ..
        }) = self.draft.take()
        else {
            return Ok(());
        };
        for (name, average) in averages {
            if let Some(place) = self.names.iter().position(|known| *known == name) {
                self.arrays[place] = average;
            }
        }
        if let Some((op, numbers, gradient)) = update {
            value.update(op, &numbers, &gradient, &mut self.arrays[..op.states()])?;
        }
        self.advance();
        Ok(())
    }

    /// Forgets the step, and all that was made for it.
    pub(crate) fn roll_back(&mut self) {
        let Some(Draft { numbers, names, .. }) = self.draft.take() else {
            return;
        };
        self.numbers = numbers;
        let made = self.names.iter().map(|name| !names.contains(name));
        let made: Vec<bool> = made.collect();
        let mut is_made = made.iter();
        self.arrays.retain(|_| is_made.next() == Some(&false));
        let mut is_made = made.iter();
        self.names.retain(|_| is_made.next() == Some(&false));
    }
}
