//! Sequences of several lengths as one tensor, for recurrent networks: PyTorch's `nn.utils.rnn`.

use crate::{Error, Result};
use rushlight_autograd::{Scalar, Tensor};

/// The steps of several sequences, longest sequence first: first the first elements of all, then the
/// second ones of those that have one, and so on.
#[derive(Debug, Clone)]
pub struct PackedSequence {
    /// The elements, `[sum of lengths, ...]`.
    pub data: Tensor,
    /// How many sequences reach each step.
    pub batch_sizes: Vec<usize>,
    /// Where the sequences stood before they were sorted; none if they were.
    pub sorted_indices: Option<Tensor>,
    /// Where each of the sequences is now.
    pub unsorted_indices: Option<Tensor>,
}

impl PackedSequence {
    /// The lengths of the sequences, in their original order.
    pub fn lengths(&self) -> Result<Vec<usize>> {
        let count = self.batch_sizes.first().copied().unwrap_or(0);
        let length = |row| self.batch_sizes.iter().filter(|&&size| size > row).count();
        let sorted: Vec<usize> = (0..count).map(length).collect();
        match &self.unsorted_indices {
            None => Ok(sorted),
            Some(order) => {
                let at = |&index: &i64| sorted.get(index as usize).copied().unwrap_or(0);
                Ok(order.to_vec::<i64>()?.iter().map(at).collect())
            }
        }
    }

    /// Refuses numbers of sequences that grow from step to step, or are not those of the elements.
    pub(crate) fn check(&self, op: &'static str) -> Result<()> {
        let (shape, sizes) = (self.data.shape(), &self.batch_sizes);
        let total = sizes
            .iter()
            .try_fold(0, |sum: usize, &size| sum.checked_add(size));
        if !sizes.is_sorted_by(|a, b| a >= b) || total.is_none() || shape.first().copied() != total
        {
            let got = format!("{sizes:?} for {shape}");
            let expected = "decreasing, and as many in all as there are elements";
            return Err(Error::argument(op, "batch_sizes", got, expected).into());
        }
        Ok(())
    }

    /// Positions of the elements in a padded tensor `[steps, n, ...]` without its first two dimensions.
    fn positions(&self) -> Result<Tensor> {
        let width = self.batch_sizes.first().copied().unwrap_or(0);
        let rows = self.batch_sizes.iter().enumerate();
        let places = rows.flat_map(|(step, &size)| (0..size).map(move |row| step * width + row));
        let places: Vec<i64> = places.map(|place| place as i64).collect();
        Tensor::from_slice(&places, &[places.len()])?.to_device(self.data.device())
    }
}

/// Packs padded sequences of the given lengths, sorting them if `enforce_sorted` is not set.
///
/// Shapes: `[steps, n, ...]`, or `[n, steps, ...]` if `batch_first`. Errors if a length is zero or
/// exceeds the steps, or if sequences that should be sorted are not.
///
/// ```
/// # use rushlight_autograd::{Result, tensor};
/// # use rushlight_nn::{pack_padded_sequence, pad_packed_sequence};
/// # fn main() -> Result<()> {
/// let padded = tensor([[1, 0, 0], [4, 5, 6]])?;
/// let packed = pack_padded_sequence(&padded, &[1, 3], true, false)?;
/// assert_eq!(packed.data.to_vec::<i64>()?, [4, 1, 5, 6]);
/// assert_eq!(packed.batch_sizes, [2, 1, 1]);
/// let (padded, lengths) = pad_packed_sequence(&packed, true, 0, None)?;
/// assert_eq!(padded.to_vec::<i64>()?, [1, 0, 0, 4, 5, 6]);
/// assert_eq!(lengths, [1, 3]);
/// # Ok(()) }
/// ```
pub fn pack_padded_sequence(
    padded: &Tensor,
    lengths: &[usize],
    batch_first: bool,
    enforce_sorted: bool,
) -> Result<PackedSequence> {
    const OP: &str = "pack_padded_sequence";
    if padded.dim() < 2 {
        return Err(Error::shape(OP, padded.shape(), "at least two dimensions").into());
    }
    let padded = if batch_first {
        padded.transpose(0, 1)?
    } else {
        padded.clone()
    };
    let (steps, count) = (padded.size(0)?, padded.size(1)?);
    if lengths.len() != count || lengths.is_empty() {
        let expected = "one for each of at least one sequence";
        return Err(Error::argument(OP, "lengths", format!("{lengths:?}"), expected).into());
    }
    if lengths.iter().any(|length| !(1..=steps).contains(length)) {
        let expected = "from 1 to the number of steps";
        return Err(Error::argument(OP, "lengths", format!("{lengths:?}"), expected).into());
    }
    let mut order: Vec<usize> = (0..count).collect();
    if enforce_sorted {
        if !lengths.is_sorted_by(|a, b| a >= b) {
            let expected = "in decreasing order where `enforce_sorted` is set";
            return Err(Error::argument(OP, "lengths", format!("{lengths:?}"), expected).into());
        }
    } else {
        order.sort_by_key(|&row| std::cmp::Reverse(lengths[row]));
    }
    let longest = lengths[order[0]];
    let reaching = |step| lengths.iter().filter(|&&length| length > step).count();
    let indices = |order: &[usize]| {
        let order: Vec<i64> = order.iter().map(|&row| row as i64).collect();
        Tensor::from_slice(&order, &[count])?.to_device(padded.device())
    };
    let mut back = vec![0; count];
    for (place, &row) in order.iter().enumerate() {
        back[row] = place;
    }
    let mut packed = PackedSequence {
        data: padded.narrow(0, 0_i64, longest)?,
        batch_sizes: (0..longest).map(reaching).collect(),
        sorted_indices: None,
        unsorted_indices: None,
    };
    if !enforce_sorted {
        let sorted = indices(&order)?;
        packed.data = packed.data.index_select(1, &sorted)?;
        packed.sorted_indices = Some(sorted);
        packed.unsorted_indices = Some(indices(&back)?);
    }
    packed.data = packed
        .data
        .flatten(0, 1)?
        .index_select(0, &packed.positions()?)?;
    Ok(packed)
}

