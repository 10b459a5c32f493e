//! Derivatives of higher order for operations whose gradients come from kernels.

use crate::{GradOptions, Gradients, Result, Tensor, Wants, grad};

/// The gradients of the operands by way of `compute`, which makes the same outputs in operations whose
/// gradients have derivatives; `g` are those of the outputs that have one.
///
/// Operands get places of their own in the graph: two may be one tensor, or one may follow from another.
pub(super) fn recomputed(
    operands: &[&Tensor],
    g: &[Option<Tensor>],
    wants: Wants<'_>,
    compute: impl FnOnce(&[Tensor]) -> Result<Vec<Tensor>>,
) -> Result<Gradients> {
    let own = |x: &&Tensor| x.moved("alias", x.array(), |g| Ok(g.clone()));
    let operands: Vec<Tensor> = operands.iter().map(own).collect();
    let outputs = compute(&operands)?;
    let reached = outputs.iter().zip(g);
    let reached = reached.filter_map(|(output, g)| Some((output, Some(g.as_ref()?))));
    let (outputs, g): (Vec<&Tensor>, Vec<Option<&Tensor>>) = reached.unzip();
    let wanted: Vec<usize> = (0..operands.len()).filter(|&at| wants.input(at)).collect();
    let inputs: Vec<&Tensor> = wanted.iter().map(|&at| &operands[at]).collect();
    let options = GradOptions {
        create_graph: true,
        allow_unused: true,
        ..GradOptions::default()
    };
    let mut gradients = Gradients::from_elem(None, operands.len());
    for (at, gradient) in wanted
        .into_iter()
        .zip(grad(&outputs, &inputs, &g, options)?)
    {
        gradients[at] = gradient;
    }
    Ok(gradients)
}
