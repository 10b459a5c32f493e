//! Einstein summation.

use crate::{Error, Result, Tensor};
use std::collections::BTreeMap;

const OP: &str = "einsum";

/// A dimension of an operand: a letter, or one of those that `...` stands for, counted from the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Ellipsis(usize),
    Letter(char),
}

impl Tensor {
    /// Sums products of operands over labelled dimensions, by NumPy's notation: a letter names a
    /// dimension, equal letters run together, letters absent from the right of `->` are summed, and
    /// `...` stands for any leading dimensions, which broadcast. Without `->` the result has the
    /// letters that occur once, in alphabetic order.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, Result, Tensor};
    /// # fn main() -> Result<()> {
    /// let a = tensor([[1.0, 2.0], [3.0, 4.0]])?;
    /// let trace = Tensor::einsum("ii->", &[a.clone()])?;
    /// assert_eq!(trace.item()?, 5.0);
    /// # Ok(()) }
    /// ```
    pub fn einsum(equation: &str, operands: &[Tensor]) -> Result<Tensor> {
        let refuse = |expected| Error::argument(OP, "equation", equation, expected);
        let text: String = equation.chars().filter(|c| !c.is_whitespace()).collect();
        let (left, right) = match text.split_once("->") {
            Some((left, right)) => (left, Some(right)),
            None => (&text[..], None),
        };
        let terms: Vec<&str> = left.split(',').collect();
        if terms.len() != operands.len() || operands.is_empty() {
            return Err(refuse("one term per operand"));
        }
        let mut labelled = Vec::new();
        for (term, operand) in terms.iter().zip(operands) {
            let labels = labels(term, Some(operand.dim()))
                .ok_or_else(|| refuse("letters and `...`, one per dimension"))?;
            labelled.push(diagonals(operand, labels)?);
        }
        let ellipsis = labelled
            .iter()
            .flat_map(|(_, labels)| labels)
            .filter(|label| matches!(label, Label::Ellipsis(_)))
            .max()
            .map_or(0, |label| match label {
                Label::Ellipsis(place) => place + 1,
                Label::Letter(_) => 0,
            });
        let output = match right {
            Some(right) => {
                let right = right.replacen("...", &"*".repeat(ellipsis), 1);
                labels(&right, None).ok_or_else(|| refuse("letters and `...` on the right"))?
            }
            None => implicit_output(left, ellipsis),
        };
        let known = |label| labelled.iter().any(|(_, labels)| labels.contains(label));
        let repeated = (1..output.len()).any(|i| output[..i].contains(&output[i]));
        if repeated || !output.iter().all(known) {
            return Err(refuse("letters of the operands on the right, each once"));
        }
        contract(labelled, &output)
    }
}

/// The labels of a term. In an operand's term `...` stands for what the letters leave of its rank; on
/// the right it has been replaced by that many `*`.
fn labels(term: &str, rank: Option<usize>) -> Option<Vec<Label>> {
    let (before, after, hidden) = match (term.split_once("..."), rank) {
        (Some((before, after)), Some(rank)) => {
            (before, after, rank.checked_sub(before.len() + after.len())?)
        }
        (Some(_), None) => return None,
        (None, _) => (term, "", 0),
    };
    let mut stars = term.matches('*').count();
    let mut label = |c: char| match c {
        '*' if rank.is_none() => {
            stars -= 1;
            Some(Label::Ellipsis(stars))
        }
        c => c.is_ascii_alphabetic().then_some(Label::Letter(c)),
    };
    let mut labels = before
        .chars()
        .map(&mut label)
        .collect::<Option<Vec<Label>>>()?;
    labels.extend((0..hidden).rev().map(Label::Ellipsis));
    labels.extend(
        after
            .chars()
            .map(&mut label)
            .collect::<Option<Vec<Label>>>()?,
    );
    (rank.is_none_or(|rank| rank == labels.len())).then_some(labels)
}

/// The letters that occur once, in alphabetic order, after what `...` stands for.
fn implicit_output(left: &str, ellipsis: usize) -> Vec<Label> {
    let mut counts = BTreeMap::new();
    left.chars()
        .filter(char::is_ascii_alphabetic)
        .for_each(|c| *counts.entry(c).or_insert(0) += 1);
    let once = counts
        .into_iter()
        .filter(|&(_, count)| count == 1)
        .map(|(c, _)| Label::Letter(c));
    (0..ellipsis)
        .rev()
        .map(Label::Ellipsis)
        .chain(once)
        .collect()
}

/// Takes the diagonal wherever a label occurs twice in an operand.
fn diagonals(operand: &Tensor, mut labels: Vec<Label>) -> Result<(Tensor, Vec<Label>)> {
    let mut x = operand.clone();
    let pair = |labels: &[Label]| {
        (0..labels.len()).find_map(|second| {
            let first = labels[..second]
                .iter()
                .position(|label| *label == labels[second])?;
            Some((first, second))
        })
    };
    while let Some((first, second)) = pair(&labels) {
        let shape = x.shape();
        if shape[first] != shape[second] {
            let expected = "equal sizes where a letter repeats";
            return Err(Error::argument(OP, "operand", shape, expected));
        }
        x = x.diagonal(0, first as isize, second as isize)?;
        let label = labels.remove(second);
        labels.remove(first);
        labels.push(label);
    }
    Ok((x, labels))
}

