//! The text of a tensor, to the letter as PyTorch prints it.
//!
//! Numbers share one format and one width. Tensors of more elements than the threshold show the edges
//! of each dimension only, and only those are read.

use std::fmt;
use std::sync::{PoisonError, RwLock};

use crate::layout::Layout;
use crate::{Array, DType, Device, Scalar, Shape};

/// What every text begins with; the rows are aligned behind it.
const PREFIX: &str = "tensor(";
/// No finite number has more digits behind the point.
const MAX_PRECISION: usize = 1074;

/// How tensors are printed: the options of `torch.set_printoptions`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrintOptions {
    /// Digits behind the decimal point, at most 1074.
    pub precision: usize,
    /// The largest number of elements that is printed whole.
    pub threshold: usize,
    /// Elements shown at each end of a dimension that is not printed whole.
    pub edgeitems: usize,
    /// Characters of a line, unless a single element takes more.
    pub linewidth: usize,
    /// Whether to write `1.0000e-05`; `None` decides by the numbers.
    pub sci_mode: Option<bool>,
}

impl PrintOptions {
    const DEFAULT: Self = Self {
        precision: 4,
        threshold: 1000,
        edgeitems: 3,
        linewidth: 80,
        sci_mode: None,
    };

    /// PyTorch's profile `short`: two digits, two elements at each end.
    pub fn short() -> Self {
        Self {
            precision: 2,
            edgeitems: 2,
            ..Self::DEFAULT
        }
    }

    /// PyTorch's profile `full`: every element.
    pub fn full() -> Self {
        Self {
            threshold: usize::MAX,
            ..Self::DEFAULT
        }
    }
}

impl Default for PrintOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

static OPTIONS: RwLock<PrintOptions> = RwLock::new(PrintOptions::DEFAULT);

/// The options that tensors are printed with.
pub fn print_options() -> PrintOptions {
    *OPTIONS.read().unwrap_or_else(PoisonError::into_inner)
}

/// Changes how tensors are printed, in the whole process.
pub fn set_print_options(options: PrintOptions) {
    *OPTIONS.write().unwrap_or_else(PoisonError::into_inner) = options;
}

/// What a text says about gradients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GradText<'a> {
    /// Nothing.
    #[default]
    None,
    /// `requires_grad=True`, of a leaf.
    RequiresGrad,
    /// `grad_fn=<AddBackward0>`, of a result: the name of its function.
    GradFn(&'a str),
}

/// A tensor to be printed, without its elements.
#[derive(Debug, Clone, Copy)]
pub struct TensorText<'a> {
    /// Sizes of the dimensions.
    pub shape: &'a [usize],
    /// Shown unless the elements tell it.
    pub dtype: DType,
    /// Shown unless it is the CPU.
    pub device: Device,
    /// Its place in a graph.
    pub grad: GradText<'a>,
}

impl TensorText<'_> {
    /// The text. `value` returns the element at a position in row-major order.
    ///
    /// ```
    /// # use rushlight_tensor::{DType, Device, GradText, PrintOptions, Scalar, TensorText};
    /// let tensor = TensorText {
    ///     shape: &[2, 2],
    ///     dtype: DType::I64,
    ///     device: Device::Cpu,
    ///     grad: GradText::None,
    /// };
    /// let text = tensor.to_text(&PrintOptions::default(), |i| Scalar::Int(i as i64 - 2));
    /// assert_eq!(text, "tensor([[-2, -1],\n        [ 0,  1]])");
    /// ```
    pub fn to_text(&self, options: &PrintOptions, value: impl Fn(usize) -> Scalar) -> String {
        let numbers = match Shown::of(self.shape, options) {
            Shown::Empty => "[]".to_owned(),
            Shown::NoEdges => "[...]".to_owned(),
            Shown::Parts(parts) => {
                let values: Vec<Scalar> = positions(&parts).into_iter().map(value).collect();
                nested(&parts, &values, options)
            }
        };
        self.with_suffixes(PREFIX.to_owned() + &numbers, options)
    }

    /// Appends what the numbers do not tell, on new lines where it does not fit.
    fn with_suffixes(&self, mut text: String, options: &PrintOptions) -> String {
        let last_line = text
            .rfind('\n')
            .map_or(text.len() + 2, |at| text.len() - at + 1);
        let mut column = last_line;
        for suffix in self.suffixes(options) {
            if column + suffix.len() + 2 > options.linewidth {
                text += ",\n";
                text.extend(std::iter::repeat_n(' ', PREFIX.len()));
                column = PREFIX.len() + suffix.len();
            } else {
                text += ", ";
                column += suffix.len() + 2;
            }
            text += &suffix;
        }
        text + ")"
    }

    fn suffixes(&self, options: &PrintOptions) -> Vec<String> {
        let mut suffixes = Vec::new();
        if !self.device.is_cpu() {
            suffixes.push(format!("device='{}'", self.device));
        }
        let is_empty = self.shape.contains(&0);
        let hides_size = if is_empty {
            self.shape.len() != 1
        } else {
            options.edgeitems == 0
        };
        if hides_size {
            suffixes.push(format!("size={}", tuple(self.shape)));
        }
        let tells_dtype = match self.dtype {
            DType::F32 => true,
            DType::I64 | DType::Bool => !is_empty,
            _ => false,
        };
        if !tells_dtype {
            suffixes.push(format!("dtype={}", self.dtype));
        }
        match self.grad {
            GradText::None => {}
            GradText::RequiresGrad => suffixes.push("requires_grad=True".to_owned()),
            GradText::GradFn(name) => suffixes.push(format!("grad_fn=<{name}>")),
        }
        suffixes
    }
}

