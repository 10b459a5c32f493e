//! A step that is worked out but not yet taken.
//!
//! All that may fail happens while steps are worked out: memory is allocated, products are computed. So
//! either every parameter takes its step, or, where one cannot, none does.

use crate::{Result, Slot};
use rushlight_tensor::Array;
use rushlight_tensor::ops::update::{HYPERPARAMETERS, UpdateOp};

/// What a step will change, and what has been changed already.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// The numbers of the slot before.
    numbers: [f32; Slot::NUMBERS],
    /// The names of the arrays that were made for this step.
    pub(crate) made: Vec<&'static str>,
    /// Arrays that take the place of those of the same name, and a value that takes that of the parameter.
    pub(crate) arrays: Vec<(&'static str, Array)>,
    pub(crate) value: Option<Array>,
    pub(crate) update: Option<Update>,
}

/// The row of the update table, its numbers and the gradient.
#[derive(Clone, Debug)]
pub(crate) struct Update {
    pub(crate) op: UpdateOp,
    /// As many as `count` says.
    pub(crate) numbers: [f64; HYPERPARAMETERS],
    pub(crate) count: usize,
    pub(crate) gradient: Array,
}

impl Slot {
    /// From here on nothing is changed that cannot be undone.
    pub(crate) fn begin(&mut self) {
        self.draft = Some(Draft {
            numbers: self.numbers,
            ..Draft::default()
        });
    }

    /// Takes the step that has been worked out, if there is one.
    pub(crate) fn commit(&mut self, value: &mut Array) -> Result<()> {
        let Some(Draft {
            arrays,
            value: new,
            update,
            ..
        }) = self.draft.take()
        else {
            return Ok(());
        };
        for (name, array) in arrays {
            self.replace(name, array);
        }
        if let Some(new) = new {
            *value = new;
        }
        if let Some(update) = update {
            let (op, numbers) = (update.op, &update.numbers[..update.count]);
            value.update(
                op,
                numbers,
                &update.gradient,
                &mut self.arrays[..op.states()],
            )?;
        }
        self.advance();
        Ok(())
    }

    /// Forgets the step, and all that was made for it.
    pub(crate) fn roll_back(&mut self) {
        let Some(Draft { numbers, made, .. }) = self.draft.take() else {
            return;
        };
        self.numbers = numbers;
        for name in made {
            if let Some(place) = self.names.iter().position(|known| *known == name) {
                self.names.remove(place);
                self.arrays.remove(place);
            }
        }
    }
}