/// Multiplies operands from the left, summing a label once nothing further needs it.
fn contract(operands: Vec<(Tensor, Vec<Label>)>, output: &[Label]) -> Result<Tensor> {
    let mut rest = operands.into_iter();
    let Some((mut x, mut labels)) = rest.next() else {
        return Err(Error::argument(OP, "operands", 0, "at least one"));
    };
    let mut pending: Vec<(Tensor, Vec<Label>)> = rest.collect();
    while !pending.is_empty() {
        let (y, y_labels) = pending.remove(0);
        let needed = |label: &Label| {
            output.contains(label) || pending.iter().any(|(_, labels)| labels.contains(label))
        };
        (x, labels) = pair(&x, &labels, &y, &y_labels, needed)?;
    }
    let summed = dims_where(&labels, |label| !output.contains(label));
    if !summed.is_empty() {
        x = x.sum_dim(&summed, false)?;
        labels.retain(|label| output.contains(label));
    }
    let place = |label: &Label| {
        labels
            .iter()
            .position(|own| own == label)
            .map(|at| at as isize)
    };
    let order: Vec<isize> = output.iter().filter_map(place).collect();
    x.permute(&order)
}

fn dims_where(labels: &[Label], fits: impl Fn(&Label) -> bool) -> Vec<isize> {
    (0..labels.len())
        .filter(|&dim| fits(&labels[dim]))
        .map(|dim| dim as isize)
        .collect()
}

/// The product of two operands, summed over the labels that nothing else needs, as one batched matrix
/// product: batch labels are shared and kept, summed labels shared and not kept.
fn pair(
    x: &Tensor,
    x_labels: &[Label],
    y: &Tensor,
    y_labels: &[Label],
    needed: impl Fn(&Label) -> bool,
) -> Result<(Tensor, Vec<Label>)> {
    // What only one operand has and nobody needs is summed first.
    let alone = |own: &[Label], other: &[Label]| {
        dims_where(own, |label| !other.contains(label) && !needed(label))
    };
    let sum = |t: &Tensor, own: &[Label], other: &[Label]| -> Result<(Tensor, Vec<Label>)> {
        let dims = alone(own, other);
        let kept = own
            .iter()
            .copied()
            .filter(|l| other.contains(l) || needed(l))
            .collect();
        Ok((
            if dims.is_empty() {
                t.clone()
            } else {
                t.sum_dim(&dims, false)?
            },
            kept,
        ))
    };
    let (x, x_labels) = sum(x, x_labels, y_labels)?;
    let (y, y_labels) = sum(y, y_labels, &x_labels)?;
    // Sums of narrow integers are wide.
    let dtype = x.dtype().promote(y.dtype());
    let (x, y) = (x.to_dtype(dtype)?, y.to_dtype(dtype)?);
    let size = |t: &Tensor, labels: &[Label], label: &Label| -> usize {
        labels
            .iter()
            .position(|own| own == label)
            .map_or(1, |dim| t.shape()[dim])
    };
    let both = |label: &Label| -> Result<usize> {
        match (size(&x, &x_labels, label), size(&y, &y_labels, label)) {
            (a, b) if a == b || b == 1 => Ok(a),
            (1, b) => Ok(b),
            (a, b) => Err(Error::argument(
                OP,
                "operands",
                format!("{a} and {b}"),
                "equal sizes where a letter repeats",
            )),
        }
    };
    let shared: Vec<Label> = x_labels
        .iter()
        .copied()
        .filter(|l| y_labels.contains(l))
        .collect();
    let (batch, summed): (Vec<Label>, Vec<Label>) = shared.iter().partition(|label| needed(label));
    let only = |own: &[Label]| -> Vec<Label> {
        own.iter()
            .copied()
            .filter(|label| !shared.contains(label))
            .collect()
    };
    let (rows, columns) = (only(&x_labels), only(&y_labels));
    let sizes = |labels: &[Label]| labels.iter().map(&both).collect::<Result<Vec<usize>>>();
    let [batch_sizes, sum_sizes, row_sizes, column_sizes] =
        [&batch, &summed, &rows, &columns].map(|labels| sizes(labels));
    let (batch_sizes, sum_sizes) = (batch_sizes?, sum_sizes?);
    let (row_sizes, column_sizes) = (row_sizes?, column_sizes?);
    let arrange =
        |t: &Tensor, own: &[Label], groups: [(&[Label], &[usize]); 3]| -> Result<Tensor> {
            let order: Vec<isize> = groups
                .iter()
                .flat_map(|(labels, _)| *labels)
                .filter_map(|label| own.iter().position(|o| o == label).map(|at| at as isize))
                .collect();
            let full: Vec<usize> = groups
                .iter()
                .flat_map(|(_, sizes)| sizes.to_vec())
                .collect();
            let flat: Vec<isize> = groups
                .iter()
                .map(|(_, sizes)| sizes.iter().product::<usize>() as isize)
                .collect();
            t.permute(&order)?.broadcast_to(&full)?.reshape(&flat)
        };
    let left = arrange(
        &x,
        &x_labels,
        [
            (&batch, &batch_sizes),
            (&rows, &row_sizes),
            (&summed, &sum_sizes),
        ],
    )?;
    let right = arrange(
        &y,
        &y_labels,
        [
            (&batch, &batch_sizes),
            (&summed, &sum_sizes),
            (&columns, &column_sizes),
        ],
    )?;
    let product = left.bmm(&right)?;
    let whole: Vec<isize> = [&batch_sizes, &row_sizes, &column_sizes]
        .into_iter()
        .flatten()
        .map(|&size| size as isize)
        .collect();
    Ok((product.reshape(&whole)?, [batch, rows, columns].concat()))
}
