//! The text of a tensor, as PyTorch prints it.

use std::fmt;

use rushlight_tensor::{GradText, PrintOptions, print_options};

use crate::Tensor;

/// Prints as PyTorch does; a precision in the format string, as in `{:.2}`, overrides that of
/// [`print_options`].
///
/// ```
/// # use rushlight_autograd::{tensor, Result};
/// # fn main() -> Result<()> {
/// let x = tensor([[1.0, 2.5], [-3.0, 4.0]])?.requires_grad_(true)?;
/// let leaf = "\
/// tensor([[ 1.0000,  2.5000],
///         [-3.0000,  4.0000]], requires_grad=True)";
/// let result = "\
/// tensor([[1.0000, 2.5000],
///         [3.0000, 4.0000]], grad_fn=<AbsBackward0>)";
/// assert_eq!(x.to_string(), leaf);
/// assert_eq!(x.abs()?.to_string(), result);
/// # Ok(()) }
/// ```
impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = print_options();
        options.precision = f.precision().unwrap_or(options.precision);
        f.write_str(&self.to_text(&options))
    }
}

impl Tensor {
    /// The text with other options than those of the process.
    ///
    /// ```
    /// # use rushlight_autograd::{tensor, PrintOptions, Result};
    /// # fn main() -> Result<()> {
    /// let x = tensor([0.5, 0.25])?;
    /// assert_eq!(x.to_text(&PrintOptions::short()), "tensor([0.50, 0.25])");
    /// # Ok(()) }
    /// ```
    pub fn to_text(&self, options: &PrintOptions) -> String {
        let function = self.grad_fn().map(function_name);
        let grad = match &function {
            Some(name) => GradText::GradFn(name),
            None if self.requires_grad() => GradText::RequiresGrad,
            None => GradText::None,
        };
        self.array().to_text(grad, options)
    }
}

/// PyTorch's name for the gradient of an operation: `IndexSelectBackward0` for `index_select`.
fn function_name(op: &str) -> String {
    let capitalized = op.split('_').map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    format!("{}Backward0", capitalized.collect::<String>())
}
