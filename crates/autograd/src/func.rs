//! Functions of functions: PyTorch's `torch.func`.
//!
//! They take a function of a slice of tensors, and the tensors, and nest: where an input requires a
//! gradient, so does the result.
//!
//! ```
//! # use rushlight_autograd::{func, tensor, Result, Tensor};
//! # fn main() -> Result<()> {
//! let x = tensor(2.0)?;
//! let cube = |x: &[Tensor]| x[0].pow(3.0);
//! let slope = |x: &[Tensor]| -> Result<Tensor> { Ok(func::grad(cube, x)?.remove(0)) };
//! assert_eq!(slope(&[x.clone()])?.item()?, 12.0);
//! assert_eq!(func::grad(slope, &[x])?[0].item()?, 12.0);
//! # Ok(()) }
//! ```

use crate::functional::{self, Options};
use crate::{Error, Result, Tensor, enable_grad};

/// Whether derivatives are to be differentiable: where an input is.
fn options(inputs: &[Tensor]) -> Options {
    Options {
        create_graph: inputs.iter().any(Tensor::requires_grad),
        strict: false,
    }
}

/// The gradients of a function to a single element by its inputs.
pub fn grad(f: impl Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    Ok(grad_and_value(f, inputs)?.0)
}

/// The gradients of a function to a single element by its inputs, and its value.
pub fn grad_and_value(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
) -> Result<(Vec<Tensor>, Tensor)> {
    let (value, gradients) = functional::vjp(f, inputs, None, options(inputs))?;
    Ok((gradients, value))
}

/// Takes the gradient of an output to those of the inputs; see [`vjp`].
pub type Pullback = Box<dyn Fn(&Tensor) -> Result<Vec<Tensor>> + Send + Sync>;

/// The output, and the function that takes its gradient to those of the inputs.
///
/// ```
/// # use rushlight_autograd::{func, tensor, Result};
/// # fn main() -> Result<()> {
/// let (y, pull) = func::vjp(|x| x[0].square(), &[tensor([1.0, 2.0])?])?;
/// assert_eq!(y.to_vec::<f32>()?, [1.0, 4.0]);
/// assert_eq!(pull(&tensor([1.0, 10.0])?)?[0].to_vec::<f32>()?, [2.0, 40.0]);
/// # Ok(()) }
/// ```
pub fn vjp(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
) -> Result<(Tensor, Pullback)> {
    let options = options(inputs);
    let inputs = functional::watched(inputs, options)?;
    let y = enable_grad(|| f(&inputs))?;
    let value = match options.create_graph {
        true => y.clone(),
        false => y.detach(),
    };
    let pull = move |v: &Tensor| {
        enable_grad(|| functional::pulled_back_again(&y, &inputs, v, options.create_graph))
    };
    Ok((value, Box::new(pull)))
}

/// The output, and how it changes when the inputs move along `v`. See [`functional::jvp`].
pub fn jvp(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    v: &[Tensor],
) -> Result<(Tensor, Tensor)> {
    functional::jvp(f, inputs, v, options(inputs))
}

/// The derivatives of every element of the output by every element of each input, by rows: one
/// backward pass for each element of the output. See [`functional::jacobian`].
pub fn jacrev(f: impl Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    functional::jacobian(f, inputs, options(inputs))
}

/// As [`jacrev`], by columns: two backward passes for each element of the inputs, of which there
/// should be fewer than of the output.
pub fn jacfwd(f: impl Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
    functional::jacobian_by_columns(f, inputs, options(inputs))
}

/// The second derivatives of a function to a single element. See [`functional::hessian`].
pub fn hessian(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
) -> Result<Vec<Vec<Tensor>>> {
    functional::hessian(f, inputs, options(inputs))
}

/// Calls `f` for every slice of the inputs along their first dimension, and stacks what it returns.
///
/// This is PyTorch's `torch.func.vmap` in what it computes, not in how: the function is called once
/// for each slice, so an operation that takes a whole batch is faster. Random numbers differ between
/// slices.
///
/// ```
/// # use rushlight_autograd::{func, tensor, Result};
/// # fn main() -> Result<()> {
/// let (a, b) = (tensor([[1.0, 2.0], [3.0, 4.0]])?, tensor([[1.0, 1.0], [2.0, 0.0]])?);
/// let dots = func::vmap(|x| x[0].dot(&x[1]), &[a, b])?;
/// assert_eq!(dots.to_vec::<f32>()?, [3.0, 6.0]);
/// # Ok(()) }
/// ```
pub fn vmap(f: impl Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor]) -> Result<Tensor> {
    vmap_over(f, inputs, &vec![Some(0); inputs.len()], 0)
}