/// A Python tuple: `(2, 0)`, `(5,)`, `()`.
fn tuple(sizes: &[usize]) -> String {
    let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
    if let [only] = &sizes[..] {
        format!("({only},)")
    } else {
        format!("({})", sizes.join(", "))
    }
}

/// What of a tensor is shown.
enum Shown {
    /// It has no elements.
    Empty,
    /// It is too large, and edges have no elements.
    NoEdges,
    /// Parts of its dimensions, outermost first.
    Parts(Vec<Part>),
}

/// What of a dimension is shown.
struct Part {
    size: usize,
    /// Elements shown at each end, if not all are.
    edge: Option<usize>,
}

impl Shown {
    fn of(shape: &[usize], options: &PrintOptions) -> Shown {
        if shape.contains(&0) {
            return Shown::Empty;
        }
        let numel = shape
            .iter()
            .fold(1_usize, |numel, &size| numel.saturating_mul(size));
        let is_cut = numel > options.threshold;
        if is_cut && options.edgeitems == 0 && !shape.is_empty() {
            return Shown::NoEdges;
        }
        let edge = options.edgeitems;
        let part = |&size: &usize| {
            let is_long = is_cut && size.div_ceil(2) > edge;
            Part {
                size,
                edge: is_long.then_some(edge),
            }
        };
        Shown::Parts(shape.iter().map(part).collect())
    }
}

impl Part {
    /// How many elements are shown.
    fn len(&self) -> usize {
        self.edge.map_or(self.size, |edge| 2 * edge)
    }

    /// Their positions.
    fn indices(&self) -> impl Iterator<Item = usize> {
        let edge = self.edge.unwrap_or(self.size);
        let end = if self.edge.is_some() {
            self.size - edge
        } else {
            self.size
        };
        (0..edge).chain(end..self.size)
    }
}

/// The row-major positions of the elements shown.
fn positions(parts: &[Part]) -> Vec<usize> {
    parts.iter().fold(vec![0], |outer, part| {
        let inner = |start: usize| part.indices().map(move |i| start * part.size + i);
        outer.into_iter().flat_map(inner).collect()
    })
}

/// The numbers in nested brackets, put together from the inside out.
fn nested(parts: &[Part], values: &[Scalar], options: &PrintOptions) -> String {
    let format = NumberFormat::of(values, options);
    let mut texts: Vec<String> = values.iter().map(|&value| format.padded(value)).collect();
    for (dim, part) in parts.iter().enumerate().rev() {
        let indent = PREFIX.len() + dim + 1;
        let below = parts.len() - dim - 1;
        let group = |texts: &[String]| {
            let mut texts = texts.to_vec();
            if let Some(edge) = part.edge {
                texts.insert(edge, if below == 0 { " ..." } else { "..." }.to_owned());
            }
            if below > 0 {
                let separator = format!(",{}{}", "\n".repeat(below), " ".repeat(indent));
                return format!("[{}]", texts.join(&separator));
            }
            let room = (options.linewidth + 1).saturating_sub(indent);
            let per_line = (room / (format.width + 2)).max(1);
            let lines: Vec<String> = texts.chunks(per_line).map(|line| line.join(", ")).collect();
            format!("[{}]", lines.join(&format!(",\n{}", " ".repeat(indent))))
        };
        texts = texts.chunks(part.len()).map(group).collect();
    }
    texts.concat()
}

