//! Derivatives of functions: PyTorch's `torch.autograd.functional`.
//!
//! A function takes a slice of tensors and returns one. Derivatives have one entry per input, zero for
//! an input that takes no part unless [`Options::strict`] makes that an error. [`func`](crate::func)
//! has the same under the names of `torch.func`.

use crate::{Error, GradOptions, Result, Tensor, enable_grad, grad};

/// Settings of the derivatives of this module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Record how the derivative is computed, so that it can be differentiated again, also with
    /// respect to the inputs.
    pub create_graph: bool,
    /// Refuse inputs that the output does not depend on.
    pub strict: bool,
}

/// The derivatives of every element of the output by every element of each input, of shape
/// `[...output, ...input]`. One backward pass for each element of the output.
///
/// ```
/// # use rushlight_autograd::{functional, tensor, Result};
/// # fn main() -> Result<()> {
/// let x = tensor([1.0, 2.0])?;
/// let j = functional::jacobian(|x| x[0].square(), &[x], Default::default())?.remove(0);
/// assert_eq!(j.to_vec::<f32>()?, [2.0, 0.0, 0.0, 4.0]);
/// # Ok(()) }
/// ```
pub fn jacobian(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    options: Options,
) -> Result<Vec<Tensor>> {
    enable_grad(|| {
        let inputs = watched(inputs, options)?;
        jacobian_of(&f(&inputs)?, &inputs, options)
    })
}

/// [`jacobian`] by columns.
pub(crate) fn jacobian_by_columns(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    options: Options,
) -> Result<Vec<Tensor>> {
    enable_grad(|| {
        let inputs = watched(inputs, options)?;
        let y = f(&inputs)?;
        let w = y.detach().zeros_like()?.requires_grad_(true)?;
        // `w^T J`, from which every column follows by one more pass.
        let products = pulled_back(&y, &inputs, Some(&w), true, options.strict)?;
        let by_input = products.iter().zip(&inputs).map(|(product, x)| {
            // [...input, ...output]
            let columns = jacobian_of(product, std::slice::from_ref(&w), options)?.remove(0);
            let (rank, total) = (x.dim() as isize, (x.dim() + y.dim()) as isize);
            columns.permute(&(rank..total).chain(0..rank).collect::<Vec<_>>())
        });
        by_input.collect()
    })
}

/// The second derivatives of a function to a single element: entry `[i][j]` is that of the gradient
/// of input `i` by input `j`, of shape `[...input i, ...input j]`.
///
/// ```
/// # use rushlight_autograd::{functional, tensor, Result, Tensor};
/// # fn main() -> Result<()> {
/// let x = tensor([1.0, 2.0])?;
/// let cubes = |x: &[Tensor]| x[0].pow(3.0)?.sum();
/// let h = functional::hessian(cubes, &[x], Default::default())?.remove(0).remove(0);
/// assert_eq!(h.to_vec::<f32>()?, [6.0, 0.0, 0.0, 12.0]);
/// # Ok(()) }
/// ```
pub fn hessian(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    options: Options,
) -> Result<Vec<Vec<Tensor>>> {
    enable_grad(|| {
        let inputs = watched(inputs, options)?;
        let (_, first) = gradient(&f, &inputs, options.strict)?;
        let rows = first.iter().map(|g| jacobian_of(g, &inputs, options));
        rows.collect()
    })
}

/// The output, and its derivatives in the direction `v` of the output: `v^T J`. `None` stands for 1,
/// for an output of a single element.
pub fn vjp(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    v: Option<&Tensor>,
    options: Options,
) -> Result<(Tensor, Vec<Tensor>)> {
    enable_grad(|| {
        let inputs = watched(inputs, options)?;
        let y = f(&inputs)?;
        let products = pulled_back(&y, &inputs, v, options.create_graph, options.strict)?;
        Ok((finished(y, options), products))
    })
}