/// Undoes [`pack_padded_sequence`]: the sequences, filled up with `padding_value` to the longest or to
/// `total_length`, and their lengths.
///
/// Shapes: `[steps, n, ...]`, or `[n, steps, ...]` if `batch_first`.
pub fn pad_packed_sequence(
    packed: &PackedSequence,
    batch_first: bool,
    padding_value: impl Into<Scalar>,
    total_length: Option<usize>,
) -> Result<(Tensor, Vec<usize>)> {
    const OP: &str = "pad_packed_sequence";
    let longest = packed.batch_sizes.len();
    let (steps, count) = (
        total_length.unwrap_or(longest),
        packed.batch_sizes.first().copied().unwrap_or(0),
    );
    if steps < longest {
        let expected = "at least the length of the longest sequence";
        return Err(Error::argument(OP, "total_length", steps, expected).into());
    }
    packed.check(OP)?;
    let shape = packed.data.shape();
    let rows = steps.checked_mul(count);
    let rows = rows.ok_or_else(|| Error::argument(OP, "total_length", steps, "addressable"))?;
    let mut padded_shape = shape.to_vec();
    padded_shape[0] = rows;
    let mut padded = packed
        .data
        .new_full(&padded_shape, padding_value)?
        .index_copy(0, &packed.positions()?, &packed.data)?
        .unflatten(0, &[steps as isize, count as isize])?;
    if let Some(order) = &packed.unsorted_indices {
        padded = padded.index_select(1, order)?;
    }
    let padded = if batch_first {
        padded.transpose(0, 1)?
    } else {
        padded
    };
    Ok((padded, packed.lengths()?))
}

/// Sequences of several lengths as one tensor, filled up with `padding_value` to the longest.
///
/// Shapes: `[length, ...]` each -> `[longest, n, ...]`, or `[n, longest, ...]` if `batch_first`.
pub fn pad_sequence(
    sequences: &[Tensor],
    batch_first: bool,
    padding_value: impl Into<Scalar>,
) -> Result<Tensor> {
    let value = padding_value.into();
    let mut lengths = Vec::new();
    for sequence in sequences {
        lengths.push(sequence.size(0)?);
    }
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let filled = |(sequence, &length): (&Tensor, &usize)| {
        let mut amounts = vec![0; 2 * sequence.dim()];
        if let Some(after) = amounts.last_mut() {
            *after = (longest - length) as isize;
        }
        sequence.constant_pad_nd(&amounts, value)
    };
    let filled = sequences.iter().zip(&lengths).map(filled);
    let filled = filled.collect::<Result<Vec<_>>>()?;
    Tensor::stack(&filled, if batch_first { 0 } else { 1 })
}

/// Packs sequences of several lengths; see [`pack_padded_sequence`].
pub fn pack_sequence(sequences: &[Tensor], enforce_sorted: bool) -> Result<PackedSequence> {
    let lengths = sequences.iter().map(|sequence| sequence.size(0));
    let lengths = lengths.collect::<Result<Vec<_>>>()?;
    let padded = pad_sequence(sequences, false, 0)?;
    pack_padded_sequence(&padded, &lengths, false, enforce_sorted)
}