/// How the numbers of a tensor are written: all in the same way.
struct NumberFormat {
    notation: Notation,
    precision: usize,
    width: usize,
}

enum Notation {
    /// `1`, `True`.
    Exact,
    /// `1.`
    Whole,
    /// `1.0000`
    Fixed,
    /// `1.0000e+00`
    Scientific,
}

impl NumberFormat {
    /// Chooses the notation by the numbers. Only finite ones other than zero have a say, in the
    /// width as well.
    fn of(values: &[Scalar], options: &PrintOptions) -> NumberFormat {
        let is_float = values.iter().any(|value| matches!(value, Scalar::Float(_)));
        let speaks = |x: f64| x != 0.0 && x.is_finite();
        let deciding: Vec<Scalar> = values
            .iter()
            .copied()
            .filter(|x| !is_float || speaks(x.to_f64()))
            .collect();
        let notation = if is_float {
            Notation::of_floats(&deciding, options)
        } else {
            Notation::Exact
        };
        let precision = options.precision.min(MAX_PRECISION);
        let mut format = NumberFormat {
            notation,
            precision,
            width: 1,
        };
        let longest = deciding.iter().map(|&value| format.text(value).len()).max();
        format.width = longest.unwrap_or(0).max(1);
        format
    }

    fn padded(&self, value: Scalar) -> String {
        format!("{:>width$}", self.text(value), width = self.width)
    }

    fn text(&self, value: Scalar) -> String {
        match value {
            Scalar::Bool(true) => "True".to_owned(),
            Scalar::Bool(false) => "False".to_owned(),
            Scalar::Int(i) => i.to_string(),
            Scalar::Float(x) if x.is_nan() => "nan".to_owned(),
            Scalar::Float(x) if x.is_infinite() => x.to_string(),
            Scalar::Float(x) => match self.notation {
                Notation::Exact => x.to_string(),
                Notation::Whole => format!("{x:.0}."),
                Notation::Fixed => format!("{x:.*}", self.precision),
                Notation::Scientific => scientific(x, self.precision),
            },
        }
    }
}

impl Notation {
    fn of_floats(values: &[Scalar], options: &PrintOptions) -> Notation {
        let sizes = || values.iter().map(|value| value.to_f64().abs());
        let (smallest, largest) = (
            sizes().fold(f64::INFINITY, f64::min),
            sizes().fold(0.0, f64::max),
        );
        let spreads = largest / smallest > 1000.0 || largest > 1.0e8 || smallest < 1.0e-4;
        if !values.is_empty() && options.sci_mode.unwrap_or(spreads) {
            Notation::Scientific
        } else if sizes().all(|x| x.fract() == 0.0) {
            Notation::Whole
        } else {
            Notation::Fixed
        }
    }
}

/// C's `%e`: a sign and at least two digits in the exponent.
fn scientific(x: f64, precision: usize) -> String {
    let text = format!("{x:.precision$e}");
    let Some((mantissa, exponent)) = text.split_once('e') else {
        return text;
    };
    let (sign, digits) = exponent
        .strip_prefix('-')
        .map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// Prints like a tensor without a graph. A precision in the format string, as in `{:.2}`, overrides
/// that of the options.
impl fmt::Display for Array {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut options = print_options();
        options.precision = f.precision().unwrap_or(options.precision);
        f.write_str(&self.to_text(GradText::None, &options))
    }
}

impl Array {
    /// The text of the array as a tensor with a place in a graph.
    pub fn to_text(&self, grad: GradText<'_>, options: &PrintOptions) -> String {
        let text = TensorText {
            shape: self.shape(),
            dtype: self.dtype(),
            device: self.device(),
            grad,
        };
        match self.to_device(Device::Cpu) {
            Ok(array) => text.to_text(options, |position| array.at(position)),
            Err(error) => format!("{PREFIX}<{error}>)"),
        }
    }

    /// The element at a position in row-major order, of an array on the CPU.
    fn at(&self, position: usize) -> Scalar {
        let layout = self.layout();
        let mut rest = position;
        let mut offset = layout.offset() as isize;
        for (&size, &stride) in layout.shape().iter().zip(layout.strides()).rev() {
            offset += (rest % size) as isize * stride;
            rest /= size;
        }
        let element = Layout::contiguous(Shape::default()).at(offset as usize);
        self.with_layout(element)
            .item()
            .expect("a 0-d array has one element")
    }
}

#[cfg(test)]
mod tests;