/// The output, and how it changes when the inputs move along `v`: `J v`.
///
/// It is the derivative of `w^T J v` by `w`, two backward passes whatever the sizes are.
///
/// ```
/// # use rushlight_autograd::{functional, tensor, Result};
/// # fn main() -> Result<()> {
/// let (x, v) = (tensor([1.0, 2.0])?, tensor([1.0, 10.0])?);
/// let (y, dy) = functional::jvp(|x| x[0].square(), &[x], &[v], Default::default())?;
/// assert_eq!(y.to_vec::<f32>()?, [1.0, 4.0]);
/// assert_eq!(dy.to_vec::<f32>()?, [2.0, 40.0]);
/// # Ok(()) }
/// ```
pub fn jvp(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    v: &[Tensor],
    options: Options,
) -> Result<(Tensor, Tensor)> {
    check_directions("jvp", inputs, v)?;
    enable_grad(|| {
        let inputs = watched(inputs, options)?;
        let y = f(&inputs)?;
        let product = pushed_forward(&y, &inputs, v, options)?;
        Ok((finished(y, options), product))
    })
}

/// The output, a single element, and the product of its second derivatives with `v`: `H v`.
pub fn hvp(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    v: &[Tensor],
    options: Options,
) -> Result<(Tensor, Vec<Tensor>)> {
    vhp(f, inputs, v, options)
}

/// The output, a single element, and the product of `v` with its second derivatives: `v^T H`. Second
/// derivatives are symmetric, so this is [`hvp`].
pub fn vhp(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    v: &[Tensor],
    options: Options,
) -> Result<(Tensor, Vec<Tensor>)> {
    check_directions("vhp", inputs, v)?;
    enable_grad(|| {
        let inputs = watched(inputs, options)?;
        let (y, first) = gradient(&f, &inputs, options.strict)?;
        let depends = first.iter().zip(v).filter(|(g, _)| g.requires_grad());
        let (outputs, weights): (Vec<&Tensor>, Vec<Option<&Tensor>>) =
            depends.map(|(g, v)| (g, Some(v))).unzip();
        let products = derivatives(&outputs, &inputs, &weights, options.create_graph, false)?;
        Ok((finished(y, options), products))
    })
}

/// The inputs as variables of their own; with a graph, connected to those that were given.
pub(crate) fn watched(inputs: &[Tensor], options: Options) -> Result<Vec<Tensor>> {
    let watched = inputs
        .iter()
        .map(|x| match options.create_graph && x.requires_grad() {
            true => Ok(x.moved("view_as", x.array(), |g| Ok(g.clone()))),
            false => x.detach().requires_grad_(true),
        });
    watched.collect()
}

/// An output, outside of the graph unless that is asked for.
fn finished(y: Tensor, options: Options) -> Tensor {
    match options.create_graph {
        true => y,
        false => y.detach(),
    }
}

/// The output, a single element, and its gradients, which can be differentiated.
pub(crate) fn gradient(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    strict: bool,
) -> Result<(Tensor, Vec<Tensor>)> {
    let y = f(inputs)?;
    let first = pulled_back(&y, inputs, None, true, strict)?;
    Ok((y, first))
}

/// `v^T J` of an output.
pub(crate) fn pulled_back(
    y: &Tensor,
    inputs: &[Tensor],
    v: Option<&Tensor>,
    create_graph: bool,
    strict: bool,
) -> Result<Vec<Tensor>> {
    match y.requires_grad() {
        true => derivatives(&[y], inputs, &[v], create_graph, strict),
        false if v.is_none() && y.numel() != 1 => Err(Error::NotScalar { shape: y.shape() }),
        false => derivatives(&[], inputs, &[], create_graph, strict),
    }
}

/// `v^T J` of an output whose graph is needed again.
pub(crate) fn pulled_back_again(
    y: &Tensor,
    inputs: &[Tensor],
    v: &Tensor,
    create_graph: bool,
) -> Result<Vec<Tensor>> {
    let options = GradOptions {
        retain_graph: true,
        create_graph,
        allow_unused: true,
    };
    match y.requires_grad() {
        true => {
            let inputs: Vec<&Tensor> = inputs.iter().collect();
            or_zeros(grad(&[y], &inputs, &[Some(v)], options)?, inputs)
        }
        false => pulled_back(y, inputs, Some(v), create_graph, false),
    }
}