/// As [`vmap`], over other dimensions: `in_dims` names one for each input, `None` passes the input
/// whole, and `out_dim` is where the results are stacked.
pub fn vmap_over(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    in_dims: &[Option<isize>],
    out_dim: isize,
) -> Result<Tensor> {
    let results = slices("vmap", inputs, in_dims)?
        .into_iter()
        .map(|slice| f(&slice));
    Tensor::stack(&results.collect::<Result<Vec<Tensor>>>()?, out_dim)
}

/// The gradients of `f`, a function to a single element, for every slice of the mapped inputs: for
/// each input that `in_dims` passes whole, one gradient per slice, stacked in front. Gradients of each
/// example by itself are had so; in PyTorch, `vmap(grad(f), in_dims)`.
///
/// ```
/// # use rushlight_autograd::{func, tensor, Result, Tensor};
/// # fn main() -> Result<()> {
/// let (w, x) = (tensor([1.0, 2.0])?, tensor([[1.0, 0.0], [3.0, 4.0]])?);
/// let loss = |t: &[Tensor]| t[0].dot(&t[1])?.square();
/// let each = func::per_sample_grad(loss, &[w, x], &[None, Some(0)])?;
/// assert_eq!(each[0].to_vec::<f32>()?, [2.0, 0.0, 66.0, 88.0]);
/// # Ok(()) }
/// ```
pub fn per_sample_grad(
    f: impl Fn(&[Tensor]) -> Result<Tensor>,
    inputs: &[Tensor],
    in_dims: &[Option<isize>],
) -> Result<Vec<Tensor>> {
    let slices = slices("per_sample_grad", inputs, in_dims)?;
    let whole: Vec<usize> = (0..inputs.len())
        .filter(|&input| in_dims[input].is_none())
        .collect();
    let watched: Vec<Tensor> = whole.iter().map(|&input| inputs[input].clone()).collect();
    let gradients = slices.into_iter().map(|slice| {
        let of_whole = |watched: &[Tensor]| {
            let mut slice = slice.clone();
            for (&input, x) in whole.iter().zip(watched) {
                slice[input] = x.clone();
            }
            f(&slice)
        };
        grad(of_whole, &watched)
    });
    let gradients = gradients.collect::<Result<Vec<Vec<Tensor>>>>()?;
    let stacked = (0..whole.len()).map(|input| {
        let of_input: Vec<&Tensor> = gradients.iter().map(|all| &all[input]).collect();
        Tensor::stack(&of_input, 0)
    });
    stacked.collect()
}

/// The inputs of each slice along the mapped dimensions.
fn slices(
    op: &'static str,
    inputs: &[Tensor],
    in_dims: &[Option<isize>],
) -> Result<Vec<Vec<Tensor>>> {
    if inputs.len() != in_dims.len() {
        let got = format!("{} for {} inputs", in_dims.len(), inputs.len());
        return Err(Error::argument(op, "in_dims", got, "one for each input"));
    }
    let mapped = inputs.iter().zip(in_dims);
    let sizes = mapped
        .clone()
        .filter_map(|(x, dim)| dim.map(|dim| x.size(dim)));
    let sizes = sizes.collect::<Result<Vec<usize>>>()?;
    let slices = match sizes.first() {
        Some(&slices) if slices > 0 && sizes.iter().all(|&size| size == slices) => slices,
        _ => {
            let expected = "the same size, not 0, of all mapped dimensions, of which there is one";
            return Err(Error::argument(
                op,
                "inputs",
                format!("{sizes:?}"),
                expected,
            ));
        }
    };
    let slice = |number: usize| {
        let at = |(x, dim): (&Tensor, &Option<isize>)| match dim {
            Some(dim) => x.select(*dim, number as i64),
            None => Ok(x.clone()),
        };
        mapped.clone().map(at).collect()
    };
    (0..slices).map(slice).collect()
}