/// `J v` of an output.
pub(crate) fn pushed_forward(
    y: &Tensor,
    inputs: &[Tensor],
    v: &[Tensor],
    options: Options,
) -> Result<Tensor> {
    let w = y.detach().zeros_like()?.requires_grad_(true)?;
    let products = pulled_back(y, inputs, Some(&w), true, options.strict)?;
    let depends = products.iter().zip(v).filter(|(p, _)| p.requires_grad());
    let (outputs, weights): (Vec<&Tensor>, Vec<Option<&Tensor>>) =
        depends.map(|(product, v)| (product, Some(v))).unzip();
    let found = derivatives(&outputs, &[w], &weights, options.create_graph, false)?;
    Ok(found.into_iter().next().expect("one input, one derivative"))
}

/// `J` of an output, by rows.
pub(crate) fn jacobian_of(y: &Tensor, inputs: &[Tensor], options: Options) -> Result<Vec<Tensor>> {
    let rows = y.numel();
    let mut columns = vec![Vec::with_capacity(rows); inputs.len()];
    for row in 0..rows {
        let mut one = vec![0.0; rows];
        one[row] = 1.0;
        let one = Tensor::from_vec(one, &y.shape())?.to_device(y.device())?;
        let found = match y.requires_grad() {
            true => {
                let again = GradOptions {
                    retain_graph: true,
                    create_graph: options.create_graph,
                    allow_unused: !options.strict,
                };
                let inputs: Vec<&Tensor> = inputs.iter().collect();
                grad(&[y], &inputs, &[Some(&one)], again)?
            }
            false if options.strict => return Err(Error::Unused { index: 0 }),
            false => vec![None; inputs.len()],
        };
        for (column, found) in columns.iter_mut().zip(or_zeros(found, inputs)?) {
            column.push(found);
        }
    }
    let whole = columns.into_iter().zip(inputs).map(|(column, x)| {
        let sizes: Vec<isize> = y
            .shape()
            .iter()
            .chain(x.shape().iter())
            .map(|&s| s as isize)
            .collect();
        match column.is_empty() {
            true => x.new_zeros(&sizes.iter().map(|&s| s as usize).collect::<Vec<_>>()),
            false => Tensor::stack(&column, 0)?.reshape(&sizes),
        }
    });
    whole.collect()
}

/// Gradients of outputs, zeros where there are none.
fn derivatives(
    outputs: &[&Tensor],
    inputs: &[Tensor],
    weights: &[Option<&Tensor>],
    create_graph: bool,
    strict: bool,
) -> Result<Vec<Tensor>> {
    let options = GradOptions {
        retain_graph: create_graph,
        create_graph,
        allow_unused: !strict,
    };
    let found = match outputs {
        [] if strict => return Err(Error::Unused { index: 0 }),
        [] => vec![None; inputs.len()],
        _ => grad(
            outputs,
            &inputs.iter().collect::<Vec<_>>(),
            weights,
            options,
        )?,
    };
    or_zeros(found, inputs)
}

/// Derivatives by inputs, zeros where there are none.
fn or_zeros<'a>(
    found: Vec<Option<Tensor>>,
    inputs: impl IntoIterator<Item = &'a Tensor>,
) -> Result<Vec<Tensor>> {
    let whole = found.into_iter().zip(inputs);
    whole
        .map(|(found, x)| found.map_or_else(|| x.detach().zeros_like(), Ok))
        .collect()
}

fn check_directions(op: &'static str, inputs: &[Tensor], v: &[Tensor]) -> Result<()> {
    if inputs.len() != v.len() {
        let got = format!("{} for {} inputs", v.len(), inputs.len());
        return Err(Error::argument(op, "v", got, "one for each input"));
    }
    for (x, v) in inputs.iter().zip(v) {
        if x.shape() != v.shape() {
            let expected = format!("{}, as the input has", x.shape());
            return Err(rushlight_tensor::Error::shape(op, v.shape(), expected).into());
        }
    }
    Ok(())
}
